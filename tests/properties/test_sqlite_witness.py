"""On SQLite a document is overwritten only while it is what was read, also where that is told without comparing it.

Pages are read and written in any order, twice, in part, together and by two objects of one table, in transactions that
last or do not, while another program changes documents: what comes out is what comparing every document gives.
"""

import operator
import sqlite3
from contextlib import ExitStack, closing, contextmanager

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sealift.model.batch import Change, Changes, Checkpoint
from sealift.ports import Binding
from sealift.stores.sqlite_connection import SqliteConnection
from sealift.stores.sqlite_witness import SqliteWitness
from store_backends import changes, fill, leased, opened_backend, read_all
from test_size import scaled

KEYS = 8
ANY_KEY = st.integers(1, KEYS)
OBJECT = st.sampled_from([0, 0, 0, 1])
READ = st.tuples(st.just("read"), OBJECT, st.sampled_from(["next", "next", "next", None]) | ANY_KEY, st.integers(1, 3))
GET = st.tuples(st.just("get"), OBJECT, st.lists(ANY_KEY, min_size=1, max_size=3, unique=True))
WRITE = st.tuples(
    st.sampled_from(["write", "write", "write", "write", "delete", "rolled back"]),
    OBJECT,
    st.lists(st.integers(0, 3), min_size=1, max_size=1) | st.lists(st.integers(-2, 3), min_size=1, max_size=2),
    st.sampled_from([1, 1, 1, 2]),
)
INSERT = st.tuples(st.just("insert"), ANY_KEY)
OUTSIDER = st.tuples(st.just("outsider"), st.sampled_from(["update", "delete", "blob", "move"]), ANY_KEY, ANY_KEY)
RARELY = GET | INSERT | OUTSIDER
WALK = st.lists(st.tuples(st.just("read"), st.just(0), st.just("next"), st.integers(1, 3)), min_size=1, max_size=4)
DEEDS = st.builds(operator.add, WALK, st.lists(READ | WRITE | WRITE | WRITE | RARELY, min_size=2, max_size=12))


class World:
    """A table, two objects that read and write it, another program, and what must be in it."""

    def __init__(self, store, lease, path, name, made):
        self.store, self.lease, self.path, self.name = store, lease, path, name
        self.made = made
        self.objects = [made, store.collection(name, Binding())]
        self.pages = []
        self.after = [None, None]
        self.expected = {}
        self.written = 0
        self._insert([(key, self._text()) for key in range(1, KEYS + 1)])

    def _text(self):
        self.written += 1
        return b'{"n":%d}' % self.written

    def _insert(self, documents):
        with self.store.transaction(self.lease) as transaction:
            transaction.insert(self.made, (((key,), text) for key, text in documents))
        self.expected |= dict(documents)

    def read(self, which, after, rows):
        after = self.after[which] if after == "next" else None if after is None else (after,)
        page = self.objects[which].read(after=after, until=None, rows=rows, max_bytes=1 << 20)
        assert list(page.keys) == [(key,) for key in sorted(self.expected) if after is None or key > after[0]][:rows]
        self._keep(page)
        self.after[which] = page.keys[-1] if page.keys else None

    def get(self, which, keys):
        self._keep(self.objects[which].get([(key,) for key in keys]))

    def _keep(self, page):
        assert list(page.documents) == [self.expected[key] for (key,) in page.keys]
        self.pages.append(list(zip(page.keys, page.tokens, page.documents, strict=True)))

    def write(self, which, numbers, share, *, deed):
        """Write a part of one or two pages that were read."""
        rows = [row for at in numbers if -len(self.pages) <= at < len(self.pages) for row in self.pages[at][::share]]
        rows = list({key: (key, token, before) for key, token, before in rows}.values())
        changes = Changes.of(Change(key, token, before, self._text()) for key, token, before in rows)
        fresh = {change.key for change in changes if self.expected.get(change.key[0]) == change.before}
        with ExitStack() as stack:
            if deed == "rolled back":
                stack.enter_context(pytest.raises(KeyboardInterrupt))
            transaction = stack.enter_context(self.store.transaction(self.lease))
            act = transaction.delete if deed == "delete" else transaction.replace
            lost = act(self.objects[which], changes)
            assert set(lost) == {change.key for change in changes} - fresh
            if deed == "rolled back":
                raise KeyboardInterrupt
        if deed == "rolled back":
            return
        for (key,), _, _, document in (change for change in changes if change.key in fresh):
            if deed == "delete":
                del self.expected[key]
            else:
                self.expected[key] = document

    def insert(self, key):
        if key not in self.expected:
            self._insert([(key, self._text())])

    def outsider(self, deed, key, other):
        text = self._text()
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            if deed == "delete":
                connection.execute(f"DELETE FROM {self.name} WHERE key = ?", (key,))
                self.expected.pop(key, None)
            elif deed == "move" and other not in self.expected:
                connection.execute(f"UPDATE {self.name} SET key = ? WHERE key = ?", (other, key))
                self.expected |= {other: self.expected.pop(key)} if key in self.expected else {}
            elif deed in {"update", "blob"}:
                given = text if deed == "blob" else text.decode()
                connection.execute(f"UPDATE {self.name} SET document = ? WHERE key = ?", (given, key))
                self.expected |= {key: text} if key in self.expected else {}

    def check(self):
        with closing(sqlite3.connect(self.path)) as connection:
            connection.text_factory = bytes
            assert dict(connection.execute(f"SELECT key, document FROM {self.name}")) == self.expected

    def do(self, deed, *given):
        if deed in {"write", "delete", "rolled back"}:
            self.write(*given, deed=deed)
        else:
            getattr(self, deed)(*given)
        self.check()


