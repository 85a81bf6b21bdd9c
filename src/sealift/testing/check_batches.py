"""Ready-made test: what a document becomes does not depend on its neighbours, its place, or the size of the batch.

The language of migrations refuses whatever could be kept between documents, so that a pack whose code is in it passes.
The test is run in the locked worker all the same: it holds the language to that, and not the pack to a promise.
"""

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
_PAIR = 2
"""Documents in a batch when they are run backwards."""
_DIVISOR = 5
"""Each batch starts three workers of its own, so fewer batches are tried than single documents elsewhere."""


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
    """Run the documents in other orders and sizes of batches, each time in a worker that has seen nothing before."""
    first: dict[bytes, Verdict] = {}
    for order, size in ((batch, len(batch)), (batch[::-1], _PAIR), (batch, 1)):
        for document, verdict in zip(order, _judged(bench, step, order, size), strict=True):
            known = first.setdefault(document, verdict)
            if verdict != known:
                message = (
                    f"{step.name}: the same document became {_shown(known)} at one place of a batch "
                    f"and {_shown(verdict)} at another: the migration keeps something between documents"
                )
                raise MigrationError(message, sample=sample_of(step, document))


def _judged(bench: Bench, step: Step, documents: Sequence[bytes], size: int) -> Iterator[Verdict]:
    """Take documents through a step in batches of a size, in one new worker."""
    with bench.fresh(step) as worker:
        for at in range(0, len(documents), size):
            yield from worker.judge(documents[at : at + size])


def _shown(verdict: Verdict) -> str:
    return verdict.decode() if isinstance(verdict, bytes) else f"an error ({verdict.message})"
