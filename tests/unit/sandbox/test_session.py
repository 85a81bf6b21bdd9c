"""A session: order, sizes, several sends under way, hooks between them, and what closing means."""

import os
import threading
from pathlib import Path

import pytest

from cage_kit import QUICK, plain_cage, plain_launch, plain_unit
from sealift.errors.run import HookFailedError, UnitRefusedError, WorkerDiedError, WorkerStartError
from sealift.model.batch import DocumentError
from sealift.model.limits import MIB, Limits
from sealift.model.migration import Direction
from sealift.sandbox import open_cage
from sealift.sandbox.cage import SERVERS, hash_seed

COUNTER = """
class M:
    def upgrade(self, document):
        if document['n'] % 3 == 0:
            return document
        if document['n'] % 3 == 1:
            raise ValueError('one')
        document['seen'] = True
        return document

    def downgrade(self, document):
        return {'down': document['n']}
"""


@pytest.fixture(scope="module")
def cage():
    with plain_cage() as cage:
        yield cage


@pytest.fixture
def session(cage):
    session = cage.open(plain_unit(COUNTER), QUICK)
    yield session
    session.close()


def numbered(count, start=0):
    return [b'{"n":%d}' % number for number in range(start, start + count)]


def expected(number):
    match number % 3:
        case 0:
            return None
        case 1:
            return DocumentError(code="raised", message="one", where="migrations/m.py:1")
        case _:
            return b'{"n":%d,"seen":true}' % number


@pytest.mark.parametrize("count", [0, 1, 2, 1000, 20_000])
@pytest.mark.parametrize("frame_bytes", [1, 100, 48 * 1024, 10 * MIB])
def test_every_outcome_stands_where_its_document_stood(cage, count, frame_bytes):
    if count > 1000 and frame_bytes == 1:
        count = 3000
    session = cage.open(plain_unit(COUNTER), Limits(frame_bytes=frame_bytes, log_bytes=1 << 30))

    session.send(numbered(count))

    assert session.receive() == [expected(number) for number in range(count)]
    session.close()


def test_several_sends_are_answered_in_their_order(session):
    for start in (0, 100, 200, 300):
        session.send(numbered(100, start))

    for start in (0, 100, 200, 300):
        assert session.receive() == [expected(number) for number in range(start, start + 100)]


def test_sending_never_waits_for_the_worker(cage):
    """Ten times what the pipes hold is sent before anything is received, to a worker that waits with its answer."""
    documents = [b'{"n":0,"pad":"%s"}' % (b"x" * 1000)] * 20_000
    session = cage.open(plain_unit(COUNTER), QUICK)

    session.send(documents)
    session.send(documents)

    assert session.receive() == [None] * 20_000
    assert session.receive() == [None] * 20_000
    session.close()


def test_sending_never_waits_for_a_worker_that_hangs(cage):
    session = cage.open(plain_unit("class M:\n    def upgrade(self, document):\n        while True: pass"), QUICK)
    documents = [b'{"n":0,"pad":"%s"}' % (b"x" * 1000)] * 10_000
    sender = threading.Thread(target=session.send, args=(documents,), daemon=True)

    sender.start()
    sender.join(timeout=20)

    assert not sender.is_alive()
    session.close()


@pytest.mark.parametrize("size", [MIB - 1, MIB, 3 * MIB, 16 * MIB - 20])
def test_a_large_document_has_a_frame_of_its_own(session, size):
    large = b'{"n":2,"pad":"%s"}' % (b"x" * (size - 17 - 12))

    session.send([b'{"n":2}', large, b'{"n":3}'])

    assert session.receive() == [expected(2), large[:-1] + b',"seen":true}', None]


def test_documents_that_grow_come_back_in_several_frames(cage):
    source = (
        "class M:\n    def upgrade(self, document):\n        document['pad'] = 'x' * 100_000\n        return document"
    )
    session = cage.open(plain_unit(source), QUICK)

    session.send(numbered(500))

    assert session.receive() == [b'{"n":%d,"pad":"%s"}' % (number, b"x" * 100_000) for number in range(500)]
    session.close()


def test_documents_larger_than_allowed_are_not_sent(cage):
    session = cage.open(plain_unit(COUNTER), Limits(document_bytes=18))
    session.send([b'{"n":2}', b'{"n":2,"pad":"xxxxxxxxxxxx"}'])

    assert [getattr(item, "code", item) for item in session.receive()] == ["limit", "limit"]  # the first one grew
    session.close()


def test_receiving_what_was_not_sent_is_the_callers_mistake(session):
    with pytest.raises(IndexError):
        session.receive()


def test_the_other_way(cage):
    session = cage.open(plain_unit(COUNTER, direction=Direction.DOWNGRADE), QUICK)
    session.send(numbered(2))

    assert session.receive() == [b'{"down":0}', b'{"down":1}']
    assert session.report.methods == {"upgrade", "downgrade"}
    session.close()


HOOKS = """
class M:
    def __init__(self):
        self.said = []
    def upgrade(self, document):
        return {'said': self.said}
    def validate(self, document):
        if len(document['said']) > 2:
            raise ValueError('too many')
    def pre_upgrade(self, facts):
        self.said.append(sorted(facts.items()))
    def post_upgrade(self, facts):
        raise ValueError('no\\x07')
"""


