"""From a document's bytes to its bytes: nothing that the migration does not touch may change.

A JSON library changes values silently (NaN becomes null, 1.10 becomes 1.1, a tuple becomes a list). So every decoding
is checked to be the text that was read, and every encoding is decoded again and compared with what was encoded.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from sealift.worker.exact import ExactFloat, PreciseFloat, exact_number, whole_number
from sealift.worker.frozen import FrozenDict, FrozenList

MESSAGE_CHARACTERS = 1000
"""The longest message of an error."""

_ADDRESS = re.compile(rb"<[^<>]{1,200} at 0x[0-9a-f]{6,16}>")
_PACK = "pack:"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document could not be transformed."""

    code: str
    """``unreadable``, ``raised``, ``returned-none``, ``not-json`` or ``limit``."""
    message: str
    where: str | None = None
    """File and line of the pack, ``migrations/split.py:12``, for what the pack raised."""


class NotJsonError(Exception):
    """A value that JSON cannot hold unchanged; the message names its path."""


class _UnreadableError(Exception):
    """A stored document that is not one strict JSON object."""


class _LimitError(Exception):
    """A document that is larger or deeper than allowed."""


class Codec:
    """Decodes, transforms and encodes single documents; holds no state of them.

    ``depth`` is the number of nested objects and arrays a document may have, ``document_bytes`` its size, both for
    what is read and what is returned.
    """

    def __init__(self, depth: int, document_bytes: int) -> None:
        self._depth = depth
        self._bytes = document_bytes
        self._decode = msgspec.json.Decoder().decode
        self._encode = msgspec.json.Encoder(enc_hook=_encode_exact).encode

    def transform(self, raw: bytes, function: Callable[[dict[str, Any]], object]) -> bytes | None | Failure:
        """Return the changed document's text, ``None`` if it is unchanged, or why there is neither."""
        try:
            document, before = self._read(raw)
        except _UnreadableError as error:
            return Failure("unreadable", str(error))
        except _LimitError as error:
            return Failure("limit", f"the stored document {error}")
        try:
            result = function(document)
        except NotJsonError as error:
            return Failure("not-json", str(error))
        except Exception as error:  # noqa: BLE001  # whatever a pack raises is an outcome
            return failure_of(error)
        return self._written(result, raw, before)

    def read(self, raw: bytes) -> dict[str, Any] | Failure:
        """Return the document, for a method that returns none."""
        try:
            return self._read(raw)[0]
        except _UnreadableError as error:
            return Failure("unreadable", str(error))
        except _LimitError as error:
            return Failure("limit", f"the stored document {error}")

    # Reading

    def _read(self, raw: bytes) -> tuple[dict[str, Any], bytes]:
        if len(raw) > self._bytes:
            message = f"has {len(raw)} bytes (at most {self._bytes} are allowed)"
            raise _LimitError(message)
        try:
            document = self._decode(raw)
            before = self._encode(document)
            if not _says_the_same(raw, before, document):
                document, before = self._read_exactly(raw)
        except (msgspec.MsgspecError, UnicodeError):
            document, before = self._read_exactly(raw)
        except RecursionError:
            raise _LimitError(self._too_deep()) from None
        if type(document) is not dict:
            message = f"the stored document is not an object but {_json_name(document)}"
            raise _UnreadableError(message)
        self._check_depth(raw, document)
        return document, before

    def _read_exactly(self, raw: bytes) -> tuple[Any, bytes]:
        """Read a text that a plain decoder would change, keeping the text of numbers that floats cannot hold."""
        try:
            document = _EXACT_DECODER.decode(raw.decode("utf-8"))
            return document, self._encode(document)
        except RecursionError:
            raise _LimitError(self._too_deep()) from None
        except UnicodeDecodeError as error:
            message = f"the stored document is not UTF-8 at byte {error.start}"
            raise _UnreadableError(message) from None
        except UnicodeEncodeError:
            message = "the stored document has a lone surrogate, which is no character"
            raise _UnreadableError(message) from None
        except json.JSONDecodeError as error:
            message = f"the stored document is not JSON at character {error.pos}: {error.msg}"
            raise _UnreadableError(message) from None
        except ValueError as error:
            message = f"the stored document is not strict JSON: {error}"
            raise _UnreadableError(message) from None

    def _check_depth(self, text: bytes, tree: object) -> None:
        if text.count(b"{") + text.count(b"[") > self._depth and not _fits(tree, self._depth):
            raise _LimitError(self._too_deep())

    def _too_deep(self) -> str:
        return f"is nested too deeply (at most {self._depth} levels are allowed)"

    # Writing

    def _written(self, result: object, raw: bytes, before: bytes) -> bytes | None | Failure:
        try:
            after = self._encode(result)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            return Failure("not-json", _first_fault(result) or f"the result cannot be written as JSON: {error}")
        except MemoryError:
            return Failure("limit", "the result does not fit into the memory")
        if after == before and type(result) is dict:
            return None
        try:
            self._check_result(result, after, before)
        except NotJsonError as error:
            return Failure("returned-none" if result is None else "not-json", str(error))
        except _LimitError as error:
            return Failure("limit", f"the result {error}")
        return after

    def _check_result(self, result: object, after: bytes, before: bytes) -> None:
        if not isinstance(result, dict):
            raise NotJsonError(_no_document(result))
        if len(after) > self._bytes:
            message = f"has {len(after)} bytes (at most {self._bytes} are allowed)"
            raise _LimitError(message)
        self._check_depth(after, result)
        if not self._is_faithful(result, after):
            raise NotJsonError(_first_fault(result) or "the result cannot be written as JSON unchanged")
        if b" at 0x" in after and _ADDRESS.search(after) and not _ADDRESS.search(before):
            found = _ADDRESS.search(after)
            message = f"the result holds the text {found[0].decode() if found else ''}: a call is missing its ()"
            raise NotJsonError(message)

    def _is_faithful(self, result: object, after: bytes) -> bool:
        try:
            return bool(self._decode(after) == result)
        except (msgspec.MsgspecError, UnicodeError):
            return bool(_EXACT_DECODER.decode(after.decode("utf-8")) == result)


