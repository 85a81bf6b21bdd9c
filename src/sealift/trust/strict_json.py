"""JSON without its ambiguities: one reading of the bytes, or none.

Refused are duplicate members, every number that is no integer of at most 16 digits, text that is not UTF-8 or has a
byte order mark, lone surrogates, more bytes than asked for, and deep nesting. ``json.loads`` alone takes all of them.
"""

import json
import re
from typing import Any

DEPTH_LIMIT = 64
"""Levels of nesting: far more than any manifest has, far fewer than the interpreter's stack."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,16}", re.ASCII)


class StrictJsonError(ValueError):
    """The text is not JSON in the strict sense; its message is a clause that says why."""


def loads(data: bytes, *, max_bytes: int) -> dict[str, Any]:
    """Read one object; raises StrictJsonError."""
    if len(data) > max_bytes:
        message = f"it has {len(data)} bytes (expected at most {max_bytes})"
        raise StrictJsonError(message)
    _check_depth(data)
    try:
        value = _DECODER.decode(_text(data))
    except json.JSONDecodeError as error:
        message = f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise StrictJsonError(message) from None
    return _checked(value, data)


def _text(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        message = "it begins with a byte order mark"
        raise StrictJsonError(message)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 at byte {error.start}"
        raise StrictJsonError(message) from None


def _check_depth(data: bytes) -> None:
    # Depth is at most the number of opening brackets; only a text with more of them has to be scanned.
    if data.count(b"{") + data.count(b"[") <= DEPTH_LIMIT:
        return
    level = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", data)):
        level += 1 if bracket in b"[{" else -1
        if level > DEPTH_LIMIT:
            message = f"it is nested deeper than {DEPTH_LIMIT} levels"
            raise StrictJsonError(message)


def _checked(value: Any, data: bytes) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = "it is not an object"
        raise StrictJsonError(message)
    # A lone surrogate can only come from an escape: everything else was valid UTF-8.
    if b"\\u" in data:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            message = "it has half a surrogate pair"
            raise StrictJsonError(message) from None
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the member {twice!r} is there twice"
        raise StrictJsonError(message)
    return members


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        message = "it has an integer of more than 16 digits"
        raise StrictJsonError(message)
    return int(text)


def _no_number(text: str) -> Any:
    message = f"it has the number {text[:20]} (expected integers only)"
    raise StrictJsonError(message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
)
