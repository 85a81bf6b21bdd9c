"""Whether the files that announce and sign an installed pack are still those that were read before.

A file is known again by device, inode, size, time of change and time of status change. The last one cannot be set: it
notices an edit whose other times were put back, a file that was exchanged, and one that came from elsewhere. Two writes
within one tick of the file system's clock cannot be told apart, so what is younger than ``RACY_SECONDS`` is not known
(as git does).
"""

import os
from collections.abc import Iterator, Sequence
from operator import attrgetter

from sealift.model.pack import ENVELOPE, PackOrigin

RACY_SECONDS = 2.0
"""Longer than a tick of any file system's clock."""

_NANO = 1_000_000_000
_FIELDS = 5
_identity = attrgetter("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


def identities(directory: str, root: str, module: str) -> list[int] | None:
    """Return what everything is known by that a claim and its envelope are read from; ``None`` if something is missing.

    ``directory`` is the dist-info, in which a file may appear or go; ``root`` the pack folder, whose folders, one for
    each part of ``module``, are looked at without following links, as they are read.
    """
    known: list[int] = []
    try:
        for path in (directory, f"{directory}/entry_points.txt", f"{directory}/METADATA"):
            known += _identity(os.stat(path))  # noqa: PTH116 - thousands of texts; a Path costs as much as the call
        for path in _folders(root, module):
            known += _identity(os.lstat(path))
        known += _identity(os.lstat(f"{root}/{ENVELOPE}"))
    except OSError:
        return None
    return known


def settled(known: Sequence[int], now: float) -> bool:
    """Say whether all of it was last changed long enough before ``now`` to notice the next change."""
    newest = max(known[_FIELDS - 1 :: _FIELDS])
    return newest < (now - RACY_SECONDS) * _NANO


def _folders(root: str, module: str) -> Iterator[str]:
    path = root
    for _ in range(module.count(".") + 1):
        yield path
        path = path.rpartition("/")[0]


def watched(directory: str, origin: PackOrigin) -> list[int] | None:
    """Return ``identities`` for an installed pack."""
    return identities(directory, str(origin.root), origin.module)
