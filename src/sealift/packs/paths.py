"""Which paths can stand in a manifest, for those who write one or look into a wheel.

The same rule as the verifier's (``sealift.trust.paths``), which does not rest on this room; a property test holds the
two together.
"""

import re

_SEGMENT = r"[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_-])?"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,5}}", re.ASCII)
_RESERVED = re.compile(r"(?:^|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|/|$)")
_UNREAD = re.compile(r"(?:^|/)__pycache__(?:/|$)|\.py[co]$")


def path_problem(path: str) -> str | None:
    """Say why the path cannot be signed; ``None`` when it can."""
    if _PATH.fullmatch(path) is None:
        return "is no safe path (lower-case ASCII letters, digits, '.', '_' and '-', at most 6 levels)"
    if _RESERVED.search(path):
        return "is a device name on Windows"
    return "is compiled code, which is never read" if _UNREAD.search(path) else None
