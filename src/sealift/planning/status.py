"""Where each pack stands: the line that ``sealift status`` prints for it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sealift.errors.drift import StoreNewerError
from sealift.errors.plan import PlanError
from sealift.model.history import MigrationHistory, RunState
from sealift.model.names import BASE
from sealift.model.pack import AttestedPack, Manifest
from sealift.planning.chain import Chain, Presence, chain_of
from sealift.planning.standing import drift, standing_problems
from sealift.planning.versions import Reader
from sealift.planning.ways import Way, ways

_NOTHING: Mapping[str, Manifest] = MappingProxyType({})


class PackState(StrEnum):
    """How a pack's data stands to its installed release."""

    NEW = "new"
    """Never applied to this store."""
    CURRENT = "current"
    PENDING = "pending"
    AHEAD = "ahead"
    """The store is newer than the installed pack."""
    ORPHANED = "orphaned"
    """Applied, but not installed."""
    FAILED = "failed"
    """The last run stopped at an error, half-way."""
    INTERRUPTED = "interrupted"
    """The last run was interrupted, half-way."""
    HALF_APPLIED = "half-applied"
    """A run has begun and not ended: it is running now, or its process died."""
    CONFLICT = "conflict"
    """History and manifest disagree: a late, missing or edited migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStatus:
    """Where one pack stands."""

    pack: str
    state: PackState
    current: str
    """The version of the data in the store; the base when nothing was applied."""
    newest: str | None
    """The newest version the installed release knows; ``None`` for an orphan."""
    pending: int = 0
    """Migrations that ``upgrade`` would run or finish."""
    run: str | None = None
    """The run that is half done."""
    problem: str | None = None
    """For ``ahead`` and ``conflict``: what is wrong, as a sentence."""


def pack_status(
    manifests: Mapping[str, AttestedPack],
    history: MigrationHistory,
    archived: Mapping[str, Manifest] = _NOTHING,
    *,
    orphans: frozenset[str] = frozenset(),
) -> Sequence[PackStatus]:
    """Return where each pack stands, by name: the installed ones, and those the history knows.

    ``archived`` are the manifests that were applied, by digest: with them, edited migrations are found. Manifests under
    the names in ``orphans`` count as not installed.
    """
    known, versions, reader = ways(history), history.versions, Reader()
    found = []
    for pack in sorted({*manifests, *versions, *known} - {""}):
        way, current = known.get(pack, Way()), versions.get(pack)
        if pack in manifests and pack not in orphans:
            found.append(_installed(manifests[pack], current, way, archived, reader))
        elif current is not None or way.open is not None:
            found.append(_orphaned(pack, current, way))
    return tuple(found)


def _orphaned(pack: str, current: str | None, way: Way) -> PackStatus:
    at = current or (way.open.from_version if way.open else BASE)
    run = way.open.run if way.open else None
    return PackStatus(pack=pack, state=PackState.ORPHANED, current=at, newest=None, run=run)


def _installed(
    attested: AttestedPack, current: str | None, way: Way, archived: Mapping[str, Manifest], reader: Reader
) -> PackStatus:
    manifest = attested.manifest
    newest = manifest.migrations[-1].version if manifest.migrations else manifest.base
    try:
        chain = chain_of(attested, current, way, Presence.INSTALLED, reader)
        problem = next(chain_problems(chain, archived), None)
    except PlanError as error:
        state, pending, problem = PackState.CONFLICT, 0, error
    else:
        state, pending = _state(chain, problem, new=current is None), _pending(chain)
    return PackStatus(
        pack=manifest.pack,
        state=state,
        current=manifest.base if current in {None, BASE} else str(current),
        newest=newest,
        pending=0 if problem else pending,
        run=way.open.run if way.open else None,
        problem=str(problem) if problem else None,
    )


def chain_problems(chain: Chain, archived: Mapping[str, Manifest]) -> Iterator[PlanError]:
    """Yield what is wrong between history and manifest, edited migrations included."""
    if chain.way.applied or chain.way.floor is not None or chain.open is not None:
        yield from standing_problems(chain)
        yield from drift(chain, archived)


def _pending(chain: Chain) -> int:
    return 0 if chain.start is None else chain.newest - math.floor(chain.start)


_OF_RUNS: Mapping[RunState, PackState] = MappingProxyType(
    {
        RunState.FAILED: PackState.FAILED,
        RunState.INTERRUPTED: PackState.INTERRUPTED,
        RunState.RUNNING: PackState.HALF_APPLIED,
    }
)


def _state(chain: Chain, problem: PlanError | None, *, new: bool) -> PackState:
    if problem is not None:
        return PackState.AHEAD if isinstance(problem, StoreNewerError) else PackState.CONFLICT
    if chain.open is not None:
        return _OF_RUNS[chain.open.state]
    if new and chain.newest:
        return PackState.NEW
    return PackState.PENDING if _pending(chain) else PackState.CURRENT
