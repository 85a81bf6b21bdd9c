"""Documents on their way: what is read together, what came back, how far a run is."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self, overload

Scalar = int | str
Key = tuple[Scalar, ...]
"""A document's primary key: one scalar a column, so that integers, text, UUIDs and composite keys are one type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Documents read together, in key order; columns instead of rows, because this is the hot path."""

    keys: Sequence[Key]
    documents: Sequence[bytes]
    """The documents' JSON text, UTF-8, exactly as stored."""
    tokens: Sequence[object]
    """What the store needs to notice that a document was changed since: compared when it is written back."""

    def without(self, keys: AbstractSet[Key]) -> Self:
        """Return the page without the documents that have these keys."""
        if keys.isdisjoint(self.keys):
            return self
        kept = [at for at, key in enumerate(self.keys) if key not in keys]
        return type(self)(
            keys=[self.keys[at] for at in kept],
            documents=[self.documents[at] for at in kept],
            tokens=[self.tokens[at] for at in kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentError:
    """Why one document could not be taken over."""

    code: str
    """Stable: ``raised``, ``invalid``, ``returned-none``, ``not-json``, ``limit``, ``timeout``, ``not-tried``…"""
    message: str
    where: str | None = None
    """File and line of the pack, ``migrations/split.py:12``, where there is one."""


class Change(NamedTuple):
    """A document to write back; ``document`` is the new text, ``token`` and ``before`` are what was read."""

    key: Key
    token: object
    before: bytes
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes(Sequence[Change]):
    """Documents to write back, in columns of equal length, as a page has them: this is the hot path."""

    keys: Sequence[Key] = ()
    tokens: Sequence[object] = ()
    before: Sequence[bytes] = ()
    documents: Sequence[bytes] = ()

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """Return these changes."""
        columns = tuple(zip(*changes, strict=True))
        if not columns:
            return cls()
        keys, tokens, before, documents = columns
        return cls(keys=keys, tokens=tokens, before=before, documents=documents)

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Change]:
        return map(Change, self.keys, self.tokens, self.before, self.documents)

    @overload
    def __getitem__(self, at: int) -> Change: ...

    @overload
    def __getitem__(self, at: slice) -> Self: ...

    def __getitem__(self, at: int | slice) -> Change | Self:
        if isinstance(at, int):
            return Change(self.keys[at], self.tokens[at], self.before[at], self.documents[at])
        return type(self)(
            keys=self.keys[at], tokens=self.tokens[at], before=self.before[at], documents=self.documents[at]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a run came: every document up to and including ``after`` is done."""

    after: Key | None = None
    seen: int = 0
    changed: int = 0
    failed: int = 0

    @classmethod
    def total(cls, checkpoints: Iterable[Self]) -> Self:
        """Return what was done in all of them; several ends are no one key, so there is none."""
        known = tuple(checkpoints)
        return cls(
            seen=sum(each.seen for each in known),
            changed=sum(each.changed for each in known),
            failed=sum(each.failed for each in known),
        )


class RangeState(StrEnum):
    """What a run has to do with a range of keys."""

    OPEN = "open"
    """Its documents are to be done, or some of them are done."""
    DONE = "done"
    KEPT = "kept"
    """Its documents are as the run leaves documents behind: it has nothing to do there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """A part of a collection, in the store's own order of keys, and how far a run came in it.

    A run that is cut into ranges has some for every key there can be; a run without any is one open range.
    """

    number: int
    """From 1, in key order."""
    lower: Key | None = None
    """Exclusive; ``None``: from the first key."""
    upper: Key | None = None
    """Inclusive; ``None``: to the last key there will be."""
    state: RangeState = RangeState.OPEN
    progress: Checkpoint = field(default_factory=Checkpoint)
    """``after`` is ``None`` before the first batch; else everything from ``lower`` up to it is done."""
