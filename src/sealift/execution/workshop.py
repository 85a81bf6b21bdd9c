"""What every step of a run is done with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sealift.execution.hooks import Subscribers
from sealift.execution.journal import Author
from sealift.execution.options import RunOptions
from sealift.execution.policy_gate import PolicyGate, policy_gate
from sealift.execution.team import Repeat, Team
from sealift.execution.validators import Validators
from sealift.model.migration import Direction
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Step
from sealift.ports import Binding, Cage, Lease, Store, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every step of a run is done with."""

    store: Store
    lease: Lease
    cage: Cage
    repeat: Repeat
    validators: Validators
    subscribers: Subscribers
    options: RunOptions
    author: Author
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    stopping: Callable[[], bool]
    pause: Callable[[], float] = float
    """Seconds to rest before the next page; with several workers it is asked from several threads."""
    now: Callable[[], str]


def unit_of(step: Step, pack: VerifiedPack) -> Unit:
    """Return what the worker gets to see of a pack: the sources of its migrations, nothing else."""
    sources = {path: data for path, data in pack.files.items() if path.endswith(".py")}
    return Unit(
        pack=step.pack,
        digest=pack.attested.digest,
        files=sources,
        path=step.migration.path,
        class_name=step.migration.class_name,
        direction=step.direction,
    )


def team_of(shop: Workshop, step: Step, pack: VerifiedPack, *, size: int | None = None) -> Team:
    """Start the workers of a step: as many as the options say, unless ``size`` does."""
    return Team(
        cage=shop.cage,
        unit=unit_of(step, pack),
        limits=shop.options.limits,
        size=size or shop.options.workers,
        repeat=shop.repeat,
    )


def gate_of(shop: Workshop, step: Step, pack: VerifiedPack) -> PolicyGate:
    """Return the schema gate of a step, for one thread."""
    before, after = schemas_of(step)
    return policy_gate(shop.options.policy(step.migration.collection), shop.validators, pack.files, before, after)


def schemas_of(step: Step) -> tuple[str | None, str | None]:
    """Return the schemas that the documents satisfy before the step and after it."""
    below, above = step.schema_before, step.migration.schema
    return (below, above) if step.direction is Direction.UPGRADE else (above, below)
