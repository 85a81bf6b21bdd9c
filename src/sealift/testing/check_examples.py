"""Ready-made test: every example holds, up, and down where the way back exists."""

from collections.abc import Iterator, Sequence
from functools import partial

from sealift.model.migration import Direction
from sealift.model.plan import Step
from sealift.packs.examples import Example
from sealift.testing.bench import Bench
from sealift.testing.exact import differences, plain, read, without, write
from sealift.testing.failure import MigrationError, Sample
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject

_CORRECTED = "if this is right and the example is wrong, make it:"


def cases(subject: Subject) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each example."""
    for example in subject.project.examples:
        yield example.path.removeprefix("examples/").removesuffix(".json"), partial(_holds, example)


def _holds(example: Example, bench: Bench, _: Effort) -> None:
    subject = bench.subject
    start, end = subject.version(example.from_version), subject.version(example.to_version)
    up = subject.way(start, end, example.collection)
    _leads(bench, example, up)
    if all(step.migration.reversible for step in up):
        _leads(bench, example, subject.way(end, start, example.collection))


def _leads(bench: Bench, example: Example, steps: Sequence[Step]) -> None:
    """Hold one way of an example; a member that a migration loses cannot come back."""
    up = not steps or steps[0].direction is Direction.UPGRADE
    given, expected = (example.before, example.after) if up else (example.after, example.before)
    member = "after" if up else "before"
    file = bench.root / example.path
    try:
        got = bench.travel(write(given), steps)
    except MigrationError as error:
        message = f"{file} (`{'before' if up else 'after'}`): {error.summary}"
        raise MigrationError(message, place=error.place) from None
    lost = () if up else [name for step in steps for name in bench.subject.declared(step.migration).loses]
    wrong = list(differences(without(read(write(expected)), lost), without(read(got), lost)))
    if wrong:
        way = "upgrade" if up else "downgrade"
        message = "\n".join([f"{file}: {way} does not give what `{member}` says", *(f"    {one}" for one in wrong)])
        raise MigrationError(message, sample=_corrected(example, got, member), advice=_CORRECTED)


def _corrected(example: Example, got: bytes, member: str) -> Sample:
    return Sample(
        collection=example.collection,
        from_version=example.from_version,
        to_version=example.to_version,
        before=plain(got) if member == "before" else example.before,
        after=plain(got) if member == "after" else example.after,
    )
