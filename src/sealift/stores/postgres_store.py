"""PostgreSQL through psycopg."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from time import monotonic, sleep

from sealift.errors.store import LeaseLostError, StoreError
from sealift.errors.store_documents import CollectionExistsError
from sealift.model.batch import Key
from sealift.ports import Binding, Holder, Lease
from sealift.stores.base import DocumentTable, SqlStore
from sealift.stores.connection import Connection
from sealift.stores.layout import Layout, Table
from sealift.stores.lease_row import LEASE_SECONDS, LeaseTerms, lease_row
from sealift.stores.postgres_catalogue import check_collations, describe, has_null_keys, table_names
from sealift.stores.postgres_connection import PostgresConnection
from sealift.stores.postgres_documents import PostgresDocuments, PostgresRows
from sealift.stores.postgres_statements import quoted
from sealift.stores.waiting import LockRequest, read_note

POLL_SECONDS = 0.1
_LINGERING_SECONDS = 5.0
"""How long a session that broke may still hold its lock."""
_MOMENT = 0.02
"""Seconds."""
_TYPES = {"text": "TEXT", "blob": "BYTEA", "bigint": "BIGINT"}
_CLOCK = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class PostgresStore(SqlStore):
    """A PostgreSQL database: one connection reads, one writes, one holds the lock."""

    writes_apart = True
    writes_side_by_side = True
    skip_locked = " FOR UPDATE SKIP LOCKED"
    row_lock = " FOR SHARE"

    def __init__(self, url: str, *, application_name: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self._url = url
        self._application_name = application_name
        self._terms = LeaseTerms(clock=_clock, seconds=lease_seconds)
        self._postgres_reader = self._connect()
        self._postgres_writer = self._connect()
        self._sentry: PostgresConnection | None = None
        super().__init__(
            label=self._postgres_reader.label, reader=self._postgres_reader, writer=self._postgres_writer, types=_TYPES
        )
        self._reader.query("SELECT 1")

    def beside(self) -> "PostgresStore":
        """Open the same database again, for a runner with connections of its own."""
        return PostgresStore(self._url, application_name=self._application_name, lease_seconds=self._terms.seconds)

    def create_collection(self, name: str, binding: Binding, *, integer_key: bool) -> DocumentTable:
        """Make a table with ``key`` and ``document``, of type ``json``: it keeps the text as it was read."""
        table = binding.table or name
        if self._describe(table) is not None:
            raise CollectionExistsError(collection=name, table=table)
        key = quoted(binding.key[0] if binding.key else "key")
        document = quoted(binding.document or "document")
        # "C": in the order of the bytes, whatever the server's operating system thinks of languages.
        kind = "bigint" if integer_key else 'text COLLATE "C"'
        self._postgres_writer.run(f"CREATE TABLE {quoted(table)} ({key} {kind} PRIMARY KEY, {document} json NOT NULL)")
        return self.collection(name, binding)

    def _serialise(self) -> None:
        self._writer.query("SELECT pg_advisory_xact_lock(:number)", {"number": self._number("tables")})

    @contextmanager
    def _alone(self, request: LockRequest) -> Iterator[None]:
        with closing(self._connect()) as sentry:
            sentry.query("SELECT 1")
            if sentry.pooled:
                with lease_row(self._connect, self._terms, request):
                    yield
            else:
                with self._session_lock(sentry, request):
                    yield

    @contextmanager
    def _session_lock(self, sentry: PostgresConnection, request: LockRequest) -> Iterator[None]:
        request.wait(partial(self._try_lock, sentry), partial(_described, sentry), every=POLL_SECONDS)
        _describe_holder(sentry, request.note)
        self._sentry = sentry
        try:
            yield
        finally:
            self._sentry = None

    def _try_lock(self, sentry: PostgresConnection) -> bool:
        number = self._number("runner")
        return bool(sentry.query("SELECT pg_try_advisory_lock(:number)", {"number": number})[0][0])

    def _check(self, lease: Lease) -> None:
        super()._check(lease)
        # The session that held the lock broke: take it again, unless somebody else has it by now.
        if self._sentry is not None and self._sentry.broken and not self._locks_again(self._sentry):
            raise LeaseLostError(url=self.label, token=lease.token)

    def _locks_again(self, sentry: PostgresConnection) -> bool:
        # Not at once: the server lets go of a broken session's lock a moment after its client heard of the end.
        until = monotonic() + _LINGERING_SECONDS
        while not self._try_lock(sentry):
            if monotonic() >= until:
                return False
            sleep(_MOMENT)
        return True

    def _number(self, purpose: str) -> int:
        # Advisory locks belong to a database; several stores may live in its schemas.
        schema = self._writer.query("SELECT current_schema()")[0][0]
        digest = hashlib.sha256(f"sealift {purpose} {schema}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def _settle(self, table: DocumentTable, keys: Sequence[Key]) -> None:
        del keys
        with self._postgres_writer.using(collection=table.name) as raw:
            raw.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _has_tables(self, connection: Connection) -> bool:
        return bool(connection.query("SELECT to_regclass('sealift_meta') IS NOT NULL")[0][0])

    def _table_names(self) -> Iterable[str]:
        return table_names(self._reader)

    def _describe(self, name: str) -> Table | None:
        return describe(self._reader, name)

    def _has_null_keys(self, layout: Layout) -> bool:
        return has_null_keys(self._postgres_reader, layout)

    def _bind(self, layout: Layout) -> DocumentTable:
        with self._postgres_reader.using() as raw:
            version = raw.info.server_version
        check_collations(self._reader, layout, version)
        made = PostgresDocuments if layout.document else PostgresRows
        return made(layout, self._postgres_reader, self._postgres_writer)

    def _connect(self) -> PostgresConnection:
        return PostgresConnection(self._url, application_name=self._application_name)


def _described(sentry: PostgresConnection) -> Holder | None:
    rows = sentry.query("SELECT holder FROM sealift_lock WHERE name = 'session'")
    return read_note(rows[0][0]) if rows else None


def _describe_holder(sentry: PostgresConnection, note: str) -> None:
    # Only a description: nothing may fail because of it.
    with suppress(StoreError):
        sentry.change(
            "INSERT INTO sealift_lock (name, token, holder, expires) VALUES ('session', 0, :holder, 0) "
            "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder",
            {"holder": note},
        )


def _clock(connection: Connection) -> int:
    return int(connection.query(_CLOCK)[0][0])
