"""In which line of a policy a field stands; ``tomllib`` does not say."""

import re
from collections import Counter

_HEADER = re.compile(r"\s*\[\[?\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*\]")
_FIELD = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")


class PolicyLines:
    """The lines of the tables and fields. Good for messages, not for decisions: unusual TOML gives a near line."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, int, str], int] = {}
        table, seen = "", Counter[str]()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                table = header[1]
                seen[table] += 1
                self._lines.setdefault((table, seen[table] - 1, ""), number)
            elif field := _FIELD.match(line):
                self._lines.setdefault((table, max(seen[table] - 1, 0), field[1]), number)

    def find(self, table: str, index: int = 0, field: str = "") -> int:
        """Return the line of a field, or the nearest one above that is known; at the top the table is ``""``."""
        candidates = ((table, index, field), (table, index, ""), (table or field, 0, ""), ("", 0, table))
        return next((self._lines[one] for one in candidates if one in self._lines), 1)
