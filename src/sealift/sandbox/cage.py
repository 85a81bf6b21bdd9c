"""Implements ``ports.Cage``: workers from fork-servers, checked from outside before they get a byte of a pack."""

import contextlib
import hashlib
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from sealift.errors.run import Finding, IsolationTooWeakError, UnitRefusedError, WorkerStartError
from sealift.model.isolation import Isolation, IsolationLevel
from sealift.model.limits import Limits
from sealift.model.migration import Direction
from sealift.ports import Unit, UnitReport
from sealift.sandbox import outside
from sealift.sandbox.channel import Channel, open_pipe
from sealift.sandbox.forkserver import ForkServer, Launch, StartError, default_launch
from sealift.sandbox.session import WorkerSession
from sealift.sandbox.wire import Wire
from sealift.worker.protocol import CONTROL_BYTES, Kind

HANDSHAKE_SECONDS = 20.0
"""How long a forked worker may take to lock itself: a hundred times more than it needs on a busy machine."""
SERVERS = 4
"""Fork-servers kept at once: one per pack digest, because the hash seed is fixed when an interpreter starts."""


def hash_seed(digest: str) -> int:
    """Return the hash seed for a pack: the same in every run, another for each pack, never 0 (no randomisation)."""
    return int.from_bytes(hashlib.sha256(digest.encode("utf-8")).digest()[:8], "big") % (2**32 - 1) + 1


@dataclass(slots=True)
class _Server:
    """A fork-server and how many of its workers live."""

    server: ForkServer
    workers: int = 0


class LockedCage:
    """Starts workers; thread-safe. Each worker serves one unit and ends with its session.

    The hash seed derives from the pack's digest, and an interpreter's seed cannot change after its start: so there is
    one fork-server per digest, which loads the language first (about 50 ms; after that a worker takes about 2 ms).
    ``warm`` has it load while the host does other things.
    """

    def __init__(self, *, accept: IsolationLevel, launch: Launch) -> None:
        self._accept = accept
        self._launch = launch
        self._mutex = threading.Lock()
        self._servers: dict[str, _Server] = {}
        self._closed = False

    def warm(self, digest: str) -> None:
        """Start the fork-server of this pack and do not wait for it. Never raises: ``open`` says what went wrong.

        Nothing of the pack is needed or read for it, so this may come before the pack is verified.
        """
        with self._mutex, contextlib.suppress(StartError):
            if not self._closed and not unsupported():
                self._server(digest)

    def open(self, unit: Unit, limits: Limits) -> WorkerSession:
        """Start a worker, check its lock, compile the unit in it.

        Raises WorkerStartError, IsolationTooWeakError, UnitRefusedError, or what a session raises.
        """
        wire, isolation = self._locked(unit, limits)
        try:
            report = _compile(wire, unit, limits)
        except BaseException:
            wire.close()
            raise
        return WorkerSession(wire=wire, report=report, isolation=isolation.level.value, limits=limits)

    def check(self, sources: Mapping[str, str], limits: Limits, digest: str = "lint") -> list[Finding]:
        """Run the language check over the sources in a locked worker, without running them.

        With the digest of the pack, the fork-server is the one that its run will use.
        """
        wire, _ = self._locked(_nothing(digest), limits)
        try:
            texts = [part.encode("utf-8") for path_and_text in sources.items() for part in path_and_text]
            sequence = wire.post(Kind.CHECK, texts)
            return list(wire.findings(wire.expect(sequence, [Kind.REFUSED], limits.wall_seconds)))
        finally:
            wire.close()

    def measure(self, limits: Limits) -> Isolation:
        """Start a worker, look at it from outside, and end it."""
        wire, isolation = self._locked(_nothing("doctor"), limits)
        wire.close()
        return isolation

    def close(self) -> None:
        """End every fork-server, and with it every worker."""
        with self._mutex:
            self._closed = True
            servers = list(self._servers.values())
            self._servers.clear()
        for each in servers:
            each.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _locked(self, unit: Unit, limits: Limits) -> tuple[Wire, Isolation]:
        reasons = tuple(unsupported())
        if reasons:
            raise _too_weak(unit, IsolationLevel.NONE, self._accept, reasons)
        handle = self._spawn(unit, limits)
        wire = Wire(channel=handle.channel, end=handle.end, unit=unit, limits=limits)
        try:
            return wire, self._lock(wire, handle, unit, limits)
        except BaseException:
            wire.close()
            raise

    def _lock(self, wire: Wire, handle: "_Handle", unit: Unit, limits: Limits) -> Isolation:
        """Let the worker lock itself, then look whether it did."""
        wire.expect(0, [Kind.BARE], HANDSHAKE_SECONDS)
        wrong = outside.wrong_descriptors(handle.worker, handle.reading, handle.writing)
        if wrong and not IsolationLevel.NONE.at_least(self._accept):
            raise _too_weak(unit, IsolationLevel.NONE, self._accept, (wrong,))
        frame = wire.expect(wire.post(Kind.GO), [Kind.HELLO, Kind.BROKEN], HANDSHAKE_SECONDS)
        if frame.kind is Kind.BROKEN:
            raise _too_weak(unit, IsolationLevel.NONE, self._accept, (wire.failure(frame).message,))
        facts = dict(text.partition("=")[::2] for text in wire.texts(frame))
        isolation = outside.measure(handle.worker, limits.memory_bytes, facts)
        if not isolation.level.at_least(self._accept):
            raise _too_weak(unit, isolation.level, self._accept, isolation.reasons)
        return isolation

    def _spawn(self, unit: Unit, limits: Limits) -> "_Handle":
        held = self._hold(unit)
        ours, theirs = open_pipe(), open_pipe()
        (their_reading, our_writing), (our_reading, their_writing) = ours, theirs
        channel = Channel(reading=our_reading, writing=our_writing, limit=_frame_limit(limits))
        try:
            worker = held.server.spawn(their_reading, their_writing, limits.memory_bytes, limits.cpu_seconds)
        except StartError as error:
            channel.close()
            self._release(held)
            raise WorkerStartError(pack=unit.pack, path=unit.path, reason=str(error)) from error
        finally:
            os.close(their_reading)
            os.close(their_writing)

        def end() -> int | None:
            status = held.server.end(worker)
            self._release(held)
            return status

        return _Handle(worker=worker, reading=our_reading, writing=our_writing, channel=channel, end=end)

    def _hold(self, unit: Unit) -> _Server:
        """Return the fork-server of this digest, counted as in use."""
        with self._mutex:
            if self._closed:
                raise WorkerStartError(pack=unit.pack, path=unit.path, reason="the cage is closed")
            try:
                held = self._server(unit.digest)
            except StartError as error:
                raise WorkerStartError(pack=unit.pack, path=unit.path, reason=str(error)) from error
            held.workers += 1
            return held

    def _server(self, digest: str) -> _Server:
        """Return the fork-server of this digest, started if need be, as the one that was used last."""
        held = self._servers.pop(digest, None)
        if held is None or not held.server.alive:
            if held:
                held.server.close()
            self._make_room()
            held = _Server(ForkServer(self._launch, hash_seed(digest)))
        self._servers[digest] = held
        return held

    def _make_room(self) -> None:
        """End the servers that were idle longest; those with a living worker stay."""
        idle = [digest for digest, held in self._servers.items() if not held.workers]
        for digest in idle[: max(0, len(self._servers) - SERVERS + 1)]:
            self._servers.pop(digest).server.close()

    def _release(self, held: _Server) -> None:
        with self._mutex:
            held.workers -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handle:
    """A forked worker: its process, our pipe ends, and how to end it."""

    worker: int
    reading: int
    writing: int
    channel: Channel
    end: Callable[[], int | None] = field(repr=False)


