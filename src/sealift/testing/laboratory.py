"""A store with documents, and a pack's steps run on it as an upgrade runs them: batches, checkpoints, history."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Self

from sealift import __version__
from sealift.assembly.upkeep import settle
from sealift.assembly.workshop import holder_of, stamp
from sealift.execution.hooks import Hooks
from sealift.execution.journal import Author
from sealift.execution.options import RunOptions
from sealift.execution.steps import StepRun
from sealift.execution.validators import Validators
from sealift.execution.workshop import Workshop
from sealift.model.history import MigrationHistory
from sealift.model.limits import MIB
from sealift.model.plan import Step
from sealift.ports import Binding, Collection, Lease, Store
from sealift.sandbox import repeat_singly
from sealift.testing.bench import Bench
from sealift.testing.exact import plain, write

_LOCK_SECONDS = 10.0
_ROWS = 1000


class Laboratory:
    """One store and one pack. Everything is committed, as in production; nothing else should use the store."""

    def __init__(self, bench: Bench, store: Store, now: Callable[[], datetime]) -> None:
        self._bench, self._store, self._clock = bench, store, now
        self._author = Author(operator="test", host="test", sealift_version=__version__)
        store.prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    @property
    def version(self) -> str:
        """The data version the store is at."""
        return self.history.versions.get(self._bench.subject.name, self._bench.subject.manifest.base)

    @property
    def history(self) -> MigrationHistory:
        """What ran on the store."""
        return MigrationHistory(self._store.entries())

    def load(self, collection: str, documents: Iterable[Mapping[str, Any] | bytes]) -> int:
        """Add documents to a collection, with the keys 1, 2, 3 and so on; return how many. Once a collection."""
        bound = self._store.create_collection(collection, Binding(), integer_key=True)
        texts = [one if isinstance(one, bytes) else write(one) for one in documents]
        with self._alone() as lease, self._store.transaction(lease) as transaction:
            return transaction.insert(bound, [((at,), text) for at, text in enumerate(texts, start=1)])

    def documents(self, collection: str) -> list[Any]:
        """Return the documents of a collection, in key order."""
        return [plain(text) for text in self.texts(collection)]

    def texts(self, collection: str) -> list[bytes]:
        """Return the documents of a collection as they are stored, in key order."""
        return list(_texts(self._store.collection(collection, Binding())))

    def upgrade(self, to: str | None = None, *, batch_rows: int = _ROWS) -> MigrationHistory:
        """Run the steps up to a version (by default the newest); raises what an upgrade raises."""
        subject = self._bench.subject
        return self._go(subject.way(self.version, subject.version(to or subject.newest)), batch_rows)

    def downgrade(self, to: str, *, batch_rows: int = _ROWS) -> MigrationHistory:
        """Run the steps back to a version; raises what a downgrade raises."""
        subject = self._bench.subject
        return self._go(subject.way(self.version, subject.version(to)), batch_rows)

    def _go(self, steps: Sequence[Step], batch_rows: int) -> MigrationHistory:
        for step in steps:
            self.run(step, batch_rows=batch_rows)
        return self.history

    def run(self, step: Step, *, batch_rows: int, killed_after: int | None = None) -> int:
        """Run one step, or go on with it; return the number of batches.

        ``killed_after`` ends it after so many batches as if the process had died: without a word in the history.
        """
        with self._alone() as lease:
            history = settle(self._store, lease, self._stamp)
            opened = history.open_run(step.pack)
            step = replace(step, resumes=opened.run if opened else None)
            run = StepRun(shop=self._shop(lease, batch_rows), step=step, pack=self._bench.subject.pack, history=history)
            # The first and the last word of a step are no batches. An iterator that is let go of half-way writes no
            # more than a process that was killed.
            wanted = None if killed_after is None else killed_after + 1
            return max(0, sum(not one.finished for one in islice(run.execute(), wanted)) - 1)

    @contextmanager
    def _alone(self) -> Iterator[Lease]:
        holder = holder_of(self._author, self._clock)
        with self._store.lock(holder, timeout=_LOCK_SECONDS, waiting=lambda _: None) as lease:
            yield lease

    def _shop(self, lease: Lease, batch_rows: int) -> Workshop:
        return Workshop(
            store=self._store,
            lease=lease,
            cage=self._bench.cage,
            repeat=repeat_singly,
            validators=Validators(),
            subscribers=Hooks(),
            options=RunOptions(batch_rows=batch_rows, limits=self._bench.limits),
            author=self._author,
            stopping=lambda: False,
            now=self._stamp,
        )

    def _stamp(self) -> str:
        return stamp(self._clock())


def _texts(collection: Collection) -> Iterator[bytes]:
    after = None
    while True:
        page = collection.read(after=after, until=None, rows=_ROWS, max_bytes=8 * MIB)
        if not page.keys:
            return
        yield from page.documents
        after = page.keys[-1]