@pytest.fixture(scope="module", params=["wal", "delete"])
def opened(request, tmp_path_factory):
    """A store in each journal mode: WAL is what it switches to, the other what it has where WAL cannot be had."""
    with ExitStack() as stack:
        backend = stack.enter_context(opened_backend("sqlite", tmp_path_factory.mktemp("witness"), None))
        with closing(backend.open()) as store:
            store.prepare()
        assert backend.run(f"PRAGMA journal_mode = {request.param}") == [(request.param,)]
        store = stack.enter_context(closing(backend.open()))
        yield backend.path, store, stack.enter_context(leased(store)), iter(range(10**9))


@contextmanager
def told():
    """Have what is vouched for written down."""
    answers, ask = [], SqliteWitness.vouches
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteWitness, "vouches", lambda *given: answers.append(ask(*given)) or answers[-1])
        yield answers


READ_TWO = [("read", 0, None, 2), ("read", 0, "next", 2)]


@settings(max_examples=scaled(250))
@given(DEEDS)
@example([*READ_TWO, ("write", 0, [0], 1), ("write", 0, [1], 1)])
@example([*READ_TWO, ("outsider", "update", 3, 1), ("write", 0, [1], 1)])
@example([*READ_TWO, ("write", 0, [0], 1), ("write", 0, [0], 1)])
@example([*READ_TWO, ("read", 1, 1, 3), ("write", 0, [0], 1), ("write", 0, [2], 1)])
@example([("read", 0, 1, 3), ("read", 0, None, 1), ("read", 1, "next", 2), ("write", 0, [0], 1), ("write", 1, [2], 1)])
@example([*READ_TWO, ("get", 0, [3]), ("write", 0, [2], 1), ("write", 0, [1], 1)])
@example([*READ_TWO, ("get", 0, [1]), ("write", 0, [0], 1), ("write", 0, [2], 1)])
@example([READ_TWO[0], ("outsider", "update", 1, 1), READ_TWO[1], ("write", 0, [0], 1)])
@example([*READ_TWO, ("delete", 0, [1], 2), ("insert", 3), ("write", 0, [1], 1)])
@example([*READ_TWO, ("rolled back", 0, [0], 1), ("write", 0, [0], 1)])
def test_what_changed_since_it_was_read_is_never_overwritten(opened, deeds):
    path, store, lease, numbers = opened
    name = f"t{next(numbers)}"
    world = World(store, lease, path, name, store.create_collection(name, Binding(), integer_key=True))
    with told() as vouched:
        for deed in deeds:
            world.do(*deed)
    event(f"vouched for: {any(vouched)}; compared: {not all(vouched)}")


