"""What went wrong with a document, in words for the author of the pack."""

import ast
import json
import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sealift.errors.run import Finding
from sealift.model.batch import DocumentError
from sealift.testing.exact import write

_SHOWN = 4000
"""Characters of a document that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document that failed, as the example that would keep the case."""

    collection: str
    from_version: str
    to_version: str
    before: Mapping[str, Any]
    after: Mapping[str, Any] | None = None
    """What the migration made of it, if it made anything of it."""

    @property
    def file(self) -> str:
        """A name for the example inside the pack."""
        return f"examples/{self.collection}-{self.to_version}.json".lower()

    def to_dict(self) -> dict[str, Any]:
        """Return the content of an example file (``docs/reference/pack.md``)."""
        return {
            "collection": self.collection,
            "from": self.from_version,
            "to": self.to_version,
            "before": self.before,
            "after": self.before if self.after is None else self.after,
        }

    def to_json(self) -> str:
        """Return the text of an example file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of the pack."""

    file: str
    line: int

    @classmethod
    def of(cls, root: Path, error: DocumentError) -> Self | None:
        """Return the line that an error names, ``None`` where it names none."""
        path, colon, line = (error.where or "").rpartition(":")
        if not colon or not line.isdigit():
            return None
        return cls(file=str(root / path), line=int(line))

    def __str__(self) -> str:
        source = linecache.getline(self.file, self.line).strip()
        return f"{self.file}:{self.line}" + (f"\n    {source}" if source else "")


class MigrationError(AssertionError):
    """A document could not be taken where it was to go; points at the author's line and the document."""

    def __init__(
        self, summary: str, *, place: Place | None = None, sample: Sample | None = None, advice: str = ""
    ) -> None:
        super().__init__(summary)
        self.summary, self.place, self.sample, self.advice = summary, place, sample, advice
        self.is_final = False
        """Whether looking for a smaller document is no use: it would take too long, or say the same of any."""

    @classmethod
    def of_code(cls, root: Path, findings: Sequence[Finding]) -> "MigrationError":
        """Return the error for code that the language refuses; no document can change that."""
        lines = [f"{root / finding.path}{str(finding).removeprefix(finding.path)}" for finding in findings]
        place = Place(file=str(root / findings[0].path), line=findings[0].line)
        made = cls("\n".join(["the language of migrations refuses the code", *lines]), place=place)
        made.is_final = True
        return made

    @property
    def document(self) -> bytes | None:
        """The text of the document before the migration, if the error is about one."""
        return None if self.sample is None else write(self.sample.before)

    def __str__(self) -> str:
        parts = [self.summary]
        if self.place is not None:
            parts.append(str(self.place))
        if self.sample is not None:
            parts += [self._advice(self.sample), _cut(self.sample.to_json())]
        return "\n".join(parts)

    def _advice(self, sample: Sample) -> str:
        if self.advice:
            return self.advice
        wrong = "`after` is still the document as it was" if sample.after is None else "`after` is what it became"
        return f"to keep this case, save it as {sample.file} ({wrong}: write what it should be):"

    def at_the_line(self) -> "MigrationError":
        """Return this error with a traceback that ends at the author's line, as if it had been raised there."""
        self.__traceback__ = None
        if self.place is None:
            return self
        return self.with_traceback(_traceback_at(self.place, self))


class CheckNotRunError(Exception):
    """A ready-made test could not be run: the text says why, and what it needs."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def _traceback_at(place: Place, error: Exception) -> TracebackType | None:
    """Raise the error from a line of its own in a code object that bears the author's file and line."""
    source = linecache.getline(place.file, place.line).rstrip()
    tree = ast.parse("raise error")
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = place.line
            node.col_offset, node.end_col_offset = len(source) - len(source.lstrip()), len(source)
    code = compile(tree, place.file, "exec")
    try:
        exec(code.replace(co_name="migration"), {"error": error})  # noqa: S102 - `raise error`, at the author's line
    except type(error) as raised:
        own = raised.__traceback__
        return own.tb_next if own is not None else None
    return None


def _cut(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}\n… ({len(text) - _SHOWN} more characters)"
