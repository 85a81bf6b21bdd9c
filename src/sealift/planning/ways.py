"""What the history knows of each pack: how it came to where it is, read in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sealift.model.history import EntryKind, HistoryEntry, MigrationHistory, RunInfo


@dataclass(slots=True, kw_only=True)
class Way:
    """One pack's way: where it began, the applied steps since, and a run that is still open."""

    floor: str | None = None
    """The version it began at, or was adopted at; migrations up to it count as applied."""
    applied: list[HistoryEntry] = field(default_factory=list)
    open: RunInfo | None = None


def ways(history: MigrationHistory) -> Mapping[str, Way]:
    """Return the way of every pack in the history.

    One pass over the entries: asking the history pack by pack would read it once for each of thousands of packs.
    """
    found: dict[str, Way] = {}
    for entry in history.entries:
        _follow(found.setdefault(entry.pack, Way()), entry)
    for pack, way in found.items():
        way.open = history.open_run(pack)
    return found


def _follow(way: Way, entry: HistoryEntry) -> None:
    match entry.kind:
        case EntryKind.BASELINE:
            way.floor, way.applied = entry.to_version, []
        case EntryKind.APPLIED:
            if way.floor is None:
                way.floor = entry.from_version
            # A downgrade that was turned back leads to a version that never was left.
            if way.applied and way.applied[-1].to_version == entry.to_version:
                way.applied.pop()
            way.applied.append(entry)
        case EntryKind.REVERTED if way.applied and way.applied[-1].to_version == entry.from_version:
            way.applied.pop()
        case EntryKind.REVERTED if not way.applied and way.floor == entry.from_version:
            way.floor = entry.to_version
        case _:
            pass
