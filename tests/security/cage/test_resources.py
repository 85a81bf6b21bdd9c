"""Rows R01 to R14 and T07 in the locked worker without a language policy: time and memory end where they should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cage_kit
import sealift
from cage_kit import QUICK, WORKS, kind, outcome, plain_cage, plain_unit, probe_unit, short_of_time, still_works
from sealift.errors.run import UnitRefusedError, WorkerDiedError, WorkerTimeoutError
from sealift.model.limits import MIB, Limits
from sealift.sandbox import repeat_singly

SHORT = Limits(wall_seconds=0.4, memory_bytes=256 * MIB)
PROBE, LOOP = b'"probe":true', b'"do":"loop"'

ENDLESS = {
    "R01-loop": "while True: pass",
    "R02-loop-that-swallows": "while True:\n    try:\n        1 / 0\n    except BaseException:\n        pass",
    "R03-power": "3 ** 10 ** 9",
    "R04-backtracking": "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "K05-sentinel": "sum(iter(lambda: 0, 1))",
    "G05-finally": "def g():\n    try:\n        yield\n    finally:\n        while True: pass\nnext(g())",
    "sorting": "sorted(range(10 ** 5), key=lambda x: 3 ** 10 ** 6)",
}
GREEDY = {
    "R05-list": "data = []\nwhile True: data.append('x' * 1000000 + str(len(data)))",
    "R05-dict": "data = {}\nwhile True: data[len(data)] = 'x' * 1000000 + str(len(data))",
    "R05-string": "text = 'x'\nwhile True: text += text",
    "R05-at-once": "'a' * 10 ** 10",
    "R05-shift": "1 << 10 ** 11",
    "R05-replace": "('a' * 10 ** 5).replace('a', 'b' * 10 ** 5)",
    "R05-join": "('x' * 10 ** 6).join('y' * 10 ** 6)",
    "F08-width": "'%*d' % (10 ** 9, 1)",
    "V12-result": "got = 'x' * 300_000_000",
}


@pytest.fixture(scope="module")
def cage():
    with plain_cage() as cage:
        yield cage


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_ended(cage, name, monkeypatch):
    unit = probe_unit(ENDLESS[name])
    short_of_time(monkeypatch, PROBE)

    assert outcome(cage, unit, SHORT) == "timeout wall"
    assert still_works(cage, unit)


def peak():
    """Return the most memory that this process had, in KiB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))[1])


