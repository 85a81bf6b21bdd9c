"""Rows P01 to P12 and R11: a worker that was taken over writes what it likes to its pipe; the host ends it.

The packs are plain Python in the locked worker and write to descriptor 4 themselves. ``frame`` packs a header by
hand, so that the attacker is not limited to what the protocol module would write. A request for documents is number
3: GO was 1 and UNIT was 2.
"""

import pickle

import pytest

from cage_kit import QUICK, plain_cage, probe_unit, short_of_time, still_works
from sealift.errors.run import ProtocolViolationError, WorkerDiedError, WorkerTimeoutError
from sealift.model.limits import Limits

BEFORE = """
import struct
HELLO, COMPILED, REFUSED, RESULTS, HOOKED, BROKEN = 17, 18, 19, 20, 21, 22
def frame(kind, sequence, payload, length=None):
    return struct.pack('<IBI', len(payload) if length is None else length, kind, sequence) + payload
def parts(*items, count=None, lengths=None):
    lengths = [len(item) for item in items] if lengths is None else lengths
    count = len(items) if count is None else count
    return struct.pack(f'<I{len(lengths)}I', count, *lengths) + b''.join(items)
def say(data):
    while data:
        data = data[os.write(4, data):]
def end():
    os._exit(0)
ONE = parts(b'{"a":1}')
FAILED = 1 << 31
"""

ATTACKS = {
    "P01-length-4-GiB": "say(frame(RESULTS, 3, b'', length=0xFFFFFFFF))",
    "P01-length-just-too-long": "say(frame(RESULTS, 3, b'', length=1 << 26))",
    "P03-two-frames-for-one": "say(frame(RESULTS, 3, ONE) * 2); end()",
    "P04-old-number": "say(frame(RESULTS, 2, ONE))",
    "P04-future-number": "say(frame(RESULTS, 4, ONE))",
    "P04-number-zero": "say(frame(RESULTS, 0, ONE))",
    "P05-more-results": "say(frame(RESULTS, 3, parts(b'{}', b'{}')))",
    "P05-no-results": "say(frame(RESULTS, 3, parts()))",
    "P05-empty-payload": "say(frame(RESULTS, 3, b''))",
    "P05-count-too-high": "say(frame(RESULTS, 3, parts(b'{}', count=1 << 30)))",
    "P05-count-too-low": "say(frame(RESULTS, 3, parts(b'{}', b'{}', count=1)))",
    "P05-length-too-long": "say(frame(RESULTS, 3, parts(b'{}', lengths=[3])))",
    "P05-length-too-short": "say(frame(RESULTS, 3, parts(b'{}', lengths=[1])))",
    "P06-an-unknown-kind": "say(frame(99, 3, ONE))",
    "P06-kind-zero": "say(frame(0, 3, ONE))",
    "P06-a-kind-of-the-host": "say(frame(3, 3, ONE))",
    "P06-hello-again": "say(frame(HELLO, 3, parts(b'seccomp=x86_64')))",
    "P06-compiled-again": "say(frame(COMPILED, 3, parts(b'upgrade')))",
    "P06-findings-for-documents": "say(frame(REFUSED, 3, parts()))",
    "P06-a-hook-that-nobody-asked-for": "say(frame(HOOKED, 3, parts()))",
    "P07-a-failure-that-is-no-text": (
        "item = parts(b'raised', bytes([255]), b''); say(frame(RESULTS, 3, parts(item, lengths=[FAILED | len(item)])))"
    ),
    "P07-a-failure-of-two-parts": (
        "item = parts(b'raised', b'x'); say(frame(RESULTS, 3, parts(item, lengths=[FAILED | len(item)])))"
    ),
    "P07-a-failure-with-a-strange-code": (
        "item = parts(b'Commit!', b'x', b''); say(frame(RESULTS, 3, parts(item, lengths=[FAILED | len(item)])))"
    ),
    "P07-an-empty-failure": "say(frame(RESULTS, 3, parts(b'', lengths=[FAILED])))",
    "P09-pickle": f"say({pickle.dumps({'a': 1})!r})",
    "P09-text": "say(b'HTTP/1.1 200 OK' + bytes(100))",
    "P11-answer-and-one-byte": "say(frame(RESULTS, 3, ONE) + b'x'); end()",
}
ENDS = {
    "P02-short-body": ("say(frame(RESULTS, 3, ONE, length=100)); end()", WorkerDiedError),
    "P02-half-a-header": ("say(b'abc'); end()", WorkerDiedError),
    "P02-nothing": ("end()", WorkerDiedError),
    "P10-slow": ("say(b'a')\nwhile True: pass", WorkerTimeoutError),
    "P12-another-descriptor": ("os.write(1, b'x')", WorkerDiedError),
}


@pytest.fixture(scope="module")
def cage():
    with plain_cage() as cage:
        yield cage


def attack(body):
    return probe_unit(body, BEFORE)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_worker_that_breaks_the_protocol_is_killed(cage, name):
    unit = attack(ATTACKS[name])
    session = cage.open(unit, QUICK)
    session.send([b'{"probe":true}'])

    with pytest.raises(ProtocolViolationError):
        session.receive()

    with pytest.raises(WorkerDiedError):  # it stays dead
        session.send([b'{"probe":false}'])
    assert still_works(cage, unit)


