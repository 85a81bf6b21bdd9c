"""JSON read without losing anything: duplicate members and bad numbers refused, every number's text kept."""

import json
from typing import Any, Never

import msgspec

from sealift.worker.exact import ExactFloat, exact_number, whole_number


class UnreadableError(Exception):
    """A stored document that is not one strict JSON object."""


class LimitError(Exception):
    """A document that is larger or deeper than allowed."""


def says_the_same(raw: bytes, before: bytes, document: object) -> bool:
    """Whether a text is one of the usual spellings of what encodes as ``before``: with blanks, or in ASCII."""
    compact = msgspec.json.format(raw, indent=-1)  # keeps duplicates, escapes, and the spelling of numbers
    if before == compact:
        return True
    return b"\\u" in raw and json.dumps(document, separators=(",", ":")).encode() == compact


def decode_exactly(raw: bytes) -> Any:
    """Read a text that a plain decoder would change; raises UnreadableError, RecursionError."""
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        message = f"is not JSON at character {error.pos}: {error.msg}"
    except ValueError as error:
        message = f"is not strict JSON: {error}"
    raise UnreadableError(message)


def encode_exact(value: object) -> msgspec.Raw:
    """Encode what msgspec does not know: numbers that carry their text."""
    if isinstance(value, ExactFloat):
        return msgspec.Raw(value.exact_text().encode())
    raise TypeError(type(value).__name__)


def fits(tree: object, depth: int) -> bool:
    """Whether objects and arrays are nested at most this deep."""
    level = _containers([tree])
    for _ in range(depth):
        if not level:
            return True
        level = _containers([item for node in level for item in _items(node)])
    return not level


def _containers(nodes: list[Any]) -> list[Any]:
    """Return the objects and arrays, each once: a node that is shared or contains itself must not multiply."""
    return list({id(node): node for node in nodes if isinstance(node, dict | list)}.values())


def _items(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def kind(value: object) -> str:
    """Return what JSON calls a decoded value."""
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", type(None): "null"}
    return names.get(type(value), "a number")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the member {twice[:60]!r} is there twice"
        raise ValueError(message)
    return members


def _no_constant(name: str) -> Never:
    message = f"{name} is not a number"
    raise ValueError(message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=exact_number, parse_int=whole_number, parse_constant=_no_constant
)