def peak_from_now():
    """Forget what it had before (proc(5), clear_refs): a peak of another test would hide one of this."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return peak()


@pytest.mark.parametrize("name", GREEDY)
def test_what_never_has_enough_fails_alone(cage, name):
    """A MemoryError is that document's failure; the host's memory is what it was."""
    unit = probe_unit(GREEDY[name])
    before = peak_from_now()

    assert outcome(cage, unit, Limits(wall_seconds=30, memory_bytes=192 * MIB)) == "memory: out of memory"
    assert still_works(cage, unit)
    assert peak() - before < 64 * 1024


def test_r14_the_limit_is_each_workers_own(cage):
    unit = probe_unit("data = bytearray(100 << 20); got = len(data)")
    limits = Limits(memory_bytes=192 * MIB)
    sessions = [cage.open(unit, limits) for _ in range(3)]
    for session in sessions:
        session.send([b'{"probe":true}'])

    assert [kind(session.receive()[0]) for session in sessions] == ['{"got":"104857600"}'] * 3
    for session in sessions:
        session.close()


def test_r06_and_r07_fail_softly(cage):
    assert "Exceeds the limit" in outcome(cage, probe_unit("int('9' * 10_000_000)"))
    assert outcome(cage, probe_unit("def f(): f()\nf()")).startswith("raised: maximum recursion depth exceeded")


def test_r08_a_deep_structure_is_freed(cage):
    assert outcome(cage, probe_unit("t = ()\nfor _ in range(1_000_000): t = (t,)\ndel t")) == '{"got":"done"}'


def test_r09_hash_collisions_end_by_the_clock(cage, monkeypatch):
    """Keys that all have the hash of one: the modulus of integer hashes is 2**61 - 1."""
    short_of_time(monkeypatch, PROBE)
    body = "{n * (2 ** 61 - 1) + 1: n for n in range(200_000)}"
    assert outcome(cage, probe_unit(body), SHORT) == "timeout wall"


@pytest.mark.parametrize(("crash", "signal"), [("ctypes.string_at(0)", "SIGSEGV"), ("os.abort()", "SIGSYS")])
def test_r10_a_crash_of_the_interpreter_is_told_as_one(cage, crash, signal):
    unit = probe_unit(crash)

    assert outcome(cage, unit) == signal
    assert still_works(cage, unit)


def test_the_processor_limit_is_a_backstop_behind_the_clock(cage):
    unit = probe_unit("while True: pass")

    assert outcome(cage, unit, Limits(wall_seconds=30, cpu_seconds=1)) == "timeout cpu"


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 5000 + ")" * 5000,
        "a" + ".a" * 100_000,
        "+".join(["1"] * 300_000),
        "[" * 100_000,
    ],
)
def test_t07_compile_bombs_end_in_the_worker(cage, bomb):
    unit = plain_unit(f"def f():\n    {bomb}\nclass M: pass")

    with pytest.raises((UnitRefusedError, WorkerDiedError)):
        cage.open(unit, QUICK)
    assert still_works(cage, probe_unit(""))


def test_t09_a_loop_at_module_level_ends(cage):
    with pytest.raises(WorkerTimeoutError):
        cage.open(plain_unit("while True: pass"), SHORT)


# Naming the document

POISON = probe_unit(
    """
    match document.get('do'):
        case 'loop':
            while True: pass
        case 'crash':
            ctypes.string_at(0)
        case 'forbidden':
            os.fork()
        case 'exit':
            os._exit(7)
        case 'memory':
            os._exit(72)
        case 'raise':
            raise ValueError('no')
    """
)


def documents(*wanted):
    return [b'{"probe":true,"do":"%s"}' % do.encode() if do else WORKS for do in wanted]


def test_a_batch_repeated_singly_names_every_document_that_ends_a_worker(cage, monkeypatch):
    wanted = ["", "crash", "", "forbidden", "loop", "raise", "exit", "memory", ""]
    short_of_time(monkeypatch, LOOP)

    outcomes = repeat_singly(cage, POISON, SHORT, documents(*wanted))

    said = [getattr(item, "code", item) for item in outcomes]
    works = b'{"works":true}'
    assert said == [works, "crashed", works, "crashed", "timeout", "raised", "crashed", "memory", works]
    assert [outcomes[1].message, outcomes[3].message] == ["the worker crashed (SIGSEGV)", "the worker crashed (SIGSYS)"]


def test_a_death_that_needs_what_came_before_is_no_documents_fault(cage):
    """The tenth document in a worker kills it, whichever it is; alone each of them is fine."""
    unit = plain_unit("""
    import os
    seen = []
    class M:
        def upgrade(self, document):
            seen.append(1)
            if len(seen) == 10:
                os._exit(7)
            return {'works': True}
    """)

    assert repeat_singly(cage, unit, QUICK, [WORKS] * 25) == [b'{"works":true}'] * 25


def test_repeating_nothing_starts_nothing():
    with plain_cage("--fail=imports") as broken:
        assert repeat_singly(broken, POISON, QUICK, []) == []


def test_no_worker_is_left_behind():
    before = set(_children(os.getpid()))
    with plain_cage() as cage:
        for _ in range(5):
            assert outcome(cage, POISON, QUICK, documents("crash")[0]) == "SIGSEGV"
        (server,) = set(_children(os.getpid())) - before
        assert _children(server) == []
        session = cage.open(POISON, QUICK)
        assert len(_children(server)) == 1
        session.close()
        assert _children(server) == []
    assert set(_children(os.getpid())) == before


def _children(process):
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_documents_that_hang_cost_three_timeouts_a_batch_and_no_more(cage, monkeypatch):
    wanted = ["", "loop", "loop", "raise", "loop", "loop", "", "loop"]
    waited = short_of_time(monkeypatch, LOOP)

    outcomes = repeat_singly(cage, POISON, Limits(wall_seconds=0.2), documents(*wanted))

    said = [getattr(item, "code", item) for item in outcomes]
    assert said == [b'{"works":true}', "timeout", "timeout", "raised", "timeout", *["not-tried"] * 3]
    assert len(waited) == 3


DEFAULT_SIGPIPE = """
import signal, sys
sys.path[:0] = sys.argv[1:]
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
from cage_kit import QUICK, WORKS, plain_cage, probe_unit
from sealift.errors.run import WorkerError, WorkerStartError
with plain_cage() as cage:
    session = cage.open(probe_unit("os._exit(7)"), QUICK)
    try:
        for _ in range(50):
            session.send([b'{"probe":true}'] * 2000)
        session.receive()
    except WorkerError as error:
        print(error.status)
    session.close()
    (held,) = cage._servers.values()
    held.server._process.kill()
    held.server._process.wait()
    try:
        held.server.spawn(0, 1, 1 << 28, 1)
    except Exception as error:
        print(type(error).__name__)
print(signal.getsignal(signal.SIGPIPE).name, signal.sigpending())
"""


def test_a_host_with_the_default_sigpipe_outlives_its_workers():
    folders = [str(Path(sealift.__path__[0]).parent), str(Path(cage_kit.__file__).parent)]
    command = [sys.executable, "-c", DEFAULT_SIGPIPE, *folders]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == ["7", "StartError", "SIG_DFL set()"]
