"""Adopting a store that already is at a version: a sample of documents must satisfy the version's schemas."""

from collections.abc import Mapping

from packaging.version import Version

from sealift.errors.adoption import BaselineRefusedError
from sealift.execution.batches import failed_document
from sealift.execution.workshop import Validators
from sealift.model.batch import Page
from sealift.model.limits import MIB
from sealift.model.names import BASE
from sealift.model.pack import Manifest, VerifiedPack
from sealift.ports import Binding, Collection, Store

SAMPLE = 1000
"""Documents looked at in each collection: the first ones in key order."""


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
) -> int:
    """Check a sample of every collection; return how many documents were looked at; raise BaselineRefusedError."""
    checked, failures = 0, []
    for name, schema in schemas_at(pack.manifest, version).items():
        page = _sample(store.collection(name, bindings.get(name, Binding())))
        checked += len(page.documents)
        for at, error in validators(pack.files, schema).invalid(page.documents):
            failures.append(failed_document(page.keys[at], error))
    if failures:
        raise BaselineRefusedError(target=f"{pack.manifest.pack}@{version}", checked=checked, failures=failures)
    return checked


def _sample(collection: Collection) -> Page:
    return collection.read(after=None, until=None, rows=SAMPLE, max_bytes=64 * MIB)
