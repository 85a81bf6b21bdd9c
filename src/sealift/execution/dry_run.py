"""A plan on the real data, with real workers, and nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sealift.errors.documents import FailedDocument
from sealift.execution.batches import failed_document, key_text
from sealift.execution.chain import Link, Traveller, travel
from sealift.execution.reach import reach_of
from sealift.execution.walk import walk
from sealift.execution.workshop import Workshop, schema_of, team_of
from sealift.model.history import MigrationHistory
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Binding

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
        links = [_link(shop, stack, step, packs[step.pack]) for step in steps]
        ranges = [reach_of(shop.store, step, history).parts for step in steps]
        for page, concerned in walk(collection, ranges, shop.options):
            pairs = zip(page.keys, page.documents, strict=True)
            group = [Traveller(key=key, before=text, now=text) for key, text in pairs if key not in quarantined]
            travel([link for link, is_concerned in zip(links, concerned, strict=True) if is_concerned], group)
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


def _link(shop: Workshop, stack: ExitStack, step: Step, pack: VerifiedPack) -> Link:
    return Link(
        step=step,
        team=stack.enter_context(team_of(shop, step, pack)),
        validator=shop.validators(pack.files, schema_of(step)),
    )
