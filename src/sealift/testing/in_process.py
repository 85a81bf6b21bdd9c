"""Migrations in this process, unlocked: for a debugger, and for nothing else.

This is the only place in sealift where code of a pack runs in the process that asked for it. It is reached by pytest's
``--sealift-in-process`` alone, which says so at the beginning and at the end of the run. No production code imports it.
The code is plain Python here: neither the language of migrations nor the worker's exact numbers are in force.
"""

import importlib.util
import inspect
import json
import linecache
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sealift.errors.run import Finding
from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.model.migration import Direction
from sealift.ports import Outcome, Unit, UnitReport
from sealift.sandbox import open_cage

_METHODS = frozenset(
    {"upgrade", "downgrade", "validate"}
    | {f"{when}_{what}" for when in ("pre", "post") for what in ("upgrade", "downgrade", "validate")}
)


class OpenCage:
    """Implements ``ports.Cage`` without a cage. The source is run from its own file, so that breakpoints hold."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def warm(self, digest: str) -> None:
        """Do nothing: nothing will be started."""

    def open(self, unit: Unit, limits: Limits) -> "OpenSession":
        """Load the file as a module of its own and make the migration."""
        del limits
        module = _loaded(self._root / unit.path, unit.files[unit.path])
        return OpenSession(getattr(module, unit.class_name)(), unit.direction)

    def check(self, sources: Mapping[str, str], limits: Limits, digest: str = "lint") -> Sequence[Finding]:
        """Look at the language, in the locked worker: nothing runs for that."""
        with open_cage() as cage:
            return cage.check(sources, limits, digest)

    def close(self) -> None:
        """Do nothing: nothing was started."""


class OpenSession:
    """Implements ``ports.Session``: what the pack raises goes through, to the debugger."""

    def __init__(self, migration: Any, direction: Direction) -> None:
        self._migration, self._direction = migration, direction
        self._waiting: deque[Sequence[bytes]] = deque()

    @property
    def report(self) -> UnitReport:
        """What the class offers."""
        own = {name for name in _METHODS if name in {*dir(self._migration)}}
        return UnitReport(methods=frozenset(own))

    @property
    def isolation(self) -> str:
        """None at all."""
        return "none"

    def send(self, documents: Sequence[bytes]) -> None:
        """Keep documents for ``receive``."""
        self._waiting.append(documents)

    def receive(self) -> Sequence[Outcome]:
        """Run the migration on the oldest documents that were sent."""
        return [self._outcome(document) for document in self._waiting.popleft()]

    def hook(self, name: str, facts: Mapping[str, int | str]) -> None:
        """Call a hook of the pack."""
        if name in self.report.methods:
            hook = getattr(self._migration, name)
            hook(*[dict(facts)] * len(inspect.signature(hook).parameters))

    def close(self) -> None:
        """Do nothing: nothing was started."""

    def _outcome(self, text: bytes) -> Outcome:
        try:
            return self._migrated(text)
        except Exception as error:
            error.add_note(f"the document was {text.decode()}")
            raise

    def _migrated(self, text: bytes) -> Outcome:
        result = getattr(self._migration, self._direction.value)(json.loads(text))
        if not isinstance(result, dict):
            code = "returned-none" if result is None else "not-json"
            return DocumentError(code=code, message=f"the method returned {result!r}, not the document")
        if self._direction is Direction.UPGRADE and "validate" in self.report.methods:
            self._migration.validate(result)
        try:
            after = json.dumps(result, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            return DocumentError(code="not-json", message=str(error))
        return None if json.dumps(result) == json.dumps(json.loads(text)) else after


def _loaded(path: Path, data: bytes) -> ModuleType:
    """Run a file of the pack; the bytes that were checked are those that run."""
    name = f"sealift_in_process_{path.stem}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    module = importlib.util.module_from_spec(spec) if spec else ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    linecache.checkcache(str(path))
    exec(compile(data, str(path), "exec"), module.__dict__)  # noqa: S102 - what this module is for; see its docstring
    return module
