"""JSON values that satisfy a schema of any draft, drawn with Hypothesis's public strategies alone.

Keywords that say what is not allowed (``not``, ``unevaluated…``, ``maxContains``) are left to whoever holds the drawn
document against the schema itself, which has to be done anyway.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import assume
from hypothesis import strategies as st

from sealift.execution.bound_schema import Bound
from sealift.testing.conjunction import Conjunction, ContradictionError
from sealift.testing.texts import text_for

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_EXTRA = 2
"""Members that no schema names, in objects that allow them."""
_ITEMS = 5
"""In an array at the top; two less on each level further down."""
_DEEP = 6
"""From this depth on nothing is drawn that need not be there."""

_SIMPLE = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)


def documents(schema: Bound) -> "SearchStrategy[dict[str, Any]]":
    """Return a strategy for objects that should satisfy a schema."""

    @st.composite
    def document(draw: "DrawFn") -> dict[str, Any]:
        try:
            value = _value(draw, [schema, schema.inside({"type": "object"})], 0)
        except ContradictionError:
            value = None
        assume(isinstance(value, dict))
        return dict(value)

    return document()


def _value(draw: "DrawFn", parts: list[Bound], depth: int) -> Any:
    wanted = Conjunction.of(draw, parts)
    types = wanted.types
    constants = wanted.constants
    if constants is not None:
        return _number(draw(st.sampled_from(constants)))
    if not wanted.all("type"):
        types = _likely(wanted) or types
        if len(types) > 1:
            return draw(_SIMPLE)
    kind = "null" if depth > _DEEP and "null" in types else draw(st.sampled_from(types))
    match kind:
        case "array":
            return _array(draw, wanted, depth)
        case "object":
            return _object(draw, wanted, depth)
        case _:
            return _scalar(draw, wanted, kind)


def _scalar(draw: "DrawFn", wanted: Conjunction, kind: str) -> Any:
    match kind:
        case "string":
            return draw(text_for(wanted))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
        case "number" if draw(st.booleans()):
            return _float(draw, wanted)
        case _:
            return _integer(draw, wanted)


_SIGNS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def _likely(wanted: Conjunction) -> list[str]:
    """Return the type that is meant: a schema that names members means objects, whatever else it would accept."""
    return [name for name, signs in _SIGNS.items() if any(wanted.all(sign) for sign in signs)][:1]


# Numbers


def _bounds(wanted: Conjunction) -> tuple[float | None, float | None, bool, bool]:
    """Return both bounds and whether each is exclusive; draft-04 writes that as a boolean beside it."""
    low, high = wanted.most("minimum", -math.inf), wanted.least("maximum", math.inf)
    outside_low = outside_high = False
    for bound in wanted.all("exclusiveMinimum"):
        if bound is True:
            outside_low = True
        elif bound is not False and bound >= low:
            low, outside_low = bound, True
    for bound in wanted.all("exclusiveMaximum"):
        if bound is True:
            outside_high = True
        elif bound is not False and bound <= high:
            high, outside_high = bound, True
    return (
        None if low == -math.inf else float(low),
        None if high == math.inf else float(high),
        outside_low,
        outside_high,
    )


def _integer(draw: "DrawFn", wanted: Conjunction) -> int | float:
    low, high, outside_low, outside_high = _bounds(wanted)
    step = float(max(wanted.all("multipleOf"), default=1))
    first = None if low is None else math.ceil(low / step)
    last = None if high is None else math.floor(high / step)
    if first is not None and outside_low and first * step == low:
        first += 1
    if last is not None and outside_high and last * step == high:
        last -= 1
    if first is not None and last is not None and first > last:
        raise ContradictionError
    value = draw(st.integers(first, last)) * step if step != 1 else draw(st.integers(first, last))
    return int(value) if float(value).is_integer() and step != 1 else value


def _float(draw: "DrawFn", wanted: Conjunction) -> int | float:
    if wanted.all("multipleOf"):
        return _integer(draw, wanted)
    low, high, outside_low, outside_high = _bounds(wanted)
    if low is not None and high is not None and (low > high or (low == high and (outside_low or outside_high))):
        raise ContradictionError
    return draw(
        st.floats(low, high, exclude_min=outside_low, exclude_max=outside_high, allow_nan=False, allow_infinity=False)
    )


def _number(value: Any) -> Any:
    """Schemas are read with exact numbers; documents are written with floats."""
    match value:
        case dict():
            return {name: _number(item) for name, item in value.items()}
        case list():
            return [_number(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            return float(value)


# Arrays


def _array(draw: "DrawFn", wanted: Conjunction, depth: int) -> list[Any]:
    low = wanted.most("minItems", 0)
    usual = 0 if depth > _DEEP else max(1, _ITEMS - 2 * depth)
    high = wanted.least("maxItems", low + usual)
    if low > high:
        raise ContradictionError
    size = draw(st.integers(low, min(high, low + usual)))
    found = [_value(draw, _item_schemas(wanted, at), depth + 1) for at in range(size)]
    contains = wanted.subschemas("contains")
    if contains and size:
        at = draw(st.integers(0, size - 1))
        found[at] = _value(draw, [*contains, *_item_schemas(wanted, at)], depth + 1)
    return found


def _item_schemas(wanted: Conjunction, at: int) -> list[Bound]:
    found = []
    for part in wanted.parts:
        schema = part.schema
        first = schema.get("prefixItems", schema["items"] if isinstance(schema.get("items"), list) else [])
        if at < len(first):
            found.append(part.inside(first[at]))
        elif isinstance(schema.get("items"), list):
            found.append(part.inside(schema.get("additionalItems", True)))
        elif "items" in schema:
            found.append(part.inside(schema["items"]))
    return found


# Objects


def _object(draw: "DrawFn", wanted: Conjunction, depth: int) -> dict[str, Any]:
    members = _members(wanted)
    required = dict.fromkeys(name for names in wanted.all("required") if isinstance(names, list) for name in names)
    made: dict[str, Any] = {}
    for name in [*required, *(name for name in members if name not in required)]:
        if name not in required and (depth > _DEEP or not draw(st.booleans())):
            continue
        try:
            made[name] = _value(draw, members.get(name) or _other(wanted, name), depth + 1)
        except ContradictionError:
            if name in required:
                raise
    _add_dependent(draw, wanted, members, made, depth)
    _add_others(draw, wanted, members, made, depth)
    return {name: made[name] for name in [*(name for name in members if name in made), *made]}


def _members(wanted: Conjunction) -> dict[str, list[Bound]]:
    """Return every member that a part names, with all that parts say of it."""
    names = dict.fromkeys(name for properties in wanted.all("properties") for name in properties)
    return {
        name: [
            *(part.inside(part.schema["properties"][name]) for part in wanted.parts if name in _named(part)),
            *_other(wanted, name),
        ]
        for name in names
    }


def _named(part: Bound) -> Mapping[str, Any]:
    found: Mapping[str, Any] = part.schema.get("properties", {})
    return found


def _other(wanted: Conjunction, name: str) -> list[Bound]:
    """Return what parts say of a member through patterns, and those that do not name it through the rest."""
    found = []
    for part in wanted.parts:
        patterns = part.schema.get("patternProperties", {})
        matching = [schema for pattern, schema in patterns.items() if _matches(pattern, name)]
        found += [part.inside(schema) for schema in matching]
        if not matching and name not in _named(part) and "additionalProperties" in part.schema:
            found.append(part.inside(part.schema["additionalProperties"]))
    return found


def _matches(pattern: str, name: str) -> bool:
    from jsonschema_rs import RegexOptions, is_valid

    return is_valid({"pattern": pattern}, name, pattern_options=RegexOptions(), offline=True)


def _add_dependent(
    draw: "DrawFn", wanted: Conjunction, members: Mapping[str, list[Bound]], made: dict[str, Any], depth: int
) -> None:
    for needed in [*wanted.all("dependentRequired"), *wanted.all("dependencies")]:
        for name, others in needed.items():
            for other in others if name in made and isinstance(others, list) else ():
                if other not in made:
                    made[other] = _value(draw, members.get(other) or _other(wanted, other), depth + 1)


def _add_others(
    draw: "DrawFn", wanted: Conjunction, members: Mapping[str, Any], made: dict[str, Any], depth: int
) -> None:
    """Add members that no part names, where all parts allow them."""
    least = wanted.most("minProperties", 0)
    room = wanted.least("maxProperties", len(made) + _EXTRA) - len(made)
    if any(value is False for value in wanted.all("unevaluatedProperties")) or room <= 0 or depth > _DEEP:
        return
    patterns = [pattern for one in wanted.all("patternProperties") for pattern in one]
    closed = any(value is False for value in wanted.all("additionalProperties"))
    if closed and not patterns:
        return
    number = max(draw(st.integers(0, min(room, _EXTRA))), least - len(made))
    names = st.from_regex(draw(st.sampled_from(patterns))) if patterns else st.text(max_size=8)
    for _ in range(number):
        name = draw(names)
        if name not in members and name not in made:
            try:
                made[name] = _value(draw, [*_other(wanted, name)], depth + 1)
            except ContradictionError:
                continue
