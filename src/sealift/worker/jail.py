"""Locking a process in, step by step, before it reads a byte of a pack.

Every step either succeeds or raises; what a kernel may honestly lack (Landlock, write-xor-execute, seccomp) is
reported as ``absent`` and judged by the host, which also looks at the process from outside. Order matters: what needs
a right comes before what takes it away, and seccomp is last because it ends every other system call.
"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from sealift.worker import bpf, landlock
from sealift.worker.syscalls import this_machine

READ_FD = 3
"""Where frames come in. Not 0: a library that reads standard input must not eat them."""
WRITE_FD = 4
"""Where frames go out. Not 1 or 2: a library that prints must not end up in the protocol."""
ABSENT = "absent"

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_SET_MDWE = 38, 47, 65
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_SET_MODE_FILTER, _SECCOMP_LOG = 1, 2
_CAPABILITY_VERSION = 0x20080522
_CapabilityHeader = ctypes.c_uint32 * 2
_CapabilitySets = ctypes.c_uint32 * 6
_FIRST_DYNAMIC_UID, _DYNAMIC_UIDS = 61184, 4336
"""The range that systemd keeps for users who exist only while a process runs; nobody's files belong to them."""
_NOBODY = 65534


class Bounds(NamedTuple):
    """What the worker may use."""

    memory_bytes: int
    cpu_seconds: int
    parent: int
    """Process id of the fork-server; a worker whose parent is already gone ends."""


class Step(NamedTuple):
    """One step of the lock-down; ``act`` returns what the host is told, or raises."""

    name: str
    act: Callable[[], str]


class StepError(Exception):
    """A step of the lock-down failed."""


def lock(steps: Sequence[Step]) -> dict[str, str]:
    """Take every step; return what each reported. Raises StepError: the process must then end at once."""
    facts: dict[str, str] = {}
    for step in steps:
        try:
            facts[step.name] = step.act()
        except Exception as error:
            message = f"{step.name}: {error}"
            raise StepError(message) from error
    return facts


def strip(reading: int, writing: int) -> None:
    """Move the two descriptors to their places and close every other one."""
    high = [os.dup2(descriptor, number) for descriptor, number in ((reading, 100), (writing, 101))]
    for descriptor, number in zip(high, (READ_FD, WRITE_FD), strict=True):
        os.dup2(descriptor, number, inheritable=False)
    os.closerange(0, min(READ_FD, WRITE_FD))
    for descriptor in _open_descriptors():
        if descriptor not in {READ_FD, WRITE_FD}:
            with contextlib.suppress(OSError):  # the descriptor that listed the folder is gone already
                os.close(descriptor)


def _open_descriptors() -> Sequence[int]:
    with contextlib.suppress(OSError):
        return [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - pathlib doubles the start-up
    return range(min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1 << 16))


def steps(bounds: Bounds) -> tuple[Step, ...]:
    """Return the whole lock-down for this system, in order."""
    portable = (
        Step(name="imports", act=shut_imports),
        Step(name="limits", act=lambda: _limits(bounds)),
        Step(name="files", act=_files),
    )
    if sys.platform != "linux":
        return portable
    libc = _libc()
    return (
        Step(name="imports", act=shut_imports),
        Step(name="identity", act=_identity),
        Step(name="capabilities", act=lambda: _capabilities(libc)),
        Step(name="parent", act=lambda: _parent(libc, bounds.parent)),
        Step(name="dumpable", act=lambda: _prctl(libc, _PR_SET_DUMPABLE, 0)),
        Step(name="limits", act=lambda: _limits(bounds)),
        Step(name="privileges", act=lambda: _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)),
        Step(name="execute", act=lambda: _write_xor_execute(libc)),
        Step(name="landlock", act=lambda: _landlock(libc)),
        Step(name="files", act=_files),
        Step(name="seccomp", act=lambda: _seccomp(libc)),
    )


def prepare() -> None:
    """Do once, in the fork-server, what every lock-down would do again."""
    _libc()
    _filter()


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _filter() -> bytes | None:
    machine = this_machine()
    return bpf.filter_bytes(machine, READ_FD, WRITE_FD) if machine else None


def shut_imports() -> str:
    """Whatever is not loaded by now never will be."""
    for places in (sys.path, sys.meta_path, sys.path_hooks):
        places.clear()
    sys.path_importer_cache.clear()
    sys.argv[:] = [""]
    sys.stdin = sys.stdout = sys.stderr = None  # a stray print is no reason to be killed
    return "done"


def _identity() -> str:
    """As root, become a user that nothing belongs to; where there is no such right, the host judges what is left."""
    if os.getuid() != 0 and os.geteuid() != 0:
        return str(os.getuid())
    for uid in (_FIRST_DYNAMIC_UID + os.getpid() % _DYNAMIC_UIDS, _NOBODY):
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.EPERM}:
                raise
        else:
            return str(uid)
    return "kept"


def _capabilities(libc: ctypes.CDLL) -> str:
    _check(libc.capset(_CapabilityHeader(_CAPABILITY_VERSION, 0), _CapabilitySets()), "capset")
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    return "none"


def _parent(libc: ctypes.CDLL, parent: int) -> str:
    """End with the fork-server; the end of the pipe says the same, but only to a worker that reads."""
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        message = "the fork-server is gone"
        raise OSError(message)
    return "watched"


def _limits(bounds: Bounds) -> str:
    wanted = {
        "RLIMIT_CPU": (bounds.cpu_seconds, bounds.cpu_seconds + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NPROC": (0, 0),
        "RLIMIT_MEMLOCK": (0, 0),
        "RLIMIT_MSGQUEUE": (0, 0),
        "RLIMIT_AS": (bounds.memory_bytes, bounds.memory_bytes),
    }
    missing = [name for name in wanted if not hasattr(resource, name)]
    for name, bounds_of in wanted.items():
        if name not in missing:
            resource.setrlimit(getattr(resource, name), bounds_of)
    return "without " + " ".join(missing) if missing else "set"


def _files() -> str:
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    return "none"


def _write_xor_execute(libc: ctypes.CDLL) -> str:
    """Refuse memory that becomes executable (Linux 6.3 and later); seccomp refuses the same."""
    if libc.prctl(_PR_SET_MDWE, ctypes.c_ulong(1), 0, 0, 0) == 0:
        return "refused"
    if ctypes.get_errno() == errno.EINVAL:
        return ABSENT
    raise OSError(ctypes.get_errno(), "PR_SET_MDWE failed")


def _landlock(libc: ctypes.CDLL) -> str:
    abi = landlock.abi_version(libc)
    if abi == 0:
        return ABSENT
    landlock.restrict(libc, abi)
    return str(abi)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _seccomp(libc: ctypes.CDLL) -> str:
    """Install the filter, and prove that it answers: a call on its soft list must fail."""
    machine, code = this_machine(), _filter()
    if machine is None or code is None:
        return ABSENT
    program = _Program(len(code) // 8, code)
    for flags in (_SECCOMP_LOG, 0):
        if libc.syscall(machine.seccomp, _SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program)) == 0:
            break
        number = ctypes.get_errno()
        if flags == 0 and number in {errno.ENOSYS, errno.EINVAL}:
            return ABSENT
        if number not in {errno.ENOSYS, errno.EINVAL}:
            raise OSError(number, f"seccomp: {os.strerror(number)}")
    if libc.syscall(machine.numbers["getpid"]) != -1 or ctypes.get_errno() != errno.EPERM:
        message = "the filter was accepted and does not filter"
        raise OSError(message)
    return machine.name


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> str:
    _check(libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")
    return "set"


def _check(result: int, name: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
