"""What the tests with generated documents share: a case a migration, and documents to try."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import NoReturn

from sealift.model.migration import MigrationInfo
from sealift.testing.bench import Bench
from sealift.testing.documents import Documents, require_hypothesis
from sealift.testing.failure import CheckNotRunError, MigrationError
from sealift.testing.searching import Effort, search
from sealift.testing.shrinking import shrunk
from sealift.testing.subject import Subject

_VARIANTS = 600
"""Documents with one value replaced that are tried at most."""

Test = Callable[[bytes], None]
"""Raises MigrationError, with the document, for one that fails."""
PerMigration = Callable[[MigrationInfo, Bench, Effort], None]


def per_migration(subject: Subject, run: PerMigration) -> Iterator[tuple[str, partial[None]]]:
    """Yield a case for each migration."""
    for info in subject.migrations:
        yield info.version, partial(run, info)


def try_each(info: MigrationInfo, bench: Bench, effort: Effort, test: Test) -> None:
    """Call the test with the documents of the examples, then with generated ones if there is a schema to make them.

    Raises its error for the smallest document that fails; CheckNotRunError when there are no documents, and
    MissingExtraError when there is a schema and no Hypothesis.
    """
    documents = Documents.before(bench, info)
    try:
        for text in documents.known:
            test(text)
        if documents.schema is not None:
            require_hypothesis("generating documents from a schema")
            _try_generated(documents, effort, test)
        elif not documents.known:
            raise CheckNotRunError(nothing_to_try(bench, info))
    except MigrationError as error:
        if error.document is not None and not error.is_final:
            _raise_smallest(error.document, documents, test)
        raise


def _try_generated(documents: Documents, effort: Effort, test: Test) -> None:
    """Try what the source's constants make of a few documents, one by one, and then what Hypothesis comes up with."""
    for text in islice(documents.variants([*documents.known, *documents.drawn()]), _VARIANTS):
        test(text)
    search(documents.strategy(), test, effort.settings())


def _raise_smallest(document: bytes, documents: Documents, test: Test) -> NoReturn:
    def fails(text: bytes) -> bool:
        try:
            if documents.fits(text):
                test(text)
        except MigrationError:
            return True
        return False

    test(shrunk(document, fails))
    message = "the outcome differs from one time to the next: the migration keeps something between documents"
    raise MigrationError(message)


def nothing_to_try(bench: Bench, info: MigrationInfo) -> str:
    """Say why there are no documents."""
    before = bench.subject.before(info)
    return f"{info.collection} has no schema at {before} and no example: there are no documents to try"
