"""What every store keeps, on real databases."""

import json
import os
import signal
import uuid
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealift.errors.store import LeaseLostError, LockedError, NewerTablesError, OwnTablesError, TablesMissingError
from sealift.errors.store_documents import (
    CollectionExistsError,
    CollectionMissingError,
    ColumnMissingError,
    ColumnTypeError,
    DocumentColumnError,
    DocumentRefusedError,
    DuplicateKeyError,
    KeyMissingError,
)
from sealift.errors.store_running import ConnectionLostError
from sealift.model.batch import Checkpoint, DocumentError
from sealift.model.history import GENESIS, EntryKind, MigrationHistory
from sealift.model.migration import Direction
from sealift.ports import Binding, Lease, QuarantinedDocument
from store_backends import (
    BACKENDS,
    ME,
    SHORT_LEASE,
    changes,
    entry,
    fill,
    leased,
    opened_backend,
    other_process,
    read_all,
)
from test_size import scaled

PLAIN = Binding()


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path, postgres):
    with opened_backend(request.param, tmp_path, postgres) as made:
        yield made


@pytest.fixture
def store(backend):
    opened = backend.open()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory, postgres):
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(stack.enter_context(opened_backend(name, folder, postgres)).open()))
            for name, folder in (("sqlite", tmp_path_factory.mktemp("keys")), ("postgresql", None))
        ]


# Before anything was written


def test_reading_an_untouched_store_finds_nothing_and_writes_nothing(backend, store):
    before = _contents(backend)
    assert store.entries() == ()
    assert store.progress("r") == Checkpoint()
    assert store.quarantined() == ()
    assert store.archived("d") is None
    assert store.archived_digests() == {}
    assert store.collections() == []
    assert store.recorded_head() == (0, GENESIS)
    assert _contents(backend) == before


def test_a_transaction_before_prepare_is_refused(store):
    with pytest.raises(TablesMissingError) as caught, store.transaction(Lease(token=1)):
        pass
    assert caught.value.exit_status == 4


def test_prepare_can_be_repeated(store):
    store.prepare()
    with leased(store) as lease, store.transaction(lease) as transaction:
        transaction.append(entry())
    store.prepare()
    assert len(store.entries()) == 1


def test_own_tables_are_no_collections(store):
    store.prepare()
    assert store.collections() == []
    with pytest.raises(CollectionMissingError):
        store.collection("sealift_meta", PLAIN)


# History


def test_entries_are_chained_in_order(store):
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            first = transaction.append(entry())
            second = transaction.append(entry(kind=EntryKind.APPLIED, note="Grüße"))
        with store.transaction(lease) as transaction:
            third = transaction.append(entry("b" * 32))
    history = MigrationHistory(store.entries())
    assert history.entries == (first, second, third)
    assert [item.number for item in history.entries] == [1, 2, 3]
    assert history.broken_link() is None
    assert store.recorded_head() == (3, third.hash)


@pytest.mark.parametrize(
    ("damage", "shown"),
    [
        ("UPDATE sealift_history SET entry = replace(entry, '1.1.0', '9.9.9') WHERE entry_no = 2", 2),
        ("DELETE FROM sealift_history WHERE entry_no = 2", 3),
        ("DELETE FROM sealift_history WHERE entry_no = 1", 2),
        ("UPDATE sealift_history SET entry_no = entry_no + 10 WHERE entry_no = 1", 2),
    ],
    ids=["edited", "removed", "first removed", "moved"],
)
def test_a_damaged_history_shows_where(backend, store, damage, shown):
    _three_entries(store)
    backend.run(damage)
    broken = MigrationHistory(sorted(store.entries(), key=_as_stored)).broken_link()
    assert broken is not None
    assert broken.number == shown or damage.startswith("UPDATE sealift_history SET entry_no")


def test_an_entry_cut_off_the_end_shows_at_the_recorded_head(backend, store):
    _three_entries(store)
    backend.run("DELETE FROM sealift_history WHERE entry_no = 3")
    history = MigrationHistory(store.entries())
    assert history.broken_link() is None
    assert store.recorded_head()[1] != history.head


