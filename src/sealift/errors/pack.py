"""What an author or release engineer gets wrong: exit status 1."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class Severity(StrEnum):
    """Whether a finding stops a release."""

    ERROR = "error"
    WARNING = "warning"


class PackError(SealiftError):
    """A pack project or wheel is wrong."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED


class PackFinding(PackError):  # noqa: N818 - it is a value in a list first, raised only when alone
    """One thing that is wrong at one place of a pack project; a value in a list first, an exception when alone.

    ``hint`` says what to write instead.
    """

    severity: ClassVar[Severity] = Severity.ERROR

    file: str
    """The path as it was reached from the directory that was named."""
    line: int = 1
    """Counted from 1."""
    column: int = 1
    """Counted from 1, in characters."""

    @property
    def where(self) -> str:
        """The place as editors understand it: ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


class ProjectNotFoundError(PackError):
    """The directory holds no pack.

    There is neither a ``pyproject.toml`` with an entry point of the group ``sealift.packs`` nor a ``pack.toml``. Name
    the project or its pack folder, or begin one with ``sealift new``.
    """

    code: ClassVar[str] = "PACK-001"
    directory: str
    problem: str

    def message(self) -> str:
        """Say what was looked for."""
        return f"{self.directory}: {self.problem} (expected a pack project or its pack folder)"

    def hint(self) -> str:
        """Say how to begin one."""
        return "name the directory with pyproject.toml, or begin a pack with 'sealift new NAME'"


class ProjectInvalidError(PackError):
    """The pack project has findings, so that nothing can be built or signed from it.

    ``sealift lint`` lists all of them with file, line and what to write instead.
    """

    code: ClassVar[str] = "PACK-030"
    directory: str
    findings: Sequence[PackFinding]

    def message(self) -> str:
        """List the findings."""
        listed = "; ".join(f"{finding.where}: {finding.code} {finding.message()}" for finding in self.findings[:5])
        more = f" and {len(self.findings) - 5} more" if len(self.findings) > 5 else ""  # noqa: PLR2004 - as many as are listed
        return f"{self.directory}: {len(self.findings)} finding(s): {listed}{more}"

    def hint(self) -> str:
        """Say how to see all of them."""
        return f"see all of them with 'sealift lint {self.directory}'"


class ScaffoldRefusedError(PackError):
    """A new pack project cannot be written there.

    ``sealift new`` writes into a directory that does not exist or is empty, and overwrites nothing. The name must be
    a pack name: lower-case ASCII segments joined by dots, such as ``acme.orders``.
    """

    code: ClassVar[str] = "PACK-031"
    target: str
    problem: str

    def message(self) -> str:
        """Say why."""
        return f"{self.target}: no pack project was written: {self.problem}"

    def hint(self) -> str:
        """Say what to write."""
        return "use 'sealift new acme.orders DIRECTORY' with a directory that does not exist"
