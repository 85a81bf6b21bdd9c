"""Peak memory of a process and of each of its descendants, as the kernel counts it (VmHWM)."""

import subprocess
import time
from pathlib import Path

from harness.runs import PeerError

PROC = Path("/proc")
PAUSE = 0.02


def peaks(command, folder):
    """Run the command; return its own peak and its descendants' highest, in MiB, and how many they were."""
    log = folder / "memory.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=folder)
        seen = {}
        while process.poll() is None:
            own = program(process.pid)
            for pid in [process.pid, *descendants(process.pid)]:
                # Between fork and exec a child is a copy of its parent, and not yet what it is to be.
                if program(pid) != (program("self") if pid == process.pid else own):
                    seen[pid] = peak(pid) or seen.get(pid, 0)
            time.sleep(PAUSE)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        message = f"exit {process.returncode}\n{said}"
        raise PeerError(message)
    own = seen.pop(process.pid)
    return own / 1024, max(seen.values(), default=0) / 1024, len(seen)


def program(pid):
    """Return the command line of a process, or nothing for one that is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def peak(pid):
    """Return the peak resident memory in KiB, or 0 for a process that is gone."""
    try:
        lines = (PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def descendants(root):
    """Return the process ids of all that were started below ``root``."""
    parents = {int(entry.name): parent(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()}
    found, waiting = [], [root]
    while waiting:
        above = waiting.pop()
        below = [pid for pid, parent_pid in parents.items() if parent_pid == above]
        found += below
        waiting += below
    return found


def parent(pid):
    try:
        stat = (PROC / pid / "stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The program's name stands in brackets and may hold blanks and brackets itself.
    return int(stat.rpartition(")")[2].split()[1])
