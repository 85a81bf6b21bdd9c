"""What stores do when the world fails: full disks, poolers, standby servers, old and damaged tables."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from pooler import transaction_pooler
from sealift.errors.store import LeaseLostError, LockedError, NotADatabaseError
from sealift.errors.store_documents import CollationError, UnreadableRowError
from sealift.errors.store_running import (
    ConnectionLostError,
    StoreBusyError,
    StoreFullError,
    StoreReadOnlyError,
)
from sealift.ports import Binding
from sealift.stores.postgres_store import PostgresStore
from sealift.stores.sqlite_connection import SqliteConnection
from sealift.stores.tables import LAYOUTS, bring_up, layout_version
from store_backends import BACKENDS, ME, changes, entry, fill, leased, opened_backend, other_process, read_all

PLAIN = Binding()
TYPES = {"text": "TEXT", "blob": "BLOB", "bigint": "INTEGER"}


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path, postgres):
    with opened_backend(request.param, tmp_path, postgres) as made:
        yield made


@pytest.fixture
def store(backend):
    opened = backend.open()
    yield opened
    opened.close()


only_sqlite = pytest.mark.parametrize("backend", BACKENDS[:2], indirect=True)
only_native_sqlite = pytest.mark.parametrize("backend", BACKENDS[:1], indirect=True)
only_postgres = pytest.mark.parametrize("backend", BACKENDS[2:4], indirect=True)
only_native_postgres = pytest.mark.parametrize("backend", BACKENDS[2:3], indirect=True)


# Own tables


def test_older_tables_are_upgraded_in_one_transaction(tmp_path):
    connection = SqliteConnection(str(tmp_path / "a.db"), label="a", mode="rwc")
    older = LAYOUTS[:1]
    newer = (*older, ("ALTER TABLE sealift_meta ADD COLUMN more {text}", "CREATE TABLE sealift_more (a {bigint})"))
    broken = (*newer, ("CREATE TABLE sealift_third (a {text})", "no such statement"))
    for layouts, exist in ((older, False), (newer, True)):
        connection.begin()
        bring_up(connection, url="a", types=TYPES, exist=lambda there=exist: there, layouts=layouts)
        connection.commit()
        assert layout_version(connection, "a", len(layouts)) == len(layouts)
    assert connection.query("SELECT more FROM sealift_meta WHERE name = 'layout'") == [(None,)]
    connection.begin()
    with pytest.raises(Exception, match="syntax error"):
        bring_up(connection, url="a", types=TYPES, exist=lambda: True, layouts=broken)
    connection.rollback()
    assert layout_version(connection, "a", 2) == 2
    assert connection.query("SELECT name FROM sqlite_master WHERE name = 'sealift_third'") == []
    connection.close()


def test_two_first_runners_prepare_at_once(backend):
    stores = [backend.open() for _ in range(2)]
    errors = []

    def prepare(store):
        try:
            store.prepare()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=prepare, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for store in stores:
        assert list(store.entries()) == []
        store.close()


# Space and permissions


@only_sqlite
@pytest.mark.usefixtures("backend")
def test_a_full_database_rolls_back_and_goes_on_when_there_is_room(store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b"{}"] * 10)
        page = read_all(bound)
        store._writer.query("PRAGMA max_page_count = 40")
        with pytest.raises(StoreFullError) as caught, store.transaction(lease) as transaction:
            transaction.replace(bound, changes(page, lambda _: b'{"t":"%s"}' % (b"x" * 100_000)))
        assert not caught.value.transient
        assert read_all(bound).documents == [b"{}"] * 10
        store._writer.query("PRAGMA max_page_count = 1000000")
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(page, lambda _: b'{"t":1}'))


@only_sqlite
def test_a_database_held_by_another_program_is_busy_and_transient(backend, store):
    store.prepare()
    other = sqlite3.connect(backend.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._writer.query("PRAGMA busy_timeout = 100")
    with pytest.raises(StoreBusyError) as caught, store.lock(ME, timeout=1, waiting=print):
        pass
    assert caught.value.transient
    other.execute("ROLLBACK")
    other.close()
    with leased(store):
        pass


@only_native_postgres
def test_a_row_held_by_another_program_is_busy_and_transient(backend, store, monkeypatch):
    monkeypatch.setattr("sealift.stores.postgres_connection.LOCK_TIMEOUT", "200ms")
    with leased(store) as lease, psycopg.connect(backend.plain_url) as other:
        bound = fill(store, lease, "docs", [b"{}"])
        other.execute("UPDATE docs SET document = '{\"theirs\":1}'")
        with pytest.raises(StoreBusyError) as caught, store.transaction(lease) as transaction:
            transaction.replace(bound, changes(read_all(bound), lambda _: b'{"ours":1}'))
        assert caught.value.transient
        other.rollback()
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"ours":1}'))


@only_postgres
def test_a_reader_may_not_write(backend, store):
    store.prepare()
    store.close()
    role = f"reader_{os.getpid()}_{backend.name.replace('-', '_')}"
    backend.run(f"CREATE ROLE {role} LOGIN")
    backend.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    limited = type(backend)(name=backend.name, url=backend.url.replace("postgres@", f"{role}@"))
    try:
        with closing(limited.open()) as reader:
            assert list(reader.entries()) == []
            with pytest.raises(StoreReadOnlyError, match="permission"), reader.lock(ME, timeout=1, waiting=print):
                pass
    finally:
        backend.run(f"DROP OWNED BY {role}")
        backend.run(f"DROP ROLE {role}")


@only_native_sqlite
def test_a_damaged_file_is_named(backend, store):
    with leased(store) as lease:
        fill(store, lease, "docs", [b'{"t":"%s"}' % (b"x" * 3000)] * 50)
    store.close()
    content = bytearray(Path(backend.path).read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    Path(backend.path).write_bytes(content)
    with pytest.raises(NotADatabaseError), closing(backend.open()) as damaged:
        read_all(damaged.collection("docs", PLAIN))


# Values that are no documents


@only_native_sqlite
def test_a_blob_stays_a_blob_and_a_text_stays_a_text(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, d JSON)")
    backend.run("""INSERT INTO t VALUES (1, CAST('{"a":1}' AS BLOB)), (2, '{"a":1}'), (3, x'ff'), (4, 17)""")
    bound = store.collection("t", PLAIN)
    page = read_all(bound)
    assert page.documents == [b'{"a":1}', b'{"a":1}', b"\xff", b"17"]
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(page, lambda _: b'{"b":1}')[:2])
        assert backend.run("SELECT typeof(d) FROM t") == [("blob",), ("text",), ("blob",), ("integer",)]
        with store.transaction(lease) as transaction:
            assert transaction.delete(bound, changes(bound.get([(1,), (2,), (3,)]), bytes)) == []
    assert bound.count() == 1


@only_native_sqlite
def test_documents_that_differ_only_for_the_bytes_are_told_apart(backend, store):
    backend.run("CREATE TABLE t (id TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, d TEXT COLLATE NOCASE)")
    backend.run("""INSERT INTO t VALUES ('b', '{"a":"X"}'), ('A', '{"a":"X"}'), ('C', '{}')""")
    bound = store.collection("t", PLAIN)
    page = read_all(bound, rows=1)
    assert page.keys == [("A",), ("C",), ("b",)]
    backend.run("""UPDATE t SET d = '{"a":"x"}' WHERE id = 'b'""")
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert transaction.replace(bound, changes(page, lambda _: b'{"n":1}')) == [("b",)]


@only_sqlite
def test_a_trigger_that_rewrites_documents_makes_no_conflicts(backend, store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b'{"n":1}', b'{"n":2}', b'{"n":3}'])
        page = read_all(bound)
        backend.run(
            "CREATE TRIGGER rewrite AFTER UPDATE ON docs WHEN new.document NOT LIKE '%by%' BEGIN "
            "UPDATE docs SET document = json_set(new.document, '$.by', 'app') WHERE \"key\" = new.\"key\"; END"
        )
        backend.run("""UPDATE docs SET document = '{"by":"them"}' WHERE "key" = 2""")
        with store.transaction(lease) as transaction:
            assert transaction.replace(bound, changes(page, lambda _: b'{"ours":1}')) == [(2,)]
    ours = b'{"ours":1,"by":"app"}'
    assert read_all(bound).documents == [ours, b'{"by":"them"}', ours]


@only_sqlite
@pytest.mark.parametrize("value", ["x'00ff'", "1.5"])
def test_a_key_that_is_no_key_is_named_and_not_followed_for_ever(backend, store, value):
    backend.run("CREATE TABLE t (id PRIMARY KEY NOT NULL, d JSON)")
    backend.run(f"INSERT INTO t VALUES (1, '{{}}'), ({value}, '{{}}')")
    with pytest.raises(UnreadableRowError, match=r"t\.id"):
        read_all(store.collection("t", PLAIN))


@only_sqlite
def test_a_blob_in_a_row_is_named(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)")
    backend.run("INSERT INTO t VALUES (1, 'x', x'00')")
    with pytest.raises(UnreadableRowError, match=r"t\.b"):
        read_all(store.collection("t", PLAIN))


@only_native_postgres
def test_rows_keep_postgresqls_own_types(backend, store):
    backend.run(
        "CREATE TABLE t (id uuid PRIMARY KEY, price numeric, at timestamptz, ok boolean, tags text[], f float4, "
        "twice numeric GENERATED ALWAYS AS (price * 2) STORED, kind varchar(3) NOT NULL)"
    )
    price = "12345678901234567890.123456789012345678900"
    key = "11111111-2222-3333-4444-555555555555"
    backend.run(
        "INSERT INTO t VALUES (?, ?, '2026-01-02 03:04:05.678901+00', true, ARRAY['a', NULL], 0.1, DEFAULT, 'abc')",
        key,
        price,
    )
    bound = store.collection("t", PLAIN)
    page = read_all(bound)
    assert page.documents[0].decode() == (
        f'{{"id":"{key}","price":{price},"at":"2026-01-02T03:04:05.678901+00:00","ok":true,'
        '"tags":["a",null],"f":0.1,"kind":"abc"}'
    )
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(page, lambda text: text.replace(b'"abc"', b'"xyz"')))
    row = "SELECT price::text, at = '2026-01-02 03:04:05.678901+00', ok, tags, f, twice = price * 2, kind FROM t"
    assert backend.run(row) == [(price, True, True, ["a", None], pytest.approx(0.1), True, "xyz")]


@only_native_postgres
def test_tables_of_other_schemas_are_bound_by_their_full_name(backend, store):
    backend.run("CREATE SCHEMA crm")
    backend.run("CREATE TABLE crm.people (id bigint PRIMARY KEY, d jsonb)")
    backend.run("INSERT INTO crm.people VALUES (1, '{\"a\":1}')")
    bound = store.collection("people", Binding(table="crm.people"))
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"b":2}'))
    assert backend.run("SELECT d FROM crm.people") == [({"b": 2},)]


@only_native_postgres
def test_a_key_whose_order_changed_is_refused(backend, store):
    backend.run("CREATE TABLE t (id text PRIMARY KEY, d json)")
    store.collection("t", PLAIN)
    backend.run("UPDATE pg_database SET datcollversion = 'old' WHERE datname = current_database()")
    with pytest.raises(CollationError, match="old"):
        store.collection("t", PLAIN)


# Leases


@only_native_sqlite
def test_a_runner_that_writes_all_the_time_can_be_asked_to_stop(backend, store):
    """It leaves three milliseconds every two seconds; SQLite by itself looks ten times a second."""
    over = threading.Event()

    def write():
        with closing(sqlite3.connect(backend.path, isolation_level=None, timeout=30)) as connection:
            while not over.wait(0.003):
                connection.execute("BEGIN IMMEDIATE")
                over.wait(2)
                connection.execute("COMMIT")

    with leased(store) as lease:
        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.1)
        try:
            store.request_stop()
        finally:
            over.set()
            writer.join()
        assert store.stop_requested(lease)


@only_native_postgres
def test_behind_a_pooler_the_lease_row_keeps_runners_apart(backend, monkeypatch):
    """A lease lasts longer than a machine stands still; here it is renewed so often that none has to be waited for."""
    monkeypatch.setattr("sealift.stores.lease_row._BEATS_A_LEASE", 300)
    socket = Path(psycopg.conninfo.conninfo_to_dict(backend.plain_url)["host"]) / ".s.PGSQL.5432"
    with transaction_pooler(socket) as folder:
        url = backend.plain_url.replace(str(socket.parent), str(folder))
        first, second = (PostgresStore(url, application_name="test") for _ in range(2))
        assert first._postgres_writer.pooled or first._postgres_reader.pooled
        told = []
        with leased(first) as lease:
            bound = fill(first, lease, "docs", [b'{"n":%d}' % n for n in range(100)])
            for _ in range(8):
                with first.transaction(lease) as transaction:
                    page = read_all(bound, rows=30)
                    assert not transaction.replace(bound, changes(page, lambda text: text + b" "))
            backend.run("UPDATE sealift_lock SET expires = 1 WHERE name = 'lease'")
            _await(lambda: backend.run("SELECT expires FROM sealift_lock WHERE name = 'lease'") != [(1,)])
            with pytest.raises(LockedError, match="ada"), second.lock(ME, timeout=0.5, waiting=told.append):
                pass
            assert [holder.operator for holder in told] == ["ada"]
            with first.transaction(lease) as transaction:
                transaction.append(entry())
        with leased(second) as newer:
            with pytest.raises(LeaseLostError), first.transaction(lease):
                pass
            with second.transaction(newer) as transaction:
                transaction.append(entry("b" * 32))
        assert len(second.entries()) == 2
        assert backend.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
        first.close()
        second.close()


@only_native_postgres
def test_a_lock_session_that_broke_is_taken_again_or_the_lease_is_lost(backend, store):
    with leased(store) as lease:
        # Waits for the end of the session: its client hears of it before its lock is free.
        backend.run("SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(ConnectionLostError):
            store._sentry.query("SELECT 1")
        with store.transaction(lease) as transaction:
            transaction.append(entry())
        with other_process(backend) as other:
            assert other.stdout.readline() == "waiting ada\n"
    assert len(store.entries()) == 1


@only_native_postgres
@pytest.mark.parametrize("taken", [False, True])
def test_a_broken_session_may_hold_its_lock_a_moment_longer_and_nobody_else_may(backend, store, monkeypatch, taken):
    """The client of a session hears of its end before the server has let go of its lock."""
    monkeypatch.setattr("sealift.stores.postgres_store._LINGERING_SECONDS", 0.5 if taken else 60)
    with leased(store) as lease, psycopg.connect(backend.plain_url, autocommit=True) as other:
        backend.run("SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(ConnectionLostError):
            store._sentry.query("SELECT 1")
        other.execute("SELECT pg_advisory_lock(%s)", [store._number("runner")])
        if taken:
            with pytest.raises(LeaseLostError), store.transaction(lease):
                pass
            return
        lets_go = threading.Timer(0.5, other.execute, ["SELECT pg_advisory_unlock_all()"])
        lets_go.start()
        with store.transaction(lease) as transaction:
            transaction.append(entry())
        lets_go.join()
    assert len(store.entries()) == 1


def _await(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def test_eight_runners_take_turns(backend):
    program = (
        "import sys; from store_backends import Backend, entry, ME\n"
        "store = Backend(name=sys.argv[1], url=sys.argv[2]).open()\n"
        "with store.lock(ME, timeout=60, waiting=lambda other: None) as lease:\n"
        "    for n in range(5):\n"
        "        with store.transaction(lease) as transaction:\n"
        "            transaction.append(entry(sys.argv[3] * 32))\n"
    )
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", program, backend.name, backend.url, letter],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1] / "support"), *sys.path])},
        )
        for letter in "abcdefgh"
    ]
    assert [runner.wait(timeout=120) for runner in runners] == [0] * 8
    with closing(backend.open()) as store:
        runs = [item.run[0] for item in store.entries()]
    assert len(runs) == 40
    assert sum(one != two for one, two in pairwise(runs)) == 7
