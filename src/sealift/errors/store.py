"""Stores, locks and history."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class StoreError(SealiftError):
    """The store refused, or holds something else than expected."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
