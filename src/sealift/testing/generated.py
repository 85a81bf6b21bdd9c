"""What the tests with generated documents share: a case a migration, and documents to try."""

from collections.abc import Callable, Iterator
from functools import partial

from sealift.model.migration import MigrationInfo
from sealift.testing.bench import Bench
from sealift.testing.documents import Documents, require_hypothesis
from sealift.testing.failure import CheckNotRunError
from sealift.testing.searching import Effort, search
from sealift.testing.subject import Subject

PerMigration = Callable[[MigrationInfo, Bench, Effort], None]


def per_migration(subject: Subject, run: PerMigration) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration."""
    for info in subject.migrations:
        yield info.version, partial(run, info)


def try_each(info: MigrationInfo, bench: Bench, effort: Effort, test: Callable[[bytes], None]) -> None:
    """Call the test with the documents of the examples, then with generated ones if there is a schema to make them.

    Raises CheckNotRunError when there is neither, and MissingExtraError when there is a schema and no Hypothesis.
    """
    documents = Documents.before(bench, info)
    for text in documents.known:
        test(text)
    if documents.schema is not None:
        require_hypothesis("generating documents from a schema")
        search(documents.strategy(), test, effort.settings())
    elif not documents.known:
        raise CheckNotRunError(nothing_to_try(bench, info))


def nothing_to_try(bench: Bench, info: MigrationInfo) -> str:
    """Say why there are no documents."""
    before = bench.subject.before(info)
    return f"{info.collection} has no schema at {before} and no example: there are no documents to try"
