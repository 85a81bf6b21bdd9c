"""Ready-made test: what a document becomes does not depend on its neighbours in the batch."""

from collections.abc import Iterator, Sequence
from functools import partial

from sealift.model.migration import Direction, MigrationInfo
from sealift.model.plan import Step
from sealift.testing.bench import Bench, Verdict, sample_of
from sealift.testing.documents import Documents, require_hypothesis
from sealift.testing.failure import CheckNotRunError, MigrationError
from sealift.testing.generated import nothing_to_try, per_migration
from sealift.testing.searching import Effort, search
from sealift.testing.subject import Subject

_MOST = 5
"""Documents in a batch."""
_DIVISOR = 4
"""Each batch starts two workers of its own, so fewer batches are tried than single documents elsewhere."""


def cases(subject: Subject) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration."""
    yield from per_migration(subject, _same_anywhere)


def _same_anywhere(info: MigrationInfo, bench: Bench, effort: Effort) -> None:
    step = bench.subject.step(info, Direction.UPGRADE)
    documents = Documents.before(bench, info)
    if documents.known:
        _compare(bench, step, [*documents.known, *documents.known])
    if documents.schema is not None:
        require_hypothesis("generating documents from a schema")
        from hypothesis import strategies as st

        batches = st.lists(documents.strategy(), min_size=1, max_size=_MOST).map(lambda batch: [*batch, batch[0]])
        search(batches, lambda batch: _compare(bench, step, batch), effort.settings(_DIVISOR))
    elif not documents.known:
        raise CheckNotRunError(nothing_to_try(bench, info))


def _compare(bench: Bench, step: Step, batch: Sequence[bytes]) -> None:
    """Run a batch forwards and backwards, each in a worker that has seen nothing before."""
    with bench.fresh(step) as worker:
        forwards = worker.judge(batch)
    with bench.fresh(step) as worker:
        backwards = worker.judge(batch[::-1])[::-1]
    first: dict[bytes, Verdict] = {}
    for document, one, other in zip(batch, forwards, backwards, strict=True):
        known = first.setdefault(document, one)
        if one != known or other != known:
            different = other if one == known else one
            message = (
                f"{step.name}: the same document became {_shown(known)} at one place of a batch "
                f"and {_shown(different)} at another: the migration keeps something between documents"
            )
            raise MigrationError(message, sample=sample_of(step, document))


def _shown(verdict: Verdict) -> str:
    return verdict.decode() if isinstance(verdict, bytes) else f"an error ({verdict.message})"
