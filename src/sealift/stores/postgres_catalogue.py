"""What PostgreSQL's catalogue says of tables, columns, keys and collations."""

from collections.abc import Sequence
from typing import Any

from sealift.errors.store_documents import CollationError
from sealift.stores.connection import Connection
from sealift.stores.layout import Column, Kind, Layout, Table
from sealift.stores.postgres_connection import PostgresConnection
from sealift.stores.postgres_statements import address, identifier, quoted

_KINDS = {
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.INTEGER,
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "bpchar": Kind.TEXT,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "bytea": Kind.BINARY,
}
_FIND = """
SELECT c.oid, c.relname, n.nspname, pg_table_is_visible(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p')
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, -1), coalesce(b.typname, t.typname), a.attnotnull, a.attgenerated <> ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = nullif(t.typbasetype, 0)
WHERE a.attrelid = CAST(:table AS oid) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_INDEXES = """
SELECT i.indisprimary, array_agg(a.attname::text ORDER BY p.n)
FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS p(attnum, n)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum
WHERE i.indrelid = CAST(:table AS oid) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
  AND p.n <= i.indnkeyatts
GROUP BY i.indexrelid, i.indisprimary
"""
_COLLATIONS = """
SELECT a.attname, c.collname, c.collprovider = 'd', c.collisdeterministic, c.collversion,
  pg_collation_actual_version(c.oid)
FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = to_regclass(:name) AND a.attname = ANY(:columns)
"""
_DATABASE_COLLATION = """
SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database()
"""
_KNOWS_DATABASE_COLLATION = 150000


def table_names(connection: Connection) -> Sequence[str]:
    """Return the tables that the search path shows."""
    sql = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)"
    hidden = " AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    return [str(name) for (name,) in connection.query(sql + hidden)]


def describe(connection: Connection, name: str) -> Table | None:
    """Return the description of ``table`` or ``schema.table``, or ``None``."""
    found = _find(connection, name)
    if found is None:
        return None
    oid, table, schema, is_visible = found
    columns = connection.query(_COLUMNS, {"table": oid})
    indexes = connection.query(_INDEXES, {"table": oid})
    return Table(
        name=table,
        schema=None if is_visible else schema,
        columns=tuple(_column(*column) for column in columns),
        primary_key=next((tuple(names) for is_primary, names in indexes if is_primary), ()),
        unique=tuple(frozenset(names) for _, names in indexes),
    )


def has_null_keys(connection: PostgresConnection, layout: Layout) -> bool:
    """Say whether any row has NULL in a column of the key, which a unique index allows."""
    where = " OR ".join(f"{quoted(column.name)} IS NULL" for column in layout.key)
    return bool(connection.run(f"SELECT 1 FROM {address(layout.table)} WHERE {where} LIMIT 1"))  # noqa: S608 - quoted


def check_collations(connection: Connection, layout: Layout, server_version: int) -> None:
    """Raise CollationError when the order of a text key cannot be relied on from one run to the next.

    Pages follow the key's own collation, because only that order has an index; so it must be total and unchanged.
    """
    texts = [column.name for column in layout.key if column.kind is not Kind.INTEGER]
    if not texts:
        return
    facts = {"name": address(layout.table, identifier), "columns": texts}
    for column, collation, is_default, is_deterministic, recorded, actual in connection.query(_COLLATIONS, facts):
        versions = (recorded, actual)
        if is_default and server_version >= _KNOWS_DATABASE_COLLATION:
            versions = tuple(connection.query(_DATABASE_COLLATION)[0])
        reason = None if is_deterministic else "it holds different texts for equal"
        if versions[0] is not None and versions[0] != versions[1]:
            reason = f"the index was made with version {versions[0]}, the server now sorts by {versions[1]}"
        if reason:
            raise CollationError(
                collection=layout.collection, table=layout.table.name, column=column, collation=collation, reason=reason
            )


def _find(connection: Connection, name: str) -> tuple[Any, ...] | None:
    places = [identifier(name)]
    if name.count(".") == 1:
        places.append(".".join(map(identifier, name.split("."))))
    for place in places:
        if found := connection.query(_FIND, {"name": place}):
            return found[0]
    return None


def _column(name: str, type_: str, base: str, is_not_null: bool, is_generated: bool) -> Column:  # noqa: FBT001 - a row
    kind = _KINDS.get(base, Kind.OTHER)
    return Column(name=name, type=type_, kind=kind, nullable=not is_not_null, generated=is_generated)
