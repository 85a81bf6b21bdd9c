"""The worker's program for tests that measure coverage: locked like the real one, and it remembers which lines ran.

A locked worker can write no file, so the host asks for what was seen: a hook named ``covered``, which no pack has,
fails with the next part of it as its message. Production starts ``__main__``, which knows nothing of this.
"""

import importlib.util
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

HOOK = "covered"
_PART = 40
"""Jumps in one message: a message holds a thousand characters."""

Trace = Callable[[FrameType, str, Any], Any]


class CoveredError(Exception):
    """The next part of what was seen; empty when all of it was told."""


class Seen:
    """Which jumps from line to line happened in which file of the pack."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._jumps: dict[tuple[str, int, int], None] = {}

    def trace(self, frame: FrameType, event: str, _: object) -> Trace | None:
        """Follow frames of the pack, as ``sys.settrace`` wants it; a negative line is the way in or out."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(self._prefix):
            return None
        path, last = code.co_filename.removeprefix(self._prefix), -code.co_firstlineno

        def follow(inner: FrameType, what: str, _: object) -> Trace:
            nonlocal last
            if what in {"line", "return"}:
                line = inner.f_lineno if what == "line" else -code.co_firstlineno
                self._jumps[path, last, line] = None
                last = line
            return follow

        return follow

    def part(self) -> str:
        """Return, and forget, some of it: ``path from to`` three by three."""
        chosen = list(self._jumps)[:_PART]
        for jump in chosen:
            del self._jumps[jump]
        return " ".join(f"{path}:{start}:{end}" for path, start, end in chosen)


class TracedUnit:
    """A unit with one more method."""

    def __init__(self, unit: Any, seen: Seen) -> None:
        self._unit, self._seen = unit, seen
        self.methods = unit.methods | {HOOK}
        self.plain = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def call(self, method: str, argument: Any) -> Any:
        """Call a method of the unit, or tell what was seen."""
        if method == HOOK:
            raise CoveredError(self._seen.part())
        return self._unit.call(method, argument)


def run(control: socket.socket) -> None:
    """Wire the language into the server, with a tracer around it."""
    from sealift.worker import none_hash

    none_hash.settle()
    from sealift.worker import codec, compiler, loop, server, stable_texts
    from sealift.worker.failure import FRAME_PREFIX

    compiler.preload()
    seen = Seen(FRAME_PREFIX)

    def compile_unit(sources: Mapping[str, str], path: str, class_name: str) -> TracedUnit:
        sys.settrace(seen.trace)
        return TracedUnit(compiler.compile_unit(sources, path, class_name), seen)

    language = loop.Language(
        compile_unit=compile_unit,
        check_source=compiler.check_source,
        codec=codec.Codec,
        refused=compiler.RefusedError,
    )
    server.Server(control=control, serve=lambda link: loop.serve(link, language), settle=stable_texts.settle).run()


def main() -> None:
    """Start like the real program, found by its place: it is what makes ``sealift`` importable here."""
    spec = importlib.util.spec_from_file_location("real_program", Path(__file__).with_name("__main__.py"))
    if spec is None or spec.loader is None:
        raise SystemExit(1)
    real = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(real)
    vars(real)["run"] = run
    real.main(sys.argv[1:])


if __name__ == "__main__":
    main()
