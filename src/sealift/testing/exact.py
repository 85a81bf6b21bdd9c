"""Documents compared as JSON: numbers by their exact value, true never equal to 1, the first difference by its path."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any


def read(text: bytes) -> Any:
    """Return a document with its numbers exact."""
    return json.loads(text, parse_float=Decimal)


def write(document: object) -> bytes:
    """Return the text of a document."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def plain(text: bytes) -> Any:
    """Return a document as plain Python values."""
    return json.loads(text)


def differences(expected: Any, got: Any, path: str = "$") -> Iterator[str]:
    """Yield a line for each place where two documents differ; nothing if they are the same."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in dict.fromkeys([*expected, *got]):
            inside = f"{path}.{name}" if name.isidentifier() else f"{path}[{name!r}]"
            if name not in got:
                yield f"{inside}: {_short(expected[name])} is gone"
            elif name not in expected:
                yield f"{inside}: {_short(got[name])} was added"
            else:
                yield from differences(expected[name], got[name], inside)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for at, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(one, other, f"{path}[{at}]")
    elif _kind(expected) != _kind(got) or expected != got:
        yield f"{path}: expected {_short(expected)}, got {_short(got)}"


def without(document: Any, members: Sequence[str]) -> Any:
    """Return the document without some members; a dot leads into an object: ``address.zip``."""
    for member in members:
        document = _without(document, member.split("."))
    return document


def _without(document: Any, path: Sequence[str]) -> Any:
    if isinstance(document, list):
        return [_without(item, path) for item in document]
    if not isinstance(document, Mapping) or path[0] not in document:
        return document
    rest = {name: value for name, value in document.items() if name != path[0]}
    return rest if len(path) == 1 else {**rest, path[0]: _without(document[path[0]], path[1:])}


def _kind(value: object) -> type:
    return Decimal if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:119]}…"  # noqa: PLR2004 - enough to recognise a value
