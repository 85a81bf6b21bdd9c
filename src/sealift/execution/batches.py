"""One step's documents: read, sent to the workers, checked, written back together with the checkpoint.

The path is pipelined: while the workers have the next pages, the host checks the one before, and a thread of its own
writes the one before that. Pages come back and are written in the order they were read, whatever the number of
workers, so that a checkpoint always means *everything up to here is done*.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Lock
from time import monotonic, sleep
from typing import cast

from sealift.errors.documents import (
    DocumentsFailedError,
    FailedDocument,
    InterruptedRunError,
    QuarantineFullError,
    RestlessDocumentError,
)
from sealift.errors.store_documents import DocumentRefusedError
from sealift.execution.options import OnError, RunOptions
from sealift.execution.pacing import Pacer
from sealift.execution.policy_gate import PolicyGate
from sealift.execution.team import Team
from sealift.model.batch import Change, Changes, Checkpoint, DocumentError, Key, Page
from sealift.model.plan import Step
from sealift.ports import Collection, Outcome, QuarantinedDocument, Transaction

_ATTEMPTS = 20
"""How often a document that others keep changing is read again before the run gives up."""
_NAP = 0.2
"""Seconds of a rest after which somebody who asks to stop is heard."""
_WRITTEN_BEHIND = 1
"""Batches that may wait for the writer, so that it is never idle."""

_Failed = tuple[Key, bytes, DocumentError]


class Care(Enum):
    """How a batch is written, with a view to a document that the store refuses."""

    TRANSACTION = auto()
    """All at once; if the store refuses it, its transaction is rolled back and it is written anew with savepoints."""
    SAVEPOINTS = auto()
    """Each attempt behind a savepoint, halved until the refused documents are found."""


class QuarantineRoom:
    """How many documents may still be set aside; shared by all runners of a step."""

    def __init__(self, *, limit: int, taken: int) -> None:
        self._left = limit - taken
        self._turn = Lock()

    def take(self, documents: int) -> bool:
        """Take room for so many documents; say whether there was enough."""
        with self._turn:
            if documents > max(self._left, 0):
                return False
            self._left -= documents
            return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything that the batches of one step need."""

    step: Step
    run: str
    collection: Collection
    gate: PolicyGate
    team: Team
    writer: Executor
    """Commits one batch after the other; closed when the batches end."""
    options: RunOptions
    transaction: Callable[[], AbstractContextManager[Transaction]]
    care: Care
    """Where one transaction is around the whole step, it must outlive a document that is refused."""
    stopping: Callable[[], bool]
    """Whether a signal or ``cancel`` asked to stop; looked at between batches."""
    pause: Callable[[], float]
    """Seconds to rest before the next page is read: the caller's own look at how the database does."""
    now: Callable[[], str]
    start: Checkpoint
    until: Key | None = None
    skipped: frozenset[Key] = frozenset()
    """Documents in quarantine: they stay what they were."""
    room: QuarantineRoom
    record: Callable[[Transaction, Checkpoint], None]
    """Keeps a checkpoint, inside the transaction of its batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """A page sorted by what is to be done with its documents."""

    changes: Changes
    failures: Sequence[_Failed]


_NOTHING = _Verdict(changes=Changes(), failures=())


class Batches:
    """Runs the batches of one step. Use once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._checkpoint = job.start
        self._pacer = Pacer(rows=job.options.batch_rows, seconds=job.options.batch_seconds)
        self._failed = False
        self._took = 0
        """Room that the batch under way took in the quarantine."""
        self._asked_to_stop = False

    def run(self) -> Iterator[Checkpoint]:
        """Yield the checkpoint after each committed batch; raise when the step cannot go on."""
        flight: deque[Page] = deque()
        writing: deque[Future[Checkpoint]] = deque()
        with self._job.writer as writer:
            for page in self._pages():
                self._job.team.send(page.documents)
                flight.append(page)
                if len(flight) >= self._job.team.window:
                    writing.append(self._land(writer, flight.popleft()))
                while len(writing) > _WRITTEN_BEHIND:
                    yield self._written(writing.popleft())
            while flight:
                writing.append(self._land(writer, flight.popleft()))
                while len(writing) > _WRITTEN_BEHIND:
                    yield self._written(writing.popleft())
            while writing:
                yield self._written(writing.popleft())
        if self._asked_to_stop:
            raise InterruptedRunError(migration=self._job.step.name, done=self._checkpoint.seen)

    def _pages(self) -> Iterator[Page]:
        job, after = self._job, self._job.start.after
        while True:
            self._rest()
            if self._stops():
                return
            page = job.collection.read(
                after=after, until=job.until, rows=self._pacer.rows, max_bytes=job.options.batch_bytes
            )
            if not page.keys:
                return
            after = page.keys[-1]
            page = page.without(job.skipped)
            if page.keys:
                yield page

    def _rest(self) -> None:
        """Rest as long as the caller wants, and no longer than until somebody asks to stop."""
        until = monotonic() + self._job.pause()
        while (left := until - monotonic()) > 0 and not self._stops():
            sleep(min(left, _NAP))

    def _stops(self) -> bool:
        # Remembered: a step that read no more because it was to stop must not pass for one that has no more to read.
        self._asked_to_stop = self._asked_to_stop or self._job.stopping()
        return self._asked_to_stop

    def _land(self, writer: Executor, page: Page) -> Future[Checkpoint]:
        """Receive and check one page, and hand it to the writer."""
        verdict = self._judge(page, self._job.team.receive(page.documents))
        return writer.submit(self._commit, page, verdict)

    def _written(self, written: Future[Checkpoint]) -> Checkpoint:
        """Wait until a page is committed; raise what stopped it, or that somebody asked to stop."""
        checkpoint = written.result()
        if self._stops():
            raise InterruptedRunError(migration=self._job.step.name, done=checkpoint.seen)
        return checkpoint

    def _judge(self, page: Page, outcomes: Sequence[Outcome]) -> _Verdict:
        outcomes = self._job.gate.entered(page.documents, outcomes)
        changes, failures = _sorted(page, outcomes)
        invalid = self._job.gate.changed(changes)
        if invalid:
            failures.extend((changes[at].key, changes[at].before, error) for at, error in invalid.items())
            changes = Changes.of(change for at, change in enumerate(changes) if at not in invalid)
        if len(changes) < len(outcomes):
            failures.extend(self._invalid_unchanged(page, outcomes))
        return _Verdict(changes=changes, failures=_in_order(page, failures) if failures else ())

    def _invalid_unchanged(self, page: Page, outcomes: Sequence[Outcome]) -> Iterator[_Failed]:
        places = [at for at, outcome in enumerate(outcomes) if outcome is None]
        for at, error in self._job.gate.unchanged([page.documents[place] for place in places]):
            yield page.keys[places[at]], page.documents[places[at]], error

    def _commit(self, page: Page, verdict: _Verdict) -> Checkpoint:
        """Commit one page; after one that failed no later one is committed, or its documents would be passed over."""
        if self._failed:
            message = "an earlier batch failed"
            raise RuntimeError(message)
        self._failed = True
        checkpoint = self._committed(page, verdict)
        self._failed = False
        return checkpoint

    def _committed(self, page: Page, verdict: _Verdict) -> Checkpoint:
        self._refuse(verdict)
        began = monotonic()
        try:
            self._checkpoint = self._written_page(page, verdict, self._job.care)
        except DocumentRefusedError:
            self._job.room.take(-self._took)  # what was set aside is rolled back
            self._checkpoint = self._written_page(page, verdict, Care.SAVEPOINTS)
        self._pacer.took(monotonic() - began)
        return self._checkpoint

    def _written_page(self, page: Page, verdict: _Verdict, care: Care) -> Checkpoint:
        self._took = 0
        with self._job.transaction() as transaction:
            changed, failed = self._write(transaction, verdict, care)
            checkpoint = replace(
                self._checkpoint,
                after=page.keys[-1],
                seen=self._checkpoint.seen + len(page.documents),
                changed=self._checkpoint.changed + changed,
                failed=self._checkpoint.failed + failed,
            )
            self._job.record(transaction, checkpoint)
        return checkpoint

    def _write(self, transaction: Transaction, verdict: _Verdict, care: Care) -> tuple[int, int]:
        """Write what can be written; read and migrate again what somebody else changed meanwhile."""
        changed = failed = 0
        for _ in range(_ATTEMPTS):
            failed += self._set_aside(transaction, verdict)
            overtaken, refused = self._replace(transaction, verdict.changes, care)
            changed += len(verdict.changes) - len(overtaken) - len(refused.failures)
            self._refuse(refused)
            failed += self._set_aside(transaction, refused)
            if not overtaken:
                return changed, failed
            page = self._job.collection.get(overtaken)
            verdict = self._judge(page, self._job.team.aside(page.documents))
            self._refuse(verdict)
        raise RestlessDocumentError(
            migration=self._job.step.name, key=key_text(verdict.changes[0].key), attempts=_ATTEMPTS
        )

    def _replace(self, transaction: Transaction, changes: Changes, care: Care) -> tuple[Sequence[Key], _Verdict]:
        """Write the documents; return the keys of those changed meanwhile, and those that the store refuses."""
        if not changes:
            return (), _NOTHING
        if care is Care.TRANSACTION:
            return transaction.replace(self._job.collection, changes), _NOTHING
        try:
            with transaction.attempt():
                overtaken = transaction.replace(self._job.collection, changes)
                # Within a step that is one transaction, later batches may set right what this one alone breaks.
                if self._job.care is Care.TRANSACTION:
                    transaction.settle(self._job.collection, changes)
                return overtaken, _NOTHING
        except DocumentRefusedError as error:
            if len(changes) == 1:
                reason = DocumentError(code="refused", message=f"the store refused it: {error.reason}")
                return (), _Verdict(changes=Changes(), failures=[(changes[0].key, changes[0].before, reason)])
        half = len(changes) // 2
        parts = [self._replace(transaction, part, care) for part in (changes[:half], changes[half:])]
        overtaken = [key for keys, _ in parts for key in keys]
        return overtaken, _Verdict(changes=Changes(), failures=[each for _, part in parts for each in part.failures])

    def _refuse(self, verdict: _Verdict) -> None:
        job = self._job
        if verdict.failures and job.options.on_error is OnError.STOP:
            raise DocumentsFailedError(
                migration=job.step.name,
                collection=job.collection.name,
                failures=_failed(verdict),
                done=self._checkpoint.seen,
            )

    def _set_aside(self, transaction: Transaction, verdict: _Verdict) -> int:
        job = self._job
        if not job.room.take(len(verdict.failures)):
            limit = job.options.quarantine_limit
            raise QuarantineFullError(migration=job.step.name, limit=limit, failures=_failed(verdict))
        for key, document, error in verdict.failures:
            transaction.set_aside(
                QuarantinedDocument(
                    number=0,
                    run=job.run,
                    pack=job.step.pack,
                    version=job.step.migration.version,
                    direction=job.step.direction,
                    collection=job.step.migration.collection,
                    key=key,
                    document=document,
                    error=error,
                    digest=job.step.digest,
                    at=job.now(),
                )
            )
        self._took += len(verdict.failures)
        return len(verdict.failures)


