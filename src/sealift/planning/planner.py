"""Manifests, history and targets in; a plan out. Pure: the same arguments give the same plan, whatever their order."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from sealift.errors.plan import IrreversibleError, PlanError
from sealift.model.history import MigrationHistory
from sealift.model.migration import Direction
from sealift.model.names import Target
from sealift.model.pack import AttestedPack, Manifest
from sealift.model.plan import Plan, Step
from sealift.planning.chain import Chain, Presence, chains
from sealift.planning.choosing import solved
from sealift.planning.closure import Closure, check_self
from sealift.planning.goals import Goal, goals
from sealift.planning.order import Node, is_half_done, ordered
from sealift.planning.standing import check_resumable, check_standing, drift
from sealift.planning.versions import Reader
from sealift.planning.windows import Windows

_NOTHING: Mapping[str, Manifest] = MappingProxyType({})


def make_plan(  # noqa: PLR0913 - the world in named parts; a bundle would only hide them
    manifests: Mapping[str, AttestedPack],
    history: MigrationHistory,
    targets: Sequence[Target],
    *,
    direction: Direction | None,
    orphans: frozenset[str] = frozenset(),
    archived: Mapping[str, Manifest] = _NOTHING,
) -> Plan:
    """Return the least set of steps that leads to the targets, in an order that keeps every requirement.

    ``manifests`` holds the installed packs, and under the names in ``orphans`` packs that are only in the store's
    archive: they can be taken back, and nothing else. ``archived`` are the manifests that were applied, by digest; they
    show whether a migration's file was edited since. ``direction`` is the verb (``None``: each target goes the way it
    lies). Without targets an upgrade takes every installed pack to its newest version.

    A migration's requirement holds when its step runs, upgrade or downgrade: a step that needs ``acme.core>=2,<3`` runs
    after core reached 2 and before it reaches 3. Once applied, the lower bound goes on to bind: core goes back below 2
    only after the step was taken back.

    Raises a leaf of PlanError, before anything runs: exit status 2 for targets that cannot be meant, 4 when store and
    packs disagree, 1 when no order exists.
    """
    reader = Reader()
    lines = chains(manifests, history, orphans, reader)
    asked = goals(lines, targets, direction, reader)
    windows = Windows(chains=lines)
    closure, order = solved(lines, windows, asked, _check)
    _check_irreversible(closure, windows)
    warnings = tuple(_drifted(closure, archived))
    steps = tuple(_step(closure, node) for node in order)
    return Plan(steps=steps, history_head=history.head, rests_on=_rests_on(closure), warnings=warnings)


def _check(closure: Closure) -> list[Node]:
    for pack in sorted(closure.ends):
        chain = closure.chains[pack]
        check_standing(chain)
        positions = closure.positions(pack)
        check_self(chain, positions)
        if chain.open is not None and positions:
            check_resumable(chain, chain.open, positions[0])
    return ordered(closure)


def _check_irreversible(closure: Closure, windows: Windows) -> None:
    for pack in sorted(closure.ends):
        position = _irreversible(closure, pack)
        if position is not None:
            chain = closure.chains[pack]
            target = closure.root(pack)
            raise IrreversibleError(
                pack=pack,
                version=chain.texts[position],
                reasons=closure.reasons(pack),
                target=target,
                possible=_lowest(closure, windows, target),
            )


def _irreversible(closure: Closure, pack: str) -> int | None:
    if closure.rises(pack):
        return None
    chain = closure.chains[pack]
    return next((position for position in closure.positions(pack) if not chain.migration(position).reversible), None)


def _lowest(closure: Closure, windows: Windows, target: str) -> str | None:
    """Return the lowest version of the target's pack that can be reached; the higher, the fewer steps are needed."""
    goal = closure.asked[target]
    low, high = goal.position + 1, math.ceil(closure.start(target))
    while low < high:
        middle = (low + high) // 2
        if _reachable(closure, windows, Goal(position=middle, target=goal.target)):
            high = middle
        else:
            low = middle + 1
    return closure.chains[target].texts[high] if high < closure.start(target) else None


def _reachable(closure: Closure, windows: Windows, goal: Goal) -> bool:
    try:
        tried, _ = solved(closure.chains, windows, {**closure.asked, goal.target.pack: goal}, _check)
    except PlanError:
        return False
    return all(_irreversible(tried, pack) is None for pack in tried.ends)


def _drifted(closure: Closure, archived: Mapping[str, Manifest]) -> Iterator[str]:
    """Raise for a migration that would be taken back by other code than applied it; yield a warning for the others."""
    for pack in sorted(closure.ends):
        back = set() if closure.rises(pack) else {closure.chains[pack].texts[at] for at in closure.positions(pack)}
        for problem in drift(closure.chains[pack], archived):
            if problem.version in back:
                raise problem
            yield str(problem)


def _step(closure: Closure, node: Node) -> Step:
    pack, position = node
    chain = closure.chains[pack]
    attested = chain.attested
    if attested is None:
        message = f"{pack} moves without a manifest"
        raise AssertionError(message)
    up = closure.rises(pack)
    before, after = chain.texts[position - 1], chain.texts[position]
    resumes = chain.open if is_half_done(closure, node) else None
    return Step(
        pack=pack,
        direction=Direction.UPGRADE if up else Direction.DOWNGRADE,
        migration=chain.migration(position),
        from_version=before if up else after,
        to_version=after if up else before,
        digest=attested.digest,
        reason=_reason(closure, node),
        signers=tuple(signer.keyid for signer in attested.signers),
        schema_before=_schema_before(chain, position),
        resumes=resumes.run if resumes else None,
    )


def _reason(closure: Closure, node: Node) -> str:
    pack = node[0]
    chain = closure.chains[pack]
    why = closure.why.get(pack)
    reason = why.sentence + why.suffix if why else closure.asked[pack].reason
    if chain.presence is Presence.ORPHANED:
        reason += " (not installed: from the signed copy in the store)"
    run = chain.open
    if run is None or not is_half_done(closure, node):
        return reason
    goes_on = (run.direction is Direction.UPGRADE) == closure.rises(pack)
    return f"{'resumes' if goes_on else 'takes back'} the run begun at {run.started_at}; {reason}"


def _schema_before(chain: Chain, position: int) -> str | None:
    collection = chain.migration(position).collection
    for earlier in range(position - 1, 0, -1):
        if chain.migration(earlier).collection == collection:
            return chain.migration(earlier).schema
    return chain.attested.manifest.collections.get(collection) if chain.attested else None


def _rests_on(closure: Closure) -> Mapping[str, str]:
    packs = set(closure.ends) | {demand.requirement.pack for pack in closure.ends for demand in closure.demands(pack)}
    found = {}
    for pack in sorted(packs):
        chain = closure.chains.get(pack)
        if chain is not None and chain.attested is not None:
            found[pack] = chain.attested.digest
    return found
