"""Schemas that the engine is certain to take, told without loading it: it costs 9 MiB, and a run may never ask it.

Certain are schemas of the keywords that most consist of, each with a value that the meta-schema of draft 2020-12
allows, with references to definitions of the same file. Anything else is compiled at once, so that a schema that cannot
be used is refused before anything runs.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sealift.execution.schema_files import DEFAULT_DRAFT, Schema
from sealift.execution.typed_patterns import UntypableError, unrolled

_MOST_SCHEMAS = 1000
"""Each reference counts as all that it leads to; well within what ``schema_cost`` allows."""
_MOST_LEVELS = 50
_MOST_UNROLLED = 500
_WORD = 2**63
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_DEFINITION = re.compile(r"#/\$defs/([A-Za-z0-9_.-]+)")


def is_plain(schema: Schema) -> bool:
    """Say whether this file is certain to compile."""
    if not isinstance(schema, dict) or schema.get("$schema", DEFAULT_DRAFT) != DEFAULT_DRAFT:
        return False
    definitions = schema.get("$defs", {})
    said = {name: value for name, value in schema.items() if name not in {"$schema", "$defs"}}
    if not isinstance(definitions, dict):
        return False
    walk = _Walk(definitions)
    return walk.holds(said) and all(map(walk.holds, definitions.values()))


class _Walk:
    """Looks at every schema of a file, and at those that are referred to once for each reference."""

    def __init__(self, definitions: Mapping[str, object]) -> None:
        self._definitions = definitions
        self._left = _MOST_SCHEMAS

    def holds(self, schema: object, level: int = 0) -> bool:
        """Say whether this schema and all below are plain."""
        self._left -= 1
        if self._left < 0 or level > _MOST_LEVELS:
            return False
        if isinstance(schema, dict):
            return all(self._says(name, value, level + 1) for name, value in schema.items())
        return isinstance(schema, bool)

    def _says(self, name: str, value: Any, level: int) -> bool:
        match name:
            case "items" | "additionalProperties":
                return self.holds(value, level)
            case "properties":
                return isinstance(value, dict) and all(self.holds(inner, level) for inner in value.values())
            case "$ref":
                found = _DEFINITION.fullmatch(value) if isinstance(value, str) else None
                return found is not None and self.holds(self._definitions.get(found[1]), level)
            case _:
                return name in _ALLOWED and _ALLOWED[name](value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _WORD


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _are_scalars(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_scalar, value))


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_types(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and _are_names(names) and _TYPES.issuperset(names)


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and unrolled(value) <= _MOST_UNROLLED
    except UntypableError:
        return False


_ALLOWED: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("$comment", "title", "description", "format"), _is_text),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), _is_flag),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("const", "default"), _is_scalar),
    **dict.fromkeys(("enum", "examples"), _are_scalars),
    "type": _are_types,
    "required": _are_names,
    "pattern": _is_pattern,
}
