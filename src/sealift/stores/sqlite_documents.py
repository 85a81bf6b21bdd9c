"""Documents in an SQLite table: raw bytes in pages by key, written only over the bytes that were read.

That they are still there is told by ``SqliteWitness``, and where it cannot tell, compared by the statement.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from sealift.errors.store_documents import DuplicateKeyError, UnreadableRowError
from sealift.model.batch import Change, Changes, Key, Page
from sealift.stores.base import DocumentTable
from sealift.stores.layout import Column, Kind, Layout
from sealift.stores.row_text import check_key, members_of, refused, row_to_text, show_key, text_to_row
from sealift.stores.sqlite_connection import SqliteConnection
from sealift.stores.sqlite_statements import Statements
from sealift.stores.sqlite_witness import SqliteWitness

_FIRST_CHUNK = 4
_LARGEST_CHUNK = 256
_SMALL = 16
_DUPLICATES = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}

_BLOB = -1
"""The token of a document that stands in its column as a blob, and must stay so; others have that of their page."""
_ALONE = 0
"""The token of a text that was not read with a page."""


class SqliteDocuments(DocumentTable):
    """A collection with a document column."""

    def __init__(
        self, layout: Layout, reader: SqliteConnection, writer: SqliteConnection, witness: SqliteWitness
    ) -> None:
        super().__init__(layout)
        self._reader = reader
        self._writer = writer
        self._witness = witness
        self._sql = Statements(layout)
        self._width = len(layout.key)
        self._plain = all(column.kind is Kind.INTEGER for column in layout.key)

    def count(self) -> int:
        """Return how many rows hold a document."""
        with self._reader.using(text=bytes) as raw:
            return int(raw.execute(self._sql.count).fetchone()[0])

    def read(self, *, after: Key | None, until: Key | None, rows: int, max_bytes: int) -> Page:
        """Return the next documents in key order; at most a few more than ``max_bytes`` are in memory at once."""
        sql = self._sql.page(after=after is not None, until=until is not None)
        number = self._witness.reading(self.layout.table.name, after)
        with self._reader.using(text=bytes) as raw:
            cursor = raw.execute(sql, (*(after or ()), *(until or ()), rows))
            try:
                page = self._page(list(chain.from_iterable(_bounded(cursor, self._width, max_bytes))), number)
            finally:
                cursor.close()
        if page.keys:
            self._witness.read(self.layout.table.name, page.keys[-1])
        return page

    def get(self, keys: Sequence[Key]) -> Page:
        """Return the documents that still exist among these keys."""
        with self._reader.using(text=bytes) as raw:
            found = [row for key in keys for row in raw.execute(self._sql.one, key)]
        return self._page(found, _ALONE)

    def cut(self, *, after: Key | None, rows: int) -> Iterator[Key]:
        """Yield the key of every ``rows``-th document."""
        sql = self._sql.cut(after=after is not None)
        with self._reader.using(text=bytes) as raw:
            found = raw.execute(sql, (*(after or ()), rows)).fetchall()
        yield from (row[: self._width] if self._plain else _text_key(self.layout, row) for row in found)

    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Write documents back as they were stored, as text or as blob."""
        texts, blobs = _by_storage(changes)
        with self._writer.using(text=bytes, collection=self.name) as raw:
            lost = self._update(raw, texts)
            rows_of_blobs = [(change.document, *change.key, change.before) for change in blobs]
            return lost + _apply(raw, self._sql.update, rows_of_blobs, blobs)

    def remove(self, changes: Changes) -> Sequence[Key]:
        """Delete documents; their bytes may be anything."""
        texts, blobs = _by_storage(changes)
        with self._changing(text=bytes) as raw:
            lost = _apply(raw, self._sql.delete_text, [(*c.key, c.before) for c in texts], texts)
            return lost + _apply(raw, self._sql.delete_blob, [(*c.key, c.before) for c in blobs], blobs)

    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Insert documents as text."""
        rows = _Watched((*key, document.decode()) for key, document in documents)
        with self._changing(text=bytes) as raw:
            return _insert(raw, self._sql.insert, rows, self.name, self._width)

    def _changing(self, *, text: type[str | bytes]) -> AbstractContextManager[sqlite3.Connection]:
        self._witness.disturbed()
        return self._writer.using(text=text, collection=self.name)

    def _update(self, raw: sqlite3.Connection, changes: Changes) -> list[Key]:
        if not changes:
            return []
        triggers = raw.execute(self._sql.triggers, (self.layout.table.name,)).fetchall()
        sure = not triggers and self._witness.vouches(set(changes.tokens))
        texts = map(bytes.decode, changes.documents)
        if sure:
            sql, rows = self._sql.replace, [*zip(texts, *zip(*changes.keys, strict=True), strict=True)]
        else:
            before = map(bytes.decode, changes.before)
            sql, rows = self._sql.update, [*zip(texts, *zip(*changes.keys, strict=True), before, strict=True)]
        if any(on_this_table for (on_this_table,) in triggers):
            return _apply(raw, sql, rows, changes)
        # No savepoint: it costs a tenth. What now stands there as it was to be written, was written.
        if raw.executemany(sql, rows).rowcount == len(rows):
            return []
        written = (raw.execute(self._sql.same, (*c.key, c.document.decode())).fetchone() for c in changes)
        return [key for key, found in zip(changes.keys, written, strict=True) if not found]

    def _page(self, found: Sequence[tuple[Any, ...]], number: int) -> Page:
        if not found:
            return Page(keys=(), documents=(), tokens=())
        width = self._width
        documents, tokens = self._contents(found, number)
        keys = [row[:width] for row in found] if self._plain else [_text_key(self.layout, row) for row in found]
        return Page(keys=keys, documents=documents, tokens=tokens)

    def _contents(self, found: Sequence[tuple[Any, ...]], number: int) -> tuple[Sequence[bytes], Sequence[object]]:
        documents = list(map(itemgetter(self._width), found))
        if set(map(type, documents)) != {bytes}:
            documents = [value if type(value) is bytes else str(value).encode() for value in documents]
        return documents, [_BLOB if is_blob else number for is_blob in map(itemgetter(self._width + 1), found)]


class SqliteRows(SqliteDocuments):
    """A collection whose documents are its rows; the token is the row as it was read."""

    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Write the columns that are not the key; the row must still hold the values that were read."""
        rows = [self._assignment(change) for change in changes]
        with self._changing(text=str) as raw:
            return _apply(raw, self._sql.update_row, rows, changes)

    def remove(self, changes: Changes) -> Sequence[Key]:
        """Delete rows that still hold the values that were read."""
        rows = [(*change.key, *_stored(change)) for change in changes]
        with self._changing(text=str) as raw:
            return _apply(raw, self._sql.delete_row, rows, changes)

    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Insert rows; the key members must be the key."""
        rows = _Watched(self._insertion(key, document) for key, document in documents)
        with self._changing(text=str) as raw:
            return _insert(raw, self._sql.insert_row, rows, self.name, self._width)

    def _assignment(self, change: Change) -> tuple[Any, ...]:
        members = members_of(self.layout, change.key, change.document)
        check_key(self.layout, change.key, members_of(self.layout, change.key, change.before), members)
        written = text_to_row(self.layout, change.key, members)
        return (*self._bound(change.key, written), *change.key, *_stored(change))

    def _insertion(self, key: Key, document: bytes) -> tuple[Any, ...]:
        members = members_of(self.layout, key, document)
        return (*key, *self._bound(key, text_to_row(self.layout, key, members)))

    def _bound(self, key: Key, row: Mapping[str, Any]) -> Iterator[Any]:
        return (_bindable(self.layout, key, value) for value in row.values())

    def _contents(self, found: Sequence[tuple[Any, ...]], number: int) -> tuple[Sequence[bytes], Sequence[object]]:
        del number  # rows are always compared
        # Each value is followed by whether it is a blob: as bytes, text and blob look the same.
        rows = [_row_values(self.layout, row[self._width :]) for row in found]
        return [row_to_text(self.layout, values) for values in rows], rows


class _Watched:
    """An iterator that remembers what it gave last: the row that a failing statement was at."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self.last: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for self.last in self._rows:  # noqa: B020 - assigning the attribute is the purpose
            yield self.last


