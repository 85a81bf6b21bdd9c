"""Which paths a manifest may list: the same file on every system, inside the pack, and one name for one file.

One rule for those who sign and for those who verify.
"""

import re
from collections.abc import Iterable

from sealift.model.pack import ENVELOPE

FILE_COUNT_LIMIT = 2000

_SEGMENT = r"[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_-])?"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,5}}", re.ASCII)
_RESERVED = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|/|$)")
_UNREAD = re.compile(r"(?:^|/)__pycache__(?:/|$)|\.py[co]$")


def path_problem(path: str) -> str | None:
    """Say why the path may not stand in a manifest; ``None`` when it may."""
    if _PATH.fullmatch(path) is None:
        return "is no safe path (lower-case ASCII letters, digits, '.', '_' and '-', at most 6 levels)"
    if _RESERVED.search(path):
        return "is a device name on Windows"
    if _UNREAD.search(path):
        return "is compiled code, which is never read"
    if path == ENVELOPE:
        return "is the envelope, which cannot list itself"
    return None


def tree_problem(paths: Iterable[str]) -> str | None:
    """Say which path is a file and a directory at once; ``None`` when there is none."""
    files = frozenset(paths)
    for path in files:
        parent = path
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in files:
                return f"{parent!r} is a file and a directory"
    return None
