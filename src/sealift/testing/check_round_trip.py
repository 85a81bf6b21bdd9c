"""Ready-made test: a document that went up and down again is what it was, apart from what the class says it loses."""

from collections.abc import Iterator
from functools import partial

from sealift.model.batch import DocumentError
from sealift.model.migration import Direction, MigrationInfo
from sealift.testing.bench import Bench, sample_of
from sealift.testing.exact import differences, read, without
from sealift.testing.failure import MigrationError, Place
from sealift.testing.generated import per_migration, try_each
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject


def cases(subject: Subject) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration that can be taken back."""
    for label, run in per_migration(subject, _comes_back):
        if next(info for info in subject.migrations if info.version == label).reversible:
            yield label, run


def _comes_back(info: MigrationInfo, bench: Bench, effort: Effort) -> None:
    up, down = bench.subject.step(info, Direction.UPGRADE), bench.subject.step(info, Direction.DOWNGRADE)
    declared = bench.subject.declared(info)

    def test(document: bytes) -> None:
        upgraded = bench.judge(up, [document])[0]
        if isinstance(upgraded, DocumentError):
            return  # the test of the schemas tells of it
        back = bench.judge(down, [upgraded])[0]
        if isinstance(back, DocumentError):
            raise bench.failed(down, upgraded, back, document)
        wrong = list(differences(without(read(document), declared.loses), without(read(back), declared.loses)))
        if wrong:
            head = f"{up.name}: downgrade does not give back what upgrade was given"
            names = "; members that cannot come back are named in loses = (..,)"
            message = "\n".join([head + names, *(f"    {one}" for one in wrong)])
            place = Place(file=declared.file, line=declared.line)
            raise MigrationError(message, place=place, sample=sample_of(up, document, upgraded))

    try_each(info, bench, effort, test)
