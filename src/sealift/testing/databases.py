"""A store for one test: a new SQLite file, or a schema of its own in a PostgreSQL database."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sealift.errors.config import BadSettingError, MissingExtraError
from sealift.ports import Store
from sealift.stores import open_store

_POSTGRES = ("postgresql://", "postgresql+psycopg://", "postgres://")


@contextmanager
def temporary_store(url: str, directory: Path) -> Iterator[Store]:
    """Open a store that nothing else uses; what was in the database before is neither read nor changed.

    Raises BadSettingError for an address that is neither SQLite nor PostgreSQL.
    """
    if not url:
        yield open_store(f"sqlite:///{directory / 'sealift-test.db'}", create=True)
    elif url.startswith(_POSTGRES):
        with _schema(url) as address:
            yield open_store(address)
    else:
        expected = "a PostgreSQL address, or nothing for SQLite in the test's folder"
        raise BadSettingError(source="pytest", setting="sealift_database", found=repr(url), expected=expected)


@contextmanager
def _schema(url: str) -> Iterator[str]:
    """Make a schema, return the address that leads into it, and drop it at the end."""
    try:
        import psycopg
    except ImportError as error:
        raise MissingExtraError(purpose="testing with PostgreSQL", extra="postgresql") from error
    name = f"sealift_test_{uuid.uuid4().hex}"
    plain = "postgresql://" + url.partition("://")[2]
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        try:
            yield plain + ("&" if "?" in plain else "?") + "options=" + quote(f"-csearch_path={name}")
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
