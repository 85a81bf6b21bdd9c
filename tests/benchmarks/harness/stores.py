"""The two stores: templates that are loaded once, and a fresh copy of one for every run."""

import os
import shutil
import sqlite3
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from harness.documents import Digest, generate

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

SERVER = (
    "fsync=on",
    "synchronous_commit=on",
    "autovacuum=off",  # its visits would hit one peer and spare the next
    "listen_addresses=",
    "max_connections=20",
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One fresh copy: its address for SQLAlchemy, and for the driver itself."""

    url: str
    plain: str


class SqliteStores:
    """Files; WAL, `synchronous=FULL`."""

    kind = "sqlite"

    def __init__(self, folder):
        self._folder = folder

    def load(self, template, count):
        with self._connect(self._path(template)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE orders (key INTEGER NOT NULL PRIMARY KEY, document JSON NOT NULL)")
            connection.executemany("INSERT INTO orders VALUES (?, ?)", generate(count))
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def fresh(self, template):
        shutil.copyfile(self._path(template), self._path("fresh"))
        os.sync()
        try:
            path = str(self._path("fresh"))
            yield Database(url=f"sqlite:///{path}", plain=path)
        finally:
            for file in self._folder.glob("fresh.db*"):
                file.unlink()

    def keep(self, database, template):
        with self._connect(database.plain) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(database.plain, self._path(template))

    def digest(self, database):
        digest = Digest()
        with self._connect(database.plain) as connection:
            for key, text in connection.execute("SELECT key, document FROM orders ORDER BY key"):
                digest.add(key, orjson.loads(text))
        return str(digest)

    def _path(self, template):
        return self._folder / f"{template}.db"

    @contextmanager
    def _connect(self, path):
        connection = sqlite3.connect(path)
        try:
            yield connection
        finally:
            connection.close()


class PostgresqlStores:
    """Databases of one server; a fresh one is a file copy of its template."""

    kind = "postgresql"

    def __init__(self, server):
        self._server = server

    def load(self, template, count):
        self._administer(f"CREATE DATABASE {template}")
        with self._connect(template) as connection:
            connection.execute("CREATE TABLE orders (key bigint PRIMARY KEY, document jsonb NOT NULL)")
            with connection.cursor().copy("COPY orders (key, document) FROM STDIN") as copy:
                for row in generate(count):
                    copy.write_row(row)
            connection.execute("VACUUM ANALYZE orders")

    @contextmanager
    def fresh(self, template):
        self._administer(f"CREATE DATABASE fresh TEMPLATE {template} STRATEGY file_copy", "CHECKPOINT")
        os.sync()
        try:
            yield Database(url=self._server.url("fresh", scheme="postgresql+psycopg"), plain=self._server.url("fresh"))
        finally:
            self._administer("DROP DATABASE fresh WITH (FORCE)")

    def keep(self, database, template):  # noqa: ARG002  # there is one fresh copy at a time
        # As the loaded one is, and as autovacuum would have done by the time somebody goes back.
        with self._connect("fresh") as connection:
            connection.execute("VACUUM ANALYZE orders")
        self._administer(f"CREATE DATABASE {template} TEMPLATE fresh STRATEGY file_copy")

    def digest(self, database):  # noqa: ARG002  # there is one fresh copy at a time
        digest = Digest()
        with self._connect("fresh") as connection, connection.transaction(), connection.cursor("digest") as cursor:
            cursor.itersize = 1000
            for key, text in cursor.execute("SELECT key, document::text FROM orders ORDER BY key"):
                digest.add(key, orjson.loads(text))
        return str(digest)

    def _administer(self, *statements):
        with self._connect("postgres") as connection:
            for statement in statements:
                connection.execute(statement)

    def _connect(self, name):
        import psycopg

        return psycopg.connect(self._server.url(name), autocommit=True)


@contextmanager
def open_stores(kind, folder):
    """Yield the stores of this kind; a server is started for them if they need one."""
    if kind == "sqlite":
        yield SqliteStores(folder)
        return
    from postgres_server import running_postgres

    with running_postgres(SERVER) as server:
        yield PostgresqlStores(server)
