"""Items for a JSON result that are kept in a temporary file: there may be as many as there are documents."""

import json
import tempfile
from collections.abc import Iterator
from typing import Any, Self


class Spool(list[Any]):
    """Looks like a list to ``json.dump``, which takes one item after the other, and holds none of them in memory.

    Items are JSON-safe values. The file has no name and is gone when the spool is closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by __exit__
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, item: Any) -> None:
        """Keep one item."""
        self._file.write(json.dumps(item, default=str) + "\n")
        self._count += 1

    def __iter__(self) -> Iterator[Any]:
        self._file.seek(0)
        yield from map(json.loads, self._file)

    def __len__(self) -> int:
        return self._count
