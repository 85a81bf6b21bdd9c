"""Adopting a store that already is at a version: a sample of documents must satisfy the version's schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from packaging.version import Version

from sealift.errors.adoption import BaselineRefusedError
from sealift.execution.batches import failed_document
from sealift.execution.workshop import Validators
from sealift.model.batch import Page
from sealift.model.names import BASE
from sealift.model.pack import Manifest, VerifiedPack
from sealift.ports import Binding, Collection, Store

SAMPLE = 1000
"""Documents looked at in each collection at most: every so-many-th one over all its keys."""
_AT_ONCE = 16
"""Documents in memory at the same time; each may be as large as a document can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """How many documents were looked at, out of how many."""

    checked: int
    documents: int

    def __str__(self) -> str:
        return f"{self.checked} of {self.documents} documents looked at"


def schemas_at(manifest: Manifest, version: str) -> Mapping[str, str | None]:
    """Return, for each collection of the pack, the schema its documents satisfy at a version."""
    schemas = dict(manifest.collections)
    if version not in {BASE, manifest.base}:
        for migration in manifest.migrations:
            if Version(migration.version) <= Version(version):
                schemas[migration.collection] = migration.schema
    return schemas


def check_sample(
    store: Store, pack: VerifiedPack, version: str, bindings: Mapping[str, Binding], validators: Validators
) -> Sampled:
    """Check a sample of every collection; return how many documents were looked at; raise BaselineRefusedError."""
    checked, documents, failures = 0, 0, []
    for name, schema in schemas_at(pack.manifest, version).items():
        validator = validators(pack.files, schema)
        collection = store.collection(name, bindings.get(name, Binding()))
        total = collection.count()
        documents += total
        for page in sample(collection, total):
            checked += len(page.documents)
            failures += [failed_document(page.keys[at], error) for at, error in validator.invalid(page.documents)]
    if failures:
        raise BaselineRefusedError(target=f"{pack.manifest.pack}@{version}", checked=checked, failures=failures)
    return Sampled(checked=checked, documents=documents)


def sample(collection: Collection, total: int, at_most: int = SAMPLE) -> Iterator[Page]:
    """Yield documents from all over the collection, in key order: all of them if there are no more than ``at_most``.

    The keys are gone through once; no other document is read.
    """
    every = max(1, -(-total // at_most))
    keys = list(islice(collection.cut(after=None, rows=every), at_most))
    for first in range(0, len(keys), _AT_ONCE):
        yield collection.get(keys[first : first + _AT_ONCE])
