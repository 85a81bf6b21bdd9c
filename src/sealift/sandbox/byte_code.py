"""Byte code for what a fork-server loads: it writes none itself, and without any it takes half as long again to start.

Installers differ: ``pip`` compiles what it installs, others leave that to the first import, which never comes for
modules that only a worker loads. So the host writes what Python would have written, in the same place and only where
Python would, once for an installation.
"""

import os
import sys
from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path


def write_missing(packages: Iterable[Path]) -> None:
    """Compile the packages in these folders that never were; never raises for a source that cannot be compiled.

    Nothing is written where Python was told not to write byte code, or may not write.
    """
    if sys.dont_write_bytecode:
        return
    for folder in packages:
        if _lacks(folder) and os.access(folder, os.W_OK):
            import compileall

            compileall.compile_dir(str(folder), quiet=2)


def _lacks(folder: Path) -> bool:
    """Whether a module that the host does not import was never compiled; the last one, should one be interrupted."""
    sources = sorted(source.name for source in folder.glob("*.py"))
    return bool(sources) and not Path(cache_from_source(str(folder / sources[-1]))).exists()
