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

    Guarantees that what it returns is what any other strict reader of the same bytes would see. A fraction becomes a
    float only where the float is written exactly as the document has it; otherwise it becomes a Decimal.
    """

    __slots__ = ("_decode", "_encode", "_exact", "_limits", "_slips")

    def __init__(self, limits: Limits) -> None:
        from msgspec import MsgspecError
        from msgspec.json import Decoder, Encoder

        self._limits = limits
        self._decode: Callable[[bytes], Any] = Decoder().decode
        self._exact: Callable[[bytes], Any] = Decoder(float_hook=Decimal).decode
        self._encode: Callable[[Any], bytes] = Encoder(decimal_format="number").encode
        self._slips = (MsgspecError, ValueError, RecursionError, InvalidOperation)

    def decode_all(self, documents: Sequence[bytes]) -> list[dict[str, Any] | DocumentError]:
        """Return each document, or why its bytes are none (codes ``not-json`` and ``limit``)."""
        try:
            values = list(map(self._decode, documents))
            encoded = list(map(self._encode, values))
        except self._slips:
            return [self.decode(data) for data in documents]
        found: list[dict[str, Any] | DocumentError] = []
        for data, value, again in zip(documents, values, encoded, strict=True):
            # Written again to the same bytes: nothing was lost, so no name was there twice and no digit too many.
            plain = again == data and type(value) is dict and self._is_bounded(data)
            found.append(value if plain else self.decode(data))
        return found

    def decode(self, data: bytes) -> dict[str, Any] | DocumentError:
        """Return one document, or why the bytes are none."""
        try:
            return self._checked(data)
        except _Refusal as refusal:
            return DocumentError(code=refusal.code, message=refusal.message)

    def _is_bounded(self, data: bytes) -> bool:
        """Say whether size and depth are within the limits beyond doubt, without looking inside."""
        limits = self._limits
        return len(data) <= limits.document_bytes and data.count(b"{") + data.count(b"[") <= limits.depth

    def _checked(self, data: bytes) -> dict[str, Any]:
        if len(data) > self._limits.document_bytes:
            message = f"the document has {len(data)} bytes (at most {self._limits.document_bytes})"
            raise _Refusal(code="limit", message=message)
        value = self._value(data)
        if type(value) is not dict:
            raise _Refusal(code="not-json", message=f"the document is no object (got {_kind(value)})")
        if not self._is_bounded(data):
            self._check_depth(value)
        return value

    def _value(self, data: bytes) -> Any:
        value = self._plain_value(data)
        if value is not None:
            return value
        try:
            value = self._exact(data)
        except self._slips as slip:
            return self._second_look(data, slip)
        # Spelled as the encoder would not, only the slow reader can tell whether a name is there twice.
        return value if self._keeps_all(value, data) else _read(data)

    def _plain_value(self, data: bytes) -> Any:
        """Return the value if no digit and no member is lost in it, else ``None``."""
        try:
            value = self._decode(data)
        except self._slips:
            return None
        return value if self._keeps_all(value, data) else None

    def _keeps_all(self, value: object, data: bytes) -> bool:
        """Say whether decoding lost nothing, blanks aside.

        Blanks inside strings are taken out of both sides, which moves no bracket, comma or colon, so the number of
        members can still be told, and no digit.
        """
        return self._encode(value).translate(None, _BLANKS) == data.translate(None, _BLANKS)

    def _second_look(self, data: bytes, slip: Exception) -> Any:
        shortened = _LONG_INTEGER.sub(lambda match: match[0] if match[0][:1] == b'"' else b"0", data)
        if shortened == data:
            raise self._refused(slip) from slip
        try:
            self._exact(shortened)
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

    def _check_depth(self, value: object) -> None:
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
