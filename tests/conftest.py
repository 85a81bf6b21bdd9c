"""Settings every test shares."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from test_size import scaled

if TYPE_CHECKING:
    from postgres_server import PostgresServer
    from softhsm_token import SoftToken

# Shared machines are noisy: a deadline would measure the neighbours.
settings.register_profile(
    "sealift", max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sealift")


@pytest.fixture(scope="session")
def postgres() -> "Iterator[PostgresServer]":
    """Start a real PostgreSQL, once a session or xdist worker."""
    from postgres_server import running_postgres

    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SoftToken]":
    """Make a PKCS#11 token in software; one for all, because its library reads its configuration once a process."""
    from softhsm_token import make_token

    with pytest.MonkeyPatch.context() as patch:
        yield make_token(tmp_path_factory.mktemp("token"), patch)