@pytest.mark.parametrize("name", ENDS)
def test_a_worker_that_goes_silent_is_ended(cage, name, monkeypatch):
    body, error = ENDS[name]
    unit = attack(body)
    if error is WorkerTimeoutError:
        short_of_time(monkeypatch, b'"probe":true')
    session = cage.open(unit, Limits(wall_seconds=0.5) if error is WorkerTimeoutError else QUICK)
    session.send([b'{"probe":true}'])

    with pytest.raises(error):
        session.receive()

    assert still_works(cage, unit)


def test_p10_a_byte_now_and_then_does_not_buy_time(cage, monkeypatch):
    """The clock is per frame, not per byte."""
    short_of_time(monkeypatch, b'"probe":true')
    unit = attack("""
    say(frame(RESULTS, 3, b'', length=1 << 20))
    while True:
        say(b'x')
        for _ in range(100000): pass
    """)
    session = cage.open(unit, Limits(wall_seconds=0.5))
    session.send([b'{"probe":true}'])

    with pytest.raises(WorkerTimeoutError):
        session.receive()


def test_p11_words_before_a_request_are_not_taken_for_its_answer(cage):
    unit = attack("say(frame(RESULTS, 3, ONE) + frame(RESULTS, 4, ONE)); end()")
    session = cage.open(unit, QUICK)
    session.send([b'{"probe":true}'])
    with pytest.raises(ProtocolViolationError):
        session.receive()


def test_p03_an_answer_given_twice_is_noticed_at_the_latest_with_the_next_request(cage):
    """The first may be read before the second is written; it is an answer that this worker could give anyway (P13)."""
    session = cage.open(attack("say(frame(RESULTS, 3, ONE))"), QUICK)
    session.send([b'{"probe":true}'])
    session.send([b'{"probe":false}'])

    def both():
        assert session.receive() == [b'{"a":1}']
        session.receive()

    with pytest.raises(ProtocolViolationError):
        both()


def test_an_answer_to_the_second_request_cannot_be_given_with_the_first(cage):
    """Two sends are under way: the second's answer is taken from whoever gives it, but only in order and once."""
    unit = attack("say(frame(RESULTS, 4, ONE)); end()")
    session = cage.open(unit, QUICK)
    session.send([b'{"probe":true}'])
    session.send([b'{"probe":true}'])

    with pytest.raises(ProtocolViolationError):
        session.receive()


def test_r11_results_without_end_stop_at_the_limit(cage):
    """Each frame is within its bounds; what they add up to is not."""
    unit = attack("""
    item = b'[' + b' ' * (1 << 20) + b']'
    for _ in range(1000):
        say(frame(RESULTS, 3, parts(item)))
    """)
    session = cage.open(unit, Limits(wall_seconds=10, result_bytes=8 << 20))
    session.send([b'{"probe":true}'] * 100)

    with pytest.raises(ProtocolViolationError, match="expected 8388608 bytes"):
        session.receive()


def test_r11_one_document_of_300_megabytes_never_reaches_the_host(cage):
    unit = probe_unit("got = 'x' * 300_000_000")

    session = cage.open(unit, Limits(memory_bytes=4 << 30))
    session.send([b'{"probe":true}'])
    (failed,) = session.receive()
    session.close()

    assert failed.code in ("limit", "memory")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("raise ValueError('x' * 50_000_000)", "x" * 2048),
        ("raise ValueError('\\x1b[2J\\r\\n\\u202e')", "\\x1b[2J\\r\\n\\u202e"),
        ("raise ValueError('\\ud800')", "?"),
        ("raise ValueError('\\U0001f600')", "\U0001f600"),
    ],
)
def test_e08_messages_are_cut_and_cannot_command_a_terminal(cage, body, shown):
    session = cage.open(probe_unit(body), QUICK)
    session.send([b'{"probe":true}'])
    (failed,) = session.receive()
    session.close()

    assert failed.message == shown


def test_r13_many_errors_are_capped(cage):
    session = cage.open(probe_unit("raise ValueError('x' * 1000)"), Limits(log_bytes=10_000))
    session.send([b'{"probe":true}'] * 1000)
    failed = session.receive()
    session.close()

    assert {item.code for item in failed} == {"raised"}
    assert sum(len(item.message) for item in failed) < 10_000 + 1000 * len("(not shown: the worker said too much)")
    assert failed[0].message == "x" * 1000
    assert failed[-1].message == "(not shown: the worker said too much)"


HANDSHAKES = {
    "findings-of-another-shape": "say(frame(REFUSED, 2, parts(b'a', b'b')))",
    "findings-without-numbers": "say(frame(REFUSED, 2, parts(b'p', b'x', b'1', b'c', b'm', b'i')))",
    "no-findings-and-not-compiled": "say(frame(REFUSED, 2, parts()))",
    "methods-that-are-no-text": "say(frame(COMPILED, 2, parts(bytes([255]))))",
    "results-instead": "say(frame(RESULTS, 2, ONE))",
    "too-many-methods": "say(frame(COMPILED, 2, parts(*[b'x'] * 6001)))",
    "a-very-long-method": "say(frame(COMPILED, 2, parts(bytes(5 << 20))))",
    "locked-again": "say(frame(HELLO, 1, parts(b'landlock=7')))",
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_pack_that_takes_over_while_it_is_compiled_is_refused_too(cage, name):
    """Code at module level runs inside the compile step."""
    unit = probe_unit("", f"{BEFORE}\n{HANDSHAKES[name]}\nend()")

    with pytest.raises(ProtocolViolationError):
        cage.open(unit, QUICK)
