"""The seccomp filter as bytes: a function of the architecture and the two descriptors, and of nothing else.

Each allowed call has its arguments checked in both halves of the 64-bit register, because the kernel looks at
different halves of different arguments. Layout of ``struct seccomp_data``: number, architecture, instruction pointer,
six arguments of eight bytes, little-endian on both architectures.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from sealift.worker.syscalls import ALLOWED, SOFT, Machine

ALLOW = 0x7FFF0000
SOFT_FAIL = 0x00050000 | 1
"""``SECCOMP_RET_ERRNO`` with EPERM."""
KILL = 0x80000000
"""``SECCOMP_RET_KILL_PROCESS``."""

PROT_READ_WRITE = 0x3
MAP_PRIVATE_ANONYMOUS = 0x22
MREMAP_MAYMOVE = 0x1
MADV_DONTNEED = 0x4
FUTEX_OPERATIONS = (0, 1, 9, 10)
"""Wait, wake, and both with a bit set; the private and clock flags are ignored."""
FUTEX_FLAGS = 0x180
CLOCKS = 0xF
"""The fixed clocks; a larger number means another process or a device."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_INSTRUCTION = struct.Struct("<HBBI")

Code = list[tuple[int, int, int, int]]
"""Instructions: code, jump if true, jump if false, constant."""


class Exactly(NamedTuple):
    """The argument has this value."""

    argument: int
    value: int

    def low(self, to_kill: int) -> Code:
        """Return the test of the low half; ``to_kill`` is the jump from its first instruction."""
        return [(_EQUAL, 0, to_kill, self.value)]


class Within(NamedTuple):
    """The argument has no bit outside the mask."""

    argument: int
    mask: int

    def low(self, to_kill: int) -> Code:
        """Return the test of the low half; ``to_kill`` is the jump from its first instruction."""
        return [(_ANY_BIT, to_kill, 0, ~self.mask & 0xFFFFFFFF)]


class OneOf(NamedTuple):
    """The argument, without the ignored bits, is one of these values."""

    argument: int
    values: tuple[int, ...]
    ignored: int

    def low(self, to_kill: int) -> Code:
        """Return the test of the low half; ``to_kill`` is the jump from its first instruction."""
        code: Code = [(_AND, 0, 0, ~self.ignored & 0xFFFFFFFF)]
        last = len(self.values) - 1
        for place, value in enumerate(self.values):
            code.append((_EQUAL, last - place, to_kill - place - 1 if place == last else 0, value))
        return code


Test = Exactly | Within | OneOf


def rules(read_fd: int, write_fd: int) -> dict[str, tuple[Test, ...]]:
    """Return what each allowed call may be given; a call without an entry takes anything."""
    return {
        "read": (Exactly(argument=0, value=read_fd),),
        "write": (Exactly(argument=0, value=write_fd),),
        "mmap": (
            Exactly(argument=0, value=0),
            Within(argument=2, mask=PROT_READ_WRITE),
            Exactly(argument=3, value=MAP_PRIVATE_ANONYMOUS),
        ),
        "mremap": (Exactly(argument=3, value=MREMAP_MAYMOVE),),
        "mprotect": (Within(argument=2, mask=PROT_READ_WRITE),),
        "madvise": (Exactly(argument=2, value=MADV_DONTNEED),),
        "futex": (OneOf(argument=1, values=FUTEX_OPERATIONS, ignored=FUTEX_FLAGS),),
        "clock_gettime": (Within(argument=0, mask=CLOCKS),),
    }


def filter_bytes(machine: Machine, read_fd: int, write_fd: int) -> bytes:
    """Return the whole filter as an array of ``struct sock_filter``."""
    tests = rules(read_fd, write_fd)
    code = _head(machine)
    for name in ALLOWED:
        code += _block(machine.numbers[name], tests.get(name, ()))
    code += _tail([machine.numbers[name] for name in SOFT if name in machine.numbers])
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in code)


def _head(machine: Machine) -> Code:
    code: Code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine.x32 is not None:
        code += [(_AT_LEAST, 0, 1, machine.x32), (_RETURN, 0, 0, KILL)]
    return code


def _block(number: int, tests: Sequence[Test]) -> Code:
    """Return: unless it is this number, skip; then allow, or kill at the first argument that does not fit."""
    body: Code = []
    size = sum(3 + len(test.low(0)) for test in tests)
    for test in tests:
        body.append((_LOAD, 0, 0, _ARGUMENTS + 8 * test.argument + 4))
        body.append((_EQUAL, 0, size - len(body), 0))
        body.append((_LOAD, 0, 0, _ARGUMENTS + 8 * test.argument))
        body += test.low(size - len(body))
    body.append((_RETURN, 0, 0, ALLOW))
    if tests:
        body.append((_RETURN, 0, 0, KILL))
    return [(_EQUAL, 0, len(body), number), *body]


def _tail(soft: Sequence[int]) -> Code:
    code: Code = [(_EQUAL, len(soft) - place, 0, number) for place, number in enumerate(soft)]
    return [*code, (_RETURN, 0, 0, KILL), (_RETURN, 0, 0, SOFT_FAIL)]
