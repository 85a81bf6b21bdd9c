"""The fast accept: documents that decode as a type made from the schema, and encode as the very same bytes.

Both together prove what the full check would find: bytes that a value of the type encodes as are strict JSON, name no
member twice, spell every number as its float, and satisfy the schema, once its patterns are found to hold as well: many
texts at once (``typed_parts``). Blanks between tokens make no difference: what a document is without them (every token
as it is spelled) is compared as well. Nothing is concluded from the opposite: what is not proven valid goes to the full
check, whose verdict is the definition.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from sealift.execution.incremental import Remembering, Seen
from sealift.execution.plain_schemas import is_plain
from sealift.execution.schema_files import Schema, SchemaFiles
from sealift.execution.typed_patterns import UntypableError
from sealift.execution.validation import CHUNK, compile_schema
from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.ports import Validator

_LESSONS = 16
"""How often the order of members is learnt anew."""
_TRIAL = 2048
"""Documents after which a type that settles less than half of them is given up."""
_STATIC_LEVELS = 120
"""More levels than a type without a part for anything has (see ``typed_shapes``)."""


def compile_quickly(
    files: Mapping[str, bytes], path: str, limits: Limits | None = None, *, seen: Seen | None = None
) -> Validator:
    """Return a gate with the verdicts of ``compile_schema``, which is asked only where a type does not settle it.

    With ``seen`` it is asked once about the same bytes. Raises what ``compile_schema`` raises; where that is certain to
    raise nothing, the engine is loaded when it is first asked.
    """
    bounds = limits or Limits()
    schema = SchemaFiles(files=files).read(path)
    compiled = partial(compile_schema, files, path, bounds)
    full = Deferred(compiled) if is_plain(schema) else compiled()
    if seen is not None:
        full = Remembering(full, seen, _identity(files, path, bounds))
    typed = typed_gate(schema, bounds)
    return full if typed is None else QuickGate(full=full, typed=typed)


class Deferred:
    """A validator that is made when it is first asked. Used by one thread."""

    def __init__(self, make: Callable[[], Validator]) -> None:
        self._make = make
        self._made: Validator | None = None

    def invalid(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield exactly what the validator that is made would; raises what making it raises."""
        if self._made is None:
            self._made = self._make()
        yield from self._made.invalid(documents)


def _identity(files: Mapping[str, bytes], path: str, limits: Limits) -> bytes:
    """Return a digest of all that a verdict depends on: every file that a schema could refer to, and the limits."""
    digest = blake2b(repr((path, limits)).encode())
    for name in sorted(name for name in files if name.endswith(".json")):
        digest.update(repr((name, files[name])).encode())
    return digest.digest()


class QuickGate:
    """A validator with the verdicts of the full one. Used by one thread."""

    def __init__(self, *, full: Validator, typed: "TypedGate") -> None:
        self._full = full
        self._typed = typed

    def invalid(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield position and reason, in order, as the full validator does."""
        for first in range(0, len(documents), CHUNK):
            chunk = documents[first : first + CHUNK]
            left = self._typed.unsettled(chunk)
            if left:
                errors = self._full.invalid([chunk[at] for at in left])
                yield from ((first + left[at], error) for at, error in errors)


class TypedGate:
    """Settles documents of one schema. Made by ``typed_gate``; used by one thread."""

    def __init__(self, shape: Any, limits: Limits, *, bottomless: bool) -> None:
        from msgspec import MsgspecError, json

        self._shape = shape
        self._limits = limits
        self._bottomless = bottomless or limits.depth < _STATIC_LEVELS
        self._plain = json.Decoder()
        self._compact: Any = partial(json.format, indent=-1)
        """Removes blanks between tokens, and changes no token."""
        self._slips = (MsgspecError, ValueError, RecursionError)
        self._encoder = json.Encoder()
        self._lessons = _LESSONS
        self._seen = self._settled = 0
        self._make()

    def unsettled(self, documents: Sequence[bytes]) -> Sequence[int]:
        """Return the positions of documents that are not proven valid; there may be none."""
        everything = range(len(documents))
        if (self._seen > _TRIAL and self._settled * 2 < self._seen) or self._too_large(documents):
            return everything
        left = self._left(documents)
        if left and self._learns(documents[left[0]]):
            left = [left[at] for at in self._left([documents[at] for at in left])]
        self._seen += len(documents)
        self._settled += len(documents) - len(left)
        return left

    def _learns(self, document: bytes) -> bool:
        """Look at a document that is of the type and not settled: most often its members are in another order."""
        if not self._lessons:
            return False
        try:
            # In whatever order; one that is wrong has nothing to teach.
            if not self._columns_hold([self._decoder.decode(document)]):
                return False
            self._lessons -= 1
            self._shape.learn(self._plain.decode(document))
        except self._slips:
            return False
        self._make()
        return True

    def _make(self) -> None:
        from msgspec.json import Decoder

        from sealift.execution.typed_parts import type_and_columns

        made, self._columns = type_and_columns(self._shape)
        self._decoder: Any = Decoder(made)

    def _columns_hold(self, values: Sequence[Any]) -> bool:
        return all(column.holds(values) for column in self._columns)

    def _too_large(self, documents: Sequence[bytes]) -> bool:
        limits = self._limits
        if max(map(len, documents), default=0) > limits.document_bytes:
            return True
        return self._bottomless and any(data.count(b"{") + data.count(b"[") > limits.depth for data in documents)

    def _left(self, documents: Sequence[bytes]) -> Sequence[int]:
        # An encoded value has no line break, so equal lines in equal number are equal documents, each on its own.
        lines = b"\n".join((*documents, b""))
        try:
            values = self._decoder.decode_lines(lines)
            again = self._encoder.encode_lines(values)
            same = len(values) == len(documents) and (again == lines or self._have_blanks(documents, lines, again))
            if same and self._columns_hold(values):
                return ()
        except self._slips:
            pass
        return [at for at, data in enumerate(documents) if not self._settles(data)]

    def _have_blanks(self, documents: Sequence[bytes], lines: bytes, again: bytes) -> bool:
        """Say whether only blanks tell these documents from what was encoded, as in all that PostgreSQL writes."""
        return len(again) < len(lines) and again == b"\n".join((*map(self._compact, documents), b""))

    def _settles(self, data: bytes) -> bool:
        try:
            value = self._decoder.decode(data)
            again = self._encoder.encode(value)
            same = again == data or (len(again) < len(data) and again == self._compact(data))
            return bool(same) and self._columns_hold([value])
        except self._slips:
            return False


def typed_gate(schema: Schema, limits: Limits) -> TypedGate | None:
    """Return the fast accept for a schema, or ``None`` if no type says the same."""
    from sealift.execution.typed_shapes import Shaper

    shaper = Shaper(schema)
    try:
        return TypedGate(shaper.shape(), limits, bottomless=shaper.bottomless)
    except (UntypableError, TypeError, ValueError, RecursionError, OverflowError):
        # TypeError: unions that cannot be told apart while decoding.
        return None
