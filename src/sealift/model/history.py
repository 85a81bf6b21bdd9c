"""What happened: entries chained by hash, and what follows from them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from sealift.model.migration import Direction

GENESIS = "sha256:" + "0" * 64
"""What the first entry names as its predecessor."""


class EntryKind(StrEnum):
    """What an entry says happened."""

    STARTED = "started"
    APPLIED = "applied"
    REVERTED = "reverted"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    HOOK_FAILED = "hook-failed"
    HOOKS_TOLD = "hooks-told"
    """The hooks after a step have been called; until then the next runner calls them."""
    BASELINE = "baseline"
    TRUST = "trust"
    """An audited decision of the operator: a sequence reset, an expired key accepted."""
    QUARANTINE = "quarantine"
    """Documents retried or dropped."""


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    APPLIED = "applied"
    REVERTED = "reverted"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


MOVES: Mapping[tuple[RunState | None, EntryKind], RunState] = MappingProxyType(
    {
        (None, EntryKind.STARTED): RunState.RUNNING,
        (RunState.FAILED, EntryKind.STARTED): RunState.RUNNING,
        (RunState.INTERRUPTED, EntryKind.STARTED): RunState.RUNNING,
        (RunState.RUNNING, EntryKind.APPLIED): RunState.APPLIED,
        (RunState.RUNNING, EntryKind.REVERTED): RunState.REVERTED,
        (RunState.RUNNING, EntryKind.FAILED): RunState.FAILED,
        (RunState.RUNNING, EntryKind.INTERRUPTED): RunState.INTERRUPTED,
    }
)
"""Every legal move of a run; anything else raises IllegalMoveError.

