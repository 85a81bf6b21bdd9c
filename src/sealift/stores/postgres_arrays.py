"""Parameters of PostgreSQL statements as binary arrays, put together without a Python object for each element.

The layout is that of ``array_send`` in PostgreSQL: dimensions, NULL flag, element type, length, lower bound, elements.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from struct import Struct
from typing import ClassVar

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEAD = Struct(">iiIii")
_SIZE = Struct(">i")
_INT8 = Struct(">iq")
_XID = Struct(">iI")
_JSONB_HEAD = Struct(">iB")
_JSONB_VERSION = 1


class BinaryArray:
    """One array parameter; the subclass says of which type."""

    __slots__ = ("buffer",)
    oid: ClassVar[int]
    element: ClassVar[int]

    def __init__(self, length: int, parts: Iterable[bytes]) -> None:
        """Take so many elements: their bytes, each with its size before it, in parts of any size."""
        head = _HEAD.pack(1, 0, self.element, length, 1) if length else _HEAD.pack(0, 0, self.element, 0, 0)[:12]
        # Joined once and never put together before: a batch of documents is in memory often enough.
        self.buffer = b"".join([head, *parts])


class IntegerArray(BinaryArray):
    """``int8[]``."""

    __slots__ = ()
    oid, element = 1016, 20

    @classmethod
    def of(cls, values: Iterable[int]) -> "IntegerArray":
        """Take integers of 64 bits."""
        parts = [_INT8.pack(8, value) for value in values]
        return cls(len(parts), parts)


class XidArray(BinaryArray):
    """``xid[]``."""

    __slots__ = ()
    oid, element = 1011, 28

    @classmethod
    def of(cls, values: Iterable[int]) -> "XidArray":
        """Take transaction ids."""
        parts = [_XID.pack(4, value) for value in values]
        return cls(len(parts), parts)


class TextArray(BinaryArray):
    """``text[]``."""

    __slots__ = ()
    oid, element = 1009, 25

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "TextArray":
        """Take texts in UTF-8."""
        return cls(len(values), _sized(values))


class JsonArray(BinaryArray):
    """``json[]``."""

    __slots__ = ()
    oid, element = 199, 114

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "JsonArray":
        """Take JSON texts."""
        return cls(len(values), _sized(values))


class JsonbArray(BinaryArray):
    """``jsonb[]``."""

    __slots__ = ()
    oid, element = 3807, 3802

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "JsonbArray":
        """Take JSON texts."""
        sizes = [_JSONB_HEAD.pack(len(value) + 1, _JSONB_VERSION) for value in values]
        return cls(len(values), chain.from_iterable(zip(sizes, values, strict=True)))


def _sized(values: Sequence[bytes]) -> Iterable[bytes]:
    return chain.from_iterable(zip([_SIZE.pack(len(value)) for value in values], values, strict=True))


ARRAYS: tuple[type[BinaryArray], ...] = (IntegerArray, XidArray, TextArray, JsonArray, JsonbArray)


def register_arrays(connection: psycopg.Connection) -> None:
    """Let the connection take these classes as parameters."""
    for kind in ARRAYS:
        connection.adapters.register_dumper(kind, _dumper(kind))


def _dumper(kind: type[BinaryArray]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = kind.oid

        def dump(self, obj: BinaryArray) -> Buffer:
            return obj.buffer

    return ArrayDumper