def test_an_unreadable_entry_names_its_row(backend, store):
    _three_entries(store)
    backend.run("UPDATE sealift_history SET entry = '{}' WHERE entry_no = 2")
    with pytest.raises(OwnTablesError) as caught:
        store.entries()
    assert (caught.value.table, caught.value.row, caught.value.exit_status) == ("sealift_history", "2", 4)


def test_tables_of_a_newer_sealift_are_refused_by_readers_and_writers(backend, store):
    store.prepare()
    backend.run("UPDATE sealift_meta SET content = '99' WHERE name = 'layout'")
    for action in (store.entries, store.prepare, store.quarantined):
        with pytest.raises(NewerTablesError) as caught:
            action()
        assert (caught.value.found, caught.value.exit_status) == (99, 4)


# Progress, archive, quarantine


def test_progress_is_replaced_and_keeps_every_key_type(store):
    with leased(store) as lease:
        for after in ((1,), ("a", 2**53 + 1), (str(2**70),), ("ünï\n'\"",)):
            with store.transaction(lease) as transaction:
                transaction.checkpoint("r", Checkpoint(after=after, seen=3, changed=2, failed=1))
            assert store.progress("r") == Checkpoint(after=after, seen=3, changed=2, failed=1)
    assert store.progress("other") == Checkpoint()


def test_the_archive_keeps_bytes_once_and_in_order(store):
    files = {"migrations/a.py": bytes(range(256)), "schemas/b.json": b""}
    with leased(store) as lease:
        for digest in ("sha256:2", "sha256:1", "sha256:2"):
            with store.transaction(lease) as transaction:
                transaction.archive(digest, f"pack{digest[-1]}", b"\x00envelope", files)
    assert store.archived("sha256:2") == (b"\x00envelope", files)
    assert store.archived("sha256:3") is None
    assert list(store.archived_digests().items()) == [("sha256:2", "pack2"), ("sha256:1", "pack1")]


def test_quarantine_keeps_bytes_and_never_reuses_numbers(store):
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            for key in ((1,), ("b", 2)):
                transaction.set_aside(_quarantined(key))
        with store.transaction(lease) as transaction:
            transaction.release([2, 77])
        with store.transaction(lease) as transaction:
            transaction.set_aside(_quarantined((3,)))
    found = store.quarantined()
    assert [(item.number, item.key) for item in found] == [(1, (1,)), (3, (3,))]
    assert found[0] == _quarantined((1,), number=1)


# Binding


def test_a_missing_collection_lists_what_there_is_and_what_was_meant(backend, store):
    backend.run("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(10))")
    with pytest.raises(CollectionMissingError) as caught:
        store.collection("custommers", PLAIN)
    assert caught.value.similar == "customers"
    assert "customers" in str(caught.value)
    assert caught.value.exit_status == 2


def test_a_table_without_a_key_is_refused(backend, store):
    backend.run(f"CREATE TABLE t (id INTEGER, d {backend.json_type})")
    with pytest.raises(KeyMissingError):
        store.collection("t", PLAIN)
    with pytest.raises(KeyMissingError, match="unique"):
        store.collection("t", Binding(key=("id",)))


def test_a_bound_unique_key_is_taken_unless_it_has_nulls(backend, store):
    backend.run(f"CREATE TABLE t (id INTEGER UNIQUE, d {backend.json_type})")
    backend.run("INSERT INTO t VALUES (1, '{}')")
    assert store.collection("t", Binding(key=("id",))).count() == 1
    backend.run("INSERT INTO t VALUES (NULL, '{}')")
    with pytest.raises(KeyMissingError, match="NULL"):
        store.collection("t", Binding(key=("id",)))


def test_several_json_columns_must_be_told_apart(backend, store):
    backend.run(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {backend.json_type}, b {backend.json_type})")
    backend.run("""INSERT INTO t VALUES (1, '{"a":1}', '{"b":1}')""")
    if not backend.is_mysql:  # MariaDB's JSON is another name of a long text
        with pytest.raises(DocumentColumnError):
            store.collection("t", PLAIN)
    assert read_all(store.collection("t", Binding(document="b"))).documents == [b'{"b":1}']


