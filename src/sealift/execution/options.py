"""How the operator wants a plan to be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sealift.execution.validation import ValidationPolicy
from sealift.model.limits import MIB, Limits


class OnError(StrEnum):
    """What happens to a document that a migration cannot take over."""

    STOP = "stop"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Choices of one run; the defaults are the contract's."""

    on_error: OnError = OnError.STOP
    workers: int = 1
    atomic: bool = False
    """Make every step one transaction, whatever the migration says."""
    batch_rows: int = 1000
    batch_bytes: int = 4 * MIB
    batch_seconds: float = 2.0
    """How long a batch should take at most; the number of rows adapts to it."""
    quarantine_limit: int = 1000
    check_free_space: bool = True
    """Refuse a step that the file system has no room for before it begins."""
    validation: ValidationPolicy = field(default_factory=ValidationPolicy)
    validation_of: Mapping[str, ValidationPolicy] = field(default_factory=dict)
    """Collections that are checked otherwise."""
    limits: Limits = field(default_factory=Limits)

    def policy(self, collection: str) -> ValidationPolicy:
        """Return which documents of a collection are checked."""
        return self.validation_of.get(collection, self.validation)
