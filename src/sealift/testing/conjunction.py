"""What a value has to satisfy, as a list of plain keyword sets: references followed, branches chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sealift.execution.bound_schema import REFERENCES, Bound

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_DEEPEST = 40
"""References that are followed inside one value before a schema that only leads to itself is given up."""


class ContradictionError(Exception):
    """Nothing satisfies what was put together; another choice may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conjunction:
    """Keyword sets of which a value satisfies every one."""

    parts: Sequence[Bound]

    @classmethod
    def of(cls, draw: "DrawFn", parts: Sequence[Bound]) -> "Conjunction":
        """Follow references and choose branches; raises ContradictionError for ``false``."""
        return cls(parts=[plain for part in parts for plain in _plain(draw, part, 0)])

    def all(self, keyword: str) -> list[Any]:
        """Return the values of a keyword in every part that has it."""
        return [part.schema[keyword] for part in self.parts if keyword in part.schema]

    def subschemas(self, keyword: str) -> list[Bound]:
        """Return the schemas under a keyword in every part that has it."""
        return [part.inside(part.schema[keyword]) for part in self.parts if keyword in part.schema]

    def most(self, keyword: str, default: Any) -> Any:
        """Return the highest lower bound."""
        return max([default, *self.all(keyword)])

    def least(self, keyword: str, default: Any) -> Any:
        """Return the lowest upper bound, ``None`` if there is none."""
        found = self.all(keyword)
        return min(found) if found else default

    @property
    def types(self) -> list[str]:
        """The types a value may have."""
        allowed = set(_TYPES)
        for named in self.all("type"):
            names = {named} if isinstance(named, str) else set(named)
            allowed &= names | ({"integer"} if "number" in names else set())
        if "number" in allowed:
            allowed.discard("integer")
        if not allowed:
            raise ContradictionError
        return [name for name in _TYPES if name in allowed]

    @property
    def constants(self) -> list[Any] | None:
        """The values that ``const`` and ``enum`` leave, ``None`` if neither is there."""
        lists = [*self.all("enum"), *([value] for value in self.all("const"))]
        if not lists:
            return None
        left = [value for value in lists[0] if all(_among(value, others) for others in lists[1:])]
        if not left:
            raise ContradictionError
        return left


def _among(value: Any, others: Sequence[Any]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def _plain(draw: "DrawFn", bound: Bound, depth: int) -> Iterator[Bound]:
    """Yield the keyword sets of a schema."""
    if bound.schema is False or depth > _DEEPEST:
        raise ContradictionError
    if not isinstance(bound.schema, dict):
        return
    bound = bound.based()
    schema = bound.schema
    yield bound
    for name in REFERENCES:
        if name in schema:
            yield from _plain(draw, bound.target(schema[name]), depth + 1)
    for part in schema.get("allOf", ()):
        yield from _plain(draw, bound.inside(part), depth + 1)
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            yield from _plain(draw, bound.inside(_one_of(draw, schema[name])), depth + 1)
    if "if" in schema:
        yield from _condition(draw, bound, depth)


def _condition(draw: "DrawFn", bound: Bound, depth: int) -> Iterator[Bound]:
    """Choose a side of ``if``; the other one is not held against ``not if``, the schema itself decides in the end."""
    if _one_of(draw, [True, False]):
        yield from _plain(draw, bound.inside(bound.schema["if"]), depth + 1)
        yield from _plain(draw, bound.inside(bound.schema.get("then", True)), depth + 1)
    else:
        yield from _plain(draw, bound.inside(bound.schema.get("else", True)), depth + 1)


def _one_of(draw: "DrawFn", choices: Sequence[Any]) -> Any:
    from hypothesis import strategies as st

    return choices[draw(st.integers(0, len(choices) - 1))]
