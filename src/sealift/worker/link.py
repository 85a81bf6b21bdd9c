"""The worker's two pipe ends: whole frames in, whole frames out, nothing else."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sealift.worker.protocol import HEADER, Frame, Kind, encode, parse_header


class HostGoneError(Exception):
    """The host closed its end: the worker is done."""


class Link(NamedTuple):
    """Blocking reads and writes of frames; ``limit`` bounds what the host may send in one."""

    reading: int
    writing: int
    limit: int

    def receive(self) -> Frame:
        """Return the next frame. Raises HostGoneError at the end, ProtocolError for a frame too long or unknown."""
        length, kind, sequence = parse_header(self._read(HEADER.size), self.limit)
        return Frame(kind, sequence, self._read(length))

    def answer(self, kind: Kind, sequence: int, parts: Sequence[bytes] = ()) -> None:
        """Send one frame."""
        self.write(encode(kind, sequence, parts))

    def write(self, data: bytes) -> None:
        """Send encoded frames."""
        written = os.write(self.writing, data)
        view = memoryview(data)
        while written < len(data):
            written += os.write(self.writing, view[written:])

    def _read(self, length: int) -> bytes:
        data = _some(os.read, self.reading, length)
        if len(data) == length:
            return data
        collected = bytearray(data)
        while len(collected) < length:
            collected += _some(os.read, self.reading, length - len(collected))
        return bytes(collected)


def _some(read: Callable[[int, int], bytes], descriptor: int, length: int) -> bytes:
    if length == 0:
        return b""
    data = read(descriptor, length)
    if not data:
        raise HostGoneError
    return data