def _bounded(cursor: sqlite3.Cursor, width: int, max_bytes: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    # Fetched in chunks that grow with the room that is left, so that large documents do not pile up.
    size, chunk = 0, _FIRST_CHUNK
    seen = 0
    while rows := cursor.fetchmany(chunk):
        values = [row[width] for row in rows]
        if set(map(type, values)) == {bytes} and (total := sum(map(len, values))) <= max_bytes - size:
            size += total
            seen += len(rows)
            yield rows
        else:
            kept = _fitting(rows, values, max_bytes - size, first=not seen)
            yield kept
            if len(kept) < len(rows):
                return
            size += sum(len(value) if type(value) is bytes else _SMALL for value in values)
            seen += len(rows)
        room = (max_bytes - size) * seen // max(size, 1)
        chunk = max(1, min(room, 2 * chunk, _LARGEST_CHUNK))


def _fitting(rows: list[tuple[Any, ...]], values: list[Any], room: int, *, first: bool) -> list[tuple[Any, ...]]:
    """Return the rows that fit into the room; the first row of a page always does."""
    kept: list[tuple[Any, ...]] = []
    for row, value in zip(rows, values, strict=True):
        room -= len(value) if type(value) is bytes else _SMALL
        if room < 0 and (kept or not first):
            break
        kept.append(row)
    return kept


def _by_storage(changes: Changes) -> tuple[Changes, Changes]:
    if _BLOB not in changes.tokens:
        return changes, Changes()
    texts = Changes.of(change for change in changes if change.token != _BLOB)
    return texts, Changes.of(change for change in changes if change.token == _BLOB)


def _apply(raw: sqlite3.Connection, sql: str, rows: Sequence[tuple[Any, ...]], changes: Changes) -> list[Key]:
    if not rows:
        return []
    raw.execute("SAVEPOINT sealift_batch")
    if raw.executemany(sql, rows).rowcount == len(rows):
        raw.execute("RELEASE sealift_batch")
        return []
    # Somebody was faster with at least one row: once more, one by one, to learn which.
    raw.execute("ROLLBACK TO sealift_batch")
    lost = [key for row, key in zip(rows, changes.keys, strict=True) if raw.execute(sql, row).rowcount != 1]
    raw.execute("RELEASE sealift_batch")
    return lost


def _insert(raw: sqlite3.Connection, sql: str, rows: _Watched, collection: str, width: int) -> int:
    try:
        return raw.executemany(sql, rows).rowcount
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode not in _DUPLICATES:
            raise
        raise DuplicateKeyError(collection=collection, key=show_key(rows.last[:width])) from error


def _text_key(layout: Layout, row: tuple[Any, ...]) -> Key:
    kinds = iter(row[-sum(column.kind is not Kind.INTEGER for column in layout.key) :])
    return tuple(
        row[n] if column.kind is Kind.INTEGER else _scalar(layout, column, row[n], next(kinds))
        for n, column in enumerate(layout.key)
    )


def _scalar(layout: Layout, column: Column, value: Any, kind: bytes) -> int | str:
    try:
        if kind == b"text":
            return str(value, "utf-8")
        if kind == b"integer":
            return int(value)
    except UnicodeDecodeError:
        kind = b"text that is not UTF-8"
    name = f"{layout.table.name}.{column.name}"
    reason = f"got {kind.decode()}, expected an integer or text as key"
    raise UnreadableRowError(collection=layout.collection, column=name, reason=reason)


def _row_values(layout: Layout, values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        _row_value(layout, column, values[2 * n], values[2 * n + 1]) for n, column in enumerate(layout.members)
    )


def _row_value(layout: Layout, column: Column, value: Any, is_blob: int) -> Any:
    if type(value) is not bytes:
        return value
    name = f"{layout.table.name}.{column.name}"
    if is_blob:
        raise UnreadableRowError(
            collection=layout.collection, column=name, reason="got a blob, expected text or number"
        )
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableRowError(collection=layout.collection, column=name, reason=str(error)) from error


def _bindable(layout: Layout, key: Key, value: Any) -> Any:
    if isinstance(value, Decimal) or (type(value) is int and not -(2**63) <= value < 2**63):
        raise refused(layout, key, f"SQLite cannot keep the number {value} exactly")
    return value


def _stored(change: Change) -> tuple[Any, ...]:
    return cast("tuple[Any, ...]", change.token)
