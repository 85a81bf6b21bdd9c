"""Whether a plan may run as it is written: walked step by step, without the planner.

A saved plan is a file that anybody may have edited, so it is not believed but checked. The same walk is what the
planner's own property tests hold it to.
"""

from collections.abc import Iterable, Iterator, Mapping

from packaging.version import Version

from sealift.model.history import MigrationHistory
from sealift.model.migration import Direction
from sealift.model.pack import AttestedPack
from sealift.model.plan import Plan, Step
from sealift.planning.chain import Chain, chains
from sealift.planning.standing import standing_problems
from sealift.planning.versions import Reader, Requirement


def broken_rules(
    plan: Plan,
    manifests: Mapping[str, AttestedPack],
    history: MigrationHistory,
    *,
    orphans: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """Yield, as sentences, every rule that the plan would break; none means that each step may run where it stands.

    The rules: a step begins where its pack is; its requirements hold when it runs (unless a step taken back finds them
    broken already); a migration that stays applied keeps its lower bounds; what is taken back can be; the migrations
    are those of the manifests.
    """
    lines = chains(manifests, history, orphans, Reader())
    at = {pack: chain.start for pack, chain in lines.items() if chain.start is not None}
    goes_back = any(step.direction is Direction.DOWNGRADE for step in plan.steps)
    bounds = _lower_bounds(lines) if goes_back else {}
    for step in plan.steps:
        chain = lines.get(step.pack)
        place = _place(step, chain) if chain is not None else None
        if chain is None or place is None or step.pack not in at:
            yield f"{step.name} is no migration of the installed pack"
            continue
        yield from _step_rules(step, chain, place, lines, at)
        if step.direction is Direction.DOWNGRADE:
            yield from _left_behind(bounds.get((step.pack, place), ()), lines, at)
        at[step.pack] = place if step.direction is Direction.UPGRADE else place - 1


def _place(step: Step, chain: Chain) -> int | None:
    place = chain.position(Version(step.migration.version))
    if not place or chain.migration(place) != step.migration:
        return None
    ends = (chain.texts[place - 1], chain.texts[place])
    asked = (step.from_version, step.to_version)
    return place if asked == (ends if step.direction is Direction.UPGRADE else ends[::-1]) else None


def _step_rules(
    step: Step, chain: Chain, place: int, lines: Mapping[str, Chain], at: Mapping[str, float]
) -> Iterator[str]:
    up = step.direction is Direction.UPGRADE
    yield from (str(problem) for problem in standing_problems(chain))
    if chain.attested is None or step.digest != chain.attested.digest:
        yield f"{step.name} was planned from other signed bytes than are installed"
    begun = place - 0.5
    if at[step.pack] not in {begun, place - 1 if up else place}:
        yield f"{step.name} does not begin where {step.pack} is"
    if step.resumes != (chain.open.run if chain.open and at[step.pack] == begun else None):
        yield f"{step.name} goes on with another run than the one that is half done"
    if not up and not step.migration.reversible:
        yield f"{step.name} cannot be taken back"
    for requirement in chain.needs(place):
        if requirement.pack != step.pack and not _met(requirement, lines, at, up=up):
            yield f"{chain.address(place)} needs {requirement.clause()} when it runs"


def _met(requirement: Requirement, lines: Mapping[str, Chain], at: Mapping[str, float], *, up: bool) -> bool:
    other = lines.get(requirement.pack)
    if other is None:
        return not up
    if requirement.pack not in at:
        return not up or requirement.allows(Version(other.current))
    position = at[requirement.pack]
    allowed = [place for place, version in enumerate(other.versions) if requirement.allows(version)]
    if not up and not any(place <= position for place in allowed):
        return True
    return position in allowed


_Bound = tuple[str, int, Requirement]


def _lower_bounds(lines: Mapping[str, Chain]) -> Mapping[tuple[str, int], list[_Bound]]:
    """Return, by pack and position, the migrations that need the pack to have reached that position."""
    found: dict[tuple[str, int], list[_Bound]] = {}
    for chain in lines.values():
        for position in range(1, chain.newest + 1):
            for requirement in chain.needs(position):
                other = lines.get(requirement.pack)
                lowest = _lowest(requirement, other.versions) if other and other is not chain else None
                if lowest:
                    found.setdefault((requirement.pack, lowest), []).append((chain.pack, position, requirement))
    return found


def _left_behind(bounds: Iterable[_Bound], lines: Mapping[str, Chain], at: Mapping[str, float]) -> Iterator[str]:
    for pack, position, requirement in bounds:
        if position <= _reached(lines[pack], at):
            yield f"{lines[pack].address(position)} needs {requirement.clause()} and is still applied"


def _reached(chain: Chain, at: Mapping[str, float]) -> int:
    position = at.get(chain.pack, 0)
    return int(position + 0.5)


def _lowest(requirement: Requirement, versions: tuple[Version, ...]) -> int | None:
    return next((place for place, version in enumerate(versions) if requirement.allows(version)), None)
