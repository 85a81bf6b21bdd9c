"""Every other database, through SQLAlchemy Core."""

import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import exc

from sealift.errors.store import (
    DriverMissingError,
    OwnTablesError,
    StoreMissingError,
    StoreUnreachableError,
    StoreUrlError,
    UnknownDialectError,
)
from sealift.errors.store_documents import CollectionExistsError
from sealift.errors.store_running import StoreFailedError
from sealift.model.batch import Key
from sealift.model.room import Room
from sealift.ports import Binding, Lease
from sealift.stores.address import shown
from sealift.stores.base import DocumentTable, SqlStore
from sealift.stores.connection import Connection
from sealift.stores.fencing import hold_lease
from sealift.stores.file_lock import file_lock
from sealift.stores.layout import Column, Kind, Layout, Strictness, Table
from sealift.stores.lease_row import LEASE_SECONDS, LeaseTerms, lease_row
from sealift.stores.portable_connection import PortableConnection, settle_sqlite
from sealift.stores.portable_documents import PortableDocuments, PortableRows
from sealift.stores.sqlite_references import check_references
from sealift.stores.sqlite_room import sqlite_room
from sealift.stores.tables import META
from sealift.stores.waiting import LockRequest

LOCK_SUFFIX = ".sealift-lock"
_KEY_LENGTH = 255
_PREPARE_ATTEMPTS = 3
_PREPARE_SECONDS = 0.3
_LONG = {"text": "LONGTEXT", "blob": "LONGBLOB", "bigint": "BIGINT"}
_CLOCKS = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    "mysql": "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
    "mariadb": "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
}
_LOCKING_ROWS = frozenset({"sqlite", "postgresql", "mysql", "mariadb", "oracle"})
"""Databases where reading with FOR UPDATE, or being the only writer, keeps a row as it is."""


class PortableStore(SqlStore):
    """A database by its SQLAlchemy dialect. Tested: SQLite (pysqlite), PostgreSQL, and by hand MariaDB (PyMySQL)."""

    def __init__(self, url: str, *, create: bool = False, lease_seconds: float = LEASE_SECONDS) -> None:
        label = shown(url)
        self._url = url
        self._engine = _engine(url, label)
        self._dialect = self._engine.dialect
        self._file = _sqlite_file(self._engine)
        if self._file is not None and not create and not self._file.is_file():
            raise StoreMissingError(url=label, path=str(self._file))
        self._terms = LeaseTerms(clock=self._clock, seconds=lease_seconds)
        self._portable_writer = PortableConnection(self._engine, label=label)
        is_shared = self._dialect.name == "sqlite" and self._file is None
        self._portable_reader = self._portable_writer if is_shared else PortableConnection(self._engine, label=label)
        super().__init__(
            label=label, reader=self._portable_reader, writer=self._portable_writer, types=_types(self._dialect)
        )
        self._greet()

    def close(self) -> None:
        """Let go of every connection."""
        super().close()
        self._engine.dispose()

    def prepare(self) -> None:
        """Make or upgrade sealift's own tables; another runner may be making them at this moment."""
        for _ in range(_PREPARE_ATTEMPTS):
            try:
                return super().prepare()
            except (StoreFailedError, OwnTablesError):
                time.sleep(_PREPARE_SECONDS)
        return super().prepare()

    def room(self) -> Room | None:
        """Return how much the file can still grow, if the database is a file of SQLite's."""
        return sqlite_room(self._reader, self._file) if self._file is not None else None

    def beside(self) -> "PortableStore":
        """Open the same database again, for a runner with connections of its own."""
        return PortableStore(self._url, lease_seconds=self._terms.seconds)

    def create_collection(self, name: str, binding: Binding, *, integer_key: bool) -> DocumentTable:
        """Make a table with ``key`` and ``document``, of a type that keeps the text as it was read."""
        table = binding.table or name
        if self._describe(table) is not None:
            raise CollectionExistsError(collection=name, table=table)
        integer = sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")
        # In the order of the bytes, and with every text a key of its own.
        text = (
            sqlalchemy.String(_KEY_LENGTH)
            .with_variant(sqlalchemy.Text(collation="C"), "postgresql")
            .with_variant(sqlalchemy.String(_KEY_LENGTH, collation="utf8mb4_bin"), "mysql", "mariadb")
        )
        key = sqlalchemy.Column(
            binding.key[0] if binding.key else "key",
            integer if integer_key else text,
            primary_key=True,
            autoincrement=False,
        )
        document = sqlalchemy.Column(binding.document or "document", _document_type(self._dialect), nullable=False)
        made = sqlalchemy.Table(table, sqlalchemy.MetaData(), key, document)
        with self._portable_writer.using() as raw:
            made.create(raw)
            raw.commit()
        return self.collection(name, binding)

    def _alone(self, request: LockRequest) -> AbstractContextManager[None]:
        if self._file is not None:
            return file_lock(Path(f"{self._file}{LOCK_SUFFIX}"), request)
        if self._dialect.name == "sqlite":
            return nullcontext()
        return lease_row(self._connect, self._terms, request)

    def _check(self, lease: Lease) -> None:
        hold_lease(self._writer, lease, self.label)

    def _settle(self, table: DocumentTable, keys: Sequence[Key]) -> None:
        match self._dialect.name:
            case "sqlite":
                check_references(self._writer, table.layout, keys)
            case "postgresql" | "oracle":
                with self._portable_writer.using(collection=table.name) as raw:
                    raw.execute(sqlalchemy.text("SET CONSTRAINTS ALL IMMEDIATE"))
            case _:
                return

    def _has_tables(self, connection: Connection) -> bool:
        assert isinstance(connection, PortableConnection)  # noqa: S101 - made above
        with connection.using() as raw:
            return bool(sqlalchemy.inspect(raw).has_table(META))

    def _table_names(self) -> Iterable[str]:
        with self._portable_reader.using() as raw:
            return sqlalchemy.inspect(raw).get_table_names()

    def _describe(self, name: str) -> Table | None:
        with self._portable_reader.using() as raw:
            inspector = sqlalchemy.inspect(raw)
            return _table(inspector, name) if inspector.has_table(name) else None

    def _has_null_keys(self, layout: Layout) -> bool:
        keys: list[sqlalchemy.ColumnClause[Any]] = [sqlalchemy.column(column.name) for column in layout.key]
        table = sqlalchemy.table(layout.table.name, *keys)
        missing = sqlalchemy.or_(*(key.is_(None) for key in keys))
        with self._portable_reader.using() as raw:
            return (
                raw.execute(sqlalchemy.select(keys[0]).select_from(table).where(missing).limit(1)).first() is not None
            )

    def _bind(self, layout: Layout) -> DocumentTable:
        made = PortableDocuments if layout.document else PortableRows
        return made(layout, self._portable_reader, self._portable_writer, self._dialect)

    def _connect(self) -> PortableConnection:
        return PortableConnection(self._engine, label=self.label)

    def _clock(self, connection: Connection) -> int:
        if sql := _CLOCKS.get(self._dialect.name):
            return int(connection.query(sql)[0][0])
        assert isinstance(connection, PortableConnection)  # noqa: S101 - made above
        with connection.using() as raw:
            return int(raw.execute(sqlalchemy.select(sqlalchemy.func.now())).scalar_one().timestamp() * 1000)

    def _greet(self) -> None:
        # Connects, and reads SQLite's header, which connecting does not.
        try:
            with self._portable_reader.using() as raw:
                if self._dialect.name == "sqlite":
                    raw.execute(sqlalchemy.text("PRAGMA schema_version"))
        except StoreFailedError as error:
            raise StoreUnreachableError(url=self.label, reason=error.reason) from error


