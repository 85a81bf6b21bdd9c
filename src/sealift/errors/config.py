"""Settings, the command line and the store's address: exit status 2."""

from collections.abc import Sequence
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class ConfigError(SealiftError):
    """A setting, an argument or an address cannot be used."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE


class UnknownSettingError(ConfigError):
    """A configuration file or the environment names a setting that does not exist.

    Usually a typing error. Nothing is guessed: a misspelt setting would silently be the default.
    """

    code: ClassVar[str] = "CONFIG-001"
    file: str
    setting: str
    known: Sequence[str]

    def message(self) -> str:
        return f"{self.file}: there is no setting {self.setting!r}"

    def hint(self) -> str:
        return f"write one of {', '.join(self.known)}"


class BadSettingError(ConfigError):
    """A setting or option has a value that it cannot have.

    The message names where the value comes from: a flag, an environment variable or a file. Every setting and what it
    can be stands in the reference of the configuration.
    """

    code: ClassVar[str] = "CONFIG-002"
    source: str
    setting: str
    found: str
    expected: str

    def message(self) -> str:
        return f"{self.source}: {self.setting} cannot be {self.found} (expected {self.expected})"

    def hint(self) -> str:
        return f"give {self.setting} {self.expected}"


class UnreadableConfigError(ConfigError):
    """A configuration file does not exist, cannot be read, or is not TOML.

    It is the file given with ``--config``, ``sealift.toml``, or ``pyproject.toml`` of the working directory. The reason
    names the line where reading stopped.
    """

    code: ClassVar[str] = "CONFIG-003"
    file: str
    reason: str

    def message(self) -> str:
        return f"{self.file}: cannot be read as configuration: {self.reason}"

    def hint(self) -> str:
        return "check the path given with --config, and the file's TOML"


class BadTargetError(ConfigError):
    """A target on the command line is not of the form ``pack``, ``pack@version``, ``pack@base``, ``pack@+1``.

    A pack's name is lower-case ASCII segments joined by dots; a version is PEP 440, ``base``, or a number of steps with
    its sign.
    """

    code: ClassVar[str] = "CONFIG-004"
    target: str
    reason: str

    def message(self) -> str:
        return f"target {self.target!r}: {self.reason}"

    def hint(self) -> str:
        return "write a target as acme.orders, acme.orders@1.1.0, acme.orders@base, acme.orders@+1 or acme.orders@-1"


class NotInProductionError(ConfigError):
    """A setting is for development only, and this environment is production.

    ``allow_unsigned`` would run code that nobody signed. It is taken only with ``environment = "development"``, so
    that a file copied from a laptop does not weaken a server.
    """

    code: ClassVar[str] = "CONFIG-005"
    setting: str
    environment: str

    def message(self) -> str:
        return f"{self.setting} is for development only (environment is {self.environment})"

    def hint(self) -> str:
        return 'remove it, or set environment = "development" where no real data is at stake'


class MissingExtraError(ConfigError):
    """An optional library is needed for what was asked, and is not installed.

    The hint names the extra to install beside sealift, in the same environment.
    """

    code: ClassVar[str] = "CONFIG-006"
    purpose: str
    extra: str

    def message(self) -> str:
        return f"{self.purpose} needs the extra {self.extra!r}, which is not installed"

    def hint(self) -> str:
        return f"pip install 'sealift[{self.extra}]'"


class NotAWheelError(ConfigError):
    """What was named on the command line is no wheel.

    There is no such file, or its name is not that of a wheel: ``NAME-VERSION-PYTHON-ABI-PLATFORM.whl``, as the build
    gives it and as pip reads it. Nothing was opened.
    """

    code: ClassVar[str] = "CONFIG-007"
    path: str
    problem: str

    def message(self) -> str:
        return f"{self.path}: {self.problem}"

    def hint(self) -> str:
        return "name a wheel as its build wrote it, such as dist/acme_orders-1.1.0-py3-none-any.whl"


class PolicyEditError(ConfigError):
    """What a ``trust`` command was told cannot stand in a policy.

    A pattern, a fingerprint, a digest, a name or a reason is not of the form that the reference of the policy gives.
    Nothing was written.
    """

    code: ClassVar[str] = "CONFIG-008"
    problem: str

    def message(self) -> str:
        return f"nothing was written to the policy: {self.problem}"

    def hint(self) -> str:
        return "correct what you gave on the command line; `sealift trust list` shows the keys there are"
