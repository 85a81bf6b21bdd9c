"""The store and the installed packs tell different stories: exit status 4."""

from typing import ClassVar

from sealift.errors.base import ExitStatus
from sealift.errors.plan import PlanError


class LateArrivalError(PlanError):
    """A migration appeared below the version that the store already is at.

    Versions of a pack are a line: a migration can be added only at its end. The installed release slipped one in
    between, and the documents never went through it. Install a release with the migration at the end; or take the
    pack back below it with the release that was applied, and upgrade with the new one.
    """

    code: ClassVar[str] = "PLAN-012"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    version: str
    current: str
    before: str
    """The version below the late one."""

    def message(self) -> str:
        """Name the late migration."""
        return f"{self.pack}@{self.version}: arrived late (the store is at {self.current} and never went through it)"

    def hint(self) -> str:
        """Name both ways out."""
        return (
            f"install a release that adds it after {self.current}; or, with the release that was applied, "
            f"`sealift downgrade {self.pack}@{self.before}`, then install this one and upgrade"
        )


class StoreNewerError(PlanError):
    """The store is at a newer version than the installed pack knows.

    Somebody upgraded the store with a newer release of the pack. Nothing was changed. Install that release,
    or a newer one.
    """

    code: ClassVar[str] = "PLAN-013"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    current: str
    newest: str
    distribution: str

    def message(self) -> str:
        """Name both versions."""
        return f"{self.pack}: the store is newer than the pack (store {self.current}, newest installed {self.newest})"

    def hint(self) -> str:
        """Say what to install."""
        return (
            f"install a release of {self.distribution} that reaches {self.current}; to go back, downgrade with it first"
        )


class AppliedMissingError(PlanError):
    """A migration that was applied is no longer in the installed pack.

    The release removed or renumbered it, so the way back is cut. Install the release that was applied.
    """

    code: ClassVar[str] = "PLAN-014"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    version: str
    distribution: str

    def message(self) -> str:
        """Name the version."""
        return f"{self.pack}@{self.version}: applied to this store, but the installed pack has no such migration"

    def hint(self) -> str:
        """Say what to install."""
        return f"install a release of {self.distribution} that still carries {self.version}"


class DriftError(PlanError):
    """A migration's signed file is not the one that was applied.

    Taking the step back with other code than applied it could garble the documents. Downgrade with the release
    that was applied.
    """

    code: ClassVar[str] = "PLAN-015"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    version: str
    path: str
    applied: str
    installed: str

    def message(self) -> str:
        """Name the file and both sums."""
        return (
            f"{self.pack}@{self.version}: {self.path} is not what was applied "
            f"(got sha256 {self.installed}, expected {self.applied})"
        )

    def hint(self) -> str:
        """Say which release to use."""
        return "install the release that was applied and downgrade with it; a published migration must not be edited"


class ResumeConflictError(PlanError):
    """A run was begun with other signed bytes than are installed now.

    Half of the documents went through the first bytes; the other half must too. Install the release that began
    the run, or take the run back with it.
    """

    code: ClassVar[str] = "PLAN-016"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    version: str
    run: str
    begun_with: str
    installed: str

    def message(self) -> str:
        """Name both digests."""
        return (
            f"{self.pack}@{self.version}: run {self.run} was begun with other bytes "
            f"(got {self.installed}, expected {self.begun_with})"
        )

    def hint(self) -> str:
        """Say how to go on."""
        return (
            "install the release that began the run; then `sealift upgrade` resumes it, "
            "or `sealift downgrade` takes it back"
        )


class StalePlanError(PlanError):
    """Something that a saved plan rests on has changed since it was made.

    A reviewed plan runs exactly as reviewed, or not at all. Make and review a new one.
    """

    code: ClassVar[str] = "PLAN-017"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    reasons: tuple[str, ...]

    def message(self) -> str:
        """Name what changed."""
        return "the plan no longer fits: " + "; ".join(self.reasons)

    def hint(self) -> str:
        """Say how to make a new one."""
        return "make a new plan with `sealift plan --out FILE` and review it"


class StoreOlderError(PlanError):
    """The store is at a version below the one the installed pack begins with.

    The release dropped its oldest migrations. Upgrade in two steps: first with a release that still carries them.
    """

    code: ClassVar[str] = "PLAN-019"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    current: str
    base: str
    distribution: str

    def message(self) -> str:
        """Name both versions."""
        return f"{self.pack}: the store is at {self.current}, but the installed pack begins at {self.base}"

    def hint(self) -> str:
        """Say what to install first."""
        return (
            f"install an older release of {self.distribution} that leads from {self.current} to {self.base}, "
            "upgrade with it, then install this one"
        )