def _engine(url: str, label: str) -> sqlalchemy.Engine:
    try:
        engine = sqlalchemy.create_engine(url, pool_pre_ping=False)
    except exc.NoSuchModuleError as error:
        raise UnknownDialectError(url=label, dialect=url.partition("://")[0], reason=str(error)) from error
    except ModuleNotFoundError as error:
        module = error.name or "unknown"
        raise DriverMissingError(url=label, module=module, install=module) from error
    except (exc.ArgumentError, ValueError, TypeError) as error:
        raise StoreUrlError(url=label, reason=str(error)) from error
    if engine.dialect.is_async:
        raise UnknownDialectError(url=label, dialect=engine.name, reason="asynchronous drivers are not supported")
    if engine.dialect.name == "sqlite":
        settle_sqlite(engine)
    elif engine.dialect.name not in _LOCKING_ROWS:
        engine = engine.execution_options(isolation_level="SERIALIZABLE")
    return engine


def _sqlite_file(engine: sqlalchemy.Engine) -> Path | None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database).resolve()


def _types(dialect: sqlalchemy.Dialect) -> dict[str, str]:
    if dialect.name in {"mysql", "mariadb"}:
        return _LONG
    types: dict[str, sqlalchemy.types.TypeEngine[Any]] = {
        "text": sqlalchemy.Text(),
        "blob": sqlalchemy.LargeBinary(),
        "bigint": sqlalchemy.BigInteger(),
    }
    return {name: str(type_.compile(dialect=dialect)) for name, type_ in types.items()}


def _document_type(dialect: sqlalchemy.Dialect) -> sqlalchemy.types.TypeEngine[Any]:
    # JSON on MySQL and others would put members into another order.
    return sqlalchemy.JSON() if dialect.name in {"sqlite", "postgresql"} else sqlalchemy.Text(2**31 - 1)


def _table(inspector: sqlalchemy.Inspector, name: str) -> Table:
    columns = inspector.get_columns(name)
    is_sqlite = inspector.dialect.name == "sqlite"
    # SQLite's constraints are found by parsing DDL, which misses some; their indexes are all there.
    all_of_them: dict[str, Any] = {"include_auto_indexes": True} if is_sqlite else {}
    with warnings.catch_warnings():
        # An index over an expression is passed over, and is no key anyway.
        warnings.simplefilter("ignore", exc.SAWarning)
        unique: list[Sequence[str | None]] = [
            constraint["column_names"] for constraint in inspector.get_unique_constraints(name)
        ]
        indexes = inspector.get_indexes(name, **all_of_them)
    unique += [index["column_names"] for index in indexes if index["unique"]]
    return Table(
        name=name,
        columns=tuple(_column(column) for column in columns),
        primary_key=tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        unique=tuple(frozenset(filter(None, names)) for names in unique),
        strictness=Strictness.TYPED if inspector.dialect.name == "postgresql" else Strictness.LOOSE,
    )


def _column(column: Any) -> Column:
    return Column(
        name=column["name"],
        type=str(column["type"]),
        kind=_kind(column["type"]),
        nullable=bool(column["nullable"]),
        generated=bool(column.get("computed")),
    )


def _kind(type_: sqlalchemy.types.TypeEngine[Any]) -> Kind:
    match type_:
        case sqlalchemy.JSON():
            return Kind.JSON
        case sqlalchemy.Integer():
            return Kind.INTEGER
        case sqlalchemy.String():
            return Kind.TEXT
        case sqlalchemy.Float():
            return Kind.FLOAT
        case sqlalchemy.LargeBinary() | sqlalchemy.BINARY() | sqlalchemy.VARBINARY():
            return Kind.BINARY
        case _:
            return Kind.OTHER
