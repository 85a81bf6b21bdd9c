"""Foreign keys that SQLite checks only at the end of a transaction, looked at earlier, for documents just written.

What SQLite says at the end names no row, and it has no way to check such keys earlier.
"""
# ruff: noqa: S608 - names are quoted, values are bound

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from sealift.errors.store_documents import DocumentRefusedError
from sealift.model.batch import Key
from sealift.stores.connection import Connection, Row
from sealift.stores.layout import Layout
from sealift.stores.row_text import refused
from sealift.stores.sqlite_statements import quoted

_CHILD, _PARENT = "child", "parent"


def check_references(connection: Connection, layout: Layout, keys: Sequence[Key]) -> None:
    """Raise DocumentRefusedError for the first of these documents that refers to a row that is not there."""
    for sql, parent in _checks(connection, layout):
        for key in keys:
            if connection.query(sql, {f"k{n}": value for n, value in enumerate(key)}):
                raise _dangling(layout, key, parent)


def _dangling(layout: Layout, key: Key, parent: str) -> DocumentRefusedError:
    return refused(layout, key, f"FOREIGN KEY constraint failed: there is no such row in {parent}")


def _checks(connection: Connection, layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield, for each foreign key of the table, the statement that finds a document breaking it, and its parent."""
    same = " AND ".join(f"{_of(_CHILD, column.name)} = :k{n}" for n, column in enumerate(layout.key))
    listed = connection.query(f"PRAGMA foreign_key_list({quoted(layout.table.name)})")
    for _, group in groupby(sorted(listed, key=itemgetter(0, 1)), key=itemgetter(0)):
        rows = list(group)
        parent = str(rows[0][2])
        pairs = list(zip((str(row[3]) for row in rows), _targets(connection, parent, rows), strict=True))
        given = " AND ".join(f"{_of(_CHILD, own)} IS NOT NULL" for own, _ in pairs)
        # The parent's column on the left: its collation and affinity are the ones that count.
        found = " AND ".join(f"{_of(_PARENT, theirs)} = {_of(_CHILD, own)}" for own, theirs in pairs)
        exists = f"EXISTS (SELECT 1 FROM {quoted(parent)} AS {_PARENT} WHERE {found})"
        yield f"SELECT 1 FROM {quoted(layout.table.name)} AS {_CHILD} WHERE {same} AND {given} AND NOT {exists}", parent


def _targets(connection: Connection, parent: str, rows: Sequence[Row]) -> Sequence[str]:
    """Return the columns referred to: those named, else the parent's primary key."""
    if rows[0][4] is not None:
        return [str(row[4]) for row in rows]
    described = connection.query(f"PRAGMA table_info({quoted(parent)})")
    return [str(row[1]) for row in sorted((row for row in described if row[5]), key=itemgetter(5))]


def _of(table: str, column: str) -> str:
    return f"{table}.{quoted(column)}"
