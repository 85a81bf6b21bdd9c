"""Schemas that nothing satisfies: only contradictions that are certain, found without solving anything."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sealift.execution.bound_schema import REFERENCES, Bound

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_DEEPEST = 12
"""Levels that are looked at; what lies deeper is taken to be satisfiable."""


def why_no_document(schema: Bound) -> str | None:
    """Return why no JSON object satisfies a schema, ``None`` if one may."""
    return _why_empty([schema, schema.inside({"type": "object"})], "$", 0)


def parts_of(bound: Bound, depth: int = 0) -> Iterator[Bound]:
    """Yield the schema and everything that must hold with it: through references and ``allOf``."""
    if depth > _DEEPEST:
        return
    bound = bound.based()
    yield bound
    if isinstance(bound.schema, dict):
        for name in REFERENCES:
            if name in bound.schema:
                yield from parts_of(bound.target(bound.schema[name]), depth + 1)
        for part in bound.schema.get("allOf", ()):
            yield from parts_of(bound.inside(part), depth + 1)


def _why_empty(schemas: Sequence[Bound], path: str, depth: int) -> str | None:
    if depth > _DEEPEST:
        return None
    parts = [part for schema in schemas for part in parts_of(schema)]
    if any(part.schema is False for part in parts):
        return f"{path} is `false`"
    parts = [part for part in parts if isinstance(part.schema, dict)]
    types = _types(parts)
    if not types:
        return f"{path} would have to be of two types at once"
    reasons = [_why_not(kind, parts, path, depth) for kind in types]
    if all(reasons):
        return reasons[0]
    return _why_no_value(parts, types, path) or _why_no_branch(parts, path, depth)


def _types(parts: Sequence[Bound]) -> list[str]:
    allowed = set(_TYPES)
    for part in parts:
        named = part.schema.get("type", list(_TYPES))
        names = {named} if isinstance(named, str) else set(named)
        allowed &= names | ({"integer"} if "number" in names else set())
    return [name for name in _TYPES if name in allowed]


def _why_no_value(parts: Sequence[Bound], types: Sequence[str], path: str) -> str | None:
    lists = [part.schema["enum"] for part in parts if "enum" in part.schema]
    lists += [[part.schema["const"]] for part in parts if "const" in part.schema]
    if not lists:
        return None
    left = [value for value in lists[0] if all(value in others for others in lists[1:])]
    if any(_type_of(value) in types or (_type_of(value) == "integer" and "number" in types) for value in left):
        return None
    return f"{path} has no value that `enum` or `const` and `type` allow together"


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "integer" if value == int(value) else "number"


def _why_no_branch(parts: Sequence[Bound], path: str, depth: int) -> str | None:
    for part in parts:
        for name in ("anyOf", "oneOf"):
            branches = part.schema.get(name)
            if branches:
                reasons = [_why_empty([part.inside(one), *parts_only(parts)], path, depth + 1) for one in branches]
                if all(reasons):
                    return f"no branch of `{name}` can hold: {reasons[0]}"
    return None


def parts_only(parts: Sequence[Bound]) -> list[Bound]:
    """Return the parts without their branches and references, which have been followed."""
    skipped = {"anyOf", "oneOf", "allOf", *REFERENCES}
    return [part.inside({k: v for k, v in part.schema.items() if k not in skipped}) for part in parts]


def _why_not(kind: str, parts: Sequence[Bound], path: str, depth: int) -> str | None:
    match kind:
        case "object":
            return _crossed(parts, "minProperties", "maxProperties", path) or _why_no_object(parts, path, depth)
        case "array":
            return _crossed(parts, "minItems", "maxItems", path)
        case "string":
            return _crossed(parts, "minLength", "maxLength", path)
        case "integer" | "number":
            return _crossed(parts, "minimum", "maximum", path)
        case _:
            return None


def _crossed(parts: Sequence[Bound], low: str, high: str, path: str) -> str | None:
    least = max((part.schema.get(low, -math.inf) for part in parts), default=-math.inf)
    most = min((part.schema.get(high, math.inf) for part in parts), default=math.inf)
    return f"{path} has {low} {least} above {high} {most}" if least > most else None


def _why_no_object(parts: Sequence[Bound], path: str, depth: int) -> str | None:
    required = dict.fromkeys(name for part in parts for name in _names(part))
    for name in required:
        inside = [part.inside(part.schema["properties"][name]) for part in parts if name in _properties(part)]
        for part in parts:
            if _forbids(part, name):
                return f"{path} requires {name!r} and allows no such member"
        reason = _why_empty(inside, f"{path}.{name}", depth + 1) if inside else None
        if reason:
            return f"{path} requires {name!r}, and {reason}"
    return None


def _names(part: Bound) -> Sequence[str]:
    named = part.schema.get("required", ())
    return named if isinstance(named, list) else ()


def _properties(part: Bound) -> Any:
    return part.schema.get("properties", {})


def _forbids(part: Bound, name: str) -> bool:
    closed = part.schema.get("additionalProperties") is False
    return closed and name not in _properties(part) and not part.schema.get("patternProperties")
