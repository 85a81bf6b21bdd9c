"""Cutting a batch of documents into frames, and putting its outcomes together again."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.ports import Outcome
from sealift.worker.protocol import MESSAGE_BYTES, Failed, ProtocolError, Result


def slices(documents: Sequence[bytes], frame_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of frames: as many documents as fit, at least one."""
    ends = list(accumulate(map(len, documents)))
    start = 0
    while start < len(documents):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, bisect_right(ends, before + frame_bytes, lo=start))
        yield start, stop
        start = stop


class Batch:
    """The documents of one ``send``: what was asked, and what came back so far."""

    __slots__ = ("_limits", "_log_left", "_result_bytes", "_too_large", "documents", "missing", "outcomes")

    def __init__(self, documents: Sequence[bytes], limits: Limits) -> None:
        self._limits = limits
        self._result_bytes = 0
        self._log_left = limits.log_bytes
        self._too_large: list[int] = []
        if documents and max(map(len, documents)) > limits.document_bytes:
            self._too_large = [place for place, item in enumerate(documents) if len(item) > limits.document_bytes]
            documents = [item for item in documents if len(item) <= limits.document_bytes]
        self.documents = documents
        self.missing = len(documents)
        self.outcomes: list[Outcome] = []

    def add(self, results: Sequence[Result], size: int, *, failed: bool) -> None:
        """Take a frame's results, ``failed`` if failures are among them. Raises ProtocolError beyond the limits."""
        self._result_bytes += size
        if self._result_bytes > self._limits.result_bytes:
            raise ProtocolError(got="more than the limit of results", expected=f"{self._limits.result_bytes} bytes")
        self.missing -= len(results)
        if failed:
            self.outcomes += [self._failure(item) if isinstance(item, Failed) else item for item in results]
        else:
            self.outcomes += results  # type: ignore[arg-type]  # no Failed among them

    def finished(self) -> list[Outcome]:
        """Return one outcome a document, those included that were too large to send."""
        for place in self._too_large:
            limit = self._limits.document_bytes
            message = f"the document is larger than {limit} bytes"
            self.outcomes.insert(place, DocumentError(code="limit", message=message))
        return self.outcomes

    def _failure(self, failed: Failed) -> DocumentError:
        message = printable(failed.message[:MESSAGE_BYTES])
        self._log_left -= len(message)
        if self._log_left < 0:
            message = "(not shown: the worker said too much)"
        where = printable(failed.where[:MESSAGE_BYTES]) if failed.where else None
        return DocumentError(code=failed.code, message=message, where=where)


def printable(text: str) -> str:
    """Return the text of a pack with everything escaped that a terminal or a log could obey."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
