"""Documents in a PostgreSQL table: text in pages by key, one statement a batch, ``xmin`` to notice changes."""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, cast

import psycopg

from sealift.errors.store_documents import DocumentRefusedError, DuplicateKeyError
from sealift.model.batch import Changes, Key, Page
from sealift.stores.base import DocumentTable
from sealift.stores.layout import Kind, Layout
from sealift.stores.postgres_arrays import BinaryArray, IntegerArray, JsonArray, JsonbArray, TextArray, XidArray
from sealift.stores.postgres_connection import PostgresConnection
from sealift.stores.postgres_statements import Statements
from sealift.stores.row_text import check_key, members_of, refused

Rows = Generator[tuple[Any, ...], None, None]

_CHUNK_ROWS = 32
_INSERT_ROWS = 1000
_SLACK = 1.25
_DETAIL = re.compile(r"\((?P<columns>.*?)\)=\((?P<values>.*)\)", re.DOTALL)


class PostgresDocuments(DocumentTable):
    """A collection with a document column."""

    def __init__(self, layout: Layout, reader: PostgresConnection, writer: PostgresConnection) -> None:
        super().__init__(layout)
        self._reader = reader
        self._writer = writer
        self._sql = Statements(layout)
        self._width = len(layout.key)
        self._plain = all(column.kind is Kind.INTEGER for column in layout.key)
        self._mean = 1.0

    def count(self) -> int:
        """Return how many rows hold a document."""
        return int(self._reader.run(self._sql.count)[0][0])

    def read(self, *, after: Key | None, until: Key | None, rows: int, max_bytes: int) -> Page:
        """Return the next documents in key order; rows arrive as they are taken, so no more are held in memory."""
        # A guess from the page before, so that the server is seldom interrupted in the middle.
        limit = max(1, min(rows, int(_SLACK * max_bytes / self._mean)))
        statement = self._sql.page(after=after is not None, until=until is not None, rows=limit)
        with self._reader.using() as raw, raw.cursor() as cursor:
            size = _CHUNK_ROWS if psycopg.capabilities.has_stream_chunked() else 1
            parameters = (*(after or ()), *(until or ()))
            arriving = cast("Rows", cursor.stream(statement, parameters, binary=True, size=size))
            with closing(arriving):
                found = list(_bounded(arriving, self._width, max_bytes))
        return self._page(found)

    def get(self, keys: Sequence[Key]) -> Page:
        """Return the documents that still exist among these keys."""
        if not keys:
            return self._page(())
        with self._reader.using() as raw, raw.cursor(binary=True) as cursor:
            page = self._page(cursor.execute(self._sql.get, self._arrays(keys)).fetchall())
        order = {key: n for n, key in enumerate(keys)}
        places = sorted(range(len(page.keys)), key=lambda n: order[page.keys[n]])
        return Page(
            keys=[page.keys[n] for n in places],
            documents=[page.documents[n] for n in places],
            tokens=[page.tokens[n] for n in places],
        )

    def cut(self, *, after: Key | None, rows: int) -> Iterator[Key]:
        """Yield the key of every ``rows``-th document; the keys arrive as they are taken."""
        statement = self._sql.cut(after=after is not None, rows=rows)
        with self._reader.using() as raw, raw.cursor() as cursor:
            arriving = cast("Rows", cursor.stream(statement, after or (), binary=True))
            with closing(arriving):
                for row in arriving:
                    yield row if self._plain else tuple(map(_scalar, row))

    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Write a batch with one statement."""
        keys = self._arrays(changes.keys)
        tokens = XidArray.of(changes.tokens)  # type: ignore[arg-type]  # our own tokens are integers
        with self._writer.using(collection=self.name) as raw:
            done = raw.execute(self._sql.update, (*keys, tokens, self._documents(changes))).rowcount
            if done == len(changes):
                return ()
            lost = raw.execute(self._sql.lost, keys).fetchall()
        return [changes.keys[n - 1] for (n,) in lost]

    def remove(self, changes: Changes) -> Sequence[Key]:
        """Delete a batch with one statement."""
        keys = self._arrays(changes.keys)
        tokens = XidArray.of(changes.tokens)  # type: ignore[arg-type]  # our own tokens are integers
        with self._writer.using(collection=self.name) as raw:
            done = {n for (n,) in raw.execute(self._sql.delete, (*keys, tokens)).fetchall()}
        return [key for n, key in enumerate(changes.keys, start=1) if n not in done]

    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Stream documents in with COPY."""
        with self._writer.using(collection=self.name) as raw, raw.cursor() as cursor:
            try:
                with cursor.copy(self._sql.copy) as copy:
                    for key, document in documents:
                        copy.write_row((*key, document.decode()))
            except psycopg.errors.UniqueViolation as error:
                raise self._duplicate(error) from error
            return cursor.rowcount

    def _documents(self, changes: Changes) -> BinaryArray:
        column = self.layout.document
        documents = changes.documents
        if column is None or column.kind is not Kind.JSON:
            return TextArray.of(documents)
        return (JsonbArray if column.type == "jsonb" else JsonArray).of(documents)

    def _arrays(self, keys: Sequence[Key]) -> list[BinaryArray]:
        return [
            IntegerArray.of(map(int, values))
            if column.kind is Kind.INTEGER
            else TextArray.of([str(value).encode() for value in values])
            for column, values in zip(self.layout.key, zip(*keys, strict=True), strict=True)
        ]

    def _page(self, found: Sequence[tuple[Any, ...]]) -> Page:
        if not found:
            return Page(keys=(), documents=(), tokens=())
        width = self._width
        documents = [row[width] for row in found]
        self._mean = max(1.0, sum(map(len, documents)) / len(documents))
        keys = [row[:width] if self._plain else tuple(map(_scalar, row[:width])) for row in found]
        return Page(keys=keys, documents=documents, tokens=[row[width + 1] for row in found])

    def _duplicate(self, error: psycopg.errors.UniqueViolation) -> DuplicateKeyError | DocumentRefusedError:
        detail = _DETAIL.search(error.diag.message_detail or "")
        columns = ", ".join(column.name for column in self.layout.key)
        if detail is None or detail["columns"].replace('"', "") != columns:
            return refused(self.layout, None, error.diag.message_detail or str(error))
        return DuplicateKeyError(collection=self.name, key=detail["values"])


