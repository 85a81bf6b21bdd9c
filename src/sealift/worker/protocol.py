"""What travels between host and worker: frames of parts, bounded and of exact shape. Standard library only.

A frame is a header (payload length, kind, sequence number) and a payload; every payload is a list of byte strings:
their count, their lengths, then the strings without gaps. There is no other structure, so there is nothing to nest,
repeat or smuggle. Integers are little-endian. Positions are the only names: an answer's parts belong to the request's
parts by their order.
"""

import re
import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum
from io import BytesIO
from typing import NamedTuple

HEADER = struct.Struct("<IBI")
"""Length of the payload, kind, sequence number."""
FAILED = 1 << 31
"""Set in a length of a RESULTS frame: the part says why the document failed."""
CONTROL_BYTES = 4 * 1024 * 1024
"""The longest payload of a frame that carries no documents, findings included."""
FINDINGS = 1000
"""The most findings a worker reports: nobody reads more, and more would only fill the host's memory."""
FINDING_PARTS = 6
HOST_BYTES = 1 << 30
"""The longest payload that a worker takes from its host."""
MESSAGE_BYTES = 2048
"""The longest message of a failure."""
ORDER = struct.Struct("<QQQ")
"""What the host asks a fork-server: memory in bytes, CPU seconds, and the process to reap: all zero but one field."""
ANSWER = struct.Struct("<qq")
"""What it answers: zero and a value, or an ``errno`` and zero."""
READY = b"ready\n"
"""What a fork-server says once, when the language is loaded."""
_COUNT = struct.Struct("<I")
_HEAD = struct.Struct("<IBII")
"""A header and a count."""
_UNSIGNED = "I"
"""Four bytes wherever CPython runs; ``array`` packs a list of numbers three times as fast as ``struct``."""
_CODE = re.compile(r"[a-z][a-z-]{0,63}")


class Kind(IntEnum):
    """What a frame says; the worker answers each of the host's kinds with exactly one of its own."""

    GO = 1
    """Host: your descriptors are as they should be, lock yourself."""
    UNIT = 2
    """Host: sources to compile; answered by COMPILED, REFUSED or BROKEN."""
    DOCUMENTS = 3
    """Host: documents; answered by RESULTS, in several frames when they are large."""
    HOOK = 4
    """Host: run a hook; answered by HOOKED or BROKEN."""
    CHECK = 5
    """Host: sources to look at without running them; answered by REFUSED, empty when nothing was found."""
    BARE = 16
    """Worker: only two descriptors are left. Sequence 0, the only frame without a request."""
    HELLO = 17
    """Worker: locked; the parts say how, as ``name=value``."""
    COMPILED = 18
    """Worker: the methods of the class."""
    REFUSED = 19
    """Worker: findings of the language policy, six parts each."""
    RESULTS = 20
    """Worker: one part a document; empty when it was not changed."""
    HOOKED = 21
    """Worker: the hook returned."""
    BROKEN = 22
    """Worker: code, message, place of what went wrong."""


class ExitStatus(IntEnum):
    """How a worker ends by itself."""

    DONE = 0
    """The host closed its end."""
    LOCK = 70
    """The lock-down failed; nothing of a pack was read."""
    PROTOCOL = 71
    """The host sent something unexpected."""
    MEMORY = 72
    """Memory ran out outside a document."""
    DEFECT = 73
    """Something failed that is sealift's to mend."""


class ProtocolError(Exception):
    """Something that the protocol does not allow: what came, and what was expected."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"got {got}, expected {expected}")
        self.got = got
        self.expected = expected


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    sequence: int
    payload: bytes


class Failed(NamedTuple):
    """Why a document or a hook failed."""

    code: str
    message: str
    where: str | None


Result = bytes | Failed | None
"""A document's new text, why it failed, or that it was not changed."""


def encode(kind: Kind, sequence: int, parts: Sequence[bytes]) -> bytes:
    """Return the frame of these parts."""
    lengths = [*map(len, parts)]
    return _encode(kind, sequence, lengths, parts, sum(lengths))


class Answers:
    """Results on their way into a RESULTS frame; an empty document cannot be said, so it must not be given."""

    __slots__ = ("_lengths", "_parts", "size")

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._parts: list[bytes] = []
        self.size = 0
        """Bytes of the parts."""

    def __len__(self) -> int:
        return len(self._lengths)

    def add_alike(self, results: list[Result], most: int) -> bool:
        """Add results that are all changed, or all unchanged, and return true; or add none of them.

        Nothing is added beyond ``most`` bytes.
        """
        kinds = set(map(type, results))
        if kinds == _UNCHANGED:
            self._lengths += [0] * len(results)
            return True
        if kinds != _CHANGED:
            return False
        lengths = [*map(len, results)]  # type: ignore[arg-type]  # all of them are bytes
        size = self.size + sum(lengths)
        if size > most:
            return False
        self._lengths += lengths
        self._parts += results  # type: ignore[arg-type]  # as above
        self.size = size
        return True

    def add(self, result: Result) -> None:
        """Add one result of any kind."""
        part = encode_failed(result) if isinstance(result, Failed) else result or b""
        self._lengths.append(len(part) | FAILED if isinstance(result, Failed) else len(part))
        self._parts.append(part)
        self.size += len(part)

    def frame(self, sequence: int) -> bytes:
        """Return the frame of what was added."""
        return _encode(Kind.RESULTS, sequence, self._lengths, self._parts, self.size)


