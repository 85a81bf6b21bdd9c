"""How often a schema may look at one value: a bound that is found before any document is seen.

References form a graph without cycles (jsonschema-rs remembers what it found on cycles), and a definition that is
reached by two branches at each of thirty levels is evaluated a billion times. The engine cannot be interrupted, so
such a schema is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sealift.errors.schema import SchemaCostError
from sealift.execution.schema_files import Schema, based, joined

MOST_EVALUATIONS = 20_000
"""Of one value by one schema: at about 50 ns each that is a millisecond."""
MOST_LEVELS = 100
"""How deeply schemas and references may nest."""

_TOO_DEEP = f"through more than {MOST_LEVELS} levels of schemas"
_IN_PLACE = ("not", "if", "then", "else")
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_IN_PLACE_MAPS = ("dependentSchemas", "dependencies")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_BELOW = (
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "additionalItems",
    "unevaluatedItems",
    "contains",
)


class Lookup(Protocol):
    """Finds what a reference leads to."""

    def __call__(self, uri: str) -> tuple[Schema, str]:
        """Return the schema at this absolute URI and its base URI."""
        ...


@dataclass(slots=True)
class _Profile:
    """Evaluations at a value, and at what is directly below it: by name, and for names that any could be."""

    here: int = 1
    named: dict[str, int] = field(default_factory=dict)
    any: int = 0

    def add(self, other: "_Profile", times: int = 1) -> None:
        self.here += times * other.here
        self.any += times * other.any
        for name, count in other.named.items():
            self.named[name] = self.named.get(name, 0) + times * count

    def most(self) -> int:
        return self.here + max(self.named.values(), default=0) + self.any


@dataclass(slots=True)
class CostMeter:
    """Counts evaluations on the worst path of a document. Raises SchemaCostError."""

    file: str
    lookup: Lookup
    _known: dict[str, _Profile] = field(default_factory=dict)
    _level: int = 0

    def check(self, schema: Schema, base: str) -> None:
        """Raise when one value could be evaluated more than ``MOST_EVALUATIONS`` times."""
        most = self._profile(schema, base).most()
        if most > MOST_EVALUATIONS:
            found = f"{most:.0e} times" if most > MOST_EVALUATIONS**2 else f"{most} times"
            raise self._refused(found)

    def _refused(self, found: str) -> SchemaCostError:
        return SchemaCostError(file=self.file, evaluations=found, limit=MOST_EVALUATIONS)

    def _profile(self, schema: object, base: str) -> _Profile:
        if not isinstance(schema, dict):
            return _Profile()
        self._level += 1
        if self._level > MOST_LEVELS:
            raise self._refused(_TOO_DEEP)
        base = based(schema, base)
        found = _Profile()
        self._in_place(schema, base, found)
        self._children(schema, base, found)
        self._level -= 1
        return found

    def _in_place(self, schema: Mapping[str, Any], base: str, found: _Profile) -> None:
        # What is left unevaluated is found by evaluating the branches a second time.
        times = 2 if "unevaluatedProperties" in schema or "unevaluatedItems" in schema else 1
        for name in _IN_PLACE:
            if name in schema:
                found.add(self._profile(schema[name], base), times)
        for name in _IN_PLACE_LISTS:
            for branch in _list(schema.get(name)):
                found.add(self._profile(branch, base), times)
        for name in _IN_PLACE_MAPS:
            for branch in _values(schema.get(name)):
                found.add(self._profile(branch, base), times)
        for name in _REFERENCES:
            if isinstance(schema.get(name), str):
                found.add(self._target(joined(base, schema[name])), times)

    def _children(self, schema: Mapping[str, Any], base: str, found: _Profile) -> None:
        for name, child in _items(schema.get("properties")):
            found.named[name] = found.named.get(name, 0) + self._profile(child, base).most()
        for at, child in enumerate([*_list(schema.get("prefixItems")), *_list(schema.get("items"))]):
            found.named[f"{at}"] = found.named.get(f"{at}", 0) + self._profile(child, base).most()
        anywhere = [schema[name] for name in _BELOW if name in schema]
        anywhere += [schema["items"]] if isinstance(schema.get("items"), dict) else []
        for child in [*anywhere, *_values(schema.get("patternProperties"))]:
            found.any += self._profile(child, base).most()

    def _target(self, uri: str) -> _Profile:
        known = self._known.get(uri)
        if known is None:
            self._known[uri] = _Profile()
            schema, base = self.lookup(uri)
            known = self._known[uri] = self._profile(schema, base)
        return known


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
