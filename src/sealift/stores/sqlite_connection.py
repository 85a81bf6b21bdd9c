"""One connection of the standard library's SQLite driver."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sealift.errors.store import NotADatabaseError, StoreError, StoreMissingError
from sealift.errors.store_documents import DocumentRefusedError
from sealift.errors.store_running import StoreBusyError, StoreFailedError, StoreFullError, StoreReadOnlyError
from sealift.stores.connection import NO_PARAMETERS, Parameters, Row

MEMORY = ":memory:"
BUSY_SECONDS = 10.0

_PRIMARY_CODE = 0xFF
_LEAVES: dict[int, type[StoreFailedError]] = {
    sqlite3.SQLITE_FULL: StoreFullError,
    sqlite3.SQLITE_BUSY: StoreBusyError,
    sqlite3.SQLITE_LOCKED: StoreBusyError,
    sqlite3.SQLITE_READONLY: StoreReadOnlyError,
    sqlite3.SQLITE_PERM: StoreReadOnlyError,
    sqlite3.SQLITE_AUTH: StoreReadOnlyError,
}


def sqlite_error(error: sqlite3.Error, label: str, collection: str | None = None) -> StoreError:
    """Return the StoreError leaf for what SQLite said; ``collection`` is given while documents are written."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY_CODE
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return NotADatabaseError(url=label, reason=str(error))
    if collection is not None and isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return DocumentRefusedError(collection=collection, reason=str(error))
    return _LEAVES.get(code, StoreFailedError)(url=label, reason=str(error))


class SqliteConnection:
    """A connection in autocommit mode; used by one thread at a time, held by ``guard``."""

    def __init__(self, path: str, *, label: str, mode: str) -> None:
        self.guard = threading.RLock()
        self.label = label
        self.raw = _open(path, label, mode)

    def query(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        """Run a statement that returns rows; text comes back as ``str``."""
        with self.using(text=str):
            return self.raw.execute(sql, dict(parameters)).fetchall()

    def change(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> int:
        """Run a statement that returns no rows; say how many rows it touched."""
        with self.using(text=str):
            return self.raw.execute(sql, dict(parameters)).rowcount

    def begin(self) -> None:
        """Begin as the only writer, waiting for another one to finish."""
        with self.using(text=str):
            self.raw.execute("BEGIN IMMEDIATE")

    def commit(self, collection: str | None = None) -> None:
        """Make it last; a constraint that is checked only now is a DocumentRefusedError of the collection."""
        with self.using(text=str, collection=collection):
            self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        with self.guard:
            if self.raw.in_transaction:
                self.raw.rollback()

    def close(self) -> None:
        """Let go of the file."""
        with self.guard:
            self.raw.close()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Have what another writer is in the way of refused at once, with StoreBusyError."""
        self.query("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.query(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")

    @contextmanager
    def using(self, *, text: type[str | bytes], collection: str | None = None) -> Iterator[sqlite3.Connection]:
        """Have the connection for one thread, with text as this type, and driver errors as StoreError leaves."""
        with self.guard:
            self.raw.text_factory = text
            try:
                yield self.raw
            except sqlite3.Error as error:
                raise sqlite_error(error, self.label, collection) from error


def _open(path: str, label: str, mode: str) -> sqlite3.Connection:
    if path != MEMORY and mode != "rwc" and not Path(path).is_file():
        raise StoreMissingError(url=label, path=path)
    address = MEMORY if path == MEMORY else f"file:{quote(path)}?mode={mode}"
    try:
        raw = sqlite3.connect(
            address,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        _configure(raw)
    except sqlite3.Error as error:
        raise sqlite_error(error, label) from error
    return raw


def _configure(raw: sqlite3.Connection) -> None:
    try:
        raw.execute("PRAGMA synchronous = FULL")
        # What the table declares holds for what is written here, as it does in PostgreSQL.
        raw.execute("PRAGMA foreign_keys = ON")
        # Reads the header, so that a file that is no database is noticed here and not in the middle of a run.
        raw.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error:
        raw.close()
        raise
