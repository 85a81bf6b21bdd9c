"""What is wrong with a result: found by a walk, only when it is known that something is."""

import math
from collections.abc import Iterator
from typing import Any

from sealift.worker.exact import ExactFloat, PreciseFloat
from sealift.worker.frozen import FrozenDict, FrozenList


class NotJsonError(Exception):
    """A value that JSON cannot hold unchanged; the message names its path."""


def no_document(result: object) -> str:
    """Say what a method returned in place of a document."""
    if result is None:
        return "the method returned None: probably a `return document` is missing"
    return f"the method returned {article(result)}, not the document"


_PLAIN = frozenset({dict, list, str, int, float, bool, type(None), ExactFloat, PreciseFloat, FrozenDict, FrozenList})
_DEEPEST = 2000
_MOST_BITS = 14_280  # about 4300 digits, beyond which Python refuses to write an integer


def require_json(result: object) -> None:
    """Raise NotJsonError unless every part is exactly a dict, list, str, int, finite float, bool or None."""
    fault = first_fault(result)
    if fault is not None:
        raise NotJsonError(fault)


def fault_message(result: object) -> str:
    """Say why a result cannot be written."""
    return first_fault(result) or "the result cannot be written as JSON unchanged"


def first_fault(result: object) -> str | None:
    """Return what the first value is that JSON cannot hold unchanged, with its path."""
    return next(_faults(result), None)


def _faults(result: object) -> Iterator[str]:
    waiting: list[tuple[str, int, Any]] = [("$", 0, result)]
    while waiting:
        path, depth, value = waiting.pop()
        if depth > _DEEPEST:
            yield "the result is nested too deeply, or contains itself"
            return
        fault = _fault(value)
        if fault:
            yield f"{path}: {fault}"
        if isinstance(value, dict):
            yield from _key_faults(path, value)
            waiting += [(_member_path(path, name), depth + 1, item) for name, item in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", depth + 1, item) for index, item in reversed(list(enumerate(value)))]


def _key_faults(path: str, value: dict[Any, Any]) -> Iterator[str]:
    for name in value:
        if type(name) is not str:
            yield f"{path}: the key {_short(name)} is {article(name)}; write str(…)"
        elif not _is_text(name):
            yield f"{path}: a key has a lone surrogate, which is no character"


def _fault(value: object) -> str | None:
    match value:
        case _ if type(value) not in _PLAIN:
            return f"{article(value)}; write {_INSTEAD.get(type(value).__name__, 'a JSON value')}"
        case float() if not isinstance(value, ExactFloat) and not math.isfinite(value):
            return f"the float {value}, which JSON does not have; write None or a number"
        case str() if not _is_text(value):
            return "a text with a lone surrogate, which is no character"
        case int() if value.bit_length() > _MOST_BITS:
            return "an integer of thousands of digits"
        case _:
            return None


_INSTEAD = {
    "Decimal": "str(…) or float(…)",
    "datetime": "….isoformat()",
    "date": "….isoformat()",
    "time": "….isoformat()",
    "timedelta": "….total_seconds()",
    "UUID": "str(…)",
    "bytes": "….decode(), or base64.b64encode(…).decode()",
    "tuple": "list(…)",
    "set": "sorted(…)",
    "frozenset": "sorted(…)",
    "deque": "list(…)",
    "OrderedDict": "dict(…)",
    "defaultdict": "dict(…)",
    "Counter": "dict(…)",
    "generator": "list(…)",
    "dict_keys": "list(…)",
    "dict_values": "list(…)",
    "dict_items": "list(…)",
    "map": "list(…)",
    "filter": "list(…)",
    "zip": "list(…)",
    "range": "list(…)",
    "function": "a call of it",
}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _member_path(path: str, name: object) -> str:
    return f"{path}.{name}" if isinstance(name, str) and name.isidentifier() else f"{path}[{_short(name)}]"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004  # enough to recognise a key


def article(value: object) -> str:
    """Return the name of a value's type, with its article."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
