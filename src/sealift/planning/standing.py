"""Whether a store is where its packs can lead on from: what was applied against what the manifests say."""

from collections.abc import Iterator, Mapping

from packaging.version import Version

from sealift.errors.drift import (
    AppliedMissingError,
    DriftError,
    LateArrivalError,
    ResumeConflictError,
    StoreNewerError,
    StoreOlderError,
)
from sealift.errors.plan import PlanError
from sealift.model.history import HistoryEntry, RunInfo
from sealift.model.names import BASE
from sealift.model.pack import Manifest
from sealift.planning.chain import Chain


def check_standing(chain: Chain) -> float:
    """Return the position the store is at; raises when the pack cannot move at all from there.

    Raises StoreNewerError, StoreOlderError, AppliedMissingError, LateArrivalError (exit status 4).
    """
    problem = next(standing_problems(chain), None)
    if problem is not None:
        raise problem
    if chain.start is None:
        message = f"{chain.pack} has no position, and no reason why"
        raise AssertionError(message)
    return chain.start


def standing_problems(chain: Chain) -> Iterator[PlanError]:
    """Yield what stands between the store and the pack's manifest, the gravest first."""
    if chain.attested is None or chain.is_plain:
        return
    if Version(chain.current) not in chain.versions:
        yield _off_the_line(chain, Version(chain.current))
        return
    yield from _missing(chain)
    yield from _late(chain)


def drift(chain: Chain, archived: Mapping[str, Manifest]) -> Iterator[DriftError]:
    """Yield every applied migration whose signed file differs from the one that was applied.

    Only what the archive knows can be compared: a migration whose manifest is not in ``archived`` is not reported.
    """
    attested = chain.attested
    if attested is None:
        return
    for entry in chain.way.applied:
        then = archived.get(entry.digest) if entry.digest != attested.digest else None
        position = chain.position(Version(entry.to_version)) if then else None
        if then is not None and position:
            yield from _compared(chain, position, then, entry)


def check_resumable(chain: Chain, run: RunInfo, position: int) -> None:
    """Raise when the open run cannot be gone on with by the installed bytes (ResumeConflictError, exit status 4)."""
    attested = chain.attested
    if attested is not None and run.digest != attested.digest:
        raise ResumeConflictError(
            pack=chain.pack,
            version=chain.texts[position],
            run=run.run,
            begun_with=run.digest,
            installed=attested.digest,
        )


def _off_the_line(chain: Chain, current: Version) -> PlanError:
    distribution = chain.attested.manifest.distribution if chain.attested else chain.pack
    if current > chain.versions[-1]:
        return StoreNewerError(
            pack=chain.pack, current=chain.current, newest=chain.texts[-1], distribution=distribution
        )
    if current < chain.versions[0]:
        return StoreOlderError(pack=chain.pack, current=chain.current, base=chain.texts[0], distribution=distribution)
    return AppliedMissingError(pack=chain.pack, version=chain.current, distribution=distribution)


def _missing(chain: Chain) -> Iterator[PlanError]:
    distribution = chain.attested.manifest.distribution if chain.attested else chain.pack
    run = chain.open
    # A run that is no single step of this line cannot be gone on with.
    if run is not None and chain.start is None:
        yield AppliedMissingError(pack=chain.pack, version=_strange(chain, run), distribution=distribution)
    for text in (entry.to_version for entry in chain.way.applied):
        version = chain.versions[0] if text == BASE else Version(text)
        # A release may drop its oldest migrations: what lies below its base is not needed any more.
        if version >= chain.versions[0] and version not in chain.versions:
            yield AppliedMissingError(pack=chain.pack, version=text, distribution=distribution)


def _strange(chain: Chain, run: RunInfo) -> str:
    ends = [text for text in (run.from_version, run.to_version) if text != BASE]
    return next((text for text in ends if Version(text) not in chain.versions), ends[-1])


def _late(chain: Chain) -> Iterator[PlanError]:
    way = chain.way
    if way.floor is None:
        return
    floor = chain.versions[0] if way.floor == BASE else Version(way.floor)
    current = Version(chain.current)
    applied = {Version(entry.to_version) for entry in way.applied}
    for position, version in enumerate(chain.versions[1:], start=1):
        if floor < version <= current and version not in applied:
            before = chain.texts[position - 1]
            yield LateArrivalError(pack=chain.pack, version=chain.texts[position], current=chain.current, before=before)


def _compared(chain: Chain, position: int, then: Manifest, entry: HistoryEntry) -> Iterator[DriftError]:
    version = Version(entry.to_version)
    old = next((info for info in then.migrations if Version(info.version) == version), None)
    new = chain.migration(position)
    if old is None or chain.attested is None:
        return
    was, now = then.files.get(old.path, ""), chain.attested.manifest.files.get(new.path, "")
    if was != now:
        yield DriftError(pack=chain.pack, version=chain.texts[position], path=new.path, applied=was, installed=now)
