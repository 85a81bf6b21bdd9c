"""Checking less, soundly: documents that were checked before, and members that nothing touched.

What they say is what the full check would say: anything they cannot settle is handed to it. Both are on under
``validation = all`` where no type settles a schema: there the same bytes come up again, and a document was just found
valid as it was before the step. ``tests/benchmarks/bench_validation.py`` measures both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sealift.execution.members import MemberRules, member_rules
from sealift.execution.validation import CHUNK, is_valid
from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.ports import Validator

if TYPE_CHECKING:
    import jsonschema_rs

REMEMBERED = 50_000
"""Documents whose digest is kept: about 6 MB."""


class Seen:
    """Digests of documents that were found valid, each with the schema it was held against.

    The first ones stay: the steps of a run read a collection in one order, and what was seen last would be forgotten
    just before it is met again. Shared by the threads of a run; each may add one more than ``entries``.
    """

    def __init__(self, entries: int = REMEMBERED) -> None:
        self._entries = entries
        self._digests: set[bytes] = set()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        """Remember it if there is room."""
        if len(self._digests) < self._entries:
            self._digests.add(digest)


class Remembering:
    """A validator that checks the same bytes once. Only valid documents are remembered, by a 128-bit BLAKE2b digest."""

    def __init__(self, inner: Validator, seen: Seen, schema: bytes = b"") -> None:
        """Remember in ``seen`` under ``schema``: up to 64 bytes that stand for all that the verdict depends on."""
        self._inner = inner
        self._seen = seen
        self._schema = schema

    def accept(self, documents: Iterable[bytes]) -> None:
        """Remember documents of which it was proven otherwise that the inner validator would find them valid."""
        for document in documents:
            self._seen.add(self._digest(document))

    def invalid(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield exactly what the inner validator would."""
        digests = list(map(self._digest, documents))
        unknown = [at for at, digest in enumerate(digests) if digest not in self._seen]
        errors = {unknown[at]: error for at, error in self._inner.invalid([documents[at] for at in unknown])}
        for at in unknown:
            if at not in errors:
                self._seen.add(digests[at])
        yield from sorted(errors.items(), key=lambda pair: pair[0])

    def _digest(self, document: bytes) -> bytes:
        return blake2b(document, digest_size=16, key=self._schema).digest()


class MemberGate:
    """Checks only the top-level members that a step changed.

    Guarantees the verdict of the full gate on every document whose ``before`` was accepted by the full gate of the
    schema it comes from. What it accepts, the full gate remembers. Made by ``member_gate``.
    """

    def __init__(
        self, *, full: Remembering, rules: MemberRules, part: "jsonschema_rs.Validator", limits: Limits
    ) -> None:
        from msgspec import MsgspecError, Raw
        from msgspec.json import Decoder, Encoder

        self._full = full
        self._rules = rules
        self._part = part
        self._limits = limits
        self._split: Callable[[bytes], dict[str, Raw]] = Decoder(dict[str, Raw]).decode
        self._join: Callable[[Any], bytes] = Encoder().encode
        self._decode: Callable[[Any], Any] = Decoder().decode
        self._slips = (MsgspecError, ValueError, RecursionError, ArithmeticError)

    def invalid(self, pairs: Sequence[tuple[bytes, bytes]]) -> Iterator[tuple[int, DocumentError]]:
        """Yield the position and the reason of every pair (before, after) whose after is not valid."""
        for first in range(0, len(pairs), CHUNK):
            chunk = pairs[first : first + CHUNK]
            parts = [self._changed(before, after) for before, after in chunk]
            settled = [part for part in parts if part is not None]
            good = is_valid(self._part, settled)
            unsettled = [at for at, part in enumerate(parts) if part is None or not good]
            if good:
                self._full.accept(after for (_, after), part in zip(chunk, parts, strict=True) if part is not None)
            for at, error in self._full.invalid([chunk[at][1] for at in unsettled]):
                yield first + unsettled[at], error

    def _changed(self, before: bytes, after: bytes) -> dict[str, Any] | None:
        """Return the members to check; ``None`` when only the full check can tell."""
        if len(after) > self._limits.document_bytes:
            return None
        try:
            old, new = self._split(before), self._split(after)
            # Written again without loss: no name is there twice.
            if self._join(new) != after or not self._rules.shape_holds(new.keys()):
                return None
            same = self._rules.same
            other = self._rules.other_same
            raw = {name: new[name] for name in new if old.get(name) != new[name] or not same.get(name, other)}
            return self._strict(raw)
        except self._slips:
            return None

    def _strict(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        found = {name: self._decode(value) for name, value in raw.items()}
        for name, value in found.items():
            text = bytes(raw[name])
            if self._join(value) != text or text.count(b"{") + text.count(b"[") >= self._limits.depth:
                return None
        return found


def member_gate(
    files: Mapping[str, bytes], before: str, after: str, *, full: Remembering, limits: Limits | None = None
) -> MemberGate | None:
    """Return the gate for steps from one schema of a pack to another, of which ``full`` checks whole documents.

    ``None`` when the new schema looks at the document as a whole (``allOf``, ``if``, ``dependentRequired``,
    ``unevaluatedProperties``…), so that an untouched member could become wrong. Raises the leaves of SchemaError.
    """
    from sealift.execution.schemas import compile_files, compiled_beside

    old, new = compile_files(files, before), compile_files(files, after)
    rules = member_rules(old.sources, before, new.sources, after)
    if rules is None:
        return None
    part = compiled_beside(new, {"$schema": rules.part["$schema"], "items": rules.part})
    return MemberGate(full=full, rules=rules, part=part, limits=limits or Limits())
