"""Numbers of the system calls a locked worker may make, or may try in vain, by architecture.

Sources: ``asm/unistd_64.h`` for x86-64, ``asm-generic/unistd.h`` for aarch64 (Linux 6.18).
"""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

ALLOWED = (
    "read",
    "write",
    "mmap",
    "munmap",
    "mremap",
    "brk",
    "mprotect",
    "madvise",
    "futex",
    "clock_gettime",
    "rt_sigreturn",
    "exit",
    "exit_group",
)
"""Reading and writing two pipes, growing memory that cannot be executed, and ending: seven are always needed, the
others by other C libraries. Which arguments are allowed is in ``bpf.RULES``."""

SOFT = (
    "open",
    "openat",
    "openat2",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getcwd",
    "getdents64",
    "ioctl",
    "lseek",
    "getrandom",
    "close",
    "getpid",
    "gettid",
    "rt_sigaction",
    "rt_sigprocmask",
    "sigaltstack",
    "gettimeofday",
)
"""Tried in good faith by the interpreter (a traceback looks for its source file); they fail with EPERM."""


class Machine(NamedTuple):
    """What differs between architectures."""

    name: str
    audit: int
    """``AUDIT_ARCH_…`` of ``linux/audit.h``: calls made in any other mode are killed."""
    x32: int | None
    """First number of a second table that shares the architecture's mark; killed from there on."""
    seccomp: int
    """Number of ``seccomp`` itself."""
    numbers: Mapping[str, int]


X86_64 = Machine(
    name="x86_64",
    audit=0xC000003E,
    x32=0x40000000,
    seccomp=317,
    numbers={
        "read": 0,
        "write": 1,
        "open": 2,
        "close": 3,
        "stat": 4,
        "fstat": 5,
        "lstat": 6,
        "lseek": 8,
        "mmap": 9,
        "mprotect": 10,
        "munmap": 11,
        "brk": 12,
        "rt_sigaction": 13,
        "rt_sigprocmask": 14,
        "rt_sigreturn": 15,
        "ioctl": 16,
        "access": 21,
        "mremap": 25,
        "madvise": 28,
        "getpid": 39,
        "exit": 60,
        "getcwd": 79,
        "readlink": 89,
        "gettimeofday": 96,
        "sigaltstack": 131,
        "gettid": 186,
        "futex": 202,
        "getdents64": 217,
        "clock_gettime": 228,
        "exit_group": 231,
        "openat": 257,
        "newfstatat": 262,
        "readlinkat": 267,
        "faccessat": 269,
        "getrandom": 318,
        "statx": 332,
        "openat2": 437,
        "faccessat2": 439,
    },
)

AARCH64 = Machine(
    name="aarch64",
    audit=0xC00000B7,
    x32=None,
    seccomp=277,
    numbers={
        "getcwd": 17,
        "ioctl": 29,
        "faccessat": 48,
        "openat": 56,
        "close": 57,
        "getdents64": 61,
        "lseek": 62,
        "read": 63,
        "write": 64,
        "readlinkat": 78,
        "newfstatat": 79,
        "fstat": 80,
        "exit": 93,
        "exit_group": 94,
        "futex": 98,
        "clock_gettime": 113,
        "sigaltstack": 132,
        "rt_sigaction": 134,
        "rt_sigprocmask": 135,
        "rt_sigreturn": 139,
        "gettimeofday": 169,
        "getpid": 172,
        "gettid": 178,
        "brk": 214,
        "munmap": 215,
        "mremap": 216,
        "mmap": 222,
        "mprotect": 226,
        "madvise": 233,
        "getrandom": 278,
        "statx": 291,
        "openat2": 437,
        "faccessat2": 439,
    },
)

MACHINES: Mapping[str, Machine] = {"x86_64": X86_64, "aarch64": AARCH64}


def this_machine() -> Machine | None:
    """Return the architecture of this process, or ``None`` when there is no table for it."""
    is_64_bit = sys.maxsize == (1 << 63) - 1
    return MACHINES.get(os.uname().machine) if is_64_bit else None
