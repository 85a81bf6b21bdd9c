"""Runners: each takes range after range of a run out of the store and does its documents.

One runner alone, or several side by side in threads, each with connections and a worker of its own. All they share is
in the store, so that where a runner is makes no difference to what it does.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Event

from sealift.errors.documents import DocumentsFailedError, InterruptedRunError
from sealift.execution.batches import Batches, Job
from sealift.model.batch import Checkpoint, KeyRange, RangeState
from sealift.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One runner of a run that is cut into ranges."""

    name: str
    """No other runner of the same lease has it."""
    job: Job
    """What it works with; start, end and writer are each range's own."""
    writer: Callable[[], Executor]

    def run(self) -> Iterator[KeyRange]:
        """Yield each range as it gets on, until no range is left; raises as Batches does."""
        while (part := self._claim()) is not None:
            yield from self._through(part)

    def _claim(self) -> KeyRange | None:
        with self.job.transaction() as transaction:
            return transaction.claim(self.job.run, self.name)

    def _through(self, part: KeyRange) -> Iterator[KeyRange]:
        last = part
        for progress in Batches(self._job(part)).run():
            last = _advanced(part, progress)
            yield last
        if last.state is not RangeState.DONE:
            last = replace(last, state=RangeState.DONE)
            with self.job.transaction() as transaction:
                transaction.advance(self.job.run, last, self.name)
            yield last

    def _job(self, part: KeyRange) -> Job:
        start = part.progress if part.progress.after is not None else replace(part.progress, after=part.lower)

        def record(transaction: Transaction, progress: Checkpoint) -> None:
            transaction.advance(self.job.run, _advanced(part, progress), self.name)

        return replace(self.job, start=start, until=part.upper, writer=self.writer(), record=record)


def _advanced(part: KeyRange, progress: Checkpoint) -> KeyRange:
    """Return the range with this progress: done in the same transaction as its last document, where that shows."""
    is_end = part.upper is not None and progress.after == part.upper
    return replace(part, progress=progress, state=RangeState.DONE if is_end else RangeState.OPEN)


def side_by_side(runners: Sequence[Runner], halt: Event) -> Iterator[KeyRange]:
    """Run all of them in threads; yield each range as it gets on.

    When one fails, ``halt`` is set, which every runner's job has to take for a reason to stop; the others finish the
    batches they are at. Then the failure is raised, with the failing documents of all runners.
    """
    told: SimpleQueue[KeyRange | None] = SimpleQueue()
    with ThreadPoolExecutor(len(runners), thread_name_prefix="sealift-runner") as threads:
        ends = [threads.submit(_drive, runner, told, halt) for runner in runners]
        try:
            for _ in ends:
                while (part := told.get()) is not None:
                    yield part
        finally:
            halt.set()
    _raise_first(ends)


def _drive(runner: Runner, told: "SimpleQueue[KeyRange | None]", halt: Event) -> None:
    try:
        for part in runner.run():
            told.put(part)
    except BaseException:
        halt.set()
        raise
    finally:
        told.put(None)


def _raise_first(ends: Sequence[Future[None]]) -> None:
    errors = [error for error in (end.exception() for end in ends) if error is not None]
    failed = [error for error in errors if isinstance(error, DocumentsFailedError)]
    if failed:
        failures = tuple(failure for error in failed for failure in error.failures)
        raise DocumentsFailedError(
            migration=failed[0].migration, collection=failed[0].collection, failures=failures, done=failed[0].done
        ) from failed[0]
    for error in sorted(errors, key=lambda error: isinstance(error, InterruptedRunError)):
        raise error
