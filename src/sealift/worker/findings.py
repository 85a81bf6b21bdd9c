"""What the language refuses, as values: one finding a place, so that an author sees all of them at once."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """The stable codes of findings; each has a row in ``docs/reference/language.md``."""

    TEXT = "LANG-001"
    """The file's characters: encoding marks, control characters, size."""
    SYNTAX = "LANG-002"
    """Not Python 3.11 syntax."""
    TOO_COMPLEX = "LANG-003"
    """Nested or long beyond what can be compiled."""
    STATEMENT = "LANG-010"
    """A kind of statement or expression that is not offered."""
    NAME = "LANG-011"
    """A name that is defined nowhere, or a builtin that is not offered."""
    RESERVED = "LANG-012"
    """A name that may not be bound."""
    ATTRIBUTE = "LANG-013"
    """An attribute that is not offered."""
    ATTRIBUTE_WRITE = "LANG-014"
    """Writing or deleting an attribute."""
    IMPORT = "LANG-015"
    """A module, or a name of one, that is not offered."""
    CLASS = "LANG-016"
    """A class that has not the one form a migration needs."""
    DEFAULT = "LANG-017"
    """A default argument that is computed or can change."""
    MODULE_LEVEL = "LANG-018"
    """Something other than constants, functions, classes and imports at module level."""
    CONSTANT = "LANG-019"
    """A module constant or class attribute whose value cannot be made read-only."""
    MISSING = "LANG-020"
    """The class that the manifest names is not in the file."""
    RAISED = "LANG-021"
    """The module's constants could not be computed."""


class Finding(NamedTuple):
    """One place in a pack's source that is refused."""

    path: str
    line: int
    """From 1; 0 when the finding is about the file as a whole."""
    column: int
    """From 1, in characters; 0 when the finding is about the line as a whole."""
    code: str
    message: str
    instead: str
    """What to write instead; never empty."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}; instead: {self.instead}"


class RefusedError(Exception):
    """A source that is not in the language; ``findings`` says where and why, and is never empty."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = list(findings)
