"""How much room there is for an SQLite database: asked of the file system, and of the file itself."""

import os
from pathlib import Path

from sealift.model.room import Room
from sealift.stores.connection import Connection

_WAL = "-wal"


def sqlite_room(connection: Connection, path: Path) -> Room | None:
    """Return what there is; ``None`` where the file system does not say."""
    try:
        free = _free(path.parent)
    except OSError:
        return None
    page = _pragma(connection, "page_size")
    keeps_new = str(connection.query("PRAGMA journal_mode")[0][0]).lower() == "wal"
    return Room(
        place=str(path.parent),
        free=free,
        size=page * _pragma(connection, "page_count"),
        spare=page * _pragma(connection, "freelist_count"),
        journal=_size(path.with_name(path.name + _WAL)),
        turnover=page * _pragma(connection, "wal_autocheckpoint") if keeps_new else None,
    )


def _free(directory: Path) -> int:
    found = os.statvfs(directory)
    # The administrator may use what is held back from others.
    return found.f_frsize * (found.f_bavail if os.geteuid() else found.f_bfree)


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.query(f"PRAGMA {name}")[0][0])


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