def unsupported() -> Sequence[str]:
    """Return why no worker can be isolated at all on this system; empty when one can."""
    if os.name != "posix":
        return [f"{sys.platform} is not supported: run sealift on Linux"]
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return ["free-threaded builds of Python are not supported yet: use a default build"]
    return []


def open_cage(*, accept: IsolationLevel = IsolationLevel.KERNEL, launch: Launch | None = None) -> LockedCage:
    """Return a cage whose workers are at least at this level; nothing is started before the first ``open``.

    On systems other than Linux no worker reaches ``kernel``: the operator has to name ``process``.
    """
    return LockedCage(accept=accept, launch=launch or default_launch())


def measure_isolation(*, launch: Launch | None = None, limits: Limits | None = None) -> Isolation:
    """Return the level a worker reaches here, and why not a stronger one. Raises WorkerStartError."""
    with open_cage(accept=IsolationLevel.NONE, launch=launch) as cage:
        try:
            return cage.measure(limits or Limits())
        except IsolationTooWeakError as error:
            return Isolation(level=IsolationLevel.NONE, reasons=error.reasons)


def _compile(wire: Wire, unit: Unit, limits: Limits) -> UnitReport:
    sequence = wire.post(Kind.UNIT, _unit_parts(unit, limits))
    frame = wire.expect(sequence, [Kind.COMPILED, Kind.REFUSED, Kind.BROKEN], limits.wall_seconds)
    if frame.kind is Kind.COMPILED:
        return UnitReport(methods=frozenset(wire.texts(frame)))
    if frame.kind is Kind.REFUSED and (findings := wire.findings(frame)):
        raise UnitRefusedError(pack=unit.pack, path=unit.path, findings=findings)
    failed = wire.failure(frame)
    finding = Finding(path=unit.path, line=0, column=0, code=failed.code, message=failed.message, instead=_MENDED)
    raise UnitRefusedError(pack=unit.pack, path=unit.path, findings=(finding,))


_MENDED = "a source that compiles: see the message"


def _unit_parts(unit: Unit, limits: Limits) -> list[bytes]:
    facts = (
        unit.path,
        unit.class_name,
        unit.direction.value,
        limits.depth,
        limits.document_bytes,
        limits.frame_bytes,
    )
    parts = [str(fact).encode("utf-8") for fact in facts]
    for path, content in unit.files.items():
        parts += [path.encode("utf-8"), content]
    return parts


def _frame_limit(limits: Limits) -> int:
    """Return the longest frame a worker may send: one document more than a frame holds, with its table."""
    return max(CONTROL_BYTES, limits.document_bytes + 8 * limits.frame_bytes + CONTROL_BYTES)


def _nothing(pack: str) -> Unit:
    """Return the unit that errors of workers without one are told about."""
    return Unit(pack=pack, digest=pack, files={}, path="-", class_name="-", direction=Direction.UPGRADE)


def _too_weak(
    unit: Unit, measured: IsolationLevel, required: IsolationLevel, reasons: tuple[str, ...]
) -> IsolationTooWeakError:
    return IsolationTooWeakError(
        pack=unit.pack, path=unit.path, measured=measured.value, required=required.value, reasons=reasons
    )
