"""The seccomp filter: its bytes are golden for each architecture, and an interpreter asks it about every argument."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpf_machine import INSTRUCTION, answer
from sealift.worker.bpf import ALLOW, KILL, SOFT_FAIL, filter_bytes
from sealift.worker.syscalls import AARCH64, ALLOWED, SOFT, X86_64

GOLDEN = Path(__file__).parents[2] / "security" / "cage" / "golden"
READ, WRITE = 3, 4
HIGH = 1 << 32
MACHINES = pytest.mark.parametrize("machine", [X86_64, AARCH64], ids=lambda machine: machine.name)

ACCEPTED = {
    "read": [(READ, 0, 100)],
    "write": [(WRITE, 0, 100)],
    "mmap": [(0, 4096, 0, 0x22), (0, 1 << 40, 3, 0x22, -1), (0, 4096, 1, 0x22), (0, 4096, 2, 0x22)],
    "munmap": [(1 << 40, 4096)],
    "mremap": [(1 << 40, 1, 2, 1)],
    "brk": [(0,), (1 << 40,)],
    "mprotect": [(1 << 40, 4096, 0), (1 << 40, 4096, 3)],
    "madvise": [(1 << 40, 4096, 4)],
    "futex": [(1 << 40, operation | flags) for operation in (0, 1, 9, 10) for flags in (0, 0x80, 0x100, 0x180)],
    "clock_gettime": [(0,), (1,), (15,)],
    "rt_sigreturn": [()],
    "exit": [(0,), (255,)],
    "exit_group": [(0,), (255,)],
}
REFUSED = {
    "read": [(0,), (1,), (2,), (WRITE,), (5,), (-1,), (READ + HIGH,)],
    "write": [(0,), (1,), (2,), (READ,), (5,), (-1,), (WRITE + HIGH,)],
    "mmap": [
        (4096, 4096, 3, 0x22),
        (HIGH, 4096, 3, 0x22),
        *[(0, 4096, prot, 0x22) for prot in (4, 7, 8, 1 << 24, HIGH, HIGH + 3)],
        *[(0, 4096, 3, flags) for flags in (0x02, 0x12, 0x21, 0x32, 0x122, 0x2022, 0x40022, 0x100022, HIGH + 0x22)],
    ],
    "mremap": [(0, 0, 0, flags) for flags in (0, 2, 3, 4, 5, HIGH, HIGH + 1)],
    "mprotect": [(0, 0, prot) for prot in (4, 5, 7, 8, 1 << 24, 1 << 25, HIGH, HIGH + 3)],
    "madvise": [(0, 0, advice) for advice in (0, 1, 3, 8, 9, 12, 100, HIGH + 4)],
    "futex": [(0, operation) for operation in (2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 0x83, 0x200, HIGH, HIGH + 1)],
    "clock_gettime": [(16,), (-2,), (-14,), (HIGH,), (1 << 31,)],
}


def asked(machine, name_or_number, arguments=()):
    number = machine.numbers[name_or_number] if isinstance(name_or_number, str) else name_or_number
    code = filter_bytes(machine, READ, WRITE)
    return answer(code, architecture=machine.audit, number=number, arguments=arguments)


@MACHINES
def test_the_bytes_are_the_golden_ones(machine):
    code = filter_bytes(machine, READ, WRITE)

    lines = [" ".join(f"{field:x}" for field in instruction) for instruction in INSTRUCTION.iter_unpack(code)]

    assert lines == (GOLDEN / f"bpf-{machine.name}.txt").read_text().splitlines()


@MACHINES
def test_every_call_has_a_number_of_its_own(machine):
    names = [name for name in (*ALLOWED, *SOFT) if name in machine.numbers]

    assert len({machine.numbers[name] for name in names}) == len(names) == len(machine.numbers)
    assert {*ALLOWED} <= {*machine.numbers}


@MACHINES
@pytest.mark.parametrize(("name", "arguments"), [(name, item) for name in ACCEPTED for item in ACCEPTED[name]])
def test_the_arguments_that_work_needs_are_allowed(machine, name, arguments):
    assert asked(machine, name, arguments) == ALLOW


@MACHINES
@pytest.mark.parametrize(("name", "arguments"), [(name, item) for name in REFUSED for item in REFUSED[name]])
def test_other_arguments_kill(machine, name, arguments):
    assert asked(machine, name, arguments) == KILL


@MACHINES
def test_every_other_number_is_killed_or_fails_softly(machine):
    allowed = {machine.numbers[name] for name in ALLOWED}
    soft = {machine.numbers[name] for name in SOFT if name in machine.numbers}

    said = {number: asked(machine, number) for number in range(1024) if number not in allowed}

    assert said == {number: SOFT_FAIL if number in soft else KILL for number in said}


@MACHINES
@given(number=st.integers(512, (1 << 32) - 1), arguments=st.lists(st.integers(0, (1 << 64) - 1), max_size=6))
def test_numbers_beyond_the_tables_are_killed(machine, number, arguments):
    assert asked(machine, number, arguments) == KILL


@MACHINES
@given(architecture=st.integers(0, (1 << 32) - 1), number=st.integers(0, 512))
def test_another_architecture_is_killed(machine, architecture, number):
    if architecture != machine.audit:
        code = filter_bytes(machine, READ, WRITE)
        assert answer(code, architecture=architecture, number=number, arguments=(READ,)) == KILL


@MACHINES
@given(
    prot=st.integers(0, (1 << 64) - 1), flags=st.integers(0, (1 << 64) - 1), address=st.sampled_from([0, 1, 1 << 40])
)
def test_memory_is_private_anonymous_and_never_executable(machine, prot, flags, address):
    fits = address == 0 and prot in (0, 1, 2, 3) and flags == 0x22
    assert (asked(machine, "mmap", (address, 4096, prot, flags)) == ALLOW) == fits


def test_the_x32_table_is_killed_whatever_its_number():
    for number in (0x40000000, 0x40000000 + X86_64.numbers["read"], 0x40000000 + X86_64.numbers["exit"]):
        assert asked(X86_64, number, (READ,)) == KILL


@MACHINES
def test_every_jump_lands_inside(machine):
    code = filter_bytes(machine, READ, WRITE)
    program = list(INSTRUCTION.iter_unpack(code))

    targets = [
        place + 1 + jump
        for place, (operation, if_true, if_false, _) in enumerate(program)
        if operation in (0x15, 0x35, 0x45)
        for jump in (if_true, if_false)
    ]

    assert max(targets) < len(program) <= 4096
    assert struct.calcsize("<HBBI") == 8