def test_bindings_to_other_names(backend, store):
    backend.run(f"CREATE TABLE crm (id INTEGER PRIMARY KEY, no VARCHAR(9) NOT NULL UNIQUE, d {backend.json_type})")
    backend.run("INSERT INTO crm VALUES (1, 'x', '{}')")
    bound = store.collection("customers", Binding(table="crm", key=("no",), document="d"))
    assert bound.name == "customers"
    assert read_all(bound).keys == [("x",)]
    for wrong in (Binding(table="crm", key=("nope",)), Binding(table="crm", document="nope")):
        with pytest.raises(ColumnMissingError):
            store.collection("customers", wrong)


def test_a_text_column_holds_documents_when_bound(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)")
    backend.run("""INSERT INTO t VALUES (1, '{"x" :  1.0}', 'other')""")
    bound = store.collection("t", Binding(document="a"))
    assert read_all(bound).documents == [b'{"x" :  1.0}']
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"x":2}'))
    assert backend.run("SELECT a, b FROM t") == [('{"x":2}', "other")]


def test_a_binary_key_or_member_is_refused_with_its_name(backend, store):
    binary = backend.binary_type
    backend.run(f"CREATE TABLE t (id {binary} PRIMARY KEY, d {backend.json_type})")
    backend.run(f"CREATE TABLE u (id INTEGER PRIMARY KEY, name VARCHAR(9), photo {binary})")
    with pytest.raises(ColumnTypeError, match=r"t\.id"):
        store.collection("t", PLAIN)
    with pytest.raises(ColumnTypeError, match=r"u\.photo"):
        store.collection("u", PLAIN)


def test_rows_without_a_document_are_passed_over(backend, store):
    backend.run(f"CREATE TABLE t (id INTEGER PRIMARY KEY, d {backend.json_type})")
    backend.run("INSERT INTO t VALUES (1, '{}'), (2, NULL), (3, '{}')")
    bound = store.collection("t", PLAIN)
    assert bound.count() == 2
    assert read_all(bound).keys == [(1,), (3,)]
    assert bound.get([(2,), (3,)]).keys == [(3,)]


def test_names_that_need_quoting(backend, store):
    table, key, document = 'or"der %s', "group :x", 'do"c ?'
    quote = {ord('"'): '""'}
    names = [name.translate(quote) for name in (table, key, document)]
    if backend.is_postgres:
        with psycopg.connect(backend.plain_url) as connection:
            connection.execute('CREATE TABLE "{}" ("{}" INTEGER PRIMARY KEY, "{}" json)'.format(*names))
            connection.execute(f"INSERT INTO \"{names[0]}\" VALUES (1, '{{}}')")
    else:
        backend.run('CREATE TABLE "{}" ("{}" INTEGER PRIMARY KEY, "{}" JSON)'.format(*names))
        backend.run(f"INSERT INTO \"{names[0]}\" VALUES (1, '{{}}')")
    bound = store.collection("c", Binding(table=table))
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"a":1}'))
    assert bound.get([(1,)]).documents == [b'{"a":1}']


# Pages


@pytest.mark.parametrize(
    ("key", "keys"),
    [
        ("id BIGINT PRIMARY KEY", [(-(2**63),), (-1,), (0,), (5,), (2**63 - 1,)]),
        ("id SMALLINT PRIMARY KEY", [(-3,), (0,), (300,)]),
        ("id TEXT NOT NULL PRIMARY KEY", [("",), ("A",), ("B",), ("a",), ("a b",), ("é",), ("😀",)]),
        ("id VARCHAR(20) NOT NULL PRIMARY KEY", [("%s",), (":a",), ("?",), ("\\",)]),
        ("id UUID NOT NULL PRIMARY KEY", [(f"00000000-0000-0000-0000-00000000000{n}",) for n in range(5)]),
        ("a INTEGER NOT NULL, b VARCHAR(9) NOT NULL, PRIMARY KEY (a, b)", [(1, "x"), (1, "y"), (2, "a"), (2, "x")]),
        ("b VARCHAR(9) NOT NULL, a BIGINT NOT NULL, PRIMARY KEY (b, a)", [("x", 1), ("x", 10), ("y", 2)]),
    ],
    ids=["bigint", "smallint", "text", "varchar", "uuid", "composite", "text first"],
)
def test_pages_follow_every_kind_of_key(backend, store, key, keys):
    backend.run(f"CREATE TABLE t (d {backend.json_type}, {key.replace('TEXT', backend.text_key_type)})")
    marks = ", ".join("?" for _ in keys[0])
    for n in reversed(range(len(keys))):
        backend.run(f"INSERT INTO t VALUES ('{{\"n\":{n}}}', {marks})", *keys[n])
    bound = store.collection("t", PLAIN)
    for rows in (1, 2, 100):
        page = read_all(bound, rows=rows)
        assert page.keys == keys
        assert page.documents == [b'{"n":%d}' % n for n in range(len(keys))]
    assert read_all(bound, after=keys[0], until=keys[-2]).keys == keys[1:-1]
    assert bound.get([keys[-1], keys[0]]).keys == [keys[-1], keys[0]]
    assert list(bound.cut(after=None, rows=1)) == keys
    assert list(bound.cut(after=None, rows=2)) == keys[1::2]
    assert list(bound.cut(after=keys[0], rows=2)) == keys[2::2]
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"new":1}'))
    assert set(read_all(bound).documents) == {b'{"new":1}'}


