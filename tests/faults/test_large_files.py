"""Files that are larger than the memory a command may take; and what an entry of the history holds."""

import socket
import subprocess
import sys

from fault_packs import ONCE
from sealift import __version__
from test_size import scaled

MIB = 1 << 20
SIZE = scaled(48) * MIB
ROOM_KIB = 40 * 1024
"""What a command may take beyond what it takes for a small file."""


# What wait4(2) and getrusage(2) tell of a program includes the peak of the process that started it; VmHWM does not.
PEAK = """
import atexit, re, runpy, sys
from pathlib import Path

told = Path(sys.argv.pop(1))
atexit.register(lambda: told.write_text(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]))
runpy.run_module("sealift", run_name="__main__", alter_sys=True)
"""


def peak(engine, *arguments):
    """Run a command; return the most memory it took, in KiB."""
    told = engine.folder / "peak"
    command = [sys.executable, "-P", "-c", PEAK, str(told), "-q", *arguments]
    subprocess.run(command, cwd=engine.folder, env=engine.environ, stdout=subprocess.DEVNULL, check=True)
    return int(told.read_text())


def test_load_and_dump_stream(engine):
    line = '{"id":%d,"text":"' + "x" * 1000 + '"}\n'
    small, large, out = (engine.folder / name for name in ("small.jsonl", "large.jsonl", "out.jsonl"))
    small.write_text(line % 1)
    with large.open("w") as file:
        for number in range(SIZE // len(line)):
            file.write(line % number)
    with engine.manager() as manager:
        manager.store.prepare()
    usual = peak(engine, "load", str(small), "--collection", "small")
    assert peak(engine, "load", str(large), "--collection", "large") < usual + ROOM_KIB
    assert peak(engine, "dump", "--collection", "large", str(out)) < usual + ROOM_KIB
    assert out.read_bytes() == large.read_bytes()


def test_an_entry_says_what_ran_on_what_by_whom_and_how(engine):
    engine.load(5)
    engine.install(files=ONCE)
    history = engine.upgrade()
    started, applied = history.entries
    assert (applied.seen, applied.changed, applied.failed) == (5, 5, 0)
    assert (applied.from_version, applied.to_version, applied.direction.value) == ("1.0.0", "1.1.0", "upgrade")
    assert (applied.operator, applied.host, applied.sealift_version) == ("tester", socket.gethostname(), __version__)
    assert applied.isolation in {"full", "kernel"}
    assert applied.digest.startswith("sha256:")
    assert all(signer.startswith("sha256:") for signer in applied.signers)
    assert len(applied.signers) == 1
    assert applied.policy_digest
    assert applied.sequence >= 1
    assert started.at <= applied.at
    assert applied.previous == started.hash
