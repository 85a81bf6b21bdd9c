"""Coverage of a pack's code: lines that ran in the locked worker, given to the measurement that is going on."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sealift.errors.run import HookFailedError, WorkerError
from sealift.ports import Session
from sealift.sandbox import Launch, LockedCage, open_cage
from sealift.sandbox.forkserver import default_launch

_HOOK = "covered"
_WORDS = "CoveredError"
"""What a message of the traced worker begins with."""

Jump = tuple[str, int, int]


def measurement() -> Any:
    """Return the ``coverage.Coverage`` that measures this process (``coverage run …``), ``None`` if none does."""
    coverage = sys.modules.get("coverage")
    return coverage.Coverage.current() if coverage is not None else None


def traced_launch() -> Launch:
    """Return how workers are started that remember which lines ran; they are locked like any other."""
    launch = default_launch()
    return replace(launch, program=launch.program.with_name("traced.py"))


def cage_for_tests() -> LockedCage:
    """Return the cage that tests run in: the real one, with a memory for lines while coverage is measured."""
    return open_cage(launch=None if measurement() is None else traced_launch())


def covered(session: Session) -> Iterable[Jump]:
    """Yield what a traced worker has seen: path, and the lines from and to which it went."""
    while True:
        try:
            session.hook(_HOOK, {})
        except HookFailedError as error:
            text = error.text.removeprefix(_WORDS).removeprefix(":").strip()
            if not text:
                return
            yield from map(_jump, text.split(" "))
        except WorkerError:
            return  # a worker that died took with it what it had seen
        else:
            return


def _jump(text: str) -> Jump:
    path, start, end = text.rsplit(":", 2)
    return path, int(start), int(end)


def report(root: Path, jumps: Iterable[Jump]) -> None:
    """Add what was seen to the measurement that is going on."""
    current = measurement()
    if current is None:
        return
    arcs: dict[str, set[tuple[int, int]]] = {}
    for path, start, end in jumps:
        arcs.setdefault(str(root.resolve() / path), set()).add((start, end))
    data = current.get_data()
    if current.get_option("run:branch"):
        data.add_arcs(arcs)
    else:
        data.add_lines({file: {line for jump in found for line in jump if line > 0} for file, found in arcs.items()})
