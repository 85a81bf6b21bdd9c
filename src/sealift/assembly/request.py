"""What the operator asked for, and the plan it comes to at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sealift.assembly.inventory import Inventory
from sealift.errors.config import BadTargetError
from sealift.errors.drift import StalePlanError
from sealift.model.history import EntryKind, MigrationHistory
from sealift.model.migration import Direction
from sealift.model.names import Target
from sealift.model.plan import Plan, Step
from sealift.planning.planner import make_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Targets and a way to go; with ``reviewed``, exactly that plan or nothing."""

    targets: tuple[Target, ...] = ()
    direction: Direction | None = None
    reviewed: Plan | None = None

    @classmethod
    def of(cls, what: Sequence[Plan | str], direction: Direction | None) -> "Request":
        """Make it from what a caller of the library or the command line gave."""
        plans = [item for item in what if isinstance(item, Plan)]
        if plans:
            if len(what) != 1:
                message = "give one plan, or targets"
                raise TypeError(message)
            return cls(direction=direction, reviewed=plans[0])
        return cls(targets=tuple(parse_target(item) for item in what if isinstance(item, str)), direction=direction)


def parse_target(text: str) -> Target:
    """Read a target; raises BadTargetError."""
    try:
        return Target.parse(text)
    except ValueError as error:
        raise BadTargetError(target=text, reason=str(error)) from None


def planned(request: Request, inventory: Inventory) -> Plan:
    """Return the plan for the request as things are now.

    A pack that is refused stops every plan that it has a part in: refusing is not the same as not being there.
    A reviewed plan is returned without the steps that were done meanwhile, or refused when something it rests on
    has changed (StalePlanError).
    """
    if request.reviewed is not None:
        return _still_true(request.reviewed, inventory)
    asked = [target.pack for target in request.targets] or list(inventory.refused)
    inventory.require(asked)
    inventory.require(_needed(inventory, asked))
    return make_plan(
        {**inventory.orphans, **inventory.attested},
        inventory.history,
        request.targets,
        direction=request.direction,
        orphans=frozenset(inventory.orphans),
        archived=inventory.archived,
    )


def _needed(inventory: Inventory, asked: Sequence[str]) -> set[str]:
    """Return every pack that the asked ones depend on, directly or not, by the names alone."""
    needed: set[str] = set()
    waiting = list(asked)
    while waiting:
        attested = inventory.attested.get(waiting.pop())
        for migration in attested.manifest.migrations if attested else ():
            names = {_name(requirement) for requirement in migration.depends_on}
            waiting.extend(names - needed)
            needed |= names
    return needed


def _name(requirement: str) -> str:
    end = next((at for at, sign in enumerate(requirement) if sign in " <>=!~("), len(requirement))
    return requirement[:end]


def _still_true(plan: Plan, inventory: Inventory) -> Plan:
    inventory.require(plan.rests_on)
    known = {**inventory.orphans, **inventory.attested}
    changed = []
    for pack, digest in plan.rests_on.items():
        now = known[pack].digest if pack in known else "not installed"
        if now != digest:
            changed.append(f"{pack} is {now}, was {digest}")
    left = _left(plan, inventory.history)
    versions = dict(inventory.history.versions)
    for step in left:
        current = versions.get(step.pack, known[step.pack].manifest.base if step.pack in known else "unknown")
        if current != step.from_version:
            changed.append(f"{step.pack} is at {current}, was at {step.from_version}")
            break
        versions[step.pack] = step.to_version
    if changed:
        raise StalePlanError(reasons=tuple(changed))
    return Plan(steps=left, history_head=inventory.history.head, rests_on=plan.rests_on, warnings=plan.warnings)


def _left(plan: Plan, history: MigrationHistory) -> tuple[Step, ...]:
    """Return the steps that the history does not show as finished since the plan was made."""
    hashes = [entry.hash for entry in history.entries]
    since = hashes.index(plan.history_head) + 1 if plan.history_head in hashes else 0
    finished = {
        (entry.pack, entry.from_version, entry.to_version)
        for entry in history.entries[since:]
        if entry.kind in {EntryKind.APPLIED, EntryKind.REVERTED}
    }
    return tuple(step for step in plan.steps if (step.pack, step.from_version, step.to_version) not in finished)