def _failed(verdict: _Verdict) -> tuple[FailedDocument, ...]:
    return tuple(failed_document(key, error) for key, _, error in verdict.failures)


def _sorted(page: Page, outcomes: Sequence[Outcome]) -> tuple[Changes, list[_Failed]]:
    """Tell what is to be written from what failed."""
    if set(map(type, outcomes)) == {bytes} and len(outcomes) == len(page.keys):
        # The usual page, without a line of Python for each document.
        documents = cast("Sequence[bytes]", outcomes)
        return Changes(keys=page.keys, tokens=page.tokens, before=page.documents, documents=documents), []
    rows = zip(page.keys, page.tokens, page.documents, outcomes, strict=True)
    changes: list[Change] = []
    failures: list[_Failed] = []
    for key, token, before, outcome in rows:
        if isinstance(outcome, bytes):
            changes.append(Change(key, token, before, outcome))
        elif outcome is not None:
            failures.append((key, before, outcome))
    return Changes.of(changes), failures


def key_text(key: Key) -> str:
    """Return the key as an operator reads it: ``7``, ``fr``, or ``(3, eu)`` for a composite one."""
    return str(key[0]) if len(key) == 1 else "(" + ", ".join(str(part) for part in key) + ")"


def failed_document(key: Key, error: DocumentError) -> FailedDocument:
    """Return what an error message says of one document."""
    return FailedDocument(key=key_text(key), code=error.code, message=error.message, where=error.where)


def _in_order(page: Page, failures: Sequence[_Failed]) -> Sequence[_Failed]:
    """Return the failures as the documents lie in the store, whichever check found them."""
    places = {key: at for at, key in enumerate(page.keys)}
    return sorted(failures, key=lambda failed: places[failed[0]])
