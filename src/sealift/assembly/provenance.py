"""Which releases ran on a store, and with whose signatures: what a revocation has to be followed by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealift.model.history import EntryKind, HistoryEntry, MigrationHistory

_BROUGHT_IN = frozenset({EntryKind.STARTED, EntryKind.APPLIED, EntryKind.BASELINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRelease:
    """One release of a pack whose migrations were begun, applied, or adopted on a store."""

    pack: str
    digest: str
    sequence: int
    last_at: str
    """When a migration of it was last begun or applied; UTC, ISO 8601."""
    current: str
    """The data version of the pack now; empty if its first migration never finished."""
    newest: bool
    """Whether it is the release that ran last, not one that another release replaced."""


def signed_by(history: MigrationHistory, keyid: str) -> tuple[AppliedRelease, ...]:
    """Return every release in the history that the key signed, alone or with others, oldest first."""
    return tuple(_releases(history, lambda entry: keyid in entry.signers))


def with_digest(history: MigrationHistory, digest: str) -> tuple[AppliedRelease, ...]:
    """Return the release with this manifest, if the history has it."""
    return tuple(_releases(history, lambda entry: digest == entry.digest))


def _releases(history: MigrationHistory, wanted: Callable[[HistoryEntry], bool]) -> Iterator[AppliedRelease]:
    entries = [entry for entry in history.entries if entry.kind in _BROUGHT_IN and entry.digest]
    newest = {entry.pack: entry.digest for entry in entries}
    last = {(entry.pack, entry.digest): entry for entry in entries if wanted(entry)}
    for entry in last.values():
        yield AppliedRelease(
            pack=entry.pack,
            digest=entry.digest,
            sequence=entry.sequence,
            last_at=entry.at,
            current=history.versions.get(entry.pack, ""),
            newest=newest[entry.pack] == entry.digest,
        )