class PostgresRows(PostgresDocuments):
    """A collection whose documents are its rows: the server makes JSON of rows and back, which keeps types exact."""

    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Write the columns that are not the key; members without a column are refused."""
        for change in changes:
            before = members_of(self.layout, change.key, change.before)
            check_key(self.layout, change.key, before, members_of(self.layout, change.key, change.document))
        return super().write_back(changes)

    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Insert rows; the key comes from the document's own members."""
        waiting, added = iter(documents), 0
        while batch := list(islice(waiting, _INSERT_ROWS)):
            for key, document in batch:
                members_of(self.layout, key, document)
            added += self._insert([document for _, document in batch])
        return added

    def _insert(self, documents: Sequence[bytes]) -> int:
        with self._writer.using(collection=self.name) as raw:
            try:
                return raw.execute(self._sql.insert, (JsonArray.of(documents),)).rowcount
            except psycopg.errors.UniqueViolation as error:
                raise self._duplicate(error) from error

    def _documents(self, changes: Changes) -> BinaryArray:
        return JsonArray.of(changes.documents)


def _bounded(rows: Iterator[tuple[Any, ...]], width: int, max_bytes: int) -> Iterator[tuple[Any, ...]]:
    size = 0
    for seen, row in enumerate(rows):
        size += len(row[width])
        if seen and size > max_bytes:
            return
        yield row


def _scalar(value: int | bytes) -> int | str:
    return value if isinstance(value, int) else str(value, "utf-8")
