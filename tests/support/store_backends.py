"""The databases that every store test runs on, and a second process that holds a lock."""

import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy

from postgres_server import PostgresServer
from sealift.model.batch import Changes, Page
from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.migration import Direction
from sealift.ports import Binding, Holder, Lease, Store
from sealift.stores import open_store
from sealift.stores.lease_row import LEASE_SECONDS
from sealift.stores.portable_store import PortableStore

SHORT_LEASE = 1.5
"""Seconds, for a holder that is to be overtaken. All others have the usual lease: the machine may stand still."""
BY_HAND = os.environ.get("SEALIFT_TEST_SERVER", "")
"""SQLAlchemy URL, without a database, of another server that the contract suite is to run on, as root: MySQL's kind."""
BACKENDS = (
    "sqlite",
    "sqlite-portable",
    "postgresql",
    "postgresql-portable",
    *(("mysql-portable",) if BY_HAND else ()),
)
ME = Holder(operator="ada", host="here", pid=1, since="2026-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One database, reached by sealift through ``open`` and by the test itself through ``run``."""

    name: str
    url: str
    lease_seconds: float = LEASE_SECONDS

    @property
    def is_postgres(self) -> bool:
        return self.name.startswith("postgresql")

    @property
    def is_native(self) -> bool:
        return not self.name.endswith("-portable")

    def open(self) -> Store:
        return open_store(self.url) if self.is_native else PortableStore(self.url, lease_seconds=self.lease_seconds)

    @property
    def is_mysql(self) -> bool:
        return self.name.startswith("mysql")

    def run(self, sql: str, *parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Do what another program would do, on a connection of its own."""
        if self.is_mysql:
            return _run_portably(self.url, sql, parameters)
        if self.is_postgres:
            with psycopg.connect(self.plain_url, autocommit=True) as connection:
                cursor = connection.execute(sql.replace("?", "%s"), parameters)
                return cursor.fetchall() if cursor.description else []
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    @property
    def path(self) -> str:
        return self.url.partition(":///")[2]

    @property
    def plain_url(self) -> str:
        return "postgresql" + self.url[self.url.index("://") :]

    @property
    def text_key_type(self) -> str:
        """A type of text that is ordered by its bytes, and that a key may have."""
        return "VARCHAR(50) COLLATE utf8mb4_bin" if self.is_mysql else "TEXT"

    @property
    def binary_type(self) -> str:
        return "bytea" if self.is_postgres else "VARBINARY(9)" if self.is_mysql else "BLOB"

    @property
    def json_type(self) -> str:
        return "json" if self.is_postgres else "JSON"


def _run_portably(url: str, sql: str, parameters: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
    raw = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool).raw_connection()
    with closing(raw), closing(raw.cursor()) as cursor:
        cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')")
        # Without parameters nothing is replaced, so that names may hold the marks.
        cursor.execute(sql.replace("?", "%s") if parameters else sql, tuple(parameters) or None)
        found = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        raw.commit()
        return found


@contextmanager
def _other_server() -> Iterator[Backend]:
    database = f"t{uuid.uuid4().hex}"
    _run_portably(BY_HAND, f"CREATE DATABASE {database}", ())
    try:
        url = sqlalchemy.make_url(BY_HAND).set(database=database).render_as_string(hide_password=False)
        yield Backend(name="mysql-portable", url=url)
    finally:
        _run_portably(BY_HAND, f"DROP DATABASE {database}", ())


@contextmanager
def opened_backend(name: str, folder: Path, server: PostgresServer) -> Iterator[Backend]:
    """Make an empty database."""
    if name.startswith("mysql"):
        with _other_server() as made:
            yield made
        return
    if name.startswith("postgresql"):
        scheme = "postgresql" if name == "postgresql" else "postgresql+psycopg"
        with server.database(f"t{uuid.uuid4().hex}") as database:
            yield Backend(name=name, url=server.url(database, scheme=scheme))
        return
    path = folder / "store.db"
    sqlite3.connect(path).close()
    path.touch()
    scheme = "sqlite" if name == "sqlite" else "sqlite+pysqlite"
    yield Backend(name=name, url=f"{scheme}:///{path}")


def entry(run: str = "a" * 32, kind: EntryKind = EntryKind.STARTED, **facts: Any) -> HistoryEntry:
    """Return an entry that is not yet chained."""
    known: dict[str, Any] = {
        "number": 0,
        "kind": kind,
        "run": run,
        "pack": "acme.orders",
        "from_version": "1.0.0",
        "to_version": "1.1.0",
        "direction": Direction.UPGRADE,
        "at": "2026-01-01T00:00:00.000000Z",
        "signers": ("ada",),
    }
    return HistoryEntry(**{**known, **facts})


@contextmanager
def leased(store: Store) -> Iterator[Lease]:
    """Hold the lock; nobody else is expected to.

    PostgreSQL ends a session, and with it its lock, a moment after its client left: that is waited for, and no longer
    than a lease lasts that was not given back.
    """
    with store.lock(ME, timeout=LEASE_SECONDS / 2, waiting=lambda _: None) as lease:
        yield lease


def fill(store: Store, lease: Lease, name: str, documents: Sequence[bytes], *, binding: Binding | None = None) -> Any:
    """Make a collection with integer keys from 1 and put the documents in."""
    made = store.create_collection(name, binding or Binding(), integer_key=True)
    with store.transaction(lease) as transaction:
        count = transaction.insert(made, (((n,), document) for n, document in enumerate(documents, start=1)))
    assert count == len(documents)
    return made


def read_all(collection: Any, *, rows: int = 1000, max_bytes: int = 1 << 20, **bounds: Any) -> Page:
    """Read page after page and put them together."""
    keys: list[Any] = []
    documents: list[bytes] = []
    tokens: list[object] = []
    after = bounds.pop("after", None)
    while True:
        page = collection.read(after=after, until=bounds.get("until"), rows=rows, max_bytes=max_bytes)
        assert len(page.keys) == len(page.documents) == len(page.tokens) <= rows
        if not page.keys:
            return Page(keys=keys, documents=documents, tokens=tokens)
        keys += page.keys
        documents += page.documents
        tokens += page.tokens
        after = page.keys[-1]


def changes(page: Page, made: Any) -> Changes:
    """Return a change of every document of the page: ``made`` turns the old text into the new."""
    return Changes(keys=page.keys, tokens=page.tokens, before=page.documents, documents=list(map(made, page.documents)))


@contextmanager
def other_process(backend: Backend) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that takes the lock and does what it is told (``store_process``); it is killed at the end."""
    program = Path(__file__).with_name("store_process.py")
    process = subprocess.Popen(
        [sys.executable, program, backend.name, backend.url, str(backend.lease_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
