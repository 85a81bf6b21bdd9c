"""A step did not finish: exit status 1, or 7 when interrupted."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class RunError(SealiftError):
    """A step did not finish."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
