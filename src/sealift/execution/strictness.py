"""Strict JSON: what a document must be before anything else is asked of it.

An untrusted worker wrote the bytes, so they are held to RFC 8259 and beyond: UTF-8, one object, no duplicate names, no
NaN or Infinity, no lone surrogates, no byte order mark, bounded size and depth. Numbers are exact: fractions and
exponents become Decimal, never a float.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from sealift.model.batch import DocumentError
from sealift.model.limits import Limits

_BLANKS = b" \t\n\r"
_LONG_INTEGER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]{4300,}(?![0-9.eE])')
_LONGEST_INTEGER = 4300
"""Digits that Python, msgspec and jsonschema-rs convert; longer integers become Decimals, which all of them hold."""


@dataclass(kw_only=True, eq=False)
class _Refusal(Exception):  # noqa: N818 - an outcome on the way out of the decoder, never shown
    code: str
    message: str


class StrictDecoder:
    """Decodes documents, and says of each that is none why.

    Guarantees that what it returns is what any other strict reader of the same bytes would see.
    """

    __slots__ = ("_decode", "_encode", "_limits", "_slips")

    def __init__(self, limits: Limits) -> None:
        from msgspec import MsgspecError
        from msgspec.json import Decoder, Encoder

        self._limits = limits
        self._decode: Callable[[bytes], Any] = Decoder(float_hook=Decimal).decode
        self._encode: Callable[[Any], bytes] = Encoder(decimal_format="number").encode
        self._slips = (MsgspecError, ValueError, RecursionError, InvalidOperation)

    def decode(self, data: bytes) -> dict[str, Any] | DocumentError:
        """Return the document, or why the bytes are none (codes ``not-json`` and ``limit``)."""
        try:
            return self._checked(data)
        except _Refusal as refusal:
            return DocumentError(code=refusal.code, message=refusal.message)

    def fast(self, documents: Sequence[bytes]) -> list[dict[str, Any]] | None:
        """Return the documents if all are strict beyond doubt by the cheapest proof; ``None`` means: look closer.

        The proof: what was decoded is encoded again. If that gives the same bytes, no member was lost, so none was
        there twice.
        """
        if max(map(len, documents), default=0) > self._limits.document_bytes:
            return None
        try:
            values = list(map(self._decode, documents))
        except self._slips:
            return None
        if list(map(self._encode, values)) != list(documents):
            return None
        depth = self._limits.depth
        for value, data in zip(values, documents, strict=True):
            if type(value) is not dict or data.count(b"{") + data.count(b"[") > depth:
                return None
        return values

    def _checked(self, data: bytes) -> dict[str, Any]:
        if len(data) > self._limits.document_bytes:
            message = f"the document has {len(data)} bytes (at most {self._limits.document_bytes})"
            raise _Refusal(code="limit", message=message)
        try:
            value = self._decode(data)
        except self._slips as slip:
            value = self._second_look(data, slip)
        else:
            if not self._keeps_all(value, data):
                _read(data)
        if type(value) is not dict:
            raise _Refusal(code="not-json", message=f"the document is no object (got {_kind(value)})")
        self._check_depth(value, data)
        return value

    def _keeps_all(self, value: object, data: bytes) -> bool:
        """Say whether decoding lost nothing, blanks aside: members only ever get lost because a name came twice.

        Blanks inside strings are taken out of both sides, which moves no bracket, comma or colon, so the number of
        members can still be told.
        """
        encoded = self._encode(value)
        return encoded == data or encoded.translate(None, _BLANKS) == data.translate(None, _BLANKS)

    def _second_look(self, data: bytes, slip: Exception) -> Any:
        shortened = _LONG_INTEGER.sub(lambda match: match[0] if match[0][:1] == b'"' else b"0", data)
        if shortened == data:
            raise self._refused(slip) from slip
        try:
            self._decode(shortened)
        except self._slips as again:
            raise self._refused(again) from again
        return _read(data)

    def _refused(self, slip: Exception) -> _Refusal:
        match slip:
            case RecursionError():
                return _Refusal(
                    code="limit", message=f"the document is nested too deeply (at most {self._limits.depth} levels)"
                )
            case InvalidOperation():
                return _Refusal(code="limit", message="a number's exponent is too large")
            case UnicodeDecodeError():
                return _Refusal(code="not-json", message="the document is not UTF-8")
            case _:
                return _Refusal(code="not-json", message=f"the document is not strict JSON: {slip}")

    def _check_depth(self, value: object, data: bytes) -> None:
        if data.count(b"{") + data.count(b"[") <= self._limits.depth:
            return
        level: list[Any] = [value]
        for _ in range(self._limits.depth):
            level = [item for outer in level for item in _inside(outer)]
            if not level:
                return
        message = f"the document is nested too deeply (at most {self._limits.depth} levels)"
        raise _Refusal(code="limit", message=message)


def _inside(outer: Any) -> list[Any]:
    items = outer.values() if type(outer) is dict else outer
    return [item for item in items if type(item) is dict or type(item) is list]


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def read_strictly(data: bytes) -> Any:
    """Return the JSON value with exact numbers; raises ValueError with a sentence for anything that is not strict."""
    try:
        return _read(data)
    except _Refusal as refusal:
        raise ValueError(refusal.message) from None


def _read(data: bytes) -> Any:
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_exact,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except RecursionError:
        raise _Refusal(code="limit", message="the document is nested too deeply") from None
    except InvalidOperation:
        raise _Refusal(code="limit", message="a number's exponent is too large") from None
    except ValueError as error:
        raise _Refusal(code="not-json", message=f"the document is not strict JSON: {error}") from None


def _exact(text: str) -> Decimal:
    return Decimal(text)


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _constant(text: str) -> float:
    raise _Refusal(code="not-json", message=f"{text} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = sorted(name for name, _ in pairs)
        twice = next(name for name, following in pairwise(names) if name == following)
        raise _Refusal(code="not-json", message=f"the name {twice!r} is there twice in one object")
    return found
