"""The engine on the stores that it promises everything for, and what a run does also on the portable path."""

import uuid

import pytest

from engine import Engine
from test_size import is_large

STORES = ("sqlite", "postgresql")
PORTABLE = ("test_runs", "test_refused", "test_deferred")
"""Modules that the portable path has to pass too."""
BY_HAND = ("test_bindings",)
"""The same, by hand only (``SEALIFT_TEST_SIZE`` above 1): the contract suite of stores covers the most of it."""


def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        wanted = (*PORTABLE, *BY_HAND) if is_large() else PORTABLE
        more = ("sqlite-portable",) if metafunc.module.__name__.rpartition(".")[2] in wanted else ()
        metafunc.parametrize("engine", (*STORES, *more), indirect=True)


@pytest.fixture
def engine(request, tmp_path, postgres):
    """A folder for packs and keys, and an empty store."""
    if request.param.startswith("sqlite"):
        scheme = "sqlite+pysqlite" if request.param.endswith("portable") else "sqlite"
        yield Engine(folder=tmp_path, database=f"{scheme}:///{tmp_path}/store.db")
        return
    with postgres.database(f"t{uuid.uuid4().hex}") as database:
        yield Engine(folder=tmp_path, database=postgres.url(database))


@pytest.fixture
def sqlite_engine(tmp_path):
    return Engine(folder=tmp_path, database=f"sqlite:///{tmp_path}/store.db")
