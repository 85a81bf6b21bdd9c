"""Making a document that fails as small as it gets while it still fails."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from sealift.testing.exact import write

_TRIES = 400
_SHORT = 16
"""Texts up to this length are tried without each of their characters."""


def shrunk(document: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return the smallest document that was found to fail; ``fails`` is called a few hundred times at most."""
    tries = _TRIES
    smaller = True
    while smaller and tries > 0:
        smaller = False
        for candidate in _candidates(json.loads(document)):
            tries -= 1
            text = write(candidate)
            if tries > 0 and text != document and fails(text):
                document, smaller = text, True
                break
    return document


def _candidates(document: Any) -> Iterator[Any]:
    """Yield documents that are simpler in one place, the boldest first."""
    for path, _ in sorted(_places(document), key=lambda place: len(place[0])):
        if path:
            yield _changed(document, path, None, remove=True)
    for path, value in _places(document):
        if path:
            for simpler in _simpler(value):
                yield _changed(document, path, simpler, remove=False)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, name))


def _changed(document: Any, path: tuple[str | int, ...], value: Any, *, remove: bool) -> Any:
    made = copy.deepcopy(document)
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return made


def _simpler(value: Any) -> Iterator[Any]:
    match value:
        case True:
            yield False
        case int() if value:
            yield from (number for number in (0, value // 2, value - 1) if abs(number) < abs(value))
        case float() if value:
            yield from (0, int(value)) if abs(value) < 1e15 else (0,)  # noqa: PLR2004 - beyond it floats are whole
        case str() if value:
            yield from _shorter(value)
        case dict() | list() if value:
            yield type(value)()
        case _:
            return


def _shorter(text: str) -> Iterator[str]:
    half = len(text) // 2
    yield from ("", text[:half], text[half:])
    if len(text) <= _SHORT:
        yield from (text[:at] + text[at + 1 :] for at in range(len(text)))
