"""sealift's own tables: their layout, its version, and the way from an older layout to this one."""

import secrets
from collections.abc import Callable, Mapping, Sequence

from sealift.errors.store import NewerTablesError, OwnTablesError
from sealift.stores.connection import Connection

PREFIX = "sealift_"
META = "sealift_meta"

# One entry a layout version. {text}, {blob} and {bigint} are the database's own words for long text, long binary and
# a 64-bit integer. Column names avoid every dialect's reserved words. A published entry is never edited.
LAYOUTS: Sequence[Sequence[str]] = (
    (
        "CREATE TABLE sealift_meta (name VARCHAR(40) NOT NULL PRIMARY KEY, content VARCHAR(200) NOT NULL)",
        "CREATE TABLE sealift_history (entry_no {bigint} NOT NULL PRIMARY KEY, entry {text} NOT NULL)",
        "CREATE TABLE sealift_progress (run_id VARCHAR(64) NOT NULL PRIMARY KEY, progress {text} NOT NULL)",
        (
            "CREATE TABLE sealift_range (run_id VARCHAR(64) NOT NULL, range_no {bigint} NOT NULL, "
            "state VARCHAR(10) NOT NULL, term VARCHAR(60) NOT NULL, runner VARCHAR(100) NOT NULL, "
            "facts {text} NOT NULL, PRIMARY KEY (run_id, range_no))"
        ),
        (
            "CREATE TABLE sealift_archive (digest VARCHAR(100) NOT NULL PRIMARY KEY, pack VARCHAR(200) NOT NULL, "
            "archive_no {bigint} NOT NULL, envelope {blob} NOT NULL)"
        ),
        (
            "CREATE TABLE sealift_archive_file (digest VARCHAR(100) NOT NULL, path VARCHAR(500) NOT NULL, "
            "content {blob} NOT NULL, PRIMARY KEY (digest, path))"
        ),
        (
            "CREATE TABLE sealift_quarantine (document_no {bigint} NOT NULL PRIMARY KEY, facts {text} NOT NULL, "
            "document {blob} NOT NULL)"
        ),
        (
            "CREATE TABLE sealift_lock (name VARCHAR(40) NOT NULL PRIMARY KEY, token {bigint} NOT NULL, "
            "holder {text} NOT NULL, expires {bigint} NOT NULL)"
        ),
        "INSERT INTO sealift_meta (name, content) VALUES ('token', '0')",
        "INSERT INTO sealift_meta (name, content) VALUES ('quarantined', '0')",
        "INSERT INTO sealift_meta (name, content) VALUES ('head', '')",
        "INSERT INTO sealift_meta (name, content) VALUES ('stop', '')",
    ),
)


def layout_version(connection: Connection, url: str, known: int = len(LAYOUTS)) -> int:
    """Return the version of the tables, which must exist.

    Raises NewerTablesError when a newer sealift made them, OwnTablesError when the version cannot be read.
    """
    rows = connection.query("SELECT content FROM sealift_meta WHERE name = 'layout'")
    if len(rows) != 1 or not str(rows[0][0]).isdigit():
        raise OwnTablesError(url=url, table=META, row="layout", reason="expected the version of the layout, a number")
    found = int(rows[0][0])
    if found > known:
        raise NewerTablesError(url=url, found=found, known=known)
    return found


def bring_up(
    connection: Connection,
    *,
    url: str,
    types: Mapping[str, str],
    exist: Callable[[], bool],
    layouts: Sequence[Sequence[str]] = LAYOUTS,
) -> None:
    """Make or upgrade the tables, inside the caller's transaction; nothing happens when they are as they should be."""
    if not exist():
        _build(connection, layouts, types, after=0)
        _remember(connection, "layout", str(len(layouts)))
        _remember(connection, "store", secrets.token_hex(16))
        return
    found = layout_version(connection, url, len(layouts))
    if found < len(layouts):
        _build(connection, layouts, types, after=found)
        connection.change(
            "UPDATE sealift_meta SET content = :version WHERE name = 'layout'", {"version": str(len(layouts))}
        )


def _build(connection: Connection, layouts: Sequence[Sequence[str]], types: Mapping[str, str], *, after: int) -> None:
    for statements in layouts[after:]:
        for statement in statements:
            connection.change(statement.format(**types))


def _remember(connection: Connection, name: str, content: str) -> None:
    connection.change(
        "INSERT INTO sealift_meta (name, content) VALUES (:name, :content)", {"name": name, "content": content}
    )
