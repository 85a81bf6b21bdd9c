"""From a document's bytes to its bytes: nothing that the migration does not touch may change.

A JSON library changes values silently (NaN becomes null, 1.10 becomes 1.1, a tuple becomes a list). So every decoding
is checked to be the text that was read, and every encoding is decoded again and compared with what was encoded.
"""

import re
from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any

import msgspec

from sealift.worker import strict_json
from sealift.worker.failure import Failure, failure_of
from sealift.worker.faults import NotJsonError, fault_message, first_fault, no_document
from sealift.worker.strict_json import LimitError, UnreadableError

__all__ = ["Codec", "Failure"]

Encode = Callable[[object], bytes]

_ADDRESS = re.compile(rb" at 0x[0-9a-f]{6,16}>")


class Codec:
    """Decodes, transforms and encodes single documents; holds no state of them.

    ``depth`` is the number of nested objects and arrays a document may have, ``document_bytes`` its size, both for
    what is read and what is returned.
    """

    def __init__(self, depth: int, document_bytes: int) -> None:
        self._depth = depth
        self._bytes = document_bytes
        self._decode = msgspec.json.Decoder().decode
        encoder = msgspec.json.Encoder(enc_hook=strict_json.encode_exact)
        self._encode = encoder.encode
        self._encode_into = encoder.encode_into

    def transform(
        self, raw: bytes, function: Callable[[dict[str, Any]], object], encode: Encode | None = None
    ) -> bytes | Failure | None:
        """Return the changed document's text, ``None`` if it is unchanged, or why there is neither.

        A result whose text is that of the document counts as unchanged, so that the stored bytes are kept.
        """
        try:
            document, before = self._read(raw)
        except UnreadableError as error:
            return Failure("unreadable", f"the stored document {error}")
        except LimitError as error:
            return Failure("limit", f"the stored document {error}")
        try:
            result = function(document)
        except NotJsonError as error:
            return Failure("not-json", str(error))
        except Exception as error:  # noqa: BLE001  # whatever a pack raises is an outcome
            return failure_of(error)
        return self._written(result, before, encode or self._encode)

    # Several documents at once

    def transform_many(
        self, raws: Sequence[bytes], function: Callable[[dict[str, Any]], object], *, plain: bool
    ) -> Sequence[bytes | Failure | EllipsisType | None] | None:
        """Return what ``transform`` returns for each, at less cost; ``...`` for one that must be asked for by itself.

        Returns ``None`` when a document among them is out of the ordinary, read or written: then each must be. The
        function is called again for those, which makes no difference, because it has no memory. ``plain`` says that
        it can only make JSON (``plainness.stays_plain``): then what was encoded is not decoded again.

        A document that comes alone may be one that ended a worker: what it becomes is written with care, and it is
        the only one whose failure is returned.
        """
        try:
            if len(raws) == 1:
                return [self.transform(raws[0], function, self._encode_with_care)]
            read = self._read_many(raws)
            if read is None:
                return None
            documents, before = read
            results, odd = _results(documents, function)
            after = list(map(self._encode, results))
            if not self._are_faithful(results, after, plain=plain):
                return None
        except Exception:  # noqa: BLE001  # one by one, each gets its own reason
            return None
        outcomes: list[bytes | Failure | EllipsisType | None] = [
            None if new == old else new for new, old in zip(after, before, strict=True)
        ]
        for at in odd:
            outcomes[at] = ...
        return outcomes

    def _read_many(self, raws: Sequence[bytes]) -> tuple[list[Any], list[bytes]] | None:
        if not self._are_bounded(raws, b"".join(raws)):
            return None
        documents = list(map(self._decode, raws))
        before = list(map(self._encode, documents))
        if before != raws:
            for raw, text, document in zip(raws, before, documents, strict=True):
                if text != raw and not strict_json.says_the_same(raw, text, document):
                    return None
        return (documents, before) if set(map(type, documents)) == {dict} else None

    def _are_faithful(self, results: list[Any], after: list[bytes], *, plain: bool) -> bool:
        """Whether the texts say what the results are, beyond doubt."""
        joined = b"".join(after)
        if set(map(type, results)) != {dict} or not self._are_bounded(after, joined):
            return False
        if b">" in joined and b" at 0x" in joined:
            return False
        if plain and b"null" not in joined:
            return True
        return list(map(self._decode, after)) == results

    def _are_bounded(self, texts: Sequence[bytes], joined: bytes) -> bool:
        """Whether size and depth are within the limits, told without looking inside."""
        if max(map(len, texts)) > self._bytes:
            return False
        depth = self._depth
        return joined.count(b"{") + joined.count(b"[") <= depth or all(
            text.count(b"{") + text.count(b"[") <= depth for text in texts
        )

    # Reading

    def _read(self, raw: bytes) -> tuple[dict[str, Any], bytes]:
        self._check_size(raw)
        try:
            document, before = self._read_fast(raw) or self._read_exactly(raw)
        except RecursionError:
            raise LimitError(self._too_deep()) from None
        if type(document) is not dict:
            message = f"is {strict_json.kind(document)}, not an object"
            raise UnreadableError(message)
        self._check_depth(raw, document)
        return document, before

    def _read_fast(self, raw: bytes) -> tuple[Any, bytes] | None:
        """Return the document if encoding it gives what was read, for then decoding lost nothing."""
        try:
            document = self._decode(raw)
            before = self._encode(document)
            if before == raw or strict_json.says_the_same(raw, before, document):
                return document, before
        except (msgspec.MsgspecError, UnicodeError):
            pass
        return None

    def _read_exactly(self, raw: bytes) -> tuple[Any, bytes]:
        document = strict_json.decode_exactly(raw)
        try:
            return document, self._encode(document)
        except UnicodeEncodeError:
            message = "has a lone surrogate, which is no character"
            raise UnreadableError(message) from None

    def _check_size(self, text: bytes) -> None:
        if len(text) > self._bytes:
            message = f"has {len(text)} bytes (at most {self._bytes} are allowed)"
            raise LimitError(message)

    def _check_depth(self, text: bytes, tree: object) -> None:
        if text.count(b"{") + text.count(b"[") > self._depth and not strict_json.fits(tree, self._depth):
            raise LimitError(self._too_deep())

    def _too_deep(self) -> str:
        return f"is nested too deeply (at most {self._depth} levels are allowed)"

    # Writing

    def _written(self, result: object, before: bytes, encode: Encode) -> bytes | Failure | None:
        try:
            after = encode(result)
            if after == before:
                return None
            self._check_result(result, after, before)
        except (NotJsonError, LimitError) as error:
            code = "limit" if isinstance(error, LimitError) else "returned-none" if result is None else "not-json"
            return Failure(code, str(error))
        except (TypeError, ValueError, OverflowError):
            return Failure("not-json", fault_message(result))
        except RecursionError:
            return Failure("limit", f"the result {self._too_deep()}, or it contains itself")
        except MemoryError:
            return Failure("memory", "the result does not fit into the memory")
        return after

    def _encode_with_care(self, result: object) -> bytes:
        """Encode into a buffer that fails to grow in good order: msgspec 0.22 crashes where its own one does."""
        text = bytearray()
        try:
            self._encode_into(result, text)
            return bytes(text)
        except MemoryError:
            if len(text) <= self._bytes:
                raise
        message = f"the result has more than {self._bytes} bytes, and more than fit into the memory"
        raise LimitError(message)

    def _check_result(self, result: object, after: bytes, before: bytes) -> None:
        if not isinstance(result, dict):
            raise NotJsonError(no_document(result))
        try:
            self._check_size(after)
            self._check_depth(after, result)
        except LimitError as error:
            message = f"the result {error}"
            raise LimitError(message) from None
        if not self._is_faithful(result, after):
            raise NotJsonError(fault_message(result))
        if b" at 0x" in after:
            _check_addresses(after, before)

    def _is_faithful(self, result: object, after: bytes) -> bool:
        """Whether decoding gives what was encoded: the encoder turns many types into others without a word."""
        try:
            return bool(self._decode(after) == result)
        except (msgspec.MsgspecError, UnicodeError):
            return bool(strict_json.decode_exactly(after) == result) and first_fault(result) is None


def _results(documents: list[Any], function: Callable[[dict[str, Any]], object]) -> tuple[list[Any], list[int]]:
    """Return each result, and the places of those that failed, which hold an empty document."""
    results: list[Any] = []
    odd: list[int] = []
    for document in documents:
        try:
            results.append(function(document))
        except Exception:  # noqa: BLE001  # whatever a pack raises is an outcome
            odd.append(len(results))
            results.append({})
    return results, odd


def _check_addresses(after: bytes, before: bytes) -> None:
    """Refuse ``<function f at 0x7f…>`` in a text: it differs in every process, and is a call without its ()."""
    found = _ADDRESS.search(after)
    if found and not _ADDRESS.search(before):
        message = "a text in the result is the address of an object (`<… at 0x…>`): a call lacks its ()"
        raise NotJsonError(message)
