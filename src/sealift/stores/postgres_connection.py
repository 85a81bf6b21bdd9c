"""One psycopg connection, opened when it is first needed and again after it broke."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from urllib.parse import quote

import psycopg
from psycopg.types.numeric import OidBinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from sealift.errors.store import StoreError, StoreUnreachableError
from sealift.errors.store_documents import DocumentRefusedError
from sealift.errors.store_running import (
    ConnectionLostError,
    StoreBusyError,
    StoreFailedError,
    StoreFullError,
    StoreReadOnlyError,
)
from sealift.stores.address import shown
from sealift.stores.connection import NO_PARAMETERS, Parameters, Row
from sealift.stores.postgres_arrays import register_arrays

LOCK_TIMEOUT = "10s"
"""How long a statement waits for somebody else's row before it is given up, to be tried again."""

_CONNECT_SECONDS = 10
# What text forms of keys depend on.
_FORMS = "DateStyle = 'ISO, YMD'", "IntervalStyle = 'postgres'", "TimeZone = 'UTC'", "extra_float_digits = 1"
_BY_STATE: tuple[tuple[str, type[StoreFailedError]], ...] = (
    ("53100", StoreFullError),
    ("53200", StoreBusyError),
    ("53300", ConnectionLostError),
    ("40", StoreBusyError),
    ("55P03", StoreBusyError),
    ("57P0", ConnectionLostError),
    ("08", ConnectionLostError),
    ("42501", StoreReadOnlyError),
    ("25006", StoreReadOnlyError),
)
_REFUSED = ("22", "23", "P0001", "42804", "54")
"""States that a document's own contents cause: bad data, a constraint, a trigger's exception, a type, a limit."""


def postgres_error(error: psycopg.Error, label: str, *, alive: bool, collection: str | None = None) -> StoreError:
    """Return the StoreError leaf for what PostgreSQL said; ``collection`` is given while documents are written."""
    state = error.sqlstate or ""
    reason = " ".join(str(error).split()) or type(error).__name__
    if collection is not None and state.startswith(_REFUSED):
        return DocumentRefusedError(collection=collection, reason=reason)
    for prefix, leaf in _BY_STATE:
        if state.startswith(prefix):
            return leaf(url=label, reason=reason)
    lost = not alive and isinstance(error, psycopg.OperationalError)
    return (ConnectionLostError if lost else StoreFailedError)(url=label, reason=reason)


class PostgresConnection:
    """A connection in autocommit mode; used by one thread at a time.

    ``pooled`` tells whether a pooler stands in between: then sessions are not ours, so nothing may be kept in them.
    """

    def __init__(self, url: str, *, application_name: str) -> None:
        self.guard = threading.RLock()
        self.label = shown(url)
        self.pooled = False
        self._url = url
        self._application_name = application_name
        self._raw: psycopg.Connection | None = None

    @property
    def broken(self) -> bool:
        """Whether the session that was opened is gone."""
        return self._raw is not None and self._raw.closed

    def query(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        """Run a statement that returns rows."""
        with self.using() as raw:
            return raw.execute(named(sql), parameters).fetchall()

    def change(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> int:
        """Run a statement that returns no rows; say how many rows it touched."""
        with self.using() as raw:
            return raw.execute(named(sql), parameters).rowcount

    def run(self, statement: str, parameters: Sequence[object] = ()) -> Sequence[Row]:
        """Run a statement that has ``%s`` for its parameters, and ``%%`` in its names."""
        with self.using() as raw:
            cursor = raw.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else ()

    def begin(self) -> None:
        """Begin a transaction; opens the connection anew if it broke."""
        with self.using() as raw:
            local = "".join(f"; SET LOCAL {setting}" for setting in _settings()) if self.pooled else ""
            raw.execute(f"BEGIN{local}")

    def commit(self, collection: str | None = None) -> None:
        """Make it last; raises ConnectionLostError if the server did not confirm it.

        A constraint that is checked only now is a DocumentRefusedError of the collection.
        """
        with self.using(collection=collection, reconnect=False) as raw:
            raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        with self.guard, suppress(psycopg.Error):
            if self._raw is not None and not self._raw.closed:
                self._raw.execute("ROLLBACK")

    def close(self) -> None:
        """End the session."""
        with self.guard:
            if self._raw is not None:
                self._raw.close()

    @contextmanager
    def using(self, *, collection: str | None = None, reconnect: bool = True) -> Iterator[psycopg.Connection]:
        """Have the connection for one thread, with driver errors as StoreError leaves."""
        with self.guard:
            raw = self._open() if reconnect else self._raw
            if raw is None:
                raise ConnectionLostError(url=self.label, reason="it was never opened")
            try:
                yield raw
            except psycopg.Error as error:
                raise postgres_error(error, self.label, alive=not raw.closed, collection=collection) from error

    def _open(self) -> psycopg.Connection:
        if self._raw is not None and not self._raw.closed:
            return self._raw
        again = self._raw is not None
        try:
            self._raw = _connect(self._url, self._application_name)
            self.pooled = _is_pooled(self._raw)
            self._settle(self._raw)
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            if again:
                raise ConnectionLostError(url=self.label, reason=reason) from error
            raise StoreUnreachableError(url=self.label, reason=reason) from error
        return self._raw

    def _settle(self, raw: psycopg.Connection) -> None:
        # On this connection's binary cursors: documents as they are, without a Python object in between.
        raw.adapters.register_loader("text", ByteaBinaryLoader)
        raw.adapters.register_loader("xid", OidBinaryLoader)
        register_arrays(raw)
        if self.pooled:
            raw.prepare_threshold = None
        else:
            raw.execute("; ".join(f"SET {setting}" for setting in _settings()))


def _settings() -> Sequence[str]:
    """Return what holds in the session; LOCAL in each transaction where a pooler hands sessions on."""
    return f"lock_timeout = '{LOCK_TIMEOUT}'", *_FORMS


def _connect(url: str, application_name: str) -> psycopg.Connection:
    address = "postgresql" + url[url.index("://") :]
    # Only defaults: what the address says wins.
    for setting in (f"connect_timeout={_CONNECT_SECONDS}", f"application_name={quote(application_name)}"):
        if setting.partition("=")[0] + "=" not in address:
            address += ("&" if "?" in address else "?") + setting
    return psycopg.connect(address, autocommit=True)


def _is_pooled(raw: psycopg.Connection) -> bool:
    # A pooler invents the process id it greets us with; the server behind it tells its own.
    row = raw.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] != raw.info.backend_pid


@cache
def named(sql: str) -> str:
    """Turn ``:name`` into psycopg's ``%(name)s``; casts (``::type``) stay."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql.replace("%", "%%"))
