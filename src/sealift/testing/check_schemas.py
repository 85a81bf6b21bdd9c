"""Ready-made test: whatever satisfies the schema before a migration is taken over, and satisfies the schema after.

A migration may refuse documents on purpose, with a ``raise ValueError(…)`` of its own: those stay what they were. One
that refuses every document is at fault.
"""

from collections.abc import Iterator
from functools import partial

from sealift.model.migration import Direction, MigrationInfo
from sealift.testing.bench import Bench
from sealift.testing.failure import MigrationError
from sealift.testing.generated import per_migration, try_each
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject


def cases(subject: Subject) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration."""
    yield from per_migration(subject, _upgrades)


def _upgrades(info: MigrationInfo, bench: Bench, effort: Effort) -> None:
    step = bench.subject.step(info, Direction.UPGRADE)

    def test(document: bytes) -> None:
        verdict = bench.judge(step, [document])[0]
        if isinstance(verdict, bytes):
            taken.append(document)
        elif bench.is_refusal(verdict):
            refused[:] = [bench.failed(step, document, verdict)]
        else:
            raise bench.failed(step, document, verdict)

    taken: list[bytes] = []
    refused: list[MigrationError] = []
    try_each(info, bench, effort, test)
    if refused and not taken:
        raise refused[0]
