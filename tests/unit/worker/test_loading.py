"""What a fork-server loads: each module costs every run of a pack, and is there for code that escapes the language."""

import json
import subprocess
import sys
from pathlib import Path

import sealift.worker
from sealift.sandbox.forkserver import LIBRARIES, environment, pins

LOAD = """
import json, sys
sys.path[:0] = [%r]
from __main__finder import PinnedFinder
sys.meta_path.append(PinnedFinder(%r))
from sealift.worker import none_hash, codec, compiler, loop, server
compiler.preload()
print(json.dumps(sorted(sys.modules)))
"""
UNWANTED = {"asyncio", "dataclasses", "importlib.metadata", "inspect", "logging", "pathlib", "socket", "subprocess"}
"""The large ones, which came in by the way before."""


def test_no_large_module_is_loaded_by_the_way(tmp_path):
    main = Path(sealift.worker.__path__[0]) / "__main__.py"
    (tmp_path / "__main__finder.py").write_text(main.read_text("utf-8"), encoding="utf-8")
    source = LOAD % (str(tmp_path), dict(pins(LIBRARIES)))
    command = [sys.executable, "-P", "-s", "-S", "-B", "-c", source]

    shown = subprocess.run(command, env=environment(1), check=True, capture_output=True, text=True)

    loaded = set(json.loads(shown.stdout))
    assert loaded >= {"sealift.worker.compiler", "RestrictedPython", "msgspec", "zoneinfo"}
    assert not loaded & UNWANTED
