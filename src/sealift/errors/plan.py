"""No sound order, a target that does not exist, or a store that is not where the packs think it is."""

from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class PlanError(SealiftError):
    """No valid plan leads to the targets."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED


def chained(reasons: tuple[str, ...]) -> str:
    """Join a chain of reasons to one sentence: ``a, but b, and c``."""
    first, *rest = reasons
    joints = (", but ", *(", and " for _ in rest))
    return first + "".join(joint + reason for joint, reason in zip(joints, rest, strict=False))


class UnknownPackError(PlanError):
    """A target names a pack that is not there.

    The name is mistyped, the pack is not installed in this environment, or (for a downgrade) it is neither installed
    nor in the store's archive. Correct the name, or install the pack with pip.
    """

    code: ClassVar[str] = "PLAN-001"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    pack: str
    similar: tuple[str, ...] = ()
    orphaned: bool = False

    def message(self) -> str:
        """Name the pack."""
        if self.orphaned:
            return f"{self.pack}: applied to this store, but not installed here"
        return f"{self.pack}: no such pack is installed"

    def hint(self) -> str | None:
        """Offer the nearest names."""
        if self.similar:
            return f"did you mean {' or '.join(self.similar)}? `sealift packs` lists what is installed"
        return "list what is installed with `sealift packs`, correct the name, or install the pack with pip"


class UnknownVersionError(PlanError):
    """A target names a version that no migration of the pack leads to, or more steps than there are.

    Choose one of the versions listed, ``base``, or a smaller ``+N``/``-N``.
    """

    code: ClassVar[str] = "PLAN-002"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    pack: str
    version: str
    versions: tuple[str, ...]
    similar: tuple[str, ...] = ()

    def message(self) -> str:
        """Name the version and those there are."""
        return f"{self.pack}@{self.version}: no such version (got {self.version}, expected {_listed(self.versions)})"

    def hint(self) -> str | None:
        """Offer the nearest versions."""
        if self.similar:
            return f"did you mean {' or '.join(f'{self.pack}@{version}' for version in self.similar)}?"
        return f"write {self.pack}@VERSION with one of the versions above"


def _listed(versions: tuple[str, ...], most: int = 12) -> str:
    if len(versions) <= most:
        return "one of " + ", ".join(versions)
    return f"one of {versions[0]}, {versions[1]}, ... {', '.join(versions[-(most - 3) :])}"


class MissingTargetError(PlanError):
    """A downgrade does not say where to.

    Going back loses data sooner or later, so it has no default: name the version to keep, or ``base``.
    """

    code: ClassVar[str] = "PLAN-003"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    pack: str | None = None
    current: str | None = None

    def message(self) -> str:
        """Say that the destination is missing."""
        at = f" (it is at {self.current})" if self.current else ""
        return f"downgrade {self.pack or ''}".rstrip() + f": no version to go back to was given{at}"

    def hint(self) -> str:
        """Show the three ways to write it."""
        pack = self.pack or "PACK"
        return f"write `sealift downgrade {pack}@VERSION`, `{pack}@-1` for one step, or `{pack}@base` for all of them"


class WrongDirectionError(PlanError):
    """An upgrade names a version behind the current one, or a downgrade one before it.

    Use the other verb; sealift does not guess, because a downgrade may lose data.
    """

    code: ClassVar[str] = "PLAN-004"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    pack: str
    version: str
    current: str
    asked: str
    """``upgrade`` or ``downgrade``: the verb that was used."""

    def message(self) -> str:
        """Say where the pack is."""
        return f"{self.asked} {self.pack}@{self.version}: the pack is at {self.current}, so this leads the other way"

    def hint(self) -> str:
        """Name the other verb."""
        other = "downgrade" if self.asked == "upgrade" else "upgrade"
        return f"if that is what you want: `sealift {other} {self.pack}@{self.version}`"


class ConflictingTargetsError(PlanError):
    """One pack is named twice with different versions.

    A plan leads each pack to one version. Name each pack once.
    """

    code: ClassVar[str] = "PLAN-005"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    pack: str
    versions: tuple[str, ...]

    def message(self) -> str:
        """Name both."""
        return f"{self.pack}: asked for {' and '.join(self.versions)} at once"

    def hint(self) -> str:
        """Say what to leave."""
        return "name each pack once"


class MissingPackError(PlanError):
    """A migration needs a pack that is neither installed nor applied.

    Install the pack that is named, or leave out the target that needs it.
    """

    code: ClassVar[str] = "PLAN-006"
    missing: str
    requirement: str
    reasons: tuple[str, ...]

    def message(self) -> str:
        """Name the chain that leads to the missing pack."""
        return chained((*self.reasons, f"{self.missing} is not installed"))

    def hint(self) -> str:
        """Say what to install."""
        return f"install a pack whose data reaches {self.requirement}"


class UnsatisfiableError(PlanError):
    """Two demands on one pack's version contradict each other.

    The chain names who demands what. Choose other targets, or install releases that agree.
    """

    code: ClassVar[str] = "PLAN-007"
    reasons: tuple[str, ...]
    remedy: str

    def message(self) -> str:
        """Name the shortest chain of reasons."""
        return chained(self.reasons)

    def hint(self) -> str:
        """Say what would settle it."""
        return self.remedy


class CycleError(PlanError):
    """Migrations wait for each other, so none of them can be first.

    Upper bounds wait too: a migration that needs ``acme.core<3`` must run before acme.core reaches 3. Ask the
    publishers of the packs named to loosen one of the requirements, or stop earlier with an explicit target.
    """

    code: ClassVar[str] = "PLAN-008"
    reasons: tuple[str, ...]
    steps: tuple[str, ...]
    """The migrations of the cycle, ``pack@version``, in the order in which each waits for the one before."""

    def message(self) -> str:
        """Name the requirements that form the cycle."""
        return chained(self.reasons) + " (no order satisfies all of these)"

    def hint(self) -> str:
        """Name the migrations that wait for each other."""
        return (
            f"these wait for each other: {' -> '.join(self.steps)}; stop before one of them with an explicit target, "
            "or use a release with a looser requirement"
        )


class IrreversibleError(PlanError):
    """A migration on the way back has no downgrade.

    Going back is possible as far as the version named in the hint. Beyond it, restore a backup.
    """

    code: ClassVar[str] = "PLAN-009"
    pack: str
    version: str
    reasons: tuple[str, ...] = ()
    target: str
    possible: str | None
    """The lowest version of the target's pack that can still be reached; ``None`` if not even one step is possible."""

    def message(self) -> str:
        """Name the step and why it would have to be taken back."""
        because = f" ({chained(self.reasons)})" if self.reasons else ""
        return f"{self.pack}@{self.version}: this migration cannot be taken back{because}"

    def hint(self) -> str:
        """Name the lowest version that can be reached."""
        if self.possible is None:
            return f"{self.target} cannot be taken back from where it is; beyond this only a backup helps"
        return f"the lowest version that can be reached is {self.target}@{self.possible}; beyond it only a backup helps"


