"""Which members a schema names, and whether it allows others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sealift.execution.bound_schema import REFERENCES, Bound

_PARTS = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else", "not")
_DEEPEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMembers:
    """What a schema says of the members at the top of a document."""

    names: frozenset[str]
    closed: bool
    """Whether a member that is not named is refused, for certain."""


def named_members(schema: Bound) -> NamedMembers | None:
    """Return the members; ``None`` for a schema that says nothing of them, or names them by patterns."""
    parts = [part for part in _parts(schema, 0) if isinstance(part.schema, dict)]
    if any("patternProperties" in part.schema for part in parts):
        return None
    names = {name for part in parts for name in [*part.schema.get("properties", {}), *_required(part.schema)]}
    top = schema.schema if isinstance(schema.schema, dict) else {}
    closed = False in {top.get("additionalProperties", True), top.get("unevaluatedProperties", True)}
    return NamedMembers(names=frozenset(names), closed=closed) if names or closed else None


def _required(schema: dict[str, Any]) -> list[str]:
    found = schema.get("required", [])
    return found if isinstance(found, list) else []


def _parts(bound: Bound, depth: int) -> Iterator[Bound]:
    """Yield every part that may say something of the members, whether it must hold or only may."""
    bound = bound.based()
    yield bound
    if depth > _DEEPEST or not isinstance(bound.schema, dict):
        return
    for name in REFERENCES:
        if name in bound.schema:
            yield from _parts(bound.target(bound.schema[name]), depth + 1)
    for name in _PARTS:
        for part in bound.schema.get(name, ()):
            yield from _parts(bound.inside(part), depth + 1)
    for name in _CONDITIONS:
        if name in bound.schema:
            yield from _parts(bound.inside(bound.schema[name]), depth + 1)
    for part in bound.schema.get("dependentSchemas", {}).values():
        yield from _parts(bound.inside(part), depth + 1)
