"""The order of sets is the same in every process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sealift
from sealift.worker import none_hash
from sealift.worker.stable_sets import checked

SETTLED = """
import sys
sys.path.insert(0, sys.argv[1])
from sealift.worker import none_hash
assert none_hash.settle() and none_hash.is_settled()
none = None  # constants were put into their sets when this was compiled
print(hash(none), [str(item) for item in {none, "a", 1, (none,), "b", 7.5}], {none: 1}[none], {none, none} == {none})
"""


def run(program):
    source = str(Path(sealift.__path__[0]).parent)
    environment = {"PYTHONHASHSEED": "7", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", program, source]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_none_has_one_hash_and_sets_one_order():
    assert len({run(SETTLED) for _ in range(5)}) == 1


def test_it_would_differ_on_3_11():
    """The guard taken out: without it, addresses decide."""
    program = SETTLED.replace("assert none_hash.settle() and none_hash.is_settled()", "")
    assert (len({run(program) for _ in range(5)}) == 1) is (sys.version_info >= (3, 12))


def test_an_interpreter_that_is_built_otherwise_is_left_alone(monkeypatch):
    monkeypatch.setattr(none_hash, "_AFFECTED", sys.version_info[:2])
    monkeypatch.setattr(none_hash, "_is_as_expected", lambda: False)
    before = hash(None)
    assert none_hash.settle() is False
    assert hash(None) == before
    with pytest.raises(TypeError, match="a set with a NoneType in it"):
        checked({None})
