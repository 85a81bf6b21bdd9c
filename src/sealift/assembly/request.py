"""What the operator asked for, and the plan it comes to at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sealift.assembly.inventory import Inventory
from sealift.errors.config import BadTargetError
from sealift.model.migration import Direction
from sealift.model.names import Target
from sealift.model.plan import Plan
from sealift.planning.plan_file import refreshed
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

    A pack that is refused stops every plan that it has a part in: refusing is not the same as not being there. Its
    warnings are those of the planner, of the policy, and of the packs that it is about.
    A reviewed plan is returned without the steps that were done meanwhile, or refused when something it rests on
    has changed with a StalePlanError.
    """
    plan = _planned(request, inventory)
    known = {**inventory.orphans, **inventory.attested}
    named = {target.pack for target in request.targets} | plan.rests_on.keys()
    about = named if request.targets or request.reviewed else known.keys()
    notices = inventory.warnings(known[pack] for pack in known if pack in about)
    return replace(plan, warnings=tuple(dict.fromkeys([*plan.warnings, *notices])))


def _planned(request: Request, inventory: Inventory) -> Plan:
    known, orphans = {**inventory.orphans, **inventory.attested}, frozenset(inventory.orphans)
    if request.reviewed is not None:
        inventory.require(request.reviewed.rests_on)
        return refreshed(request.reviewed, known, inventory.history, orphans=orphans)
    asked = [target.pack for target in request.targets] or list(inventory.refused)
    inventory.require(asked)
    inventory.require(_needed(inventory, asked))
    return make_plan(
        known,
        inventory.history,
        request.targets,
        direction=request.direction,
        orphans=orphans,
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
