"""A plan on the real data, with real workers, and nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from sealift.errors.documents import FailedDocument
from sealift.execution.batches import failed_document, key_text
from sealift.execution.chain import Group, Link, travel
from sealift.execution.reach import reach_of
from sealift.execution.walk import walk
from sealift.execution.workshop import Workshop, gate_of, team_of
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
    seen = changed = failed = 0
    samples: list[Difference] = []
    with ExitStack() as stack:
        links = [_link(shop, stack, step, packs[step.pack]) for step in steps]
        # Closed before the workers are, however this ends: it has pages under way with them.
        groups = stack.enter_context(closing(travel(links, _groups(shop, name, steps, history))))
        for group in groups:
            seen += len(group.keys)
            failed += len(group.failures)
            for at, failure in sorted(group.failures.items()):
                document = failed_document(group.keys[at], failure.error)
                yield DryFailure(collection=name, migration=failure.step.name, document=document)
            differing = [at for at in group.able() if group.now[at] != group.before[at]]
            changed += len(differing)
            samples += [_difference(group, at) for at in differing[: _SAMPLES - len(samples)]]
    yield DryCount(
        collection=name,
        steps=tuple(step.name for step in steps),
        seen=seen,
        changed=changed,
        failed=failed,
        samples=tuple(samples),
    )


def _groups(shop: Workshop, name: str, steps: Sequence[Step], history: MigrationHistory) -> Iterator[Group]:
    """Yield the documents of a collection that are not in quarantine."""
    collection = shop.store.collection(name, shop.bindings.get(name, Binding()))
    quarantined = frozenset(item.key for item in shop.store.quarantined() if item.collection == name)
    ranges = [reach_of(shop.store, step, history).parts for step in steps]
    for whole, concerned in walk(collection, ranges, shop.options):
        page = whole.without(quarantined)
        yield Group(keys=page.keys, before=page.documents, now=list(page.documents), concerned=concerned)


def _difference(group: Group, at: int) -> Difference:
    return Difference(key=key_text(group.keys[at]), before=group.before[at], after=group.now[at])


def _link(shop: Workshop, stack: ExitStack, step: Step, pack: VerifiedPack) -> Link:
    return Link(step=step, team=stack.enter_context(team_of(shop, step, pack)), gate=gate_of(shop, step, pack))
