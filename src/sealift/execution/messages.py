"""Why a document does not satisfy its schema, in words: written by jsonschema, for the failing document only.

The verdict is jsonschema-rs's alone. jsonschema walks the schema again to say where and why, with three bounds: its
patterns and ``uniqueItems`` are answered by jsonschema-rs (Python's ``re`` can hang), every keyword costs one unit of a
budget, and the text is cut.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sealift.execution.schema_files import DEFAULT_DRAFT, Schema, address, escaped
from sealift.model.batch import DocumentError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator  # type: ignore[import-untyped]  # it ships no types

BUDGET = 20_000
"""Keywords that may be looked at for one message: a fraction of a second."""
_LONGEST = 400

Rule = Callable[[Any, Any, Any, Any], Any]


class _BudgetSpentError(Exception):
    pass


class Explainer:
    """Writes the message for documents that one schema refused."""

    def __init__(self, path: str, sources: Mapping[str, Schema]) -> None:
        self._path = path
        self._sources = sources
        self._budget = BUDGET
        self._left = 0
        self._validator: Validator | None = None

    def explain(self, data: bytes) -> DocumentError:
        """Return code ``invalid``, the place in the document and what was expected there; never raises."""
        if self._validator is None:
            self._validator = self._made()
        self._left = self._budget
        try:
            found = self._first(json.loads(data))
        except _BudgetSpentError:
            # A schema that spends it once spends it for every document, and there may be thousands of them.
            self._budget //= 2
            found = None
        except Exception:  # noqa: BLE001 - the verdict stands; a message that cannot be written must not change it
            found = None
        return found or DocumentError(
            code="invalid", message=f"the document does not satisfy {self._path}", where=self._path
        )

    def _first(self, document: Any) -> DocumentError | None:
        from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # it ships no types

        error = best_match(self._validator.iter_errors(document)) if self._validator is not None else None
        if error is None:
            return None
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        pointer = "".join(f"/{escaped(str(step))}" for step in error.absolute_schema_path)
        message = f"${_cut(place)}: {_cut(error.message)}"
        return DocumentError(code="invalid", message=message, where=_cut(f"{self._path}#{pointer}"))

    def _made(self) -> "Validator":
        from jsonschema.validators import extend, validator_for  # type: ignore[import-untyped]  # it ships no types
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        registry: Any = Registry().with_resources(
            (address(path), Resource.from_contents(schema, default_specification=DRAFT202012))
            for path, schema in self._sources.items()
        )
        source = self._sources[self._path]
        draft = source.get("$schema", DEFAULT_DRAFT) if isinstance(source, dict) else DEFAULT_DRAFT
        standard: Any = validator_for({"$schema": draft})
        rules = {name: self._counted(rule) for name, rule in {**standard.VALIDATORS, **_SAFE}.items()}
        made: Validator = extend(standard, validators=rules)(
            {"$schema": draft, "$ref": address(self._path)}, registry=registry
        )
        return made

    def _counted(self, rule: Rule) -> Rule:
        def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            self._left -= 1
            if self._left < 0:
                raise _BudgetSpentError
            yield from rule(validator, value, instance, schema) or ()

        return counted


def _pattern(_validator: Any, value: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError  # type: ignore[import-untyped]  # it ships no types

    if isinstance(instance, str) and not _matches(value, instance):
        yield ValidationError(f"{instance!r} does not match {value!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    for pattern, subschema in patterns.items() if isinstance(instance, dict) else ():
        for name, item in instance.items():
            if _matches(pattern, name):
                yield from validator.descend(item, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    from jsonschema import ValidationError

    for name, item in instance.items() if isinstance(instance, dict) else ():
        if name in schema.get("properties", {}) or any(
            _matches(one, name) for one in schema.get("patternProperties", {})
        ):
            continue
        if value is False:
            yield ValidationError(f"{name!r} is not among the properties allowed here")
        else:
            yield from validator.descend(item, value, path=name)


def _unique_items(_validator: Any, value: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError
    from jsonschema_rs import is_valid

    if value and isinstance(instance, list) and not is_valid({"uniqueItems": True}, instance, offline=True):
        yield ValidationError("two items are the same")


def _matches(pattern: str, text: str) -> bool:
    from jsonschema_rs import RegexOptions, is_valid

    return is_valid({"pattern": pattern}, text, pattern_options=RegexOptions(), offline=True)


_SAFE: Mapping[str, Rule] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
