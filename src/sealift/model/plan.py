"""What will be done, in order, printable before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sealift.model.migration import Direction, MigrationInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration of one pack, one way."""

    pack: str
    direction: Direction
    migration: MigrationInfo
    from_version: str
    to_version: str
    digest: str
    """Digest of the manifest whose bytes will run."""
    reason: str
    """Why the step is in the plan, as a sentence."""
    signers: tuple[str, ...] = ()
    schema_before: str | None = None
    """Schema, as a path inside the pack, that documents satisfy before ``upgrade`` and again after ``downgrade``."""
    resumes: str | None = None
    """The run that this step goes on with, if it was begun before."""

    @property
    def name(self) -> str:
        """The migration's address, ``pack@version``."""
        return f"{self.pack}@{self.migration.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in an order that keeps every requirement at every moment."""

    steps: tuple[Step, ...]
    history_head: str
    """Hash of the last history entry the plan was made from."""
    rests_on: Mapping[str, str] = field(default_factory=dict)
    """Digest of the manifest of every pack the plan was decided by: those with steps, and those they need."""
    warnings: tuple[str, ...] = ()
    """What does not stop the plan, but what a person should know before running it."""
