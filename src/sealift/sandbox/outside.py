"""Looking at a worker from outside, through /proc: what it says of itself is not enough."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sealift.model.isolation import Isolation, IsolationLevel

READ_FD, WRITE_FD = 3, 4
STEPS = frozenset(
    {
        "imports",
        "identity",
        "capabilities",
        "parent",
        "dumpable",
        "limits",
        "privileges",
        "execute",
        "landlock",
        "files",
        "seccomp",
    }
)
"""The lock-down steps that the worker has to report on Linux; what can be seen from outside is not taken from it."""
_CAP_SETUID = 7
_FILTER_MODE = "2"
_LIMITS = {"open files": "0", "file size": "0", "core file size": "0", "processes": "0"}
"""Lines of /proc/<pid>/limits, without their leading ``Max``, that must be zero."""


def wrong_descriptors(worker: int, reading: int, writing: int) -> str | None:
    """Return what is wrong with the worker's descriptors: it must have our two pipes and nothing else.

    Looked at before the lock-down, because a process that gave up its user cannot be looked into without ptrace
    rights; after it, no descriptor can be opened (``open files`` is zero).
    """
    folder = Path(f"/proc/{worker}/fd")
    if sys.platform != "linux":
        return None
    try:
        found = {int(entry.name): entry.stat().st_ino for entry in folder.iterdir()}
    except OSError as error:
        return f"the worker's descriptors cannot be seen: {error}"
    expected = {READ_FD: os.fstat(writing).st_ino, WRITE_FD: os.fstat(reading).st_ino}
    return None if found == expected else f"descriptors {sorted(found)} instead of the two pipes"


def measure(worker: int, memory_bytes: int, facts: Mapping[str, str]) -> Isolation:
    """Return the level that holds for this worker, by what the kernel says of it."""
    if sys.platform != "linux":
        reasons: tuple[str, ...] = (f"{sys.platform} offers no seccomp",)
        return Isolation(level=IsolationLevel.PROCESS, reasons=reasons, facts=facts)
    try:
        status, own = status_of(worker), status_of(os.getpid())
        open_ends = _open_ends(worker, status, own, memory_bytes)
        open_ends += tuple(f"the step {step!r} was not taken" for step in sorted(STEPS - facts.keys()))
    except (OSError, ValueError) as error:
        return Isolation(level=IsolationLevel.NONE, reasons=(f"/proc cannot be read: {error}",), facts=facts)
    if open_ends:
        return Isolation(level=IsolationLevel.NONE, reasons=open_ends, facts=facts)
    if not _filtered(status, own):
        reasons = ("no seccomp filter is in force",)
        return Isolation(level=IsolationLevel.PROCESS, reasons=reasons, facts=facts)
    if not facts.get("landlock", "").isdigit():
        reasons = ("the kernel has no Landlock",)
        return Isolation(level=IsolationLevel.KERNEL, reasons=reasons, facts=facts)
    return Isolation(level=IsolationLevel.FULL, facts=facts)


def status_of(process: int) -> dict[str, str]:
    """Return the lines of /proc/<pid>/status."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8", "replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _open_ends(worker: int, status: Mapping[str, str], own: Mapping[str, str], memory_bytes: int) -> tuple[str, ...]:
    found = []
    if status.get("NoNewPrivs", "1") != "1":
        found.append("no_new_privs is not set")
    if status.get("Threads") != "1":
        found.append(f"{status.get('Threads')} threads")
    found += [f"{name} is {status.get(name)}" for name in ("CapPrm", "CapEff") if int(status.get(name, "1"), 16)]
    if "0" in status["Uid"].split() and _may_change_user(own):
        found.append("it runs as root")
    return (*found, *_loose_limits(worker, memory_bytes))


def _may_change_user(own: Mapping[str, str]) -> bool:
    """Return whether root here has another user to become: not in a namespace of one, nor without the capability."""
    users = Path("/proc/self/uid_map").read_text("ascii").split()
    return bool(int(own.get("CapEff", "0"), 16) >> _CAP_SETUID & 1) and users[2:] != ["1"]


def _loose_limits(worker: int, memory_bytes: int) -> list[str]:
    wanted = {**_LIMITS, "address space": str(memory_bytes)}
    lines = Path(f"/proc/{worker}/limits").read_text("ascii").splitlines()
    found = {}
    for line in lines:
        for name in wanted:
            if line.startswith(f"Max {name} "):
                found[name] = line.removeprefix(f"Max {name}").split()[:2]
    return [f"the limit of {name} is {found.get(name)}" for name in wanted if found.get(name) != [wanted[name]] * 2]


def _filtered(status: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Return whether the worker has a filter that this process has not: a container may have given both one."""
    if status.get("Seccomp") != _FILTER_MODE:
        return False
    if own.get("Seccomp") != _FILTER_MODE:
        return True
    return int(status.get("Seccomp_filters", "0")) > int(own.get("Seccomp_filters", "0"))