def test_pages_end_at_rows_and_at_bytes_but_always_get_on(store):
    documents = [b'{"t":"%s"}' % (b"x" * size) for size in (10, 5000, 10, 10, 90_000, 10, *[200] * 50)]
    with leased(store) as lease:
        bound = fill(store, lease, "t", documents)
    first = bound.read(after=None, until=None, rows=100, max_bytes=6000)
    assert 2 <= len(first.keys) <= 4
    assert bound.read(after=(4,), until=None, rows=100, max_bytes=1000).keys == [(5,)]
    for limit in (1, 1000, 10**6):
        assert read_all(bound, rows=7, max_bytes=limit).documents == documents


@settings(max_examples=scaled(25))
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), unique=True))
def test_any_text_is_a_key_in_the_order_of_its_bytes(two_stores, texts):
    for store in two_stores:
        name = f"t{uuid.uuid4().hex}"
        made = store.create_collection(name, PLAIN, integer_key=False)
        with leased(store) as lease, store.transaction(lease) as transaction:
            transaction.insert(made, (((text,), b"{}") for text in texts))
        assert read_all(made, rows=2).keys == [(text,) for text in sorted(texts, key=str.encode)]


# Writing


def test_documents_come_back_byte_for_byte(store):
    documents = [
        b'{"b":1.10,"a":1e2,"n":123456789012345678901234567890.0001,"s":"\\u00e9 \xc3\xa9 \\/ \\n"}',
        b'{ "spaced" : [ 1 , 2 ] }',
        b'{"a":1,"a":2}',
        b'{"back":"\\\\ \\t %s :name ?"}',
    ]
    with leased(store) as lease:
        bound = fill(store, lease, "docs", documents)
        page = read_all(bound)
        assert page.documents == documents
        with store.transaction(lease) as transaction:
            lost = transaction.replace(bound, changes(page, lambda text: text + b" ")[1:])
        assert not lost
    assert read_all(bound).documents == [documents[0], *(text + b" " for text in documents[1:])]


def test_a_document_changed_by_somebody_else_is_never_overwritten(backend, store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b'{"n":%d}' % n for n in range(10)])
        page = read_all(bound)
        backend.run("""UPDATE docs SET document = '{"theirs":1}' WHERE "key" = 3""")
        backend.run('DELETE FROM docs WHERE "key" = 7')
        with store.transaction(lease) as transaction:
            lost = transaction.replace(bound, changes(page, lambda _: b'{"ours":1}'))
        assert sorted(lost) == [(3,), (7,)]
        again = bound.get(lost)
        assert (again.keys, again.documents) == ([(3,)], [b'{"theirs":1}'])
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(again, lambda text: text + b" "))
    stored = read_all(bound)
    assert stored.documents == [b'{"ours":1}'] * 2 + [b'{"theirs":1} '] + [b'{"ours":1}'] * 6


