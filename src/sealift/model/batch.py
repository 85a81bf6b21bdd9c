"""Documents on their way: what is read together, what came back, how far a run is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentError:
    """Why one document could not be taken over."""

    code: str
    """Stable: ``raised``, ``invalid``, ``returned-none``, ``not-json``, ``limit``, ``crashed``…"""
    message: str
    where: str | None = None
    """File and line of the pack, ``migrations/split.py:12``, where there is one."""


class Change(NamedTuple):
    """A document to write back; ``document`` is the new text, ``token`` is what was read.

    A tuple, because it is made once a document on the hot path.
    """

    key: Key
    token: object
    before: bytes
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a run came: every document up to and including ``after`` is done."""

    after: Key | None = None
    seen: int = 0
    changed: int = 0
    failed: int = 0
