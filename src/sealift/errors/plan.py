"""No sound order, or a target that does not exist."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class PlanError(SealiftError):
    """No valid plan leads to the targets."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