def test_deleting_spares_what_was_changed(backend, store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b'{"n":%d}' % n for n in range(4)])
        page = read_all(bound)
        backend.run("""UPDATE docs SET document = '{"theirs":1}' WHERE "key" = 2""")
        with store.transaction(lease) as transaction:
            assert transaction.delete(bound, changes(page, bytes)) == [(2,)]
    assert read_all(bound).documents == [b'{"theirs":1}']


def test_a_rolled_back_transaction_leaves_nothing(store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b"{}"])
        with pytest.raises(KeyboardInterrupt), store.transaction(lease) as transaction:  # noqa: PT012 - all of it
            transaction.replace(bound, changes(read_all(bound), lambda _: b'{"a":1}'))
            transaction.insert(bound, [((2,), b"{}")])
            transaction.checkpoint("r", Checkpoint(after=(1,)))
            transaction.set_aside(_quarantined((1,)))
            transaction.archive("d", "p", b"", {"f": b""})
            transaction.append(entry())
            raise KeyboardInterrupt
        assert read_all(bound).documents == [b"{}"]
        assert (store.progress("r"), store.quarantined(), store.archived("d")) == (Checkpoint(), [], None)
        assert list(store.entries()) == []
        with store.transaction(lease) as transaction:
            assert transaction.append(entry()).number == 1


def test_pages_are_read_while_a_transaction_is_open(store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b"{}", b"{}"])
        with store.transaction(lease) as transaction:
            transaction.replace(bound, changes(bound.get([(1,)]), lambda _: b'{"a":1}'))
            assert read_all(bound).documents == [b"{}", b"{}"]
            assert store.progress("r") == Checkpoint()
        assert read_all(bound).documents == [b'{"a":1}', b"{}"]


def test_a_key_that_exists_is_refused_with_its_value(store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b"{}"] * 3)
        with pytest.raises(DuplicateKeyError) as caught, store.transaction(lease) as transaction:
            transaction.insert(bound, (((n,), b'{"new":1}') for n in range(-1200, 3)))
        assert caught.value.key == "1"
        assert bound.count() == 3
        with pytest.raises(DuplicateKeyError) as caught, store.transaction(lease) as transaction:
            transaction.insert(bound, [((9,), b"{}"), ((9,), b"{}")])
        assert caught.value.key == "9"


def test_what_a_constraint_refuses_is_a_refused_document(backend, store):
    wrong = b'{"n":"one"}' if backend.is_postgres else b'{"n":11}'
    check = "json_typeof(d -> 'n') = 'number'" if backend.is_postgres else "json_extract(d, '$.n') < 10"
    backend.run(f"CREATE TABLE t (id INTEGER PRIMARY KEY, d {backend.json_type} CHECK ({check}))")
    backend.run("""INSERT INTO t VALUES (1, '{"n":1}')""")
    bound = store.collection("t", PLAIN)
    with leased(store) as lease:
        with pytest.raises(DocumentRefusedError), store.transaction(lease) as transaction:
            transaction.replace(bound, changes(read_all(bound), lambda _: wrong))
        assert read_all(bound).documents == [b'{"n":1}']


def test_creating_a_collection(store):
    made = store.create_collection("docs", Binding(table="other", key=("id",), document="body"), integer_key=False)
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert transaction.insert(made, [(("b",), b'{ "x": 1.0 }'), (("a",), b"{}")]) == 2
    assert store.collections() == ["other"]
    assert read_all(store.collection("other", PLAIN)).documents == [b"{}", b'{ "x": 1.0 }']
    with pytest.raises(CollectionExistsError):
        store.create_collection("other", PLAIN, integer_key=True)


# Rows as documents


def test_a_row_is_a_document(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), price DOUBLE PRECISION, n BIGINT)")
    backend.run("INSERT INTO t VALUES (1, 'Ä \"q\"', 0.1, 9007199254740993), (2, NULL, 1e300, NULL)")
    bound = store.collection("t", PLAIN)
    page = read_all(bound)
    assert [json.loads(text) for text in page.documents] == [
        {"id": 1, "name": 'Ä "q"', "price": 0.1, "n": 9007199254740993},
        {"id": 2, "name": None, "price": 1e300, "n": None},
    ]
    assert list(json.loads(page.documents[0])) == ["id", "name", "price", "n"]
    with leased(store) as lease, store.transaction(lease) as transaction:
        assert not transaction.replace(bound, changes(page, _with(name="new", n=-1)))
    assert backend.run("SELECT id, name, price, n FROM t ORDER BY id") == [(1, "new", 0.1, -1), (2, "new", 1e300, -1)]