_CHANGED, _UNCHANGED = {bytes}, {type(None)}


def encode_results(sequence: int, results: Sequence[Result]) -> bytes:
    """Return the RESULTS frame of these results."""
    answers = Answers()
    for result in results:
        answers.add(result)
    return answers.frame(sequence)


def encode_failed(failed: Failed) -> bytes:
    """Return the failure as one part, its message cut to ``MESSAGE_BYTES``."""
    return join([_text(failed.code, 64), _text(failed.message, MESSAGE_BYTES), _text(failed.where or "", 512)])


def _text(text: str, limit: int) -> bytes:
    return text[:limit].encode("utf-8", "replace")[:limit].decode("utf-8", "ignore").encode("utf-8")


def join(parts: Sequence[bytes]) -> bytes:
    """Return the payload of these parts."""
    return b"".join([_COUNT.pack(len(parts)), _table([*map(len, parts)]), *parts])


def _encode(kind: Kind, sequence: int, lengths: Sequence[int], parts: Sequence[bytes], length: int) -> bytes:
    count = len(lengths)
    size = _COUNT.size + 4 * count + length
    return b"".join([_HEAD.pack(size, kind, sequence, count), _table(lengths), *parts])


def _table(lengths: Sequence[int]) -> bytes:
    numbers = array(_UNSIGNED, lengths)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def parse_header(header: bytes | bytearray | memoryview, limit: int) -> tuple[int, Kind, int]:
    """Return length, kind and sequence number; raises ProtocolError before anything of that length is allocated."""
    length, kind, sequence = HEADER.unpack_from(header)
    if length > limit:
        raise ProtocolError(got=f"a frame of {length} bytes", expected=f"at most {limit}")
    try:
        return length, Kind(kind), sequence
    except ValueError:
        raise ProtocolError(got=f"a frame of kind {kind}", expected="a kind that exists") from None


def split(payload: bytes, most: int = HOST_BYTES) -> list[bytes]:
    """Return the parts of a payload; raises ProtocolError unless they fill it exactly, or if there are too many."""
    lengths = _lengths(payload, most)
    return list(map(_reader(payload, lengths, sum(lengths)), lengths))


def split_results(payload: bytes, most: int = HOST_BYTES) -> tuple[list[Result], bool]:
    """Return the results of a RESULTS payload, and whether there is a failure among them.

    Raises ProtocolError unless they fill the payload exactly, or if there are too many.
    """
    lengths = _lengths(payload, most)
    longest = max(lengths, default=0)
    if longest >= FAILED:
        return _split_failed(payload, lengths), True
    read = _reader(payload, lengths, sum(lengths) if longest else 0)
    if longest == 0:
        return [None] * len(lengths), False
    if min(lengths):
        return list(map(read, lengths)), False
    return [read(length) or None for length in lengths], False


def _split_failed(payload: bytes, marked: Sequence[int]) -> list[Result]:
    lengths = [length & ~FAILED for length in marked]
    parts = map(_reader(payload, lengths, sum(lengths)), lengths)
    return [parse_failed(part) if length & FAILED else part or None for length, part in zip(marked, parts, strict=True)]


def parse_failed(part: bytes) -> Failed:
    """Read what ``encode_failed`` wrote; raises ProtocolError for anything else."""
    try:
        code, message, where = (text.decode("utf-8") for text in split(part))
    except ValueError:
        raise ProtocolError(got="a failure of another shape", expected="three texts in UTF-8") from None
    if not _CODE.fullmatch(code):
        raise ProtocolError(got="a failure with a strange code", expected="lower-case words")
    return Failed(code, message, where or None)


def _lengths(payload: bytes, most: int) -> tuple[int, ...]:
    if len(payload) < _COUNT.size:
        raise ProtocolError(got=f"a payload of {len(payload)} bytes", expected="a count")
    (count,) = _COUNT.unpack_from(payload)
    if count > (len(payload) - _COUNT.size) // 4:
        raise ProtocolError(got=f"a count of {count} parts", expected=f"what fits into {len(payload)} bytes")
    if count > most:
        raise ProtocolError(got=f"{count} parts", expected=f"at most {most}")
    return struct.unpack_from(f"<{count}I", payload, _COUNT.size)


def _reader(payload: bytes, lengths: Sequence[int], length: int) -> Callable[[int], bytes]:
    """Return what reads one part after the other, half as costly as slices; raises unless they fill the payload."""
    start = _COUNT.size + 4 * len(lengths)
    if start + length != len(payload):
        raise ProtocolError(got=f"parts of {start + length} bytes", expected=f"{len(payload)} bytes")
    parts = BytesIO(payload)
    parts.seek(start)
    return parts.read
