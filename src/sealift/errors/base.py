"""The root of the error tree: what every error of sealift carries."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar


class ExitStatus(IntEnum):
    """The exit codes of the command, one for each family of causes."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    CONFLICT = 4
    REFUSED = 5
    LOCKED = 6
    INTERRUPTED = 7


@dataclass(kw_only=True, eq=False)
class SealiftError(Exception):
    """A cause that a person can act on.

    A leaf is a keyword-only dataclass: its fields are the facts, ``code`` is stable and has a section in
    ``docs/reference/errors.md``, ``message`` says who, where, what was expected and found, and ``hint`` how to mend it.
    """

    code: ClassVar[str] = "SEALIFT-000"
    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED

    def message(self) -> str:
        """One sentence: subject, what happened, got and expected."""
        raise NotImplementedError

    def hint(self) -> str | None:
        """How to mend it, as an instruction; ``None`` only where nothing can be done."""
        return None

    def details(self) -> Mapping[str, Any]:
        """Return the fields as JSON-safe values, in the order of their declaration."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def __str__(self) -> str:
        return self.message()


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return str(value)
