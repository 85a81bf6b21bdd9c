"""Frames to and from one worker, over two non-blocking pipes; nothing here blocks without a deadline."""

import fcntl
import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence

from sealift.worker.protocol import HEADER, Frame, Kind, encode, parse_header

PIPE_BYTES = 1024 * 1024
"""What a pipe should hold, so that frames can wait in it while the other side works."""
CHUNK_BYTES = 96 * 1024
"""Read at once: a buffer that is larger than 128 KiB is mapped anew for each read."""

Monotonic = Callable[[], float]


class SilenceError(Exception):
    """No whole frame came within the time."""


class EndedError(Exception):
    """The worker closed its end, which it can only do by ending."""


def open_pipe() -> tuple[int, int]:
    """Return a pipe of the size we want, or of the size the system gives."""
    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:  # over the user's share of pipe memory: smaller pipes are slower, not wrong
            return reading, writing
    return reading, writing


def _write(descriptor: int, data: memoryview) -> int:
    """Write to a pipe whose reader may be gone; raises BrokenPipeError, also where the host does not ignore SIGPIPE.

    Python ignores the signal; a host that gave it its default back would be ended by a worker that dies.
    """
    if signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN:
        return os.write(descriptor, data)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        return os.write(descriptor, data)
    except BrokenPipeError:
        if signal.SIGPIPE not in before and signal.SIGPIPE in signal.sigpending():
            signal.sigwait({signal.SIGPIPE})
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Channel:
    """The host's two pipe ends. ``limit`` bounds a frame of the worker before anything is allocated for it."""

    def __init__(self, *, reading: int, writing: int, limit: int, clock: Monotonic = time.monotonic) -> None:
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self._reading = reading
        self._writing = writing
        self._limit = limit
        self._clock = clock
        self._sequence = 0
        self._head: tuple[int, Kind, int] | None = None
        self._wanted = HEADER.size
        self._inbox = bytearray()
        self._outbox: deque[memoryview] = deque()
        self._poll = select.poll()
        self._poll.register(reading, select.POLLIN)

    def post(self, kind: Kind, parts: Sequence[bytes] = ()) -> int:
        """Queue a frame and write what fits; return its sequence number."""
        self._sequence += 1
        self._outbox.append(memoryview(encode(kind, self._sequence, parts)))
        self._flush()
        return self._sequence

    def leftover(self) -> bool:
        """Return whether bytes are there that nobody asked for."""
        try:
            return bool(os.read(self._reading, 1))
        except BlockingIOError:
            return False

    def frame(self, seconds: float) -> Frame:
        """Return the next frame. Raises SilenceError, EndedError, ProtocolError."""
        deadline = self._clock() + seconds
        while True:
            self._flush()
            piece = self._piece()
            if piece is None:
                self._wait(deadline)
            elif self._head is None:
                self._head = parse_header(piece, self._limit)
                self._wanted = self._head[0]
            else:
                (_, kind, sequence), self._head, self._wanted = self._head, None, HEADER.size
                return Frame(kind, sequence, piece)

    def _piece(self) -> bytes | None:
        """Return the header or payload that is due once all of it is there; no byte more is read than belongs to it.

        Read in one go, as it mostly is, it is not copied again.
        """
        while left := self._wanted - len(self._inbox):
            try:
                data = os.read(self._reading, min(left, CHUNK_BYTES))
            except BlockingIOError:
                return None
            if not data:
                raise EndedError
            if len(data) == self._wanted:
                return data
            self._inbox += data
        data = bytes(self._inbox)
        self._inbox.clear()
        return data

    def _wait(self, deadline: float) -> None:
        left = deadline - self._clock()
        if left <= 0:
            raise SilenceError
        if self._outbox:
            self._poll.register(self._writing, select.POLLOUT)
        self._poll.poll(left * 1000 + 1)
        if self._outbox:
            self._poll.unregister(self._writing)

    def _flush(self) -> None:
        while self._outbox:
            view = self._outbox[0]
            try:
                written = _write(self._writing, view)
            except BlockingIOError:
                return
            except BrokenPipeError:  # the worker ended; what it still said can be read, then its end is seen
                self._outbox.clear()
                return
            if written == len(view):
                self._outbox.popleft()
            else:
                self._outbox[0] = view[written:]

    def close(self) -> None:
        """Let go of both ends."""
        self._outbox.clear()
        os.close(self._reading)
        os.close(self._writing)