def test_a_row_changed_by_somebody_else_is_never_overwritten(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), n INTEGER)")
    backend.run("INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', 3)")
    bound = store.collection("t", PLAIN)
    page = read_all(bound)
    backend.run("UPDATE t SET n = 5 WHERE id = 2")
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            assert transaction.replace(bound, changes(page, _with(name="new"))) == [(2,)]
        with store.transaction(lease) as transaction:
            assert transaction.delete(bound, changes(page, bytes)[1:2]) == [(2,)]
    assert backend.run("SELECT name, n FROM t ORDER BY id") == [("new", None), ("b", 5), ("new", 3)]


def test_a_member_left_out_becomes_null_and_an_unknown_one_is_refused(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), n INTEGER)")
    backend.run("INSERT INTO t VALUES (1, 'a', 1)")
    bound = store.collection("t", PLAIN)
    with leased(store) as lease:
        for wrong, reason in ((b'{"id":1,"nam":"b"}', "nam"), (b'{"id":2,"name":"b"}', "id"), (b'{"name":"b"}', "id")):
            with pytest.raises(DocumentRefusedError, match=reason) as caught, store.transaction(lease) as transaction:
                transaction.replace(bound, changes(read_all(bound), lambda _, text=wrong: text))
            assert caught.value.key == "1"
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(read_all(bound), lambda _: b'{"id":1}'))
    assert backend.run("SELECT * FROM t") == [(1, None, None)]


def test_rows_are_inserted(backend, store):
    backend.run("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, n INTEGER)")
    bound = store.collection("t", PLAIN)
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            rows = [((n,), b'{"id":%d,"name":"x"}' % n) for n in range(1, 4)]
            assert transaction.insert(bound, rows) == 3
        with pytest.raises(DuplicateKeyError) as caught, store.transaction(lease) as transaction:
            transaction.insert(bound, [((2,), b'{"id":2,"name":"x"}')])
        assert caught.value.key == "2"
        with pytest.raises(DocumentRefusedError), store.transaction(lease) as transaction:
            transaction.insert(bound, [((9,), b'{"id":9}')])
    assert bound.count() == 3


# Lock and lease


@dataclass
class Clock:
    """What a waiting runner takes for the time: it goes on while the runner sleeps, and not while the machine does."""

    now: float = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_a_second_runner_waits_is_told_who_and_gives_up(backend, store, monkeypatch):
    told, clock = [], Clock()
    with other_process(backend) as other:
        assert other.stdout.readline() == "locked\n"
        with monkeypatch.context() as patch:
            patch.setattr("sealift.stores.waiting.time", clock)
            with pytest.raises(LockedError) as caught, store.lock(ME, timeout=5, waiting=told.append):
                pass
        assert 5 <= clock.now < 5.5
        assert [holder.operator for holder in told] == ["bob"]
        assert (caught.value.host, caught.value.pid, caught.value.exit_status) == ("there", other.pid, 6)
        other.stdin.close()
        assert other.wait(timeout=10) == 0
        with leased(store):
            pass


def test_a_waiting_runner_gets_the_lock_when_it_is_free(backend, store):
    with leased(store):
        held = other_process(backend)
        other = held.__enter__()
        assert other.stdout.readline() == "waiting ada\n"
        assert other.poll() is None
    assert other.stdout.readline() == "locked\n"
    held.__exit__(None, None, None)


def test_a_killed_holder_blocks_nobody(backend, store):
    with other_process(replace(backend, lease_seconds=SHORT_LEASE)) as other:
        assert other.stdout.readline() == "locked\n"
        other.stdin.write("hang\n")
        other.stdin.flush()
        assert other.stdout.readline() == "written\n"
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with store.lock(ME, timeout=10, waiting=lambda _: None) as lease, store.transaction(lease) as transaction:
            transaction.append(entry())
    assert len(store.entries()) == 1
    assert store.archived_digests() == {}


