"""A row of plain columns as a JSON object, and back: for stores whose database cannot do it exactly itself."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec

from sealift.errors.store_documents import DocumentRefusedError, UnreadableRowError
from sealift.model.batch import Key
from sealift.stores.layout import Layout

_PLAIN = (str, int, float, Decimal, type(None))
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def row_to_text(layout: Layout, values: Sequence[Any]) -> bytes:
    """Return the row as a JSON object in column order; raises UnreadableRowError for a value without a JSON form."""
    members = {column.name: value for column, value in zip(layout.members, values, strict=True)}
    for name, value in members.items():
        if not isinstance(value, _PLAIN):
            raise _unreadable(layout, name, f"got {type(value).__name__}, expected text, number or NULL")
        if isinstance(value, float | Decimal) and not isfinite(value):
            raise _unreadable(layout, name, f"got {value}, which JSON cannot express")
    return _ENCODER.encode(members)


def members_of(layout: Layout, key: Key, document: bytes) -> Mapping[str, msgspec.Raw]:
    """Return the document's members unparsed; raises DocumentRefusedError for members that have no column."""
    members = _MEMBERS.decode(document)
    unknown = members.keys() - {column.name for column in layout.members}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise refused(layout, key, f"the table has no column for the members {names}")
    return members


def check_key(layout: Layout, key: Key, before: Mapping[str, msgspec.Raw], after: Mapping[str, msgspec.Raw]) -> None:
    """Refuse a document whose key members are not what they were."""
    for column in layout.key:
        if column.name not in after or plain_value(before[column.name]) != plain_value(after[column.name]):
            raise refused(layout, key, f"the key member {column.name} may not change")


def text_to_row(layout: Layout, key: Key, members: Mapping[str, msgspec.Raw]) -> dict[str, Any]:
    """Return the value of every column but the key's: a member that is left out becomes NULL."""
    row = {}
    for column in layout.written:
        value = plain_value(members[column.name]) if column.name in members else None
        if isinstance(value, dict | list):
            raise refused(layout, key, f"the column {column.name} cannot hold an object or array")
        row[column.name] = value
    return row


def plain_value(raw: msgspec.Raw) -> Any:
    """Decode one member; numbers with a fraction or exponent keep every digit as Decimal where a float would not."""
    text = bytes(raw)
    value = msgspec.json.decode(text)
    if isinstance(value, float) and Decimal(text.decode()) != Decimal(repr(value)):
        return Decimal(text.decode())
    return value


def refused(layout: Layout, key: Key | None, reason: str) -> DocumentRefusedError:
    """Build the error for a document that the table cannot take."""
    return DocumentRefusedError(collection=layout.collection, reason=reason, key=show_key(key) if key else None)


def show_key(key: Key) -> str:
    """Return the key as people write it."""
    return ", ".join(map(str, key))


def _unreadable(layout: Layout, column: str, reason: str) -> UnreadableRowError:
    return UnreadableRowError(collection=layout.collection, column=f"{layout.table.name}.{column}", reason=reason)
