"""From a JSON Schema to a type: what decodes as the type satisfies the schema. The other way round nothing is said.

Only keywords whose meaning a type can hold exactly are understood, in the drafts where they mean the same; any other
makes the schema untypable, and documents are then checked as they were before there were types.
"""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil, floor
from typing import Any, Literal

from msgspec.json import encode

from sealift.execution.schema_files import DEFAULT_DRAFT, Schema
from sealift.execution.typed_parts import Choice, Items, Members, Plain, Shape, Text, bounded
from sealift.execution.typed_patterns import UntypableError

_NOTES = frozenset(
    {"$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"}
)
_AT_TOP = frozenset({"$schema", "$id", "$defs", "definitions"})
_DRAFTS = ("2020-12", "2019-09", "draft-07", "draft-06")
_NUMERIC = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
_KEYWORDS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "integer": frozenset(_NUMERIC),
    "number": frozenset(_NUMERIC),
    "boolean": frozenset(),
    "null": frozenset(),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
_MOST_SHAPES = 2000
_MOST_LEVELS = 50
_EXACT = 2**53
_WORD = 2**63


class Shaper:
    """Makes the shape of one schema file. Raises UntypableError."""

    def __init__(self, schema: Schema) -> None:
        self._whole = schema
        self._made = 0
        self.bottomless = False
        """Whether a part may hold anything, nested to any depth."""

    def shape(self) -> Shape:
        """Return the shape of the whole file, which must be an object's."""
        schema = self._whole
        draft = schema.get("$schema", DEFAULT_DRAFT) if isinstance(schema, dict) else ""
        if not isinstance(schema, dict) or not any(known in str(draft) for known in _DRAFTS):
            raise UntypableError
        top = {name: value for name, value in schema.items() if name not in _AT_TOP}
        if top.get("type") != "object":
            raise UntypableError
        return self._of(top, 0)

    def _of(self, schema: object, level: int) -> Shape:
        self._made += 1
        if self._made > _MOST_SHAPES or level > _MOST_LEVELS:
            raise UntypableError
        if schema is True:
            schema = {}
        if not isinstance(schema, dict):
            raise UntypableError
        said = {name: value for name, value in schema.items() if name not in _NOTES}
        if not said:
            self.bottomless = True
            return Plain(Any)
        if set(said) == {"$ref"}:
            return self._of(self._target(said["$ref"]), level + 1)
        if "enum" in said or "const" in said:
            return Plain(_literal(said))
        return self._typed(said, level)

    def _target(self, reference: object) -> object:
        """Follow a pointer inside the file."""
        found: object = self._whole
        if not isinstance(reference, str) or not reference.startswith(("#/$defs/", "#/definitions/")):
            raise UntypableError
        if "~" in reference or "%" in reference:
            raise UntypableError
        for step in reference[2:].split("/"):
            if not isinstance(found, dict) or step not in found:
                raise UntypableError
            found = found[step]
            if isinstance(found, dict) and "$id" in found:
                raise UntypableError
        return found

    def _typed(self, said: Mapping[str, Any], level: int) -> Shape:
        names = said.get("type")
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not set(names) <= _KEYWORDS.keys():
            raise UntypableError
        if not set(said) <= {"type"}.union(*(_KEYWORDS[name] for name in names)):
            raise UntypableError
        if "number" in names and "integer" in names:
            names = [name for name in names if name != "integer"]
        return Choice([self._one(name, said, level) for name in names])

    def _one(self, name: str, said: Mapping[str, Any], level: int) -> Shape:
        if name == "object":
            return self._object(said, level)
        if name == "array":
            item = self._of(said.get("items", True), level + 1)
            return Items(list, item, _lengths(said, "minItems", "maxItems"))
        if name == "string":
            return _string(said)
        return Plain(_scalar(name, said))

    def _object(self, said: Mapping[str, Any], level: int) -> Shape:
        properties, required = said.get("properties", {}), frozenset(said.get("required", ()))
        if not properties and not required:
            value = self._of(said.get("additionalProperties", True), level + 1)
            return Items(dict, value, {})
        if not required <= properties.keys():
            raise UntypableError
        # What else may be there is not looked at: such documents do not decode as the type.
        return Members({name: self._of(inner, level + 1) for name, inner in properties.items()}, required)


def _scalar(name: str, said: Mapping[str, Any]) -> Any:
    match name:
        case "integer":
            return _integer(said)
        case "number":
            return _integer(said) | _float(said)
        case "boolean":
            return bool
        case _:
            return None


def _literal(said: Mapping[str, Any]) -> Any:
    values = said["enum"] if "enum" in said else [said["const"]]
    kinds = {type(value) for value in values}
    if kinds not in ({str}, {int}) or not (said.keys() <= {"enum", "type"} or said.keys() <= {"const", "type"}):
        raise UntypableError
    wanted = {"string"} if kinds == {str} else {"integer", "number"}
    if "type" in said and not (isinstance(said["type"], str) and said["type"] in wanted):
        raise UntypableError
    if kinds == {int} and not all(-_WORD <= value < _WORD for value in values):
        raise UntypableError
    return Literal[tuple(values)]


def _string(said: Mapping[str, Any]) -> Shape:
    bounds = _lengths(said, "minLength", "maxLength")
    if "pattern" in said:
        return Text(bounds, said["pattern"])
    return Plain(bounded(str, bounds))


def _lengths(said: Mapping[str, Any], least: str, most: str) -> dict[str, Any]:
    bounds = {name: said[keyword] for name, keyword in (("min_length", least), ("max_length", most)) if keyword in said}
    if not all(type(bound) is int and bound < _WORD for bound in bounds.values()):
        raise UntypableError
    return bounds


def _integer(said: Mapping[str, Any]) -> Any:
    bounds: dict[str, Any] = {}
    for keyword in _NUMERIC.keys() & said.keys():
        name, bound = _whole_bound(keyword, said[keyword])
        if name in bounds:
            bound = max(bound, bounds[name]) if name == "ge" else min(bound, bounds[name])
        if not -_WORD <= bound < _WORD:
            raise UntypableError
        bounds[name] = bound
    return bounded(int, bounds)


def _whole_bound(keyword: str, bound: Decimal | int) -> tuple[str, int]:
    """Return the same bound for whole numbers, inclusive."""
    match keyword:
        case "minimum":
            return "ge", ceil(bound)
        case "maximum":
            return "le", floor(bound)
        case "exclusiveMinimum":
            return "ge", floor(bound) + 1
        case _:
            return "le", ceil(bound) - 1


def _float(said: Mapping[str, Any]) -> Any:
    bounds: dict[str, Any] = {_NUMERIC[keyword]: _float_bound(said[keyword]) for keyword in _NUMERIC if keyword in said}
    if {"ge", "gt"} <= bounds.keys() or {"le", "lt"} <= bounds.keys():
        raise UntypableError
    return bounded(float, bounds)


def _float_bound(bound: Decimal | int) -> float:
    """Return the bound as a float that is spelled as the bound is: then floats compare as the decimals do.

    Rounding keeps the order, and two decimals that round to one float and are both spelled as it is are the same.
    """
    found = float(bound)
    if abs(found) > _EXACT or Decimal(encode(found).decode()) != bound:
        raise UntypableError
    return found
