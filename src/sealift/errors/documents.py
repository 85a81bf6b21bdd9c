"""Why a step stopped: documents, hooks, signals. Codes RUN-1xx."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sealift.errors.base import ExitStatus
from sealift.errors.run import RunError

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDocument:
    """One document that a migration could not take over, and why."""

    key: str
    code: str
    message: str
    where: str | None = None

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" + (f" ({self.where})" if self.where else "")


class DocumentsFailedError(RunError):
    """Documents of a batch could not be taken over.

    Every batch before is committed, nothing of this one is. Mend the documents or the pack and run the same command
    again: it goes on where it stopped. ``--on-error quarantine`` sets such documents aside instead, ``--dry-run``
    lists all of them first, ``downgrade`` takes the half-done step back.
    """

    code: ClassVar[str] = "RUN-101"
    migration: str
    collection: str
    failures: Sequence[FailedDocument]
    done: int = 0

    def message(self) -> str:
        count = len(self.failures)
        head = f"{self.migration}: {count} document{'s' if count > 1 else ''} of {self.collection} failed"
        lines = [f"  {failure}" for failure in self.failures[:_SHOWN]]
        more = [f"  and {count - _SHOWN} more"] if count > _SHOWN else []
        return "\n".join([f"{head} ({self.done} committed before)", *lines, *more])

    def hint(self) -> str:
        return (
            "mend the documents or the pack and run the same command again, it resumes; "
            "or use --on-error quarantine; see all of them with --dry-run"
        )

    def details(self) -> Mapping[str, Any]:
        failures = [
            {"key": item.key, "code": item.code, "message": item.message, "where": item.where} for item in self.failures
        ]
        return {
            "migration": self.migration,
            "collection": self.collection,
            "done": self.done,
            "failures": failures,
        }


class QuarantineFullError(RunError):
    """More documents failed than may be set aside.

    So many failures point at the migration rather than at the documents. Look at ``quarantine list``, and raise
    ``--quarantine-limit`` if they are expected.
    """

    code: ClassVar[str] = "RUN-102"
    migration: str
    limit: int
    failures: Sequence[FailedDocument] = field(default_factory=tuple)

    def message(self) -> str:
        first = f"; the next would be {self.failures[0]}" if self.failures else ""
        return f"{self.migration}: more than {self.limit} documents failed, the limit of the quarantine{first}"

    def hint(self) -> str:
        return "see `sealift quarantine list`; raise --quarantine-limit if so many failures are expected"


class InterruptedRunError(RunError):
    """The run was interrupted by a signal or by ``cancel``; everything up to the checkpoint is committed.

    Run the same command again to go on where it stopped, or ``downgrade`` to take the step back.
    """

    code: ClassVar[str] = "RUN-103"
    exit_status: ClassVar[ExitStatus] = ExitStatus.INTERRUPTED
    migration: str
    done: int

    def message(self) -> str:
        return f"{self.migration}: interrupted after {self.done} documents; all of them are committed"

    def hint(self) -> str:
        return "run the same command again to go on, or downgrade to take the step back"


class PreHookError(RunError):
    """A ``PRE_`` hook of the operator or of the pack refused the step; it was not started.

    The message is the hook's own. Mend what it names, or take the hook out, and run the same command again: the steps
    before this one are committed, nothing of this one is.
    """

    code: ClassVar[str] = "RUN-104"
    migration: str
    event: str
    reason: str

    def message(self) -> str:
        return f"{self.migration}: the {self.event} hook stopped the step before it started: {self.reason}"

    def hint(self) -> str:
        return "see the hook's own message; nothing of this step was written"


class RestlessDocumentError(RunError):
    """A document was changed by somebody else each time it was about to be written back.

    It was read and migrated again every time, and never overwritten. Run again when it is quieter.
    """

    code: ClassVar[str] = "RUN-105"
    migration: str
    key: str
    attempts: int

    def message(self) -> str:
        return f"{self.migration}: document {self.key} was changed by another writer {self.attempts} times in a row"

    def hint(self) -> str:
        return "run the same command again when the application writes less, or pause it"