def test_pages_in_their_turn_are_vouched_for(opened):
    """The point of it: an ordinary run compares nothing, whatever it commits between the pages."""
    path, store, lease, numbers = opened
    name = f"t{next(numbers)}"
    world = World(store, lease, path, name, store.create_collection(name, Binding(), integer_key=True))
    for after in (None, "next", "next"):
        world.read(0, after, 2)
    with closing(sqlite3.connect(path)) as outsider, told() as vouched:
        for number in range(3):
            world.write(0, [number], 1, deed="write")
            outsider.execute(f"SELECT count(*) FROM {name}").fetchall()  # whoever only reads disturbs nobody
    assert vouched == [True, True, True]


@pytest.mark.parametrize("table", ["docs", "sealift_progress"])
def test_what_a_trigger_changed_is_never_overwritten(tmp_path, table):
    """It works in the transaction of the writer, which no count of commits of others tells."""
    with ExitStack() as stack:
        backend = stack.enter_context(opened_backend("sqlite", tmp_path, None))
        store = stack.enter_context(closing(backend.open()))
        lease = stack.enter_context(leased(store))
        docs = fill(store, lease, "docs", [b'{"n":%d}' % n for n in range(4)])
        theirs = """UPDATE docs SET document = '{"theirs":1}' WHERE key = 4"""
        backend.run(
            f"CREATE TRIGGER t AFTER {'UPDATE' if table == 'docs' else 'INSERT'} ON {table} BEGIN {theirs}; END"
        )
        first = docs.read(after=None, until=None, rows=2, max_bytes=1000)
        second = docs.read(after=(2,), until=None, rows=2, max_bytes=1000)
        with store.transaction(lease) as transaction:
            assert transaction.replace(docs, changes(first, lambda _: b"{}")) == []
            transaction.checkpoint("r", Checkpoint(after=(2,)))
        with store.transaction(lease) as transaction:
            assert transaction.replace(docs, changes(second, lambda _: b"{}")) == [(4,)]
        assert read_all(docs).documents == [b"{}", b"{}", b"{}", b'{"theirs":1}']


@pytest.fixture
def witness(tmp_path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (key INTEGER PRIMARY KEY)")
    connection = SqliteConnection(str(path), label="store", mode="rw")
    yield path, SqliteWitness(connection)
    connection.close()


def pages(witness, *after):
    numbers = []
    for start, last in after:
        numbers.append(witness.reading("t", start))
        witness.read("t", last)
    return numbers


def test_a_commit_of_another_connection_ends_it_for_every_page_that_was_read(witness):
    path, one = witness
    first, second = pages(one, (None, (1,)), ((1,), (2,)))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1)")
    assert not one.vouches({first})
    assert not one.vouches({second})
    (third,) = pages(one, ((2,), (3,)))
    assert one.vouches({third})


@pytest.mark.parametrize(
    ("after", "vouched"),
    [
        pytest.param([(None, (2,)), ((2,), (4,))], [True, True], id="in turn"),
        pytest.param([(None, (2,)), (None, (2,))], [False, False], id="the same page twice"),
        pytest.param([(None, (2,)), ((1,), (4,))], [False, False], id="overlapping"),
        pytest.param([(None, (2,)), ((3,), (4,))], [False, False], id="a gap"),
    ],
)
def test_only_pages_that_follow_each_other_are_vouched_for(witness, after, vouched):
    _, one = witness
    assert [one.vouches({number}) for number in pages(one, *after)] == vouched


def test_a_page_of_another_table_follows_none(witness):
    _, one = witness
    (first,) = pages(one, (None, (2,)))
    one.reading("u", (2,))
    assert not one.vouches({first})


def test_documents_of_two_pages_are_compared(witness):
    _, one = witness
    assert not one.vouches(set(pages(one, (None, (2,)), ((2,), (4,)))))


def test_a_page_that_is_still_being_read_has_no_successor(witness):
    """Two threads that go on from the same key read the same documents."""
    _, one = witness
    pages(one, (None, (2,)))
    mine = one.reading("t", (2,))
    one.reading("t", (2,))
    assert not one.vouches({mine})
