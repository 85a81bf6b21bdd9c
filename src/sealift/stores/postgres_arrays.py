"""Parameters of PostgreSQL statements as binary arrays, put together without a Python object for each element.

The layout is that of ``array_send`` in PostgreSQL: dimensions, NULL flag, element type, length, lower bound, elements.
"""

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import ClassVar

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEAD = Struct(">iiIii")
_SIZE = Struct(">i")
_INT8 = Struct(">iq")
_XID = Struct(">iI")
_JSONB_VERSION = b"\x01"


class BinaryArray:
    """One array parameter; the subclass says of which type."""

    __slots__ = ("buffer",)
    oid: ClassVar[int]
    element: ClassVar[int]

    def __init__(self, parts: Sequence[bytes]) -> None:
        """Take the elements, each with its length before it."""
        head = _HEAD.pack(1, 0, self.element, len(parts), 1) if parts else _HEAD.pack(0, 0, self.element, 0, 0)[:12]
        self.buffer = head + b"".join(parts)


class IntegerArray(BinaryArray):
    """``int8[]``."""

    __slots__ = ()
    oid, element = 1016, 20

    @classmethod
    def of(cls, values: Iterable[int]) -> "IntegerArray":
        """Take integers of 64 bits."""
        return cls([_INT8.pack(8, value) for value in values])


class XidArray(BinaryArray):
    """``xid[]``."""

    __slots__ = ()
    oid, element = 1011, 28

    @classmethod
    def of(cls, values: Iterable[int]) -> "XidArray":
        """Take transaction ids."""
        return cls([_XID.pack(4, value) for value in values])


class TextArray(BinaryArray):
    """``text[]``."""

    __slots__ = ()
    oid, element = 1009, 25

    @classmethod
    def of(cls, values: Iterable[bytes]) -> "TextArray":
        """Take texts in UTF-8."""
        return cls([_SIZE.pack(len(value)) + value for value in values])


class JsonArray(BinaryArray):
    """``json[]``."""

    __slots__ = ()
    oid, element = 199, 114

    @classmethod
    def of(cls, values: Iterable[bytes]) -> "JsonArray":
        """Take JSON texts."""
        return cls([_SIZE.pack(len(value)) + value for value in values])


class JsonbArray(BinaryArray):
    """``jsonb[]``."""

    __slots__ = ()
    oid, element = 3807, 3802

    @classmethod
    def of(cls, values: Iterable[bytes]) -> "JsonbArray":
        """Take JSON texts."""
        return cls([_SIZE.pack(len(value) + 1) + _JSONB_VERSION + value for value in values])


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
