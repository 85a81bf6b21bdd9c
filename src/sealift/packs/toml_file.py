"""TOML files with the lines their keys stand on, which the standard library's reader forgets."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealift.errors.pack_project import TomlInvalidFinding

_LINE = re.compile(r"at line (\d+), column (\d+)")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*[.=]""")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A TOML file that was read: its path as shown, its text and its content."""

    shown: str
    text: str
    content: Mapping[str, Any]

    def line_of(self, *keys: str) -> int:
        """Return the line on which the key of this way through the tables stands, or the nearest one above it."""
        best, line = (0, 1), 0
        table: tuple[str, ...] = ()
        for text in self.text.splitlines():
            line += 1
            header, key = _HEADER.match(text), _KEY.match(text)
            if header:
                table = _parts(header[1])
                way = table
            elif key:
                way = (*table, _bare(key[1]))
            else:
                continue
            shared = min(len(way), len(keys))
            if way[:shared] == keys[:shared] and shared > best[0]:
                best = (shared, line)
        return best[1]


def parse_toml(path: Path, data: bytes) -> TomlFile | TomlInvalidFinding:
    """Return the content, or the finding that says where reading stopped."""
    try:
        text = data.decode("utf-8")
        return TomlFile(shown=str(path), text=text, content=tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return TomlInvalidFinding(file=str(path), line=line, problem="it is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (data.count(b"\n") + 1, 1)
        return TomlInvalidFinding(
            file=str(path), line=line, column=column, problem=_LINE.sub("here", str(error)).replace(" (here)", "")
        )


def _parts(header: str) -> tuple[str, ...]:
    return tuple(_bare(part) for part in re.findall(r""""[^"]*"|'[^']*'|[^.\s]+""", header))


def _bare(key: str) -> str:
    return key[1:-1] if key[:1] in {'"', "'"} else key


def nearest(name: str, known: Sequence[str], *, cutoff: float = 0.7) -> str | None:
    """Return the known name that looks most like this one, if any does."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), None)
