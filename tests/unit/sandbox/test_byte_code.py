"""Byte code for workers: written once, where Python would write it, and read by a worker that writes none."""

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from sealift.sandbox.byte_code import write_missing


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    folder = tmp_path / "loaded_by_workers"
    (folder / "inner").mkdir(parents=True)
    for name in ("__init__.py", "first.py", "inner/__init__.py", "inner/second.py"):
        (folder / name).write_text("VALUE = 1\n", encoding="utf-8")
    return folder


def compiled(folder):
    return sorted(path.name.split(".")[0] for path in folder.rglob("*.pyc"))


def test_what_was_never_compiled_is_compiled_once(package):
    write_missing([package])
    assert compiled(package) == ["__init__", "__init__", "first", "second"]
    before = Path(cache_from_source(str(package / "first.py"))).stat().st_ino

    write_missing([package, package / "nowhere"])
    assert Path(cache_from_source(str(package / "first.py"))).stat().st_ino == before


def test_a_worker_reads_it(package):
    write_missing([package])
    command = [sys.executable, "-P", "-s", "-S", "-B", "-v", "-c"]
    program = f"import sys; sys.path.insert(0, {str(package.parent)!r}); import loaded_by_workers.first"
    ran = subprocess.run([*command, program], env={}, capture_output=True, text=True, check=True)

    assert f"matches {package / 'first.py'}" in ran.stderr


def test_nothing_is_written_where_python_writes_nothing(package, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write_missing([package])

    assert compiled(package) == []


def test_a_source_that_cannot_be_compiled_stops_nothing(package):
    (package / "broken.py").write_text("def (", encoding="utf-8")
    write_missing([package])

    assert "first" in compiled(package)