def _says_the_same(raw: bytes, before: bytes, document: object) -> bool:
    """Whether decoding lost nothing: then encoding gives the text that was read, in one of its usual spellings."""
    if before == raw:
        return True
    compact = msgspec.json.format(raw, indent=-1)
    return bool(before == compact) or (b"\\u" in raw and _ascii(document) == compact)


def _ascii(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add returns None
        message = f"the member {twice!r} is there twice"
        raise ValueError(message)
    return members


def _no_constant(name: str) -> None:
    message = f"{name} is not a number"
    raise ValueError(message)


_EXACT_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=exact_number, parse_int=whole_number, parse_constant=_no_constant
)


def _encode_exact(value: object) -> msgspec.Raw:
    if isinstance(value, ExactFloat):
        return msgspec.Raw(value.exact_text().encode())
    raise TypeError(type(value).__name__)


# What is wrong with a result, found only when it is known that something is


def _no_document(result: object) -> str:
    if result is None:
        return "the method returned None: probably a `return document` is missing"
    return f"the method returned {_json_name(result)}, not the document"


def _fits(tree: object, depth: int) -> bool:
    level: list[Any] = [tree]
    for _ in range(depth + 1):
        level = [item for node in level for item in _children(node)]
        if not level:
            return True
    return False


def _children(node: object) -> list[Any]:
    match node:
        case dict():
            return [value for value in node.values() if isinstance(value, dict | list)]
        case list():
            return [value for value in node if isinstance(value, dict | list)]
        case _:
            return []


_PLAIN = frozenset({dict, list, str, int, float, bool, type(None), ExactFloat, PreciseFloat, FrozenDict, FrozenList})
_DEEPEST = 10_000


def require_json(result: object) -> None:
    """Raise NotJsonError unless every part is exactly a dict, list, str, int, finite float, bool or None."""
    fault = _first_fault(result)
    if fault is not None:
        raise NotJsonError(fault)


def _first_fault(result: object) -> str | None:
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
            yield f"{path}: the key {_short(name)} is {_article(name)}; write str(…)"
        elif not _is_text(name):
            yield f"{path}: a key has a lone surrogate, which is no character"


def _fault(value: object) -> str | None:
    if type(value) not in _PLAIN:
        return f"{_article(value)}; write {_INSTEAD.get(type(value).__name__, 'a JSON value')}"
    if isinstance(value, float) and not isinstance(value, ExactFloat) and (value != value or value in _INFINITIES):  # noqa: PLR0124  # the test for NaN
        return f"the float {value}, which JSON does not have; write None or a number"
    if isinstance(value, str) and not _is_text(value):
        return "a text with a lone surrogate, which is no character"
    return None


_INFINITIES = (float("inf"), float("-inf"))
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


def _article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _json_name(value: object) -> str:
    names = {
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return names.get(type(value)) or _article(value)


# What a pack raised


def failure_of(error: BaseException) -> Failure:
    """Return the failure for an exception that came out of a pack: its type, its message, its place; no document."""
    return Failure("limit" if isinstance(error, MemoryError) else "raised", describe(error), place(error))


def describe(error: BaseException) -> str:
    """Return type and message, cut; a document that was passed as the message is left out."""
    name = type(error).__name__
    if any(isinstance(argument, dict | list | tuple | set | frozenset) for argument in error.args):
        return f"{name}: (the message is {_article(error.args[0])}, which is not shown)"
    text = str(error)
    if len(text) > MESSAGE_CHARACTERS:
        text = f"{text[:MESSAGE_CHARACTERS]}…"
    text = text.encode("utf-8", "replace").decode()
    return f"{name}: {text}" if text else name


def place(error: BaseException) -> str | None:
    """Return file and line of the innermost frame in the pack."""
    found, traceback = None, error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(_PACK):
            found = f"{name.removeprefix(_PACK)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found
