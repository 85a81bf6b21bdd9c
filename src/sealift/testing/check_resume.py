"""Ready-made test: a step that was killed after any batch and resumed ends like one that was not disturbed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sealift.assembly.workshop import utc_now
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.plan import Step
from sealift.stores import open_store
from sealift.testing.bench import Bench
from sealift.testing.documents import Documents, has_hypothesis, require_hypothesis
from sealift.testing.failure import CheckNotRunError, MigrationError
from sealift.testing.generated import nothing_to_try, per_migration
from sealift.testing.laboratory import Laboratory
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject

_DOCUMENTS = 5
"""One a batch, so that a step can be killed between any two of them."""


def cases(subject: Subject) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration."""
    yield from per_migration(subject, _resumes)


def _resumes(info: MigrationInfo, bench: Bench, _: Effort) -> None:
    up, down = bench.subject.step(info, Direction.UPGRADE), bench.subject.step(info, Direction.DOWNGRADE)
    trial = Trial(bench=bench, documents=_documents(bench, info, up, down))
    trial.each_batch([], up)
    if info.reversible:
        trial.each_batch([up], down)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Some documents, and a step that is killed on them again and again."""

    bench: Bench
    documents: Sequence[bytes]

    def each_batch(self, before: Sequence[Step], step: Step) -> None:
        """Compare every disturbed run of a step with the undisturbed one; ``before`` are run first, undisturbed."""
        expected = self._outcome(before, step, None)
        for batches in range(1, len(self.documents)):
            if self._outcome(before, step, batches) != expected:
                message = (
                    f"{step.name}: {step.direction} killed after {batches} of {len(self.documents)} documents "
                    "and resumed does not end like a run that was not disturbed"
                )
                raise MigrationError(message)

    def _outcome(self, before: Sequence[Step], step: Step, killed_after: int | None) -> Sequence[bytes]:
        with TemporaryDirectory(prefix="sealift-") as folder:
            store = open_store(f"sqlite:///{Path(folder, 'resume.db')}", create=True)
            with Laboratory(self.bench, store, utc_now) as laboratory:
                laboratory.load(step.migration.collection, self.documents)
                for one in before:
                    laboratory.run(one, batch_rows=1)
                if killed_after is not None:
                    laboratory.run(step, batch_rows=1, killed_after=killed_after)
                laboratory.run(step, batch_rows=1)
                return laboratory.texts(step.migration.collection)


def _documents(bench: Bench, info: MigrationInfo, up: Step, down: Step) -> Sequence[bytes]:
    """Return a few documents that can be taken over, and back; those that cannot are another test's matter."""
    documents = Documents.before(bench, info)
    found = dict.fromkeys(documents.known)
    if documents.schema is not None and len(found) < _DOCUMENTS and (has_hypothesis() or not found):
        require_hypothesis("generating documents from a schema")
        found |= dict.fromkeys(documents.drawn())
    able = [text for text in found if _goes(bench, info, up, down, text)][:_DOCUMENTS]
    if not able:
        raise CheckNotRunError(nothing_to_try(bench, info) if not found else "no document can be taken over")
    return able if len(able) > 1 else able * 2


def _goes(bench: Bench, info: MigrationInfo, up: Step, down: Step, document: bytes) -> bool:
    upgraded = bench.judge(up, [document])[0]
    if not isinstance(upgraded, bytes):
        return False
    return not info.reversible or isinstance(bench.judge(down, [upgraded])[0], bytes)
