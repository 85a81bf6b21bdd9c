"""How the operator wants a plan to be run."""

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
    batch_bytes: int = 8 * MIB
    batch_seconds: float = 2.0
    """How long a batch should take at most; the number of rows adapts to it."""
    quarantine_limit: int = 1000
    validation: ValidationPolicy = field(default_factory=ValidationPolicy)
    limits: Limits = field(default_factory=Limits)
