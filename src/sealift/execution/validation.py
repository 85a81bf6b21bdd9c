"""The schema gate: nothing is written that is not strict JSON and does not satisfy its schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from sealift.execution.messages import Explainer
from sealift.execution.strictness import StrictDecoder
from sealift.model.batch import DocumentError, Key
from sealift.model.limits import Limits
from sealift.ports import Validator

if TYPE_CHECKING:
    import jsonschema_rs

    from sealift.execution.schemas import CompiledSchema

CHUNK = 64
"""Documents decoded and checked in one call: enough to share the cost of a call, few enough to stay in the cache."""


class ValidationMode(StrEnum):
    """Which documents are held against the schema."""

    ALL = "all"
    """Every document, before and after the step, changed or not."""
    CHANGED = "changed"
    """Every document the step changed, as it is about to be written."""
    SAMPLE = "sample"
    """Some of the changed documents, always the same ones."""
    OFF = "off"
    """None. They still have to be strict JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPolicy:
    """The operator's choice, per run and per collection."""

    mode: ValidationMode = ValidationMode.CHANGED
    rate: float = 1.0
    """For ``sample``: the share of documents, above 0 and at most 1."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``all | changed | sample:RATE | off``; raises ValueError with a sentence for anything else."""
        name, colon, rate = text.partition(":")
        expected = f"{text!r} is none of all, changed, sample:RATE (such as sample:0.01) and off"
        if name not in set(ValidationMode) or bool(colon) != (name == ValidationMode.SAMPLE):
            raise ValueError(expected)
        if not colon:
            return cls(mode=ValidationMode(name))
        try:
            share = float(rate)
        except ValueError:
            raise ValueError(expected) from None
        if not 0 < share <= 1:
            message = f"{rate!r} is no share of documents: write a number above 0 and at most 1"
            raise ValueError(message)
        return cls(mode=ValidationMode.SAMPLE, rate=share)

    def __str__(self) -> str:
        return f"sample:{self.rate:g}" if self.mode is ValidationMode.SAMPLE else self.mode.value

    def checks(self, key: Key) -> bool:
        """Say whether the document with this key is held against the schema; the same answer in every process."""
        match self.mode:
            case ValidationMode.OFF:
                return False
            case ValidationMode.SAMPLE:
                digest = blake2b(repr(key).encode(), digest_size=8).digest()
                return int.from_bytes(digest, "big") < self.rate * 2**64
            case _:
                return True


def strict_validator(limits: Limits | None = None) -> Validator:
    """Return the gate for documents without a schema: strict JSON, one object, bounded."""
    return Gate(schema=None, limits=limits or Limits())


def compile_schema(files: Mapping[str, bytes], path: str, limits: Limits | None = None) -> Validator:
    """Return the gate for one schema of a pack: strict JSON, and what jsonschema-rs says of it.

    Raises a leaf of SchemaError (exit status 1), naming file and JSON pointer, for a schema that is no schema,
    leads out of the pack, or could hold the host up.
    """
    from sealift.execution.schemas import compile_files

    return Gate(schema=compile_files(files, path), limits=limits or Limits())


class Gate:
    """Checks documents; keeps nothing of them. Fast when all are valid, exact about those that are not."""

    def __init__(self, *, schema: "CompiledSchema | None", limits: Limits) -> None:
        self._decoder = StrictDecoder(limits)
        self._schema = schema
        self._explainer = Explainer(schema.path, schema.sources) if schema else None

    def invalid(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield position and reason, in order (codes ``not-json``, ``limit``, ``invalid``)."""
        for first in range(0, len(documents), CHUNK):
            chunk = documents[first : first + CHUNK]
            values = self._decoder.decode_all(chunk)
            if not self._all_valid(values):
                for at, value in enumerate(values):
                    error = value if isinstance(value, DocumentError) else self._error(value, chunk[at])
                    if error is not None:
                        yield first + at, error

    def _all_valid(self, values: Sequence[dict[str, Any] | DocumentError]) -> bool:
        if any(type(value) is DocumentError for value in values):
            return False
        return self._schema is None or is_valid(self._schema.many, values)

    def _error(self, value: dict[str, Any], data: bytes) -> DocumentError | None:
        if self._schema is None or self._explainer is None or is_valid(self._schema.single, value):
            return None
        return self._explainer.explain(data)


def is_valid(validator: "jsonschema_rs.Validator", value: object) -> bool:
    """Say whether the engine takes in a value and finds it valid; raises nothing that a value could cause."""
    try:
        return validator.is_valid(value)
    except (ValueError, RecursionError):
        # What the engine cannot take in cannot be called valid.
        return False
