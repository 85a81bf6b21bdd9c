"""Verification refused: exit status 5."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class TrustError(SealiftError):
    """A pack, key or policy is not to be trusted; nothing was executed."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.REFUSED
