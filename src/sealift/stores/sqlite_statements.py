"""The SQL of one collection in SQLite, composed once."""
# ruff: noqa: S608 - names are quoted, values are bound

from sealift.stores.layout import Column, Kind, Layout


def quoted(name: str) -> str:
    """Return the name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class Statements:
    """Statements with ``?`` in the order: new values, key, values that were read."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._table = quoted(layout.table.name)
        self._keys = ", ".join(_ordered(column) for column in layout.key)
        self._marks = ", ".join("?" for _ in layout.key)
        where = " AND ".join(f"{_ordered(column)} = ?" for column in layout.key)
        self._present = f"{quoted(layout.document.name)} IS NOT NULL" if layout.document else "1"
        self.count = f"SELECT count(*) FROM {self._table} WHERE {self._present}"
        self.one = f"{self._select()} WHERE {where} AND {self._present}"
        if layout.document:
            self._for_documents(quoted(layout.document.name), where)
        else:
            self._for_rows(where)

    def page(self, *, after: bool, until: bool) -> str:
        """Return the statement for one page."""
        bounds = [self._present]
        bounds += [f"({self._keys}) > ({self._marks})"] if after else []
        bounds += [f"({self._keys}) <= ({self._marks})"] if until else []
        return f"{self._select()} WHERE {' AND '.join(bounds)} ORDER BY {self._keys} LIMIT ?"

    def cut(self, *, after: bool) -> str:
        """Return the statement for the key of every ?-th document."""
        beyond = f" AND ({self._keys}) > ({self._marks})" if after else ""
        names = [quoted(column.name) for column in self._layout.key]
        guards = [f"typeof({name})" for name in self._guarded()]
        numbered = f"SELECT {', '.join([*names, *guards])}, row_number() OVER (ORDER BY {self._keys}) AS n"
        columns = ", ".join([*(f"k{n}" for n in range(len(names))), *(f"g{n}" for n in range(len(guards)))])
        found = f"WITH numbered ({columns}, n) AS ({numbered} FROM {self._table} WHERE {self._present}{beyond})"
        return f"{found} SELECT {columns} FROM numbered WHERE n % ? = 0 ORDER BY n"

    def _guarded(self) -> list[str]:
        return [quoted(column.name) for column in self._layout.key if column.kind is not Kind.INTEGER]

    def _select(self) -> str:
        keys = [quoted(column.name) for column in self._layout.key]
        document = self._layout.document
        values = [document] if document else self._layout.members
        watched = [f"{quoted(column.name)}, typeof({quoted(column.name)}) = 'blob'" for column in values]
        guards = [f"typeof({name})" for name in self._guarded()]
        return f"SELECT {', '.join([*keys, *watched, *guards])} FROM {self._table}"

    def _for_documents(self, document: str, where: str) -> None:
        # COLLATE BINARY: the column's own collation may hold different documents for equal.
        same = f"{where} AND {document} = ? COLLATE BINARY"
        self.same = f"SELECT 1 FROM {self._table} WHERE {same}"
        # Each trigger, and whether it is on this table.
        self.triggers = "SELECT tbl_name = ? COLLATE NOCASE FROM sqlite_master WHERE type = 'trigger'"
        self.replace = f"UPDATE {self._table} SET {document} = ? WHERE {where}"
        self.update = f"UPDATE {self._table} SET {document} = ? WHERE {same}"
        self.delete_blob = f"DELETE FROM {self._table} WHERE {same}"
        self.delete_text = f"DELETE FROM {self._table} WHERE {where} AND {document} = CAST(? AS TEXT) COLLATE BINARY"
        names = ", ".join([*(quoted(column.name) for column in self._layout.key), document])
        self.insert = f"INSERT INTO {self._table} ({names}) VALUES ({self._marks}, ?)"

    def _for_rows(self, where: str) -> None:
        written = [quoted(column.name) for column in self._layout.written]
        same = " AND ".join([where, *(f"{quoted(c.name)} IS ? COLLATE BINARY" for c in self._layout.members)])
        assigned = ", ".join(f"{name} = ?" for name in written)
        self.update_row = f"UPDATE {self._table} SET {assigned} WHERE {same}"
        self.delete_row = f"DELETE FROM {self._table} WHERE {same}"
        names = [*(quoted(column.name) for column in self._layout.key), *written]
        self.insert_row = f"INSERT INTO {self._table} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})"


def _ordered(column: Column) -> str:
    # Text in the order of its bytes, whatever the column's collation: a checkpoint must mean the same tomorrow.
    return quoted(column.name) if column.kind is Kind.INTEGER else f"{quoted(column.name)} COLLATE BINARY"
