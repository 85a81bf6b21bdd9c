"""Results, progress and errors, as text or as one JSON object. The only module that prints."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sealift.errors.base import SealiftError


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """Shows one call: the result on stdout; progress, warnings and errors on stderr."""

    operation: str
    form: str
    quiet: bool
    verbose: int

    @property
    def is_json(self) -> bool:
        """Whether a machine reads stdout."""
        return self.form == "json"

    def result(self, content: Mapping[str, Any], text: str, *, ok: bool = True, warnings: Sequence[str] = ()) -> None:
        """Show the result: ``content`` as members of the JSON object, or ``text``."""
        if self.is_json:
            self._object({"operation": self.operation, "ok": ok, "warnings": list(warnings), "error": None, **content})
            return
        self.warn(warnings)
        if text:
            sys.stdout.write(text if text.endswith("\n") else text + "\n")
            sys.stdout.flush()

    def warn(self, warnings: Sequence[str]) -> list[str]:
        """Show warnings at once to a person, before a question is asked; return those the result is still to carry."""
        if self.is_json:
            return list(warnings)
        for warning in warnings:
            self.note(f"warning: {warning}")
        return []

    def lines(self, lines: Iterable[str]) -> None:
        """Show lines in a form of their own on stdout."""
        for line in lines:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def error(self, error: SealiftError) -> None:
        """Show an error: code, message, facts or where it happened, hint."""
        if self.is_json:
            facts = {name: value for name, value in error.details().items() if name not in {"code", "message", "hint"}}
            self._failure({"code": error.code, "message": error.message(), "hint": error.hint(), **facts})
        else:
            where = [f"  {word:6}  {text}" for word, text in error.context().items()]
            self._text_error(error.code, "\n".join([error.message(), *where]), error.hint())
        for extra in getattr(error, "__notes__", ()):
            self.note(f"  note  {extra}")

    def problem(self, *, code: str, message: str, hint: str) -> None:
        """Show an error that is no SealiftError: a wrong command line, or a defect."""
        if self.is_json:
            self._failure({"code": code, "message": message, "hint": hint})
        else:
            self._text_error(code, message, hint)

    def note(self, line: str) -> None:
        """Say something on stderr."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def progress(self, line: str) -> None:
        """Say something on stderr unless ``--quiet``."""
        if not self.quiet:
            self.note(line)

    def _text_error(self, code: str, message: str, hint: str | None) -> None:
        first, *rest = message.splitlines() or [""]
        self.note(f"error[{code}] {first}")
        for line in rest:
            self.note(line)
        if hint:
            import textwrap

            self.note(textwrap.indent(hint, "          ").replace("          ", "  to fix  ", 1))

    def _failure(self, error: Mapping[str, Any]) -> None:
        self._object({"operation": self.operation, "ok": False, "warnings": [], "error": error})

    def _object(self, content: Mapping[str, Any]) -> None:
        import json

        # Piece by piece: a list may be larger than what fits into memory (see ``spool``).
        json.dump(content, sys.stdout, indent=2, ensure_ascii=False, default=str)
        sys.stdout.write("\n")
        sys.stdout.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as aligned columns under a head."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
