"""Reading the two text files of a dist-info directory that discovery rests on.

Both are read by hand when they are in the plain form that every build backend writes, because importing
``importlib_metadata`` costs more than reading a thousand of them. Anything unusual is left to that library, so that
there is one definition of the format: a property test holds the short way to its answers.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib_metadata import Distribution

GROUP = "sealift.packs"
GROUP_BYTES = GROUP.encode("ascii")

# str.splitlines and str.strip know more line ends and blanks than these; a file that has them goes the long way.
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n\r"
# The file of a distribution that carries one pack and nothing else, as hatchling, flit and setuptools write it.
_ONE_PACK = re.compile(rb"\[sealift\.packs\]\n([a-z0-9_.]+) = ([A-Za-z0-9_.]+)\n+")
_METADATA = re.compile(rb"Metadata-Version: [0-9.]+\r?\nName: ([!-~]+)\r?\nVersion: ([!-~]+)\r?\n")


class Entry(NamedTuple):
    """One line of an entry-point group, as it stands there: nothing was checked."""

    name: str
    value: str


def pack_entries(text: bytes) -> tuple[Entry, ...]:
    """Return the entries of the group ``sealift.packs`` in the text of ``entry_points.txt``.

    Raises ValueError when the file is not in the format.
    """
    if GROUP_BYTES not in text:
        return ()
    one = _ONE_PACK.fullmatch(text)
    if one is not None:
        return (Entry(one[1].decode("ascii"), one[2].decode("ascii")),)
    return tuple(Entry(name, value) for group, name, value in all_entries(text) if group == GROUP)


def all_entries(text: bytes) -> Sequence[tuple[str, str, str]]:
    """Return group, name and value of every entry; raises ValueError when the file is not in the format."""
    return _long_way(text) if text.translate(None, _PLAIN) else _short_way(text.decode("ascii"))


def _short_way(text: str) -> list[tuple[str, str, str]]:
    section: str | None = None
    entries = []
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]")
        elif section is not None:
            name, equals, value = line.partition("=")
            if not equals:
                message = f"line {line!r} has no '='"
                raise ValueError(message)
            entries.append((section, name.strip(), value.strip()))
    return entries


def _long_way(text: bytes) -> list[tuple[str, str, str]]:
    try:
        # UnicodeDecodeError is a ValueError; a line without '=' is a TypeError inside the library.
        points = _held("entry_points.txt", text.decode("utf-8")).entry_points
        return [(point.group, point.name, point.value) for point in points]
    except TypeError as error:
        message = "a line has no '='"
        raise ValueError(message) from error


def name_and_version(metadata: bytes | None) -> tuple[str, str]:
    """Return the name and version that the text of METADATA states, unchecked; empty where they are missing."""
    if metadata is None:
        return "", ""
    plain = _METADATA.match(metadata)
    if plain is not None:
        return plain[1].decode("ascii"), plain[2].decode("ascii")
    headers = _held("METADATA", metadata.decode("utf-8", "replace")).metadata
    return str(headers.get("Name", "")).strip(), str(headers.get("Version", "")).strip()


def _held(filename: str, text: str) -> "Distribution":
    """Return a distribution of the library whose one file is the text that was read already."""
    from importlib_metadata import Distribution, SimplePath

    class Held(Distribution):
        def read_text(self, filename_: str) -> str | None:
            return text if filename_ == filename else None

        def locate_file(self, path: object) -> SimplePath:
            raise NotImplementedError

    return Held()
