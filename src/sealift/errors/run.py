"""A step did not finish: exit status 1, or 7 when interrupted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class RunError(SealiftError):
    """A step did not finish."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the language policy refuses: where it stands and what to write instead."""

    path: str
    line: int
    column: int
    """From 1, as editors count."""
    code: str
    message: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"
        return f"{place} (instead: {self.instead})" if self.instead else place


class WorkerError(RunError):
    """The locked process that runs a pack's code failed."""

    pack: str
    path: str


class WorkerDiedError(WorkerError):
    """The worker ended before it had answered.

    Cause: the pack's code made a forbidden system call, ran out of memory or crashed the interpreter; or somebody
    killed the process. Remedy: repeat the run; with ``--on-error quarantine`` the document that does it is set aside.
    """

    code: ClassVar[str] = "RUN-020"
    signal: str | None = None
    """Name of the signal that ended it, such as ``SIGSYS``."""
    status: int | None = None
    """Exit status, where it ended by itself."""
    cause: str = "crashed"
    """``crashed`` or ``memory``."""

    def message(self) -> str:
        """Say what ended the worker."""
        end = f"signal {self.signal}" if self.signal else f"exit status {self.status}"
        return f"{self.pack}: the worker for {self.path} ended before it had answered (got {end}, {self.cause})"

    def hint(self) -> str:
        """Say how to find the document."""
        if self.cause == "memory":
            return "raise the worker's memory limit, or have the pack's author look at what grows"
        return "run again with --on-error quarantine to set the document aside that does it, and tell the pack's author"


class WorkerTimeoutError(WorkerError):
    """The worker did not answer within its time and was killed.

    Cause: an endless loop, a regular expression that backtracks, or a limit that is too low for the documents.
    Remedy: raise the wall-clock limit, or have the pack's author look at the document.
    """

    code: ClassVar[str] = "RUN-021"
    seconds: float
    """The limit that was reached."""
    clock: str = "wall"
    """``wall`` or ``cpu``."""

    def message(self) -> str:
        """Say which limit was reached."""
        return (
            f"{self.pack}: the worker for {self.path} did not answer (expected within {self.seconds:g} s {self.clock})"
        )

    def hint(self) -> str:
        """Say which setting to raise."""
        return "raise the worker's time limit, or run with --on-error quarantine to set the document aside"


class ProtocolViolationError(WorkerError):
    """The worker answered with something the protocol does not allow, and was killed.

    Cause: code of the pack broke out of the language and writes to the pipe itself, or a defect in sealift.
    Remedy: treat the pack as hostile until somebody has looked at it; nothing of the batch was written.
    """

    code: ClassVar[str] = "RUN-022"
    got: str
    expected: str

    def message(self) -> str:
        """Say what came and what was expected."""
        return f"{self.pack}: the worker for {self.path} broke the protocol (got {self.got}, expected {self.expected})"

    def hint(self) -> str:
        """Say how to treat the pack."""
        return "do not run this pack again before its code was examined; nothing of the batch was written"


class IsolationTooWeakError(WorkerError):
    """The worker is less isolated than required, so no byte of the pack was sent to it.

    Cause: the kernel or the container offers no seccomp filter, the system is not Linux, or a step of the lock-down
    failed. Remedy: see ``sealift doctor``; a weaker level can be accepted by name, ``--isolation process``.
    """

    code: ClassVar[str] = "RUN-023"
    measured: str
    required: str
    reasons: tuple[str, ...] = ()

    def message(self) -> str:
        """Name both levels and why."""
        why = "; ".join(self.reasons) or "no reason known"
        return f"{self.pack}: the worker is not isolated enough (got {self.measured}, expected {self.required}): {why}"

    def hint(self) -> str:
        """Say how to find out more, and how to accept it."""
        return "run sealift doctor; accept a weaker level only for packs you trust like your own code"


class WorkerStartError(WorkerError):
    """No worker could be started.

    Cause: the interpreter cannot be started with an empty environment, a library is missing, or the machine is out
    of processes or memory. Remedy: the reason names what failed; ``sealift doctor`` starts a worker to try.
    """

    code: ClassVar[str] = "RUN-024"
    reason: str

    def message(self) -> str:
        """Say what failed."""
        return f"{self.pack}: no worker could be started for {self.path}: {self.reason}"

    def hint(self) -> str:
        """Say where to look."""
        return "run sealift doctor with the same interpreter"


class UnitRefusedError(WorkerError):
    """The language policy refused the pack's code; none of it ran.

    Cause: the pack uses something that migrations may not use. Remedy: each finding names file, line and column,
    and what to write instead; ``sealift lint`` shows the same to the author.
    """

    code: ClassVar[str] = "RUN-025"
    findings: tuple[Finding, ...]

    def message(self) -> str:
        """Name the first finding and count the others."""
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        return f"{self.pack}: the code is refused: {self.findings[0]}{more}"

    def hint(self) -> str:
        """Send the author to lint."""
        return "the pack's author finds all of them with `sealift lint`, and with `sealift test` what shows on loading"

    def details(self) -> Mapping[str, Any]:
        """Return the findings as objects."""
        return {"pack": self.pack, "path": self.path, "findings": [asdict(finding) for finding in self.findings]}


class HookFailedError(WorkerError):
    """One of the pack's own hooks raised.

    Cause: a ``pre_`` or ``post_`` method of the migration raised an exception. Remedy: the message is the pack's;
    a failing ``pre_`` hook stops the step before it starts, a failing ``post_`` hook undoes nothing.
    """

    code: ClassVar[str] = "RUN-026"
    hook: str
    text: str
    """What the hook said, cut to a limit."""
    where: str | None = None

    def message(self) -> str:
        """Name the hook and repeat its words."""
        place = f" at {self.where}" if self.where else ""
        return f"{self.pack}: {self.hook} of {self.path} raised{place}: {self.text}"

    def hint(self) -> str:
        """Say whose it is to mend."""
        return "the message is the pack author's; mend what it names, or ask them"
