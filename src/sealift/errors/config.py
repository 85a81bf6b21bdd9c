"""Settings, the command line and the store's address: exit status 2."""

from dataclasses import dataclass
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


@dataclass(kw_only=True, eq=False)
class ConfigError(SealiftError):
    """A setting, an argument or an address cannot be used."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
