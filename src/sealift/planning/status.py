"""Where each pack stands: the line that ``sealift status`` prints for it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from sealift.errors.drift import StoreNewerError
from sealift.errors.plan import BadManifestError, PlanError
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


class _Lines:
    """Which texts are versions in rising order; the same ones are compared once: thousands of packs are alike."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._known: dict[tuple[str, ...], bool] = {}

    def rise(self, manifest: Manifest) -> bool:
        """Say whether the manifest's migrations form a line."""
        texts = (manifest.base, *[info.version for info in manifest.migrations])
        if texts not in self._known:
            self._known[texts] = self._rise(texts)
        return self._known[texts]

    def _rise(self, texts: tuple[str, ...]) -> bool:
        try:
            versions = [self.reader.version(text, "", "") for text in texts]
        except BadManifestError:
            return False
        return all(before < after for before, after in pairwise(versions))


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
    known, versions, lines = ways(history), history.versions, _Lines(Reader())
    found = []
    for pack in sorted({*manifests, *versions, *known} - {""}):
        way, current = known.get(pack, Way()), versions.get(pack)
        if pack in manifests and pack not in orphans:
            found.append(_installed(manifests[pack], current, way, archived, lines))
        elif current is not None or way.open is not None:
            found.append(_orphaned(pack, current, way))
    return tuple(found)


def _orphaned(pack: str, current: str | None, way: Way) -> PackStatus:
    at = current or (way.open.from_version if way.open else BASE)
    run = way.open.run if way.open else None
    return PackStatus(pack=pack, state=PackState.ORPHANED, current=at, newest=None, run=run)


def _installed(
    attested: AttestedPack, current: str | None, way: Way, archived: Mapping[str, Manifest], lines: _Lines
) -> PackStatus:
    manifest = attested.manifest
    newest = manifest.migrations[-1].version if manifest.migrations else manifest.base
    if current == newest and _came_straight(attested, way) and lines.rise(manifest):
        return PackStatus(pack=manifest.pack, state=PackState.CURRENT, current=newest, newest=newest)
    try:
        chain = chain_of(attested, current, way, Presence.INSTALLED, lines.reader)
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


def _came_straight(attested: AttestedPack, way: Way) -> bool:
    """Say whether exactly the steps of this very release led here, all of them: then there is nothing to compare."""
    manifest, digest, applied = attested.manifest, attested.digest, way.applied
    if way.open is not None or way.floor != manifest.base or len(applied) != len(manifest.migrations):
        return False
    return all(
        entry.digest == digest and entry.to_version == info.version
        for entry, info in zip(applied, manifest.migrations, strict=True)
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
