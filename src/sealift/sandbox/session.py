"""One worker that compiled one unit: documents out, outcomes back, by position only."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sealift.errors.run import (
    HookFailedError,
)
from sealift.model.limits import Limits
from sealift.ports import Outcome, UnitReport
from sealift.sandbox.frames import Batch, printable, slices
from sealift.sandbox.wire import Wire
from sealift.worker.protocol import (
    Kind,
    ProtocolError,
    split_results,
)

_FINDING_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A frame of documents and how many of its results are missing."""

    sequence: int
    batch: Batch
    missing: int


class WorkerSession:
    """Implements ``ports.Session``. Documents that are too large for the limits are answered without being sent."""

    def __init__(self, *, wire: Wire, report: UnitReport, isolation: str, limits: Limits) -> None:
        self._wire = wire
        self._report = report
        self._isolation = isolation
        self._limits = limits
        self._batches: deque[Batch] = deque()
        self._asked: deque[Ask] = deque()

    @property
    def report(self) -> UnitReport:
        """What the unit offers."""
        return self._report

    @property
    def isolation(self) -> str:
        """The level that was measured for this worker."""
        return self._isolation

    def send(self, documents: Sequence[bytes]) -> None:
        """Put documents on their way; what does not fit into the pipe is queued."""
        batch = Batch(documents, self._limits)
        self._batches.append(batch)
        for start, stop in slices(batch.documents, self._limits.frame_bytes):
            sequence = self._wire.post(Kind.DOCUMENTS, batch.documents[start:stop])
            self._asked.append(Ask(sequence=sequence, batch=batch, missing=stop - start))

    def receive(self) -> Sequence[Outcome]:
        """Return the outcomes of the oldest ``send`` that was not received; raises IndexError when there is none."""
        batch = self._batches[0]
        while batch.missing:
            self._results()
        self._batches.popleft()
        if not self._asked:
            self._wire.quiet()
        return batch.finished()

    def _results(self) -> None:
        """Take one frame of results, which belongs to the oldest question."""
        ask = self._asked[0]
        frame = self._wire.expect(ask.sequence, [Kind.RESULTS], self._limits.wall_seconds)
        try:
            results, failed = split_results(frame.payload, ask.missing)
            if not results:
                raise ProtocolError(got="no results", expected=f"1 to {ask.missing}")  # noqa: TRY301 - one way out
            ask.batch.add(results, len(frame.payload), failed=failed)
        except ProtocolError as error:
            self._wire.refuse(error.got, error.expected)
        left = ask.missing - len(results)
        if left:
            self._asked[0] = Ask(sequence=ask.sequence, batch=ask.batch, missing=left)
        else:
            self._asked.popleft()

    def hook(self, name: str, facts: Mapping[str, int | str]) -> None:
        """Run a hook of the pack after everything sent before it; does nothing if the class does not have it."""
        if name not in self._report.methods:
            return
        sequence = self._wire.post(Kind.HOOK, [name.encode("ascii"), json.dumps(dict(facts)).encode("ascii")])
        while self._asked:
            self._results()
        frame = self._wire.expect(sequence, [Kind.HOOKED, Kind.BROKEN], self._limits.wall_seconds)
        self._wire.quiet()
        if frame.kind is Kind.BROKEN:
            failed = self._wire.failure(frame)
            raise HookFailedError(
                pack=self._wire.unit.pack,
                path=self._wire.unit.path,
                hook=name,
                text=printable(failed.message),
                where=printable(failed.where) if failed.where else None,
            )

    def close(self) -> None:
        """End the worker."""
        self._wire.close()