def test_a_stopped_holder_that_was_overtaken_cannot_write(backend, store):
    with other_process(replace(backend, lease_seconds=SHORT_LEASE)) as other:
        assert other.stdout.readline() == "locked\n"
        other.send_signal(signal.SIGSTOP)
        _set_lock_free(backend)
        with store.lock(ME, timeout=10, waiting=lambda _: None):
            other.send_signal(signal.SIGCONT)
            other.stdin.write("late\n")
            other.stdin.flush()
            assert other.stdout.readline() == "STORE-011\n"
    assert store.archived_digests() == {}


def test_a_lease_that_was_overtaken_cannot_write(store):
    with leased(store) as old:
        pass
    with leased(store) as new:
        assert new.token > old.token
        for stale in (old, Lease(token=new.token + 1)):
            with pytest.raises(LeaseLostError) as caught, store.transaction(stale) as transaction:
                transaction.append(entry())
            assert caught.value.exit_status == 6
        with store.transaction(new) as transaction:
            transaction.append(entry())
    assert len(store.entries()) == 1


def test_tokens_of_a_restored_backup_block_nobody(backend, store):
    with leased(store) as old:
        backup = backend.run("SELECT content FROM sealift_meta WHERE name = 'token'")[0][0]
    with leased(store):
        pass
    far = 2**53
    backend.run("UPDATE sealift_meta SET content = ? WHERE name = 'token'", backup)
    backend.run("DELETE FROM sealift_lock")
    note = '{"operator":"x","host":"y","pid":1,"since":"z"}'
    backend.run("INSERT INTO sealift_lock (name, token, holder, expires) VALUES ('lease', 7, ?, ?)", note, far)
    backend.run("INSERT INTO sealift_lock (name, token, holder, expires) VALUES ('session', 7, ?, ?)", note, far)
    with leased(store) as lease:
        with store.transaction(lease) as transaction:
            transaction.append(entry())
        with pytest.raises(LeaseLostError), store.transaction(old):
            pass


@pytest.mark.parametrize("backend", BACKENDS[2:], indirect=True)
def test_a_lost_connection_is_transient_and_the_store_goes_on(backend, store):
    with leased(store) as lease:
        bound = fill(store, lease, "docs", [b"{}"])
        _drop_everybody(backend)
        errors = []
        while not errors or errors[-1] is not None:
            errors.append(_attempt(store, lease, bound))
            assert len(errors) < 5
        assert len(errors) > 1
        assert all(error.transient for error in errors[:-1])
    assert read_all(bound).documents == [b'{"a":1}']


def _contents(backend):
    if backend.is_postgres:
        return backend.run("SELECT count(*) FROM pg_class")
    if backend.is_mysql:
        return backend.run("SHOW TABLES")
    return Path(backend.path).read_bytes()


def _three_entries(store):
    with leased(store) as lease, store.transaction(lease) as transaction:
        for run in ("a", "b", "c"):
            transaction.append(entry(run * 32))


def _as_stored(_):
    return 0


def _quarantined(key, number=0):
    return QuarantinedDocument(
        number=number,
        run="r",
        pack="acme.orders",
        version="1.1.0",
        direction=Direction.DOWNGRADE,
        collection="docs",
        key=key,
        document=b"\xff not json",
        error=DocumentError(code="raised", message="é", where="migrations/a.py:1"),
        digest="sha256:1",
        at="2026-01-01T00:00:00Z",
    )


def _with(**members):
    return lambda text: json.dumps({**json.loads(text), **members}).encode()


def _drop_everybody(backend):
    if backend.is_mysql:
        for (number,) in backend.run(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        ):
            backend.run(f"KILL {number}")
        return
    with psycopg.connect(backend.plain_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _attempt(store, lease, bound):
    try:
        page = read_all(bound)
        with store.transaction(lease) as transaction:
            assert not transaction.replace(bound, changes(page, lambda _: b'{"a":1}'))
    except ConnectionLostError as error:
        return error
    return None


def _set_lock_free(backend):
    """Do to a stopped holder what may happen to one: its lock is gone, its token is not yet overtaken."""
    if backend.name == "postgresql":
        backend.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    elif backend.name.startswith("sqlite"):
        Path(backend.path + ".sealift-lock").unlink()
