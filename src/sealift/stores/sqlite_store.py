"""SQLite through the standard library."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from time import monotonic, sleep

from sealift.errors.store_documents import CollectionExistsError
from sealift.errors.store_running import StoreBusyError
from sealift.model.batch import Key
from sealift.model.room import Room
from sealift.ports import Binding
from sealift.stores.base import DocumentTable, SqlStore
from sealift.stores.connection import Connection
from sealift.stores.file_lock import file_lock
from sealift.stores.layout import Column, Kind, Layout, Strictness, Table
from sealift.stores.sqlite_connection import MEMORY, SqliteConnection
from sealift.stores.sqlite_statements import quoted
from sealift.stores.sqlite_witness import SqliteWitness
from sealift.stores.tables import META
from sealift.stores.waiting import LockRequest

LOCK_SUFFIX = ".sealift-lock"
_PRESSING_SECONDS = 30.0
_MOMENT = 0.0002
"""Seconds. SQLite's own pauses grow to a tenth of one, and a writer that never rests is seldom caught so."""

_TYPES = {"text": "TEXT", "blob": "BLOB", "bigint": "INTEGER"}
# SQLite's own rules of affinity, in their order, after JSON: the first part that the declared type contains decides.
_KINDS = (
    ("JSON", Kind.JSON),
    ("INT", Kind.OTHER),
    ("CHAR", Kind.TEXT),
    ("CLOB", Kind.TEXT),
    ("TEXT", Kind.TEXT),
    ("BLOB", Kind.BINARY),
    ("REAL", Kind.FLOAT),
    ("FLOA", Kind.FLOAT),
    ("DOUB", Kind.FLOAT),
)


class SqliteStore(SqlStore):
    """A file with documents: one connection reads while the other writes, which WAL allows."""

    def __init__(self, path: str, *, label: str, create: bool = False) -> None:
        # The file a link points to, so that two names of one store share one lock.
        self._path = path if path == MEMORY else str(Path(path).resolve())
        self._sqlite_writer = SqliteConnection(self._path, label=label, mode="rwc" if create else "rw")
        self._sqlite_reader = self._sqlite_writer
        if path != MEMORY:
            self._sqlite_reader = SqliteConnection(self._path, label=label, mode="rw")
        # One for all collections: what is written to any of them ends what was vouched for.
        self._witness = SqliteWitness(self._sqlite_writer)
        super().__init__(label=label, reader=self._sqlite_reader, writer=self._sqlite_writer, types=_TYPES)

    def prepare(self) -> None:
        """Make or upgrade sealift's own tables; switch to WAL, so that readers and the writer do not wait."""
        # Where WAL cannot be had (a network file system, a reader in the way), all else still holds.
        with suppress(StoreBusyError):
            self._writer.query("PRAGMA journal_mode = WAL")
        super().prepare()

    def room(self) -> Room | None:
        """Return how much the file can still grow."""
        from sealift.stores.sqlite_room import sqlite_room

        return None if self._path == MEMORY else sqlite_room(self._reader, Path(self._path))

    def beside(self) -> "SqliteStore":
        """Open the same file again; an in-memory database has nobody beside it."""
        if self._path == MEMORY:
            message = "an in-memory database belongs to one connection"
            raise TypeError(message)
        return SqliteStore(self._path, label=self._label)

    def request_stop(self) -> None:
        """Ask as every store does, again and again: a run that writes all the time leaves no more than moments."""
        until = monotonic() + _PRESSING_SECONDS
        with self._sqlite_writer.impatient():
            while True:
                try:
                    return super().request_stop()
                except StoreBusyError:
                    if monotonic() >= until:
                        raise
                    sleep(_MOMENT)

    def create_collection(self, name: str, binding: Binding, *, integer_key: bool) -> DocumentTable:
        """Make a table with ``key`` and ``document``; the text of documents is kept as it is inserted."""
        table = binding.table or name
        if self._describe(table) is not None:
            raise CollectionExistsError(collection=name, table=table)
        key = quoted(binding.key[0] if binding.key else "key")
        document = quoted(binding.document or "document")
        kind = "INTEGER" if integer_key else "TEXT"
        self._writer.change(
            f"CREATE TABLE {quoted(table)} ({key} {kind} NOT NULL PRIMARY KEY, {document} JSON NOT NULL)"
        )
        return self.collection(name, binding)

    def _alone(self, request: LockRequest) -> AbstractContextManager[None]:
        if self._path == MEMORY:
            return nullcontext()
        return file_lock(Path(self._path + LOCK_SUFFIX), request)

    def _has_tables(self, connection: Connection) -> bool:
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"
        return bool(connection.query(sql, {"name": META}))

    def _table_names(self) -> Iterable[str]:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        return [str(name) for (name,) in self._reader.query(sql)]

    def _describe(self, name: str) -> Table | None:
        names = {found.lower(): found for found in self._table_names()}
        table = names.get(name.lower())
        return _table(self._reader, table) if table is not None else None

    def _has_null_keys(self, layout: Layout) -> bool:
        # SQLite lets NULL into a primary key that is not the row id.
        where = " OR ".join(f"{quoted(column.name)} IS NULL" for column in layout.key)
        return bool(self._reader.query(f"SELECT 1 FROM {quoted(layout.table.name)} WHERE {where} LIMIT 1"))  # noqa: S608 - quoted

    def _settle(self, table: DocumentTable, keys: Sequence[Key]) -> None:
        from sealift.stores.sqlite_references import check_references

        check_references(self._writer, table.layout, keys)

    def _bind(self, layout: Layout) -> DocumentTable:
        # Late: reading the history needs none of it.
        from sealift.stores.sqlite_documents import SqliteDocuments, SqliteRows

        made = SqliteDocuments if layout.document else SqliteRows
        return made(layout, self._sqlite_reader, self._sqlite_writer, self._witness)


def _table(connection: Connection, name: str) -> Table:
    described = connection.query(f"PRAGMA table_xinfo({quoted(name)})")
    keyed = sorted((row[5], str(row[1])) for row in described if row[5])
    return Table(
        name=name,
        columns=tuple(_column(row, alone=len(keyed) == 1) for row in described),
        primary_key=tuple(column for _, column in keyed),
        unique=tuple(_unique(connection, name)),
        strictness=Strictness.LOOSE,
    )


def _column(row: tuple[object, ...], *, alone: bool) -> Column:
    _, name, declared, not_null, _, position, hidden = row
    kind = str(declared).upper()
    # Only a sole INTEGER key is sure to hold integers: it is the row id.
    is_row_id = alone and bool(position) and kind == "INTEGER"
    return Column(
        name=str(name),
        type=str(declared),
        kind=Kind.INTEGER if is_row_id else _kind(kind),
        nullable=not (not_null or is_row_id),
        generated=bool(hidden),
    )


def _kind(declared: str) -> Kind:
    return next((kind for part, kind in _KINDS if part in declared), Kind.OTHER)


def _unique(connection: Connection, table: str) -> Iterable[frozenset[str]]:
    for _, index, is_unique, _, is_partial in connection.query(f"PRAGMA index_list({quoted(table)})"):
        if is_unique and not is_partial:
            yield frozenset(str(row[2]) for row in connection.query(f"PRAGMA index_info({quoted(index)})"))
