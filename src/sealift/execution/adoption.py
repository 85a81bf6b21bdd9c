"""Adopting a store that already is at a version: a sample of documents must satisfy the version's schemas.

And noticing a store that should have been adopted: see ``refuse_unadopted``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from sealift.errors.adoption import BaselineRefusedError, NotAdoptedError
from sealift.execution.batches import failed_document
from sealift.execution.sampling import sample
from sealift.execution.validators import Validators
from sealift.model.batch import Page
from sealift.model.history import MigrationHistory
from sealift.model.names import BASE
from sealift.model.pack import Manifest, VerifiedPack
from sealift.ports import Binding, Store, Validator

SAMPLE = 1000
"""Documents looked at in each collection at most: every so-many-th one over all its keys."""
_GLANCE = 16
_GLANCE_BYTES = 1024 * 1024
"""What is looked at of every collection before its first migration: one document at base ends the suspicion."""


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
        validator = validators.of(pack.files, schema)
        collection = store.collection(name, bindings.get(name, Binding()))
        total = collection.count()
        documents += total
        for page in sample(collection, total, SAMPLE):
            checked += len(page.documents)
            failures += [failed_document(page.keys[at], error) for at, error in validator.invalid(page.documents)]
    if failures:
        raise BaselineRefusedError(target=f"{pack.manifest.pack}@{version}", checked=checked, failures=failures)
    return Sampled(checked=checked, documents=documents)


def refuse_unadopted(
    store: Store,
    packs: Iterable[VerifiedPack],
    history: MigrationHistory,
    bindings: Mapping[str, Binding],
    validators: Validators,
) -> None:
    """Raise NotAdoptedError for a pack without a history whose documents are all those of a later version.

    Proven by schemas alone: where a pack declares none for its base version, nothing can be said, and nothing is.
    """
    known = {entry.pack for entry in history.entries}
    for pack in packs:
        if pack.manifest.pack not in known:
            _Newcomer(store, pack, bindings, validators).refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """What a look at documents proved."""

    checked: int
    versions: tuple[str, ...]


class _Newcomer:
    """A pack that is about to see this store's documents for the first time."""

    def __init__(
        self, store: Store, pack: VerifiedPack, bindings: Mapping[str, Binding], validators: Validators
    ) -> None:
        self._pack, self._validators = pack, validators
        self._made: dict[str, Validator] = {}
        base = schemas_at(pack.manifest, BASE)
        names = [name for name, schema in base.items() if schema is not None]
        self._collections = {name: store.collection(name, bindings.get(name, Binding())) for name in names}

    def refuse(self) -> None:
        """Look at few documents, and at many only if none of the few is at base."""
        if not self._ahead(self._glance()).versions:
            return
        found = self._ahead(self._survey())
        if found.versions:
            manifest = self._pack.manifest
            raise NotAdoptedError(
                pack=manifest.pack, base=manifest.base, version=found.versions[-1], checked=found.checked
            )

    def _glance(self) -> Iterator[tuple[str, Page]]:
        for name, collection in self._collections.items():
            yield name, collection.read(after=None, until=None, rows=_GLANCE, max_bytes=_GLANCE_BYTES)

    def _survey(self) -> Iterator[tuple[str, Page]]:
        for name, collection in self._collections.items():
            yield from ((name, page) for page in sample(collection, collection.count(), _GLANCE**2))

    def _ahead(self, pages: Iterator[tuple[str, Page]]) -> _Ahead:
        """Return the versions that all these documents are at, none of which is at base; there may be none."""
        checked, versions = 0, [migration.version for migration in self._pack.manifest.migrations]
        for name, page in pages:
            if page.keys and self._wrong(BASE, name, page) < len(page.keys):
                return _Ahead(checked=checked, versions=())
            versions = [version for version in versions if not self._wrong(version, name, page)]
            checked += len(page.keys)
        return _Ahead(checked=checked, versions=tuple(versions) if checked else ())

    def _wrong(self, version: str, name: str, page: Page) -> int:
        """Return how many documents do not satisfy a version's schema, or cannot be said to, because it has none."""
        schema = schemas_at(self._pack.manifest, version)[name]
        if schema is None:
            return len(page.keys)
        return sum(1 for _ in self._validator(schema).invalid(page.documents))

    def _validator(self, schema: str) -> Validator:
        if schema not in self._made:
            self._made[schema] = self._validators.of(self._pack.files, schema)
        return self._made[schema]
