"""The SQL of one collection in PostgreSQL, composed once."""
# ruff: noqa: S608 - names are quoted, values are bound

from collections.abc import Callable

from sealift.stores.layout import Column, Kind, Layout, Table


def identifier(name: str) -> str:
    """Return the name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted(name: str) -> str:
    """Return the name as an identifier for a statement with ``%s`` in it."""
    return identifier(name).replace("%", "%%")


def address(table: Table, quote: Callable[[str], str] = quoted) -> str:
    """Return the table's full name, quoted."""
    return ".".join(quote(part) for part in (table.schema, table.name) if part)


class Statements:
    """Statements with ``%s`` in the order: key arrays, ``xmin`` array, document array."""

    def __init__(self, layout: Layout) -> None:
        self.table = address(layout.table)
        self._layout = layout
        self._key = ", ".join(_of_table(column) for column in layout.key)
        self._present = f"{_of_table(layout.document)} IS NOT NULL" if layout.document else "true"
        self._same_key = " AND ".join(
            f"{_of_table(column)} = c.k{n}{_as_key(column)}" for n, column in enumerate(layout.key)
        )
        self.count = f"SELECT count(*) FROM {self.table} AS t WHERE {self._present}"
        self.get = f"{self._select()} JOIN {self._batch()} ON {self._same_key} WHERE {self._present}"
        self.update = self._update()
        self.delete = (
            f"DELETE FROM {self.table} AS t USING {self._batch('x')} "
            f"WHERE {self._same_key} AND t.xmin = c.x RETURNING c.n"
        )
        # Within the transaction that wrote it, a row carries that transaction's own number.
        self.lost = (
            f"SELECT c.n FROM {self._batch()} LEFT JOIN {self.table} AS t ON {self._same_key} "
            "WHERE t.xmin IS NULL OR t.xmin <> pg_current_xact_id()::xid"
        )
        self.copy, self.insert = self._copy(), self._insert()

    def page(self, *, after: bool, until: bool, rows: int) -> str:
        """Return the statement for one page; the limit is a literal, so that a generic plan knows it is small."""
        marks = ", ".join(f"%s{_as_key(column)}" for column in self._layout.key)
        bounds = [self._present]
        bounds += [f"({self._key}) > ({marks})"] if after else []
        bounds += [f"({self._key}) <= ({marks})"] if until else []
        return f"{self._select()} WHERE {' AND '.join(bounds)} ORDER BY {self._key} LIMIT {rows}"

    def cut(self, *, after: bool, rows: int) -> str:
        """Return the statement for every ``rows``-th key."""
        marks = ", ".join(f"%s{_as_key(column)}" for column in self._layout.key)
        beyond = f" AND ({self._key}) > ({marks})" if after else ""
        numbered = f"SELECT {self._key_texts()}, row_number() OVER (ORDER BY {self._key}) AS n FROM {self.table} AS t"
        names = ", ".join(f"k{n}" for n in range(len(self._layout.key)))
        numbered = f"({numbered} WHERE {self._present}{beyond}) AS numbered ({names}, n)"
        return f"SELECT {names} FROM {numbered} WHERE n %% {rows} = 0 ORDER BY n"

    def _key_texts(self) -> str:
        texts = (_of_table(column) + ("" if column.kind is Kind.INTEGER else "::text") for column in self._layout.key)
        return ", ".join(texts)

    def _select(self) -> str:
        document = self._layout.document
        text = f"{_of_table(document)}::text" if document else f"row_to_json(({self._row()}))::text"
        return f"SELECT {self._key_texts()}, {text}, t.xmin FROM {self.table} AS t"

    def _row(self) -> str:
        return f"SELECT r FROM (SELECT {', '.join(map(_of_table, self._layout.members))}) AS r"

    def _batch(self, *more: str) -> str:
        names = [*(f"k{n}" for n in range(len(self._layout.key))), *more]
        return f"unnest({', '.join('%s' for _ in names)}) WITH ORDINALITY AS c({', '.join([*names, 'n'])})"

    def _update(self) -> str:
        document = self._layout.document
        where = f"WHERE {self._same_key} AND t.xmin = c.x"
        if document:
            assigned = f"{quoted(document.name)} = c.d"
            return f"UPDATE {self.table} AS t SET {assigned} FROM {self._batch('x', 'd')} {where}"
        names = [quoted(column.name) for column in self._layout.written]
        assigned = ", ".join(f"{name} = r.{name}" for name in names)
        record = f"json_populate_record(NULL::{self.table}, c.d) AS r"
        return f"UPDATE {self.table} AS t SET {assigned} FROM {self._batch('x', 'd')}, {record} {where}"

    def _copy(self) -> str:
        if self._layout.document is None:
            return ""
        columns = (*self._layout.key, self._layout.document)
        return f"COPY {self.table} ({', '.join(quoted(column.name) for column in columns)}) FROM STDIN"

    def _insert(self) -> str:
        names = ", ".join(quoted(column.name) for column in self._layout.members)
        values = ", ".join(f"r.{quoted(column.name)}" for column in self._layout.members)
        record = f"json_populate_record(NULL::{self.table}, c.d) AS r"
        return f"INSERT INTO {self.table} ({names}) SELECT {values} FROM unnest(%s) AS c(d), {record}"


def _of_table(column: Column) -> str:
    return f"t.{quoted(column.name)}"


def _as_key(column: Column) -> str:
    return "" if column.kind is Kind.INTEGER else f"::{column.type}"
