"""One step from start to end: its run in the history, its hooks, its batches."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from threading import Event

from sealift.errors.base import SealiftError
from sealift.errors.documents import DocumentsFailedError, InterruptedRunError, PreHookError
from sealift.errors.run import HookFailedError
from sealift.errors.store import StoreError
from sealift.errors.store_running import StoreFullError
from sealift.execution.batches import Batches, Care, Job, QuarantineRoom
from sealift.execution.hooks import tell_after, tell_before
from sealift.execution.inline import Inline
from sealift.execution.journal import Journal
from sealift.execution.ranges import cut
from sealift.execution.reach import reach_of
from sealift.execution.room import Work, check_room
from sealift.execution.runners import Runner, side_by_side
from sealift.execution.team import Team
from sealift.execution.workshop import Workshop, gate_of, team_of
from sealift.model.batch import Checkpoint, KeyRange, RangeState
from sealift.model.events import EventNotice, MigrationEvent
from sealift.model.history import EntryKind, MigrationHistory
from sealift.model.migration import Direction
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Binding, Collection, QuarantinedDocument, Store, Transaction

TAKES_BACK = "takes back "
"""Note of a run that undoes the part of an upgrade or downgrade that was done; the run's id follows."""
HOOKS_PENDING = "hooks"
"""Note of a finished run whose ``POST_`` hooks are still to be told."""

_RANGES_A_RUNNER = 8
"""So many ranges a runner that none of them waits long for the last one; each range has to fill the pipeline anew."""
_BATCHES_A_RANGE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """Where a step is: after its start, after each batch, and at its end."""

    step: Step
    run: str
    checkpoint: Checkpoint
    total: int
    """Documents in the collection when the step began."""
    finished: bool = False
    isolation: str = ""
    warnings: tuple[str, ...] = ()


