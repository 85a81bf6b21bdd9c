"""What an author or release engineer gets wrong: exit status 1."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class PackError(SealiftError):
    """A pack project or wheel is wrong."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
