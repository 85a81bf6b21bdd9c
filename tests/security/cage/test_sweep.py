"""Row L13: every system call there is, made under the filter alone; what is not killed is in a golden list."""

import os
import subprocess
import sys
from pathlib import Path

import sealift

SUPPORT = Path(__file__).parents[2] / "support"
GOLDEN = Path(__file__).with_name("golden")
ODD = ["1000", "100000", "0x40000000", "0x40000001", "0x40000027", "0x7fffffff", "0x80000000", "0xffffffff", "-1"]
PROBES_OF_THE_KERNEL = {"335", "336"}
"""uretprobe and uprobe of x86-64: Linux 6.14 and later pass them around seccomp, because it puts them into programs
itself; user code gets a signal or an error. Older kernels have no such calls, and the filter kills them."""


def test_all_system_calls_are_killed_but_those_of_the_golden_list():
    source = str(Path(sealift.__path__[0]).parent)
    command = [sys.executable, str(SUPPORT / "cage_sweep.py"), source, "0", "512", *ODD]

    swept = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    survivors = dict(line.split() for line in swept.stdout.splitlines())
    golden = dict(line.split() for line in (GOLDEN / f"sweep-{os.uname().machine}.txt").read_text().splitlines())
    assert {number: survivors[number] for number in survivors if number not in PROBES_OF_THE_KERNEL} == golden


def test_l12_the_32_bit_entry_is_killed():
    """On x86-64 it has other numbers; elsewhere the machine code is no instruction at all."""
    source = str(Path(sealift.__path__[0]).parent)
    command = [sys.executable, str(SUPPORT / "cage_sweep.py"), source, "int80"]

    without, locked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()

    assert locked == ("SIGSYS" if without == "returned" else without)
