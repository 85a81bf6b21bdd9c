"""Patterns that two engines must read alike: a few plain forms, translated for Python's ``re``, matched in one pass.

What is accepted here matches a subset of what jsonschema-rs's engine matches. Every loop is over one set of characters
that shares none with what may follow it, and possessive, so that nothing is ever tried twice.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_CLASSES = {
    "d": frozenset("0123456789"),
    "w": frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"),
}
"""ASCII only: a part of what the engine's own classes hold, which is why they must not be negated."""
_LINE_ENDS = frozenset("\n\r\u2028\u2029")
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_ESCAPED = frozenset("-./@+*?()[]{}|^$\\_:#")
_TOKEN = re.compile(
    r"(?:\\(?P<escape>.)|\[(?P<negated>\^?)(?P<inside>(?:[^\]\\\[&~]|\\.)+)\]|(?P<plain>.))"
    r"(?P<times>[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?",
    re.DOTALL,
)
_MEMBER = re.compile(r"(?:\\(?P<escape>.)|(?P<low>[^\\-])-(?P<high>[^\\-])|(?P<plain>.))", re.DOTALL)


class UntypableError(Exception):
    """This part of a schema has no type that says the same."""


class _Atom(NamedTuple):
    """One set of characters, and how often."""

    negated: bool
    characters: frozenset[str]
    least: int
    most: int | None

    def meets(self, other: "_Atom") -> bool:
        """Say whether a character could belong to both."""
        if self.negated and other.negated:
            return True
        if self.negated:
            return not other.characters <= self.characters
        if other.negated:
            return not self.characters <= other.characters
        return not self.characters.isdisjoint(other.characters)

    def text(self) -> str:
        """Return the atom for ``re``, with possessive loops."""
        if not self.negated and not self.characters:
            return "(?!)" if self.least else ""
        if not self.negated and len(self.characters) == 1:
            return re.escape(*self.characters) + self._times()
        inside = "".join(f"\\U{ord(character):08x}" for character in sorted(self.characters))
        return f"[{'^' if self.negated else ''}{inside}]{self._times()}"

    def inside_a_line(self) -> "_Atom":
        """Return the same atom for texts that hold no line break."""
        breaks = frozenset("\n")
        return self._replace(characters=self.characters | breaks if self.negated else self.characters - breaks)

    def _times(self) -> str:
        match self.least, self.most:
            case 1, 1:
                return ""
            case 0, None:
                return "*+"
            case 1, None:
                return "++"
            case least, most:
                return f"{{{least},{'' if most is None else most}}}+"


def python_pattern(pattern: str) -> str:
    """Return a pattern for ``re.search``; raises UntypableError for any but the plainest forms."""
    atoms, ended = _linear(pattern)
    return r"\A" + "".join(atom.text() for atom in atoms) + (r"\Z" if ended else "")


def lines_pattern(pattern: str) -> str:
    """Return a pattern that matches, at the start, as many lines as there are that ``python_pattern`` is found in.

    Raises UntypableError as above.
    """
    atoms, ended = _linear(pattern)
    line = "".join(atom.inside_a_line().text() for atom in atoms)
    return f"(?:{line}" + ("" if ended else "[^\\n]*+") + "\\n)*+"


def _linear(pattern: str) -> tuple[list[_Atom], bool]:
    """Return the atoms, none of which could want what one behind it wants, and whether the text must end there."""
    atoms, ended = _parsed(pattern)
    for at, atom in enumerate(atoms):
        if atom.least != atom.most and _can_go_on(atom, atoms[at + 1 :]):
            raise UntypableError(pattern)
    return atoms, ended


def unrolled(pattern: str) -> int:
    """Return how many characters in a row an engine could lay the pattern out for; raises UntypableError as above."""
    return sum(max(atom.least, atom.most or 1) for atom in _parsed(pattern)[0])


def _parsed(pattern: str) -> tuple[list[_Atom], bool]:
    if not pattern.startswith("^"):
        raise UntypableError(pattern)
    ended = pattern.endswith("$") and not pattern.endswith("\\$")
    return list(_atoms(pattern[1:-1] if ended else pattern[1:])), ended


def _can_go_on(atom: _Atom, following: list[_Atom]) -> bool:
    """Say whether the loop and what follows it could want the same character."""
    for other in following:
        if atom.meets(other):
            return True
        if other.least:
            return False
    return False


def _atoms(text: str) -> Iterator[_Atom]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UntypableError(text)
        at = found.end()
        negated, characters = _set_of(found)
        if not characters:
            raise UntypableError(text)
        least, most = _times_of(found["times"])
        yield _Atom(negated, characters, least, most)


def _set_of(found: re.Match[str]) -> tuple[bool, frozenset[str]]:
    if found["inside"] is not None:
        return bool(found["negated"]), _members(found["inside"], negated=bool(found["negated"]))
    if found["escape"] is not None:
        return False, _escaped(found["escape"])
    if found["plain"] == ".":
        return True, _LINE_ENDS
    if found["plain"] in _SPECIAL:
        raise UntypableError(found["plain"])
    return False, frozenset(found["plain"])


def _members(inside: str, *, negated: bool) -> frozenset[str]:
    if "--" in inside:  # the engine takes it for the difference of two classes
        raise UntypableError(inside)
    members: set[str] = set()
    for found in _MEMBER.finditer(inside):
        if found["escape"] is not None:
            if negated and found["escape"] in _CLASSES:
                raise UntypableError(inside)
            members |= _escaped(found["escape"])
        elif found["low"] is not None:
            low, high = ord(found["low"]), ord(found["high"])
            if not low <= high < 128:  # noqa: PLR2004 - ASCII
                raise UntypableError(inside)
            members.update(map(chr, range(low, high + 1)))
        else:
            members.add(found["plain"])
    if not all(character.isascii() for character in members):
        raise UntypableError(inside)
    return frozenset(members)


def _escaped(character: str) -> frozenset[str]:
    if character in _CLASSES:
        return _CLASSES[character]
    if character in _ESCAPED:
        return frozenset(character)
    raise UntypableError(character)


def _times_of(times: str | None) -> tuple[int, int | None]:
    match times:
        case None:
            return 1, 1
        case "*":
            return 0, None
        case "+":
            return 1, None
        case "?":
            return 0, 1
    low, comma, high = times[1:-1].partition(",")
    least, most = int(low), (int(high) if high else None) if comma else int(low)
    if most is not None and most < max(least, 1):
        raise UntypableError(times)
    return least, most