class DuplicateVersionError(PlanError):
    """Two migrations of a pack lead to the same version.

    Versions compare by PEP 440, so ``1.0`` and ``1.0.0`` are one version. The author must renumber one of them.
    """

    code: ClassVar[str] = "PLAN-010"
    pack: str
    version: str
    paths: tuple[str, ...]

    def message(self) -> str:
        """Name the files."""
        return f"{self.pack}: two migrations lead to {self.version} ({' and '.join(self.paths)})"

    def hint(self) -> str:
        """Say who mends it."""
        return "give one of them another version and sign the pack again"


class BadManifestError(PlanError):
    """A manifest carries a version or requirement that cannot be read, or a migration at or below its base.

    The pack was signed by a tool that did not check it. Ask the publisher for a release that passes ``sealift lint``.
    """

    code: ClassVar[str] = "PLAN-011"
    pack: str
    where: str
    found: str
    expected: str

    def message(self) -> str:
        """Say what stands where."""
        return f"{self.pack}, {self.where}: got {self.found!r}, expected {self.expected}"

    def hint(self) -> str:
        """Say who mends it."""
        return "the author must correct it and sign the pack again; `sealift lint` finds it"


class PlanFileError(PlanError):
    """A file is no plan that this sealift can read.

    It was edited, cut off, or written by a newer sealift.
    """

    code: ClassVar[str] = "PLAN-018"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    problem: str
    file: str = ""

    def message(self) -> str:
        """Say what is wrong with it."""
        return f"{self.file or 'the plan file'}: no plan that can be used: {self.problem}"

    def hint(self) -> str:
        """Say how to make a new one."""
        return "make a new plan with `sealift plan --out FILE`"
