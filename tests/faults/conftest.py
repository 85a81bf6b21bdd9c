"""The engine on both stores that it promises everything for."""

import uuid

import pytest

from engine import Engine


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path, postgres):
    """A folder for packs and keys, and an empty store."""
    if request.param == "sqlite":
        yield Engine(folder=tmp_path, database=f"sqlite:///{tmp_path}/store.db")
        return
    with postgres.database(f"t{uuid.uuid4().hex}") as database:
        yield Engine(folder=tmp_path, database=postgres.url(database))


@pytest.fixture
def sqlite_engine(tmp_path):
    return Engine(folder=tmp_path, database=f"sqlite:///{tmp_path}/store.db")
