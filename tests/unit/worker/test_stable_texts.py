"""Refusing the texts of objects that have none but their address: what happens where that is not possible."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

import sealift
from sealift.worker import stable_texts

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from sealift.worker import stable_texts
%s
stable_texts.settle()
print("settled")
"""


def run(change):
    source = str(Path(sealift.__path__[0]).parent)
    command = [sys.executable, "-c", PROGRAM % change, source]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_an_interpreter_that_is_built_otherwise_is_left_alone(monkeypatch):
    monkeypatch.setattr(stable_texts, "_REPR_SLOT", 15 * ctypes.sizeof(ctypes.c_void_p))  # it holds another function
    with pytest.raises(RuntimeError, match="lays out its types in a way that is not known"):
        stable_texts.settle()

    assert repr(stable_texts.settle).startswith("<function settle at 0x")


def test_it_is_looked_at_whether_it_works():
    assert run("").stdout == "settled\n"
    broken = run("stable_texts._refuse = lambda kind, looks_up: None")
    assert "could not be made to fail" in broken.stderr
    assert broken.returncode == 1
