"""A member's name as somebody wrote it, in JSON or in Python."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenName:
    """One text that stands where the name of a member stands."""

    name: str
    escaped: bool
    """Whether it is written in ASCII alone, with escapes for the rest."""
    line: int
    column: int
    """Both counted from 1, in characters."""
    way: tuple[str, ...]
    """In JSON: the names that lead to the object or list it stands in."""
    holder: int
    """The same number for all names of one object or list."""
