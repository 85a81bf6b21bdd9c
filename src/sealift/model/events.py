"""The moments of a step that hooks can be registered for."""

from dataclasses import dataclass
from enum import StrEnum

from sealift.model.migration import Direction


class MigrationEvent(StrEnum):
    """A moment in the life of a step.

    A ``PRE_`` hook that raises stops the step before it starts; a failing ``POST_`` hook is recorded and reported,
    and undoes nothing.
    """

    PRE_UPGRADE = "pre_upgrade"
    POST_UPGRADE = "post_upgrade"
    PRE_DOWNGRADE = "pre_downgrade"
    POST_DOWNGRADE = "post_downgrade"
    PRE_VALIDATE = "pre_validate"
    POST_VALIDATE = "post_validate"

    @classmethod
    def before(cls, direction: Direction) -> "MigrationEvent":
        """Return the event that precedes a step of this direction."""
        return cls.PRE_UPGRADE if direction is Direction.UPGRADE else cls.PRE_DOWNGRADE

    @classmethod
    def after(cls, direction: Direction) -> "MigrationEvent":
        """Return the event that follows a step of this direction."""
        return cls.POST_UPGRADE if direction is Direction.UPGRADE else cls.POST_DOWNGRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNotice:
    """What a hook on the manager is told."""

    event: MigrationEvent
    pack: str
    migration: str
    """The step's migration, such as ``acme.orders@1.1.0``."""
    collection: str
    direction: Direction
    run: str
    documents: int = 0
    """Documents seen so far in this step."""
    changed: int = 0
