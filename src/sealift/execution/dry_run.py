"""A plan on the real data, with real workers, and nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sealift.errors.documents import FailedDocument
from sealift.execution.batches import failed_document, key_text
from sealift.execution.chain import Link, Traveller, travel
from sealift.execution.steps import Reach, Workshop, reach_of, schema_of, team_of
from sealift.model.batch import Key
from sealift.model.history import MigrationHistory
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Binding, Collection

_SAMPLES = 3
"""Differences shown for each collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One document as it is and as it would be."""

    key: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DryFailure:
    """A document that would fail, and at which migration."""

    collection: str
    migration: str
    document: FailedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class DryCount:
    """What one collection would see."""

    collection: str
    steps: tuple[str, ...]
    seen: int
    changed: int
    failed: int
    samples: tuple[Difference, ...]


def dry_run(
    shop: Workshop, steps: Sequence[Step], packs: Mapping[str, VerifiedPack], history: MigrationHistory
) -> Iterator[DryFailure | DryCount]:
    """Yield every document that would fail as it is found, and a count for each collection; writes nothing.

    Memory does not grow with the number of documents or failures.
    """
    for name in dict.fromkeys(step.migration.collection for step in steps):
        chain = [step for step in steps if step.migration.collection == name]
        yield from _collection(shop, name, chain, packs, history)


def _collection(
    shop: Workshop, name: str, steps: Sequence[Step], packs: Mapping[str, VerifiedPack], history: MigrationHistory
) -> Iterator[DryFailure | DryCount]:
    collection = shop.store.collection(name, shop.bindings.get(name, Binding()))
    quarantined = frozenset(item.key for item in shop.store.quarantined() if item.collection == name)
    seen = changed = failed = 0
    samples: list[Difference] = []
    with ExitStack() as stack:
        links = [_link(shop, stack, step, packs[step.pack], history) for step in steps]
        for page in _pages(shop, collection):
            group = [item for item in page if item.key not in quarantined]
            travel(links, group)
            for item in group:
                seen += 1
                if item.error is not None and item.failed_at is not None:
                    failed += 1
                    yield DryFailure(
                        collection=name, migration=item.failed_at.name, document=failed_document(item.key, item.error)
                    )
                elif item.now != item.before:
                    changed += 1
                    if len(samples) < _SAMPLES:
                        samples.append(Difference(key=key_text(item.key), before=item.before, after=item.now))
    yield DryCount(
        collection=name,
        steps=tuple(step.name for step in steps),
        seen=seen,
        changed=changed,
        failed=failed,
        samples=tuple(samples),
    )


def _link(shop: Workshop, stack: ExitStack, step: Step, pack: VerifiedPack, history: MigrationHistory) -> Link:
    team = stack.enter_context(team_of(shop, step, pack))
    reach = reach_of(shop.store, step, history)
    return Link(
        step=step,
        team=team,
        validator=shop.validators(pack.files, schema_of(step)),
        covers=lambda key: _covers(reach, key),
    )


def _covers(reach: Reach, key: Key) -> bool:
    after = reach.start.after
    return (after is None or key > after) and (reach.until is None or key <= reach.until)


def _pages(shop: Workshop, collection: Collection) -> Iterator[list[Traveller]]:
    after: Key | None = None
    while True:
        page = collection.read(
            after=after, until=None, rows=shop.options.batch_rows, max_bytes=shop.options.batch_bytes
        )
        if not page.keys:
            return
        after = page.keys[-1]
        pairs = zip(page.keys, page.documents, strict=True)
        yield [Traveller(key=key, before=document, now=document) for key, document in pairs]
