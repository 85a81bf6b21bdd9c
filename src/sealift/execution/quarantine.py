"""Documents that were set aside: take them the rest of the way, or forget them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from packaging.version import Version

from sealift.errors.documents import FailedDocument
from sealift.execution.batches import failed_document
from sealift.execution.chain import Group, Link, travel
from sealift.execution.workshop import Workshop, gate_of, team_of
from sealift.model.batch import Change, Changes
from sealift.model.migration import Direction
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Binding, QuarantinedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What became of one document: ``failure`` is ``None`` when it is where its pack is, and out of quarantine."""

    number: int
    failure: FailedDocument | None


def retry(
    shop: Workshop, items: Sequence[QuarantinedDocument], packs: Mapping[str, VerifiedPack], versions: Mapping[str, str]
) -> Iterator[Retried]:
    """Take each document, as it is now, from the version it stopped at to its pack's current version."""
    for item in items:
        pack = packs[item.pack]
        steps = _steps(item, pack, versions.get(item.pack, pack.manifest.base))
        with ExitStack() as stack:
            yield _one(shop, item, [_link(shop, stack, step, pack) for step in steps])


def _one(shop: Workshop, item: QuarantinedDocument, links: Sequence[Link]) -> Retried:
    collection = shop.store.collection(item.collection, shop.bindings.get(item.collection, Binding()))
    page = collection.get([item.key])
    group = Group(keys=page.keys, before=page.documents, now=list(page.documents), concerned=[True for _ in links])
    for done in travel(links, [group]):
        for failure in done.failures.values():
            return Retried(number=item.number, failure=failed_document(item.key, failure.error))
    with shop.store.transaction(shop.lease) as transaction:
        rows = zip(page.keys, page.tokens, page.documents, group.now, strict=True)
        changes = Changes.of(Change(key, token, before, now) for key, token, before, now in rows if now != before)
        overtaken = transaction.replace(collection, changes) if changes else ()
        if not overtaken:
            transaction.release([item.number])
            return Retried(number=item.number, failure=None)
    busy = FailedDocument(key=str(item.key), code="busy", message="changed by another writer meanwhile; retry again")
    return Retried(number=item.number, failure=busy)


def _steps(item: QuarantinedDocument, pack: VerifiedPack, current: str) -> tuple[Step, ...]:
    """Return the migrations between where the document is and where its pack is, in order."""
    manifest = pack.manifest
    versions = [manifest.base, *(migration.version for migration in manifest.migrations)]
    at = versions.index(item.version) - (1 if item.direction is Direction.UPGRADE else 0)
    goal = [Version(version) for version in versions].index(Version(current))
    rising = goal >= at
    numbers = range(at + 1, goal + 1) if rising else range(at, goal, -1)
    steps = (_step(pack, versions, number, Direction.UPGRADE if rising else Direction.DOWNGRADE) for number in numbers)
    return tuple(step for step in steps if step.migration.collection == item.collection)


def _step(pack: VerifiedPack, versions: Sequence[str], number: int, direction: Direction) -> Step:
    migrations = pack.manifest.migrations
    migration = migrations[number - 1]
    before = pack.manifest.collections.get(migration.collection)
    for earlier in migrations[: number - 1]:
        if earlier.collection == migration.collection:
            before = earlier.schema
    ends = (versions[number - 1], versions[number])
    return Step(
        pack=pack.manifest.pack,
        direction=direction,
        migration=migration,
        from_version=ends[0] if direction is Direction.UPGRADE else ends[1],
        to_version=ends[1] if direction is Direction.UPGRADE else ends[0],
        digest=pack.attested.digest,
        reason="retry of a document in quarantine",
        schema_before=before,
    )


def _link(shop: Workshop, stack: ExitStack, step: Step, pack: VerifiedPack) -> Link:
    return Link(step=step, team=stack.enter_context(team_of(shop, step, pack)), gate=gate_of(shop, step, pack))
