"""A fork-server that loads while its host does other things: who waits, who hears of failures, and how it ends."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cage_kit import QUICK, plain_cage, plain_launch, plain_unit
from sealift.errors.run import WorkerStartError
from sealift.sandbox import forkserver, open_cage
from sealift.sandbox.forkserver import ForkServer, StartError
from sealift.worker.protocol import READY

SOURCE = "class M:\n    def upgrade(self, document):\n        return {'pid': 1}"
SLOW = """
import os, socket, sys, time
control = socket.socket(fileno=int(sys.argv[1]))
time.sleep(3600)
"""


@pytest.fixture
def program(tmp_path):
    def write(source):
        path = tmp_path / "program.py"
        path.write_text(source, encoding="utf-8")
        return replace(plain_launch(), program=path)

    return write


def processes():
    """Return the children of this process that did not end, or were not waited for."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text("ascii").split())


def test_warming_does_not_wait(program, monkeypatch):
    monkeypatch.setattr(forkserver, "END_SECONDS", 60)
    before = processes()
    with open_cage(launch=program(SLOW)) as cage:
        begin = time.monotonic()
        cage.warm("sha256:test")
        assert len(processes() - before) == 1
    assert time.monotonic() - begin < forkserver.END_SECONDS / 2, "one that was never ready was waited for"
    assert processes() == before


def test_the_worker_comes_from_the_server_that_was_warmed():
    with plain_cage() as cage:
        cage.warm("sha256:test")
        cage.warm("sha256:test")
        (warmed,) = cage._servers.values()
        cage.open(plain_unit(SOURCE), QUICK).close()

        assert list(cage._servers.values()) == [warmed]


def test_no_more_servers_are_kept_for_being_warmed():
    before = processes()
    with plain_cage() as cage:
        for number in range(8):
            cage.warm(f"sha256:{number}")
        assert len(processes() - before) == len(cage._servers) == 4
    assert processes() == before


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(3)", "it ended at once"),
        (
            "import socket, sys\nsocket.socket(fileno=int(sys.argv[1])).sendall(b'ImportError: no re2')",
            "ImportError: no re2",
        ),
        ("import socket, sys\nsocket.socket(fileno=int(sys.argv[1])).sendall(b'READY?')", "READY?"),
    ],
)
@pytest.mark.parametrize("warmed", [True, False])
def test_what_failed_while_loading_is_told_by_the_first_worker(program, source, reason, warmed):
    before = processes()
    with open_cage(launch=program(source)) as cage:
        for _ in range(2):  # the second time another one is started, and fails as well
            if warmed:
                cage.warm("sha256:test")
            with pytest.raises(WorkerStartError, match=f"the fork-server failed: {reason.replace('?', '.')}$"):
                cage.open(plain_unit(SOURCE), QUICK)
        assert processes() == before
    assert processes() == before


def test_a_server_that_is_never_ready_is_given_up(program, monkeypatch):
    monkeypatch.setattr(forkserver, "START_SECONDS", 0.2)
    before = processes()
    with open_cage(launch=program(SLOW)) as cage:
        cage.warm("sha256:test")
        with pytest.raises(WorkerStartError, match="it did not become ready"):
            cage.open(plain_unit(SOURCE), QUICK)
        assert processes() == before


def test_warming_never_raises_and_opening_says_why():
    with open_cage(launch=replace(plain_launch(), interpreter="/nowhere/python")) as cage:
        cage.warm("sha256:test")
        with pytest.raises(WorkerStartError, match="'/nowhere/python' could not be started"):
            cage.open(plain_unit(SOURCE), QUICK)


def test_a_closed_cage_starts_nothing():
    before = processes()
    cage = plain_cage()
    cage.close()
    cage.warm("sha256:test")

    assert processes() == before


def test_a_server_that_ended_before_it_was_ready_takes_no_order(program):
    server = ForkServer(program(f"import socket, sys\nsocket.socket(fileno=int(sys.argv[1])).sendall({READY!r})"), 1)
    reading, writing = os.pipe()
    with pytest.raises(StartError, match="the fork-server is gone"):
        server.spawn(reading, writing, 1 << 28, 10)
    os.close(reading)
    os.close(writing)
    server.close()


def test_ending_runs_nothing_that_waits_for_the_end_of_an_interpreter(program, monkeypatch):
    monkeypatch.setattr(forkserver, "END_SECONDS", 60)
    real = plain_launch().program
    before = f"import atexit, sys, time\natexit.register(time.sleep, 3600)\nsys.path.append({str(real.parent)!r})\n"
    with open_cage(launch=program(f"{before}import cage_program\ncage_program.main()")) as cage:
        cage.open(plain_unit(SOURCE), QUICK).close()
        (held,) = cage._servers.values()
    assert held.server._process.returncode == 0, "it was killed, because it did not end"
