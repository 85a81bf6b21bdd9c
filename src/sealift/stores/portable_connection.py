"""One SQLAlchemy connection, for every database that has no fast path of its own."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy
from sqlalchemy import exc

from sealift.errors.store import NotADatabaseError, StoreError
from sealift.errors.store_documents import DocumentRefusedError
from sealift.errors.store_running import (
    ConnectionLostError,
    StoreBusyError,
    StoreFailedError,
    StoreFullError,
    StoreReadOnlyError,
)
from sealift.stores.connection import NO_PARAMETERS, Parameters, Row

_STATES: tuple[tuple[str, type[StoreFailedError]], ...] = (
    ("53100", StoreFullError),
    ("40", StoreBusyError),
    ("55P03", StoreBusyError),
    ("08", ConnectionLostError),
    ("57P0", ConnectionLostError),
    ("42501", StoreReadOnlyError),
    ("25006", StoreReadOnlyError),
)
# Drivers without SQLSTATE say it in words; these are SQLite's and MySQL's.
_WORDS: tuple[tuple[str, type[StoreFailedError]], ...] = (
    ("disk is full", StoreFullError),
    ("no space left", StoreFullError),
    ("is locked", StoreBusyError),
    ("deadlock", StoreBusyError),
    ("lock wait timeout", StoreBusyError),
    ("readonly", StoreReadOnlyError),
    ("read-only", StoreReadOnlyError),
    ("denied", StoreReadOnlyError),
)
# MySQL and MariaDB do not count these with what contradicts a constraint: SIGNAL in a trigger, and CHECK.
_REFUSED_NUMBERS = frozenset({1644, 3819, 4025})
_DAMAGED = ("file is not a database", "malformed")


def portable_error(error: exc.SQLAlchemyError, label: str, collection: str | None = None) -> StoreError:
    """Return the StoreError leaf for what the driver said; ``collection`` is given while documents are written."""
    original = getattr(error, "orig", None)
    reason = " ".join(str(original or error).split())
    if collection is not None and _is_refusal(error, original):
        return DocumentRefusedError(collection=collection, reason=reason)
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return ConnectionLostError(url=label, reason=reason)
    if any(words in reason.lower() for words in _DAMAGED):
        return NotADatabaseError(url=label, reason=reason)
    state = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    by_state = (leaf for prefix, leaf in _STATES if state.startswith(prefix))
    by_words = (leaf for words, leaf in _WORDS if words in reason.lower())
    return next(by_state, next(by_words, StoreFailedError))(url=label, reason=reason)


def _is_refusal(error: exc.SQLAlchemyError, original: object) -> bool:
    """Say whether it is a document's own contents that the database refuses."""
    number = next(iter(getattr(original, "args", ())), None)
    return isinstance(error, exc.IntegrityError | exc.DataError) or number in _REFUSED_NUMBERS


class PortableConnection:
    """A connection that is opened when first needed; reads outside a transaction leave none open."""

    def __init__(self, engine: sqlalchemy.Engine, *, label: str) -> None:
        self.guard = threading.RLock()
        self.label = label
        self._engine = engine
        self._raw: sqlalchemy.Connection | None = None
        self._writing = False

    def query(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        """Run a statement that returns rows."""
        with self.using() as raw:
            return [tuple(row) for row in raw.execute(sqlalchemy.text(sql), dict(parameters))]

    def change(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> int:
        """Run a statement that returns no rows; outside a transaction it lasts at once."""
        with self.using() as raw:
            count = raw.execute(sqlalchemy.text(sql), dict(parameters)).rowcount
            if not self._writing:
                raw.commit()
            return count

    def begin(self) -> None:
        """Begin a transaction."""
        with self.using() as raw:
            self._writing = True
            if raw.dialect.name == "sqlite":
                raw.execute(sqlalchemy.text("BEGIN IMMEDIATE"))

    def commit(self, collection: str | None = None) -> None:
        """Make it last; a constraint that is checked only now is a DocumentRefusedError of the collection."""
        with self.using(collection=collection) as raw:
            raw.commit()
            self._writing = False

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        with self.guard, suppress(exc.SQLAlchemyError):
            self._writing = False
            if self._raw is not None:
                self._raw.rollback()
                _end(self._raw)

    def close(self) -> None:
        """Let go of the connection."""
        with self.guard, suppress(exc.SQLAlchemyError):
            if self._raw is not None:
                self._raw.close()

    @contextmanager
    def using(self, *, collection: str | None = None) -> Iterator[sqlalchemy.Connection]:
        """Have the connection for one thread, with errors as StoreError leaves."""
        with self.guard:
            try:
                raw = self._open()
                yield raw
                if not self._writing:
                    raw.rollback()
            except exc.SQLAlchemyError as error:
                self._forget(error)
                raise portable_error(error, self.label, collection) from error

    def _open(self) -> sqlalchemy.Connection:
        if self._raw is None:
            self._raw = self._engine.connect()
        return self._raw

    def _forget(self, error: exc.SQLAlchemyError) -> None:
        if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
            self._raw, self._writing = None, False
        elif self._raw is not None and not self._writing:
            self._raw.rollback()


def _end(raw: sqlalchemy.Connection) -> None:
    """End what SQLite leaves open when it refuses a commit: for SQLAlchemy the transaction is over then."""
    driver = raw.connection.dbapi_connection
    if driver is not None and getattr(driver, "in_transaction", False):
        driver.rollback()


def settle_sqlite(engine: sqlalchemy.Engine) -> None:
    """Have SQLite's driver leave transactions to us: it would begin them late, and not for every statement."""

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    sqlalchemy.event.listen(engine, "connect", connected)
