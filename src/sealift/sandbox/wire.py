"""A worker's frames, with the worker's end told in errors."""

import signal
from collections.abc import Callable, Sequence
from typing import NoReturn

from sealift.errors.run import (
    Finding,
    ProtocolViolationError,
    WorkerDiedError,
    WorkerError,
    WorkerTimeoutError,
)
from sealift.model.limits import Limits
from sealift.ports import Unit
from sealift.sandbox.channel import Channel, EndedError, SilenceError
from sealift.sandbox.frames import printable
from sealift.worker.protocol import (
    CONTROL_BYTES,
    FINDING_PARTS,
    FINDINGS,
    ExitStatus,
    Failed,
    Frame,
    Kind,
    ProtocolError,
    parse_failed,
    split,
)


class Wire:
    """What a session says and hears; the first error kills the worker, and every later call fails too."""

    def __init__(self, *, channel: Channel, end: Callable[[], int | None], unit: Unit, limits: Limits) -> None:
        self._channel = channel
        self._end = end
        self.unit = unit
        self._limits = limits
        self._closed = False

    def post(self, kind: Kind, parts: Sequence[bytes] = ()) -> int:
        """Queue a frame; return its sequence number."""
        if self._closed:
            raise self._death(None)
        return self._channel.post(kind, parts)

    def frame(self, seconds: float) -> Frame:
        """Return the next frame of the worker, or raise the WorkerError that ends it."""
        if self._closed:
            raise self._death(None)
        try:
            return self._channel.frame(seconds)
        except ProtocolError as error:
            self.refuse(error.got, error.expected)
        except SilenceError:
            self.close()
            raise WorkerTimeoutError(pack=self.unit.pack, path=self.unit.path, seconds=seconds) from None
        except EndedError:
            raise self._death(self.close()) from None

    def expect(self, sequence: int, kinds: Sequence[Kind], seconds: float) -> Frame:
        """Return the one answer to a frame."""
        frame = self.frame(seconds)
        if frame.sequence != sequence or frame.kind not in kinds:
            names = " or ".join(kind.name for kind in kinds)
            self.refuse(f"{frame.kind.name} number {frame.sequence}", f"{names} number {sequence}")
        if frame.kind is not Kind.RESULTS and len(frame.payload) > CONTROL_BYTES:
            self.refuse(f"{frame.kind.name} of {len(frame.payload)} bytes", f"at most {CONTROL_BYTES}")
        return frame

    def refuse(self, got: str, expected: str) -> NoReturn:
        """Kill the worker for what it said."""
        self.close()
        unit = self.unit
        raise ProtocolViolationError(pack=unit.pack, path=unit.path, got=got, expected=expected) from None

    def parts(self, frame: Frame) -> list[bytes]:
        """Return the parts of a frame."""
        try:
            return split(frame.payload, FINDINGS * FINDING_PARTS)
        except ProtocolError as error:
            self.refuse(error.got, error.expected)

    def texts(self, frame: Frame) -> list[str]:
        """Return the parts of a frame as text."""
        try:
            return [part.decode("utf-8") for part in self.parts(frame)]
        except UnicodeDecodeError:
            self.refuse("bytes that are no UTF-8", "text")

    def failure(self, frame: Frame) -> Failed:
        """Return what a BROKEN frame says."""
        parts = self.parts(frame)
        if len(parts) != 1:
            self.refuse(f"{len(parts)} parts", "one")
        try:
            return parse_failed(parts[0])
        except ProtocolError as error:
            self.refuse(error.got, error.expected)

    def findings(self, frame: Frame) -> tuple[Finding, ...]:
        """Return what a REFUSED frame says."""
        texts = [printable(text) for text in self.texts(frame)]
        groups = [texts[start : start + FINDING_PARTS] for start in range(0, len(texts), FINDING_PARTS)]
        try:
            return tuple(
                Finding(path=path, line=int(line), column=int(column), code=code, message=message, instead=instead)
                for path, line, column, code, message, instead in groups
            )
        except ValueError:
            self.refuse("findings of another shape", "six parts each, two of them numbers")

    def quiet(self) -> None:
        """Refuse bytes that answer nothing."""
        if self._channel.leftover():
            self.refuse("bytes after the last answer", "silence")

    def close(self) -> int | None:
        """End the worker; return its wait status the first time."""
        if self._closed:
            return None
        self._closed = True
        self._channel.close()
        return self._end()

    def _death(self, status: int | None) -> WorkerError:
        unit, code = self.unit, None
        name = None
        if status is not None and status & 0x7F:
            name = signal.Signals(status & 0x7F).name
        elif status is not None:
            code = status >> 8
        if name == "SIGXCPU":
            seconds = float(self._limits.cpu_seconds)
            return WorkerTimeoutError(pack=unit.pack, path=unit.path, seconds=seconds, clock="cpu")
        cause = "memory" if code == ExitStatus.MEMORY or name == "SIGKILL" else "crashed"
        return WorkerDiedError(pack=unit.pack, path=unit.path, signal=name, status=code, cause=cause)
