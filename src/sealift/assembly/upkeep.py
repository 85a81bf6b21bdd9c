"""What the only runner sets right before it begins: runs of dead processes, decisions that belong into the history."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sealift.assembly.inventory import Inventory
from sealift.errors.history import HistoryTamperedError
from sealift.execution.journal import Author
from sealift.model.batch import Checkpoint
from sealift.model.history import (
    EntryKind,
    HistoryEntry,
    IllegalMoveError,
    MigrationHistory,
    RunInfo,
    RunState,
    first_break,
)
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Lease, Store

if TYPE_CHECKING:
    from sealift.execution.steps import StepProgress
    from sealift.execution.workshop import Workshop

_DIED = "the process that ran it ended without a word"


def read_history(store: Store) -> MigrationHistory:
    """Return the history of a store; raises HistoryTamperedError when its entries contradict each other."""
    entries = store.entries()
    try:
        return MigrationHistory(entries)
    except IllegalMoveError as error:
        broken = first_break(entries)
        if broken is None:
            raise
        raise tampered(broken) from error


def tampered(entry: HistoryEntry) -> HistoryTamperedError:
    """Return the error that names the first entry that does not fit."""
    return HistoryTamperedError(number=entry.number, expected=entry.expected_hash(), found=entry.hash)


def settle(store: Store, lease: Lease, now: Callable[[], str]) -> MigrationHistory:
    """Interrupt every run that is still *running*: we hold the lock, so its process is dead."""
    history = read_history(store)
    dead = [run for run in history.runs.values() if run.state is RunState.RUNNING]
    if not dead:
        return history
    with store.transaction(lease) as transaction:
        for run in dead:
            transaction.append(_interrupted(store, run, now()))
    return read_history(store)


def _interrupted(store: Store, run: RunInfo, at: str) -> HistoryEntry:
    done = store.progress(run.run)
    return replace(
        run.last,
        kind=EntryKind.INTERRUPTED,
        at=at,
        seen=done.seen,
        changed=done.changed,
        failed=done.failed,
        note=_DIED,
    )


def forgotten(history: MigrationHistory) -> tuple[HistoryEntry, ...]:
    """Return the steps that finished, and whose ``POST_`` hooks were never told: their process died in between."""
    from sealift.execution.steps import HOOKS_PENDING

    told = {entry.run for entry in history.entries if entry.kind is EntryKind.HOOKS_TOLD}
    return tuple(entry for entry in history.entries if entry.note == HOOKS_PENDING and entry.run not in told)


def tell_forgotten(shop: "Workshop", inventory: Inventory, history: MigrationHistory) -> Iterator["StepProgress"]:
    """Tell the hooks of such steps, from the archived bytes that ran; a pack that is refused by now stays untold."""
    from sealift.execution.steps import StepRun

    for entry in forgotten(history):
        pack = inventory.applied(entry.digest)
        info = _migration(pack, entry) if pack is not None else None
        if pack is not None and info is not None:
            step = Step(
                pack=entry.pack,
                direction=entry.direction,
                migration=info,
                from_version=entry.from_version,
                to_version=entry.to_version,
                digest=entry.digest,
                reason="its hooks were not told",
            )
            run = StepRun(shop=shop, step=step, pack=pack, history=history, run=entry.run)
            yield run.tell(Checkpoint(seen=entry.seen, changed=entry.changed, failed=entry.failed))


def _migration(pack: VerifiedPack, entry: HistoryEntry) -> MigrationInfo | None:
    version = entry.to_version if entry.direction is Direction.UPGRADE else entry.from_version
    return next((info for info in pack.manifest.migrations if info.version == version), None)


def decision(  # noqa: PLR0913 - the facts of one entry
    kind: EntryKind, author: Author, at: str, *, pack: str, version: str = "", note: str
) -> HistoryEntry:
    """Return the entry of something that the operator decided, outside of any run."""
    return HistoryEntry(
        number=0,
        kind=kind,
        run="",
        pack=pack,
        from_version=version,
        to_version=version,
        direction=Direction.UPGRADE,
        at=at,
        operator=author.operator,
        host=author.host,
        sealift_version=author.sealift_version,
        note=note,
    )


def record_accepted(store: Store, lease: Lease, author: Author, at: str, accepted: Mapping[str, str]) -> None:
    """Write into the history which expired keys the operator accepts, and why."""
    if not accepted:
        return
    with store.transaction(lease) as transaction:
        for keyid, reason in accepted.items():
            note = f"accepts expired {keyid}: {reason}"
            transaction.append(decision(EntryKind.TRUST, author, at, pack="", note=note))
