"""From an address to a store."""

from sealift.errors.store import UnknownDialectError
from sealift.ports import Store
from sealift.stores.address import scheme_of, shown, sqlite_path

_POSTGRES = frozenset({"postgresql", "postgresql+psycopg", "postgres"})


def open_store(url: str, *, create: bool = False, application_name: str = "sealift") -> Store:
    """Open the store at an SQLAlchemy URL; nothing is written, and no file is made unless ``create`` says so.

    ``sqlite:///`` and ``postgresql://`` (also ``postgresql+psycopg://``, ``postgres://``) take the fast path without
    SQLAlchemy; every other address, ``sqlite+pysqlite:///`` among them, goes through SQLAlchemy Core.
    ``application_name`` is how the connections show in PostgreSQL's ``pg_stat_activity``.

    Raises StoreUrlError, StoreMissingError, NotADatabaseError, StoreUnreachableError, UnknownDialectError and
    DriverMissingError, each with exit status 2.
    """
    scheme = scheme_of(url)
    if scheme == "sqlite":
        from sealift.stores.sqlite_store import SqliteStore

        return SqliteStore(sqlite_path(url), label=shown(url), create=create)
    if scheme in _POSTGRES:
        from sealift.stores.postgres_store import PostgresStore

        return PostgresStore(url, application_name=application_name)
    if scheme.endswith(("async", "+aiosqlite", "+asyncpg")):
        raise UnknownDialectError(url=shown(url), dialect=scheme, reason="asynchronous drivers are not supported")
    from sealift.stores.portable_store import PortableStore

    return PortableStore(url, create=create)
