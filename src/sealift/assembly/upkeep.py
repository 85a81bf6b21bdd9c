"""What the only runner sets right before it begins: runs of dead processes, decisions that belong into the history."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sealift.execution.journal import Author
from sealift.model.history import EntryKind, HistoryEntry, MigrationHistory, RunInfo, RunState
from sealift.model.migration import Direction
from sealift.ports import Lease, Store

_DIED = "the process that ran it ended without a word"


def settle(store: Store, lease: Lease, now: Callable[[], str]) -> MigrationHistory:
    """Interrupt every run that is still *running*: we hold the lock, so its process is dead."""
    history = MigrationHistory(store.entries())
    dead = [run for run in history.runs.values() if run.state is RunState.RUNNING]
    if not dead:
        return history
    with store.transaction(lease) as transaction:
        for run in dead:
            transaction.append(_interrupted(store, run, now()))
    return MigrationHistory(store.entries())


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
