"""Documents in a table of any database that SQLAlchemy knows; compared under a row lock instead of in SQL.

Collations and JSON types of the many databases compare differently, so what is stored is locked, read again and
compared here, byte by byte, before it is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.types import NullType

from sealift.errors.store_documents import DuplicateKeyError, UnreadableRowError
from sealift.model.batch import Change, Changes, Key, Page
from sealift.stores.base import DocumentTable
from sealift.stores.layout import Column, Kind, Layout
from sealift.stores.portable_connection import PortableConnection
from sealift.stores.row_text import check_key, members_of, row_to_text, show_key, text_to_row

_INSERT_ROWS = 500
_LOOKUP_ROWS = 200
_FIRST_ROWS = 64
_SLACK = 1.25
_AS_TEXT, _AS_BINARY = "text", "binary"
Stored = tuple[Key, bytes, object]
Condition = sqlalchemy.ColumnElement[bool]


class PortableDocuments(DocumentTable):
    """A collection with a document column; the token says whether it was stored as text or as binary."""

    def __init__(
        self, layout: Layout, reader: PortableConnection, writer: PortableConnection, dialect: sqlalchemy.Dialect
    ) -> None:
        super().__init__(layout)
        self._reader = reader
        self._writer = writer
        self._dialect = dialect
        self._mean = 0.0
        columns = [sqlalchemy.column(column.name, _type(column)) for column in layout.table.columns]
        self._table = sqlalchemy.table(layout.table.name, *columns)
        self._keys = [self._table.c[column.name] for column in layout.key]
        self._order = [self._ordered(column) for column in layout.key]

    def count(self) -> int:
        """Return how many rows hold a document."""
        statement = sqlalchemy.select(sqlalchemy.func.count()).select_from(self._table).where(self._present())
        with self._reader.using() as raw:
            return int(raw.execute(statement).scalar_one())

    def read(self, *, after: Key | None, until: Key | None, rows: int, max_bytes: int) -> Page:
        """Return the next documents in key order."""
        # Drivers hold a whole result, so the size of the page before bounds this one; the first one is a careful guess.
        mean = self._mean or max_bytes / _FIRST_ROWS
        limit = max(1, min(rows, int(_SLACK * max_bytes / mean)))
        statement = self._select().where(self._present()).order_by(*self._order).limit(limit)
        if after is not None:
            statement = statement.where(self._beyond(after))
        if until is not None:
            statement = statement.where(sqlalchemy.not_(self._beyond(until)))
        with self._reader.using() as raw:
            found = raw.execute(statement).all()
        page = _page(_bounded(map(self._stored, found), max_bytes))
        self._mean = max(1.0, sum(map(len, page.documents)) / max(1, len(page.documents)))
        return page

    def get(self, keys: Sequence[Key]) -> Page:
        """Return the documents that still exist among these keys."""
        with self._reader.using() as raw:
            found = self._find(raw, keys)
        return _page(found[key] for key in keys if key in found)

    def cut(self, *, after: Key | None, rows: int) -> Iterator[Key]:
        """Yield the key of every ``rows``-th document."""
        place = sqlalchemy.func.row_number().over(order_by=self._order).label("place")
        numbered = sqlalchemy.select(*self._keys, place).where(self._present())
        if after is not None:
            numbered = numbered.where(self._beyond(after))
        found = numbered.subquery()
        statement = sqlalchemy.select(*(found.c[key.name] for key in self._keys)).order_by(found.c.place)
        with self._reader.using() as raw:
            rows_found = raw.execute(statement.where(found.c.place % rows == 0)).all()
        yield from (self._key(row) for row in rows_found)

    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Lock the rows, compare, write."""
        with self._writer.using(collection=self.name) as raw:
            kept, lost = self._sort(raw, changes)
            if kept:
                values = {name: _parameter(f"new_{n}") for n, name in enumerate(self._written())}
                statement = sqlalchemy.update(self._table).where(self._is_key()).values(values)
                raw.execute(statement, [self._assignment(change) for change in kept])
        return lost

    def remove(self, changes: Changes) -> Sequence[Key]:
        """Lock the rows, compare, delete."""
        with self._writer.using(collection=self.name) as raw:
            kept, lost = self._sort(raw, changes)
            if kept:
                raw.execute(
                    sqlalchemy.delete(self._table).where(self._is_key()), [_key_values(change.key) for change in kept]
                )
        return lost

    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Insert documents in batches."""
        waiting, added = iter(documents), 0
        names = [*(column.name for column in self.layout.key), *self._written()]
        statement = sqlalchemy.insert(self._table).values({name: _parameter(f"in_{n}") for n, name in enumerate(names)})
        with self._writer.using(collection=self.name) as raw:
            while batch := list(islice(waiting, _INSERT_ROWS)):
                rows = [_numbered("in", (*key, *self._values(key, document))) for key, document in batch]
                self._insert(raw, statement, rows, batch)
                added += len(batch)
        return added

    def _written(self) -> Sequence[str]:
        return [self.layout.document.name] if self.layout.document else []

    def _values(self, key: Key, document: bytes) -> Sequence[Any]:  # noqa: ARG002 - rows need the key
        return [document.decode()]

    def _assignment(self, change: Change) -> Mapping[str, Any]:
        document = change.document if change.token == _AS_BINARY else change.document.decode()
        return {**_key_values(change.key), "new_0": document}

    def _select(self) -> sqlalchemy.Select[Any]:
        return sqlalchemy.select(*self._keys, self._text())

    def _text(self) -> sqlalchemy.ColumnElement[Any]:
        assert self.layout.document is not None  # noqa: S101 - rows override this
        column = self._table.c[self.layout.document.name]
        as_is = self._dialect.name == "sqlite" or self.layout.document.kind is Kind.TEXT
        return column if as_is else sqlalchemy.cast(column, sqlalchemy.Text)

    def _stored(self, row: Sequence[Any]) -> Stored:
        value = row[len(self._keys)]
        token = _AS_BINARY if isinstance(value, bytes | memoryview) else _AS_TEXT
        return self._key(row), bytes(value) if token == _AS_BINARY else str(value).encode(), token

    def _is_same(self, change: Change, stored: Stored) -> bool:
        return change.before == stored[1] and change.token == stored[2]

    def _present(self) -> Condition:
        if self.layout.document is None:
            return sqlalchemy.true()
        return self._table.c[self.layout.document.name].is_not(None)

    def _key(self, row: Sequence[Any]) -> Key:
        return tuple(_scalar(self.layout, column, value) for column, value in zip(self.layout.key, row, strict=False))

    def _sort(self, raw: sqlalchemy.Connection, changes: Changes) -> tuple[list[Change], list[Key]]:
        found = self._find(raw, changes.keys, locking=True)
        kept = [change for change in changes if change.key in found and self._is_same(change, found[change.key])]
        known = {change.key for change in kept}
        return kept, [change.key for change in changes if change.key not in known]

    def _find(self, raw: sqlalchemy.Connection, keys: Sequence[Key], *, locking: bool = False) -> dict[Key, Stored]:
        found: dict[Key, Stored] = {}
        for first in range(0, len(keys), _LOOKUP_ROWS):
            statement = self._select().where(self._among(keys[first : first + _LOOKUP_ROWS]), self._present())
            rows = raw.execute(statement.with_for_update() if locking else statement)
            found.update((stored[0], stored) for stored in map(self._stored, rows))
        return found

    def _among(self, keys: Sequence[Key]) -> Condition:
        if len(self._order) == 1:
            return self._order[0].in_([key[0] for key in keys])
        return sqlalchemy.or_(*(self._equals(key) for key in keys))

    def _equals(self, key: Key) -> Condition:
        return sqlalchemy.and_(*(column == value for column, value in zip(self._order, key, strict=True)))

    def _is_key(self) -> Condition:
        marks = (sqlalchemy.bindparam(f"key_{n}", type_=column.type) for n, column in enumerate(self._keys))
        return sqlalchemy.and_(*(column == mark for column, mark in zip(self._keys, marks, strict=True)))

    def _beyond(self, key: Key) -> Condition:
        # (a, b) > (x, y), spelt out: not every database compares rows.
        alternatives = []
        for n, column in enumerate(self._order):
            equal = [before == value for before, value in zip(self._order[:n], key[:n], strict=True)]
            alternatives.append(sqlalchemy.and_(*equal, column > key[n]))
        return sqlalchemy.or_(*alternatives)

    def _ordered(self, column: Column) -> sqlalchemy.ColumnElement[Any]:
        element = self._table.c[column.name]
        is_text = column.kind is not Kind.INTEGER and self._dialect.name == "sqlite"
        return sqlalchemy.collate(element, "BINARY") if is_text else element

    def _insert(
        self,
        raw: sqlalchemy.Connection,
        statement: sqlalchemy.Insert,
        rows: Sequence[Mapping[str, Any]],
        batch: Sequence[tuple[Key, bytes]],
    ) -> None:
        try:
            with raw.begin_nested():
                raw.execute(statement, rows)
        except exc.IntegrityError as error:
            keys = [key for key, _ in batch]
            known = set(self._find(raw, keys))
            twice = next((key for n, key in enumerate(keys) if key in known or key in keys[:n]), None)
            if twice is None:
                raise
            raise DuplicateKeyError(collection=self.name, key=show_key(twice)) from error


class PortableRows(PortableDocuments):
    """A collection whose documents are its rows; the token is the row as it was read."""

    def _written(self) -> Sequence[str]:
        return [column.name for column in self.layout.written]

    def _values(self, key: Key, document: bytes) -> Sequence[Any]:
        return list(text_to_row(self.layout, key, members_of(self.layout, key, document)).values())

    def _assignment(self, change: Change) -> Mapping[str, Any]:
        members = members_of(self.layout, change.key, change.document)
        check_key(self.layout, change.key, members_of(self.layout, change.key, change.before), members)
        row = text_to_row(self.layout, change.key, members)
        return {**_key_values(change.key), **_numbered("new", tuple(row.values()))}

    def _select(self) -> sqlalchemy.Select[Any]:
        return sqlalchemy.select(*self._keys, *(self._table.c[column.name] for column in self.layout.members))

    def _stored(self, row: Sequence[Any]) -> Stored:
        values = tuple(str(value) if isinstance(value, UUID) else value for value in row[len(self._keys) :])
        return self._key(row), row_to_text(self.layout, values), values

    def _is_same(self, change: Change, stored: Stored) -> bool:
        return change.token == stored[2]


def _type(column: Column) -> sqlalchemy.types.TypeEngine[Any]:
    # Values as the driver gives them, except where the driver has to be told what a text means.
    if column.kind is Kind.INTEGER:
        return sqlalchemy.BigInteger()
    return sqlalchemy.Uuid(as_uuid=False) if column.type.upper() == "UUID" else NullType()


def _parameter(name: str) -> sqlalchemy.BindParameter[Any]:
    return sqlalchemy.bindparam(name, type_=NullType())


def _numbered(prefix: str, values: Sequence[Any]) -> Mapping[str, Any]:
    return {f"{prefix}_{n}": value for n, value in enumerate(values)}


def _key_values(key: Key) -> Mapping[str, Any]:
    return _numbered("key", key)


def _scalar(layout: Layout, column: Column, value: Any) -> int | str:
    if type(value) is int or type(value) is str:
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    name = f"{layout.table.name}.{column.name}"
    reason = f"got {type(value).__name__}, expected an integer, text or UUID as key"
    raise UnreadableRowError(collection=layout.collection, column=name, reason=reason)


def _bounded(rows: Iterator[Stored], max_bytes: int) -> Iterator[Stored]:
    size = 0
    for seen, row in enumerate(rows):
        size += len(row[1])
        if seen and size > max_bytes:
            return
        yield row


def _page(found: Iterable[Stored]) -> Page:
    rows = list(found)
    return Page(keys=[row[0] for row in rows], documents=[row[1] for row in rows], tokens=[row[2] for row in rows])