def test_hooks_run_in_the_worker_between_documents(cage):
    session = cage.open(plain_unit(HOOKS), QUICK)
    session.send([b"{}"])
    session.hook("pre_upgrade", {"pack": "acme", "documents": 3})
    session.send([b"{}"])

    assert session.receive() == [b'{"said":[]}']
    assert session.receive() == [b'{"said":[[["documents",3],["pack","acme"]]]}']
    with pytest.raises(HookFailedError) as caught:
        session.hook("post_upgrade", {})
    assert (caught.value.hook, caught.value.text) == ("post_upgrade", "no\\x07")
    session.hook("pre_downgrade", {})  # the class has none
    session.hook("pre_upgrade", {})
    session.hook("pre_upgrade", {})
    session.send([b"{}"])
    assert session.receive()[0].message == "too many"  # validate looks at what upgrade returned
    session.close()


def test_a_source_that_cannot_be_compiled_is_refused_with_its_reason(cage):
    with pytest.raises(UnitRefusedError) as caught:
        cage.open(plain_unit("class M(:"), QUICK)
    assert caught.value.findings[0].message.startswith("SyntaxError")

    unit = plain_unit("class M: pass")
    with pytest.raises(UnitRefusedError, match="UnicodeDecodeError"):
        cage.open(type(unit)(**{**_fields(unit), "files": {unit.path: b"\xff"}}), QUICK)


def _fields(unit):
    return {name: getattr(unit, name) for name in ("pack", "digest", "files", "path", "class_name", "direction")}


def test_a_closed_session_stays_closed(cage):
    session = cage.open(plain_unit(COUNTER), QUICK)
    session.send(numbered(1))
    session.close()
    session.close()

    with pytest.raises(WorkerDiedError):
        session.receive()


def test_each_session_has_a_worker_of_its_own(cage):
    source = """
    seen = []
    class M:
        def upgrade(self, document):
            seen.append(1)
            return {'n': len(seen)}
    """
    first, second = cage.open(plain_unit(source), QUICK), cage.open(plain_unit(source), QUICK)
    for session in (first, second):
        session.send([b"{}", b"{}"])
        assert session.receive() == [b'{"n":1}', b'{"n":2}']
        session.close()


def test_threads_open_sessions_at_once(cage):
    answers = []

    def work(number):
        session = cage.open(plain_unit(COUNTER), QUICK)
        for start in range(0, 3000, 300):
            session.send(numbered(300, start))
        answers.append([item for _ in range(10) for item in session.receive()])
        session.close()
        return number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limit = sum(len("one") for _ in range(3000))
    assert limit < QUICK.log_bytes
    assert answers == [[expected(number) for number in range(3000)]] * 6


# The cage


def test_the_hash_seed_follows_from_the_digest_alone():
    seeds = {digest: hash_seed(digest) for digest in ("sha256:a", "sha256:b", "")}

    assert len(set(seeds.values())) == 3
    assert all(0 < seed < 2**32 for seed in seeds.values())
    assert hash_seed("sha256:a") == seeds["sha256:a"]


def test_packs_have_fork_servers_of_their_own_and_idle_ones_end():
    source = "import sys, os\nclass M:\n    def upgrade(self, document):\n        return {'hash': hash('x')}"
    said = {}
    with plain_cage() as cage:
        held = cage.open(plain_unit(source, digest="sha256:held"), QUICK)
        for number in [*range(SERVERS + 3), 0]:
            session = cage.open(plain_unit(source, digest=f"sha256:{number}"), QUICK)
            session.send([b"{}"])
            said.setdefault(number, set()).update(session.receive())
            session.close()
            assert len(cage._servers) <= SERVERS
        held.send([b"{}"])
        assert len(held.receive()) == 1  # a server with a living worker was not ended
        held.close()

    assert [len(values) for values in said.values()] == [1] * (SERVERS + 3)
    assert len(set.union(*said.values())) == SERVERS + 3


def test_closing_a_cage_ends_its_workers():
    other = open_cage(launch=plain_launch())
    session = other.open(plain_unit(COUNTER), QUICK)
    other.close()
    session.send(numbered(1))

    with pytest.raises(WorkerDiedError):
        session.receive()
    with pytest.raises(WorkerStartError, match="the cage is closed"):
        other.open(plain_unit(COUNTER), QUICK)


def test_a_fork_server_that_died_is_replaced():
    with plain_cage() as cage:
        session = cage.open(plain_unit(COUNTER), QUICK)
        (held,) = cage._servers.values()
        os.kill(held.server._process.pid, 9)
        held.server._process.wait()
        session.send(numbered(1))
        with pytest.raises(WorkerDiedError):
            session.receive()

        again = cage.open(plain_unit(COUNTER), QUICK)
        again.send(numbered(1))
        assert again.receive() == [None]
        again.close()


def test_descriptors_are_given_back(cage):
    cage.open(plain_unit(COUNTER), QUICK).close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        cage.open(plain_unit(COUNTER), QUICK).close()
        with pytest.raises(UnitRefusedError):
            cage.open(plain_unit("class M(:"), QUICK)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