A checkpoint moves nothing: it is the run's progress row, replaced in each batch's transaction.
"""


class IllegalMoveError(ValueError):
    """A run cannot go this way: a mistake of the calling code, or a history that was edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One fact, chained to the one before."""

    number: int
    kind: EntryKind
    run: str
    """Hex UUID of the run; several entries share it. Empty for entries that belong to no run."""
    pack: str
    from_version: str
    to_version: str
    direction: Direction
    at: str
    """UTC, ISO 8601 with microseconds."""
    seen: int = 0
    changed: int = 0
    failed: int = 0
    digest: str = ""
    """Digest of the signed manifest whose bytes ran."""
    sequence: int = 0
    signers: tuple[str, ...] = ()
    policy_digest: str = ""
    policy_version: int = 0
    isolation: str = ""
    operator: str = ""
    host: str = ""
    sealift_version: str = ""
    note: str = ""
    """The error of a failed run, or the operator's reason."""
    previous: str = GENESIS
    hash: str = ""

    def sealed(self, number: int, previous: str) -> Self:
        """Return this entry as the number-th, chained to ``previous``."""
        content = {**asdict(self), "number": number, "previous": previous}
        content["hash"] = _digest(content)
        return self.from_dict(content)

    def expected_hash(self) -> str:
        """Return the hash that the content and the predecessor demand."""
        return _digest(asdict(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-safe form; ``from_dict`` is its inverse."""
        return {**asdict(self), "signers": list(self.signers)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote; unknown members are refused with a TypeError."""
        known = {**content, "kind": EntryKind(content["kind"]), "direction": Direction(content["direction"])}
        known["signers"] = tuple(content["signers"])
        return cls(**known)


def _digest(content: Mapping[str, Any]) -> str:
    names = [field.name for field in fields(HistoryEntry) if field.name != "hash"]
    text = json.dumps({name: content[name] for name in names}, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """One run, folded from its entries."""

    run: str
    pack: str
    state: RunState
    direction: Direction
    from_version: str
    to_version: str
    digest: str
    started_at: str
    note: str
    """What the first entry said: which run this one takes back, if it does."""
    last: HistoryEntry

    @property
    def is_open(self) -> bool:
        """Whether documents may be half-way: the run can be resumed or taken back."""
        return self.state in {RunState.RUNNING, RunState.FAILED, RunState.INTERRUPTED}


def first_break(entries: Iterable[HistoryEntry]) -> HistoryEntry | None:
    """Return the first entry that does not follow from the one before it, or from its own content."""
    previous = GENESIS
    for number, entry in enumerate(entries, start=1):
        if entry.number != number or entry.previous != previous or entry.hash != entry.expected_hash():
            return entry
        previous = entry.hash
    return None


class MigrationHistory:
    """The entries, oldest first, and what follows from them. Immutable.

    Guarantees that the order of moves was legal; raises IllegalMoveError otherwise. The hash chain is checked by
    ``broken_link``, because reading must work on a damaged history too.
    """

    __slots__ = ("_entries", "_first", "_infos", "_last", "_open", "_states", "_versions")

    def __init__(self, entries: Iterable[HistoryEntry] = ()) -> None:
        self._entries = tuple(entries)
        self._first: dict[str, HistoryEntry] = {}
        self._last: dict[str, HistoryEntry] = {}
        self._states: dict[str, RunState] = {}
        self._infos: dict[str, RunInfo] | None = None
        self._versions: dict[str, str] = {}
        self._open: dict[str, str] = {}
        for entry in self._entries:
            self._fold(entry)

    @property
    def entries(self) -> tuple[HistoryEntry, ...]:
        """Every entry, oldest first."""
        return self._entries

    @property
    def head(self) -> str:
        """Hash of the newest entry; keep it elsewhere to notice a history that was rebuilt."""
        return self._entries[-1].hash if self._entries else GENESIS

    @property
    def versions(self) -> Mapping[str, str]:
        """The data version of each pack that ever finished a step or was adopted."""
        return MappingProxyType(self._versions)

    @property
    def runs(self) -> Mapping[str, RunInfo]:
        """Every run by its id, in order of their first start."""
        # Folded from the entries when it is asked for: most readers of a long history want to know what is open.
        if self._infos is None:
            self._infos = {run: self._info(run) for run in self._states}
        return MappingProxyType(self._infos)

    def open_run(self, pack: str) -> RunInfo | None:
        """Return the pack's run that neither finished nor was taken back, if there is one."""
        run = self._open.get(pack)
        return self._info(run) if run else None

    def applied(self, pack: str) -> tuple[HistoryEntry, ...]:
        """Return the applied entries of the pack that were not taken back, oldest first: its way to where it is."""
        way: list[HistoryEntry] = []
        for entry in self._entries:
            if entry.pack != pack:
                continue
            if entry.kind is EntryKind.APPLIED:
                # A downgrade that was turned back half-way leads to a version that was never left.
                if way and way[-1].to_version == entry.to_version:
                    way.pop()
                way.append(entry)
            elif entry.kind is EntryKind.REVERTED and way and way[-1].to_version == entry.from_version:
                way.pop()
        return tuple(way)

    def broken_link(self) -> HistoryEntry | None:
        """Return the first entry that was edited, removed, inserted or moved, or ``None`` if the chain is whole."""
        return first_break(self._entries)

    def _fold(self, entry: HistoryEntry) -> None:
        kind = entry.kind
        if kind is EntryKind.BASELINE:
            self._versions[entry.pack] = entry.to_version
        elif kind not in _NO_MOVES:
            self._move(entry)

    def _move(self, entry: HistoryEntry) -> None:
        before = self._states.get(entry.run)
        state = MOVES.get((before, entry.kind))
        if state is None:
            message = f"entry {entry.number}: run {entry.run} is {before or 'new'}, not {entry.kind}"
            raise IllegalMoveError(message)
        if before is None:
            self._first[entry.run] = entry
        self._last[entry.run] = entry
        self._states[entry.run] = state
        if state is RunState.APPLIED or state is RunState.REVERTED:
            self._versions[entry.pack] = entry.to_version
            self._open.pop(entry.pack, None)
        else:
            self._open[entry.pack] = entry.run

    def _info(self, run: str) -> RunInfo:
        first, last = self._first[run], self._last[run]
        return RunInfo(
            run=run,
            pack=last.pack,
            state=self._states[run],
            direction=last.direction,
            from_version=last.from_version,
            to_version=last.to_version,
            digest=last.digest,
            started_at=first.at,
            note=first.note,
            last=last,
        )


_NO_MOVES = frozenset({EntryKind.HOOK_FAILED, EntryKind.HOOKS_TOLD, EntryKind.TRUST, EntryKind.QUARANTINE})