class StepRun:
    """Runs one step. Use once."""

    def __init__(
        self, *, shop: Workshop, step: Step, pack: VerifiedPack, history: MigrationHistory, run: str | None = None
    ) -> None:
        self._shop, self._step, self._pack = shop, step, pack
        self._reach = reach_of(shop.store, step, history)
        self._run, self._start = run or self._reach.run, self._reach.start

    def execute(self) -> Iterator[StepProgress]:
        """Yield progress; raise when the step fails, with the failure in the history."""
        shop = self._shop
        collection = shop.store.collection(self._step.migration.collection, self._binding())
        total = collection.count()
        with team_of(shop, self._step, self._pack, size=1 if self._wide else shop.options.workers) as team:
            journal = self._journal(team)
            check_room(shop.store, self._work(collection, total), team, shop.options)
            self._before(team, total)
            ranges = self._reach.ranges or self._cut(collection, total)
            self._begin(journal, ranges)
            yield self._progress(self._start, total, team)
            last, pending = self._start, self._has_after(team)
            try:
                with self._unit() as around:
                    for last in self._checkpoints(ranges, self._job(shop.store, collection, team, around), around):
                        yield self._progress(last, total, team)
                    self._finish(journal, last, around, pending=pending)
            except BaseException as error:
                self._give_up(journal, error)
                raise
            warnings = self._after(team, journal, last) if pending else ()
            yield self._progress(last, total, team, finished=True, warnings=warnings)

    def tell(self, last: Checkpoint) -> StepProgress:
        """Call the ``POST_`` hooks of a step that finished in a process that died before it had called them."""
        with team_of(self._shop, self._step, self._pack) as team:
            warnings = self._after(team, self._journal(team), last)
            return self._progress(last, last.seen, team, finished=True, warnings=warnings)

    def _binding(self) -> Binding:
        return self._shop.bindings.get(self._step.migration.collection, Binding())

    def _journal(self, team: Team) -> Journal:
        shop = self._shop
        return Journal(
            step=self._step,
            run=self._run,
            pack=self._pack.attested,
            author=shop.author,
            isolation=team.first.isolation,
            now=shop.now,
        )

    @property
    def _atomic(self) -> bool:
        return self._step.migration.atomic or self._shop.options.atomic

    @property
    def _wide(self) -> bool:
        """Whether several runners work side by side; else one runner has all the workers."""
        return self._shop.options.workers > 1 and self._shop.store.writes_side_by_side and not self._atomic

    def _cut(self, collection: Collection, total: int) -> Sequence[KeyRange]:
        """Return ranges for several runners, or none where there is too little for two."""
        if not self._wide:
            return ()
        options = self._shop.options
        rows = max(options.batch_rows * _BATCHES_A_RANGE, total // (options.workers * _RANGES_A_RUNNER))
        ranges = cut(collection, self._start, rows)
        return ranges if sum(part.state is RangeState.OPEN for part in ranges) > 1 else ()

    def _checkpoints(self, ranges: Sequence[KeyRange], job: Job, around: Transaction | None) -> Iterator[Checkpoint]:
        """Yield how far the step is after each batch."""
        if not ranges:
            yield from Batches(job).run()
            return
        progress = {part.number: part.progress for part in ranges}
        with ExitStack() as stack:
            for part in self._run_ranges(job, around, stack):
                progress[part.number] = part.progress
                yield Checkpoint.total(progress.values())

    def _run_ranges(self, job: Job, around: Transaction | None, stack: ExitStack) -> Iterator[KeyRange]:
        if not self._wide:
            return Runner(name="0", job=job, writer=lambda: self._writer(around)).run()
        halt = Event()
        jobs = [job, *(self._job_beside(stack) for _ in range(self._shop.options.workers - 1))]
        runners = [
            Runner(name=str(n), job=replace(each, stopping=partial(self._stops, halt)), writer=self._writer)
            for n, each in enumerate(jobs)
        ]
        return side_by_side(runners, halt)

    def _stops(self, halt: Event) -> bool:
        return halt.is_set() or self._shop.stopping()

    def _job_beside(self, stack: ExitStack) -> Job:
        """Return the job of one more runner, with connections, a worker and validators of its own."""
        store = stack.enter_context(closing(self._shop.store.beside()))
        team = stack.enter_context(team_of(self._shop, self._step, self._pack, size=1))
        collection = store.collection(self._step.migration.collection, self._binding())
        return self._job(store, collection, team, None)

    def _unit(self) -> AbstractContextManager[Transaction | None]:
        """One transaction around the step if it is atomic, else nothing: then each batch has its own."""
        if self._atomic:
            return self._shop.store.transaction(self._shop.lease)
        return nullcontext()

    def _transaction(
        self, around: Transaction | None, store: Store | None = None
    ) -> AbstractContextManager[Transaction]:
        return nullcontext(around) if around is not None else (store or self._shop.store).transaction(self._shop.lease)

    def _work(self, collection: Collection, total: int) -> Work:
        """Return what is still to be done, as far as the room it takes goes."""
        done = self._start.seen
        if self._reach.undoes:
            total, done = self._shop.store.progress(self._reach.undoes).seen, 0
        ends = [part.progress.after or part.lower for part in self._reach.parts if part.state is RangeState.OPEN]
        documents = max(0, total - done) if ends else 0
        return Work(collection=collection, documents=documents, after=ends[0] if ends else None, atomic=self._atomic)

    def _job(self, store: Store, collection: Collection, team: Team, around: Transaction | None) -> Job:
        shop, step = self._shop, self._step
        skipped = frozenset(item.key for item in self._quarantined())
        return Job(
            step=step,
            run=self._run,
            collection=collection,
            team=team,
            options=shop.options,
            gate=gate_of(shop, step, self._pack),
            writer=self._writer(around),
            transaction=lambda: self._transaction(around, store),
            care=Care.SAVEPOINTS if around is not None else Care.TRANSACTION,
            stopping=shop.stopping,
            pause=shop.pause,
            now=shop.now,
            start=self._start,
            skipped=skipped,
            room=self._room,
            record=lambda transaction, checkpoint: transaction.checkpoint(self._run, checkpoint),
        )

    @cached_property
    def _room(self) -> QuarantineRoom:
        return QuarantineRoom(limit=self._shop.options.quarantine_limit, taken=len(self._quarantined()))

    def _writer(self, around: Transaction | None = None) -> Executor:
        if around is None and self._shop.store.writes_apart:
            return ThreadPoolExecutor(1, thread_name_prefix="sealift-writer")
        return Inline()

    def _quarantined(self) -> tuple[QuarantinedDocument, ...]:
        """Return the collection's documents in quarantine: they stay what they were."""
        collection = self._step.migration.collection
        return tuple(item for item in self._shop.store.quarantined() if item.collection == collection)

    def _before(self, team: Team, total: int) -> None:
        for event in (MigrationEvent.before(self._step.direction), MigrationEvent.PRE_VALIDATE):
            notice = self._notice(event, self._start)
            tell_before(self._shop.subscribers, notice)
            try:
                self._tell_pack(team, notice, total)
            except HookFailedError as error:
                raise PreHookError(migration=self._step.name, event=event, reason=error.message()) from error

    def _begin(self, journal: Journal, ranges: Sequence[KeyRange]) -> None:
        note = TAKES_BACK + self._reach.undoes if self._reach.undoes else ""
        attested = self._pack.attested
        with self._shop.store.transaction(self._shop.lease) as transaction:
            transaction.archive(attested.digest, attested.manifest.pack, attested.envelope, self._pack.files)
            transaction.append(journal.entry(EntryKind.STARTED, self._start, note))
            transaction.checkpoint(self._run, self._start)
            if ranges and not self._shop.store.ranges(self._run):
                transaction.lay_out(self._run, ranges)

    def _finish(self, journal: Journal, last: Checkpoint, around: Transaction | None, *, pending: bool) -> None:
        kind = EntryKind.APPLIED if self._step.direction is Direction.UPGRADE else EntryKind.REVERTED
        returned = [item.number for item in self._quarantined() if self._is_undone_by_step(item)]
        with self._transaction(around) as transaction:
            if returned:
                transaction.release(returned)
            transaction.append(journal.entry(kind, last, HOOKS_PENDING if pending else ""))

    def _is_undone_by_step(self, item: QuarantinedDocument) -> bool:
        """Say whether the document never made the upgrade that this downgrade takes back: it is where it belongs."""
        same = (item.pack, item.version) == (self._step.pack, self._step.migration.version)
        return same and item.direction is not self._step.direction

    def _has_after(self, team: Team) -> bool:
        return any(
            self._shop.subscribers.of(event) or event.value in team.first.report.methods for event in self._closing()
        )

    def _closing(self) -> tuple[MigrationEvent, ...]:
        return (MigrationEvent.POST_VALIDATE, MigrationEvent.after(self._step.direction))

    def _after(self, team: Team, journal: Journal, last: Checkpoint) -> tuple[str, ...]:
        failures: list[str] = []
        for event in self._closing():
            notice = self._notice(event, last)
            failures.extend(tell_after(self._shop.subscribers, notice))
            try:
                self._tell_pack(team, notice, last.seen)
            except HookFailedError as error:
                failures.append(f"{event}: {error.message()}")
        with self._shop.store.transaction(self._shop.lease) as transaction:
            for failure in failures:
                transaction.append(journal.entry(EntryKind.HOOK_FAILED, last, failure))
            transaction.append(journal.entry(EntryKind.HOOKS_TOLD, last))
        return tuple(failures)

    def _tell_pack(self, team: Team, notice: EventNotice, total: int) -> None:
        if notice.event.value in team.first.report.methods:
            team.first.hook(notice.event.value, {"documents": total, "migration": notice.migration})

    def _notice(self, event: MigrationEvent, checkpoint: Checkpoint) -> EventNotice:
        step = self._step
        return EventNotice(
            event=event,
            pack=step.pack,
            migration=step.name,
            collection=step.migration.collection,
            direction=step.direction,
            run=self._run,
            documents=checkpoint.seen,
            changed=checkpoint.changed,
        )

    def _give_up(self, journal: Journal, error: BaseException) -> None:
        """Write into the history why the run stopped; what was committed stays."""
        if not isinstance(error, SealiftError):
            return  # killed at once: the run is found *running* and resumed by the next one
        kind = EntryKind.INTERRUPTED if _is_passing(error) else EntryKind.FAILED
        try:
            with self._shop.store.transaction(self._shop.lease) as transaction:
                done = self._shop.store.progress(self._run)
                if isinstance(error, DocumentsFailedError | InterruptedRunError):
                    error.done = done.seen  # batches that were under way are committed by now
                transaction.append(journal.entry(kind, done, f"{error.code}: {error.message()}"))
        except StoreError as second:
            error.add_note(f"the history could not be written either: {second.message()}")

    def _progress(
        self,
        checkpoint: Checkpoint,
        total: int,
        team: Team,
        *,
        finished: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> StepProgress:
        return StepProgress(
            step=self._step,
            run=self._run,
            checkpoint=checkpoint,
            total=total,
            finished=finished,
            isolation=team.first.isolation,
            warnings=warnings,
        )


def _is_passing(error: SealiftError) -> bool:
    """Say whether neither the pack nor a document is to blame: the same run may go on as it is, later."""
    if isinstance(error, StoreError):
        return error.transient or isinstance(error, StoreFullError)
    return isinstance(error, InterruptedRunError)
