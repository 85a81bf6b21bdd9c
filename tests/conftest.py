"""Settings every test shares."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from test_size import scaled

if TYPE_CHECKING:
    from postgres_server import PostgresServer

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
