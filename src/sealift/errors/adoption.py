"""Adopting a store, and documents in quarantine. Codes RUN-13x."""

from collections.abc import Sequence
from typing import ClassVar

from sealift.errors.base import ExitStatus
from sealift.errors.documents import FailedDocument
from sealift.errors.run import RunError


class BaselineRefusedError(RunError):
    """The documents are not what the version promises, so the store was not adopted at it.

    ``baseline`` checks a sample of each collection against the schema of the version before it believes the operator.
    Find the version that the documents are really at, or mend the documents that are named. Nothing was recorded.
    """

    code: ClassVar[str] = "RUN-131"
    target: str
    checked: int
    failures: Sequence[FailedDocument]

    def message(self) -> str:
        shown = "".join(f"\n  {failure}" for failure in self.failures[:10])
        count = len(self.failures)
        return f"{self.target}: {count} of {self.checked} documents looked at do not satisfy its schema{shown}"

    def hint(self) -> str:
        return "adopt the version that the documents are really at, or mend them; nothing was recorded"


class AlreadyAdoptedError(RunError):
    """The history already knows the pack; a second beginning would contradict it.

    ``baseline`` is for stores that sealift never worked on. From here, ``upgrade`` and ``downgrade`` lead to other
    versions.
    """

    code: ClassVar[str] = "RUN-132"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    version: str

    def message(self) -> str:
        return f"{self.pack}: the store is at {self.version} already, by its history (expected no history)"

    def hint(self) -> str:
        return f"use `sealift upgrade {self.pack}@VERSION` or `sealift downgrade {self.pack}@VERSION` instead"


class UnknownQuarantineError(RunError):
    """There is no document with this number in quarantine.

    Numbers are given once and never used again; the document may have been taken over or dropped meanwhile. See
    ``sealift quarantine list``.
    """

    code: ClassVar[str] = "RUN-133"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    numbers: Sequence[int]

    def message(self) -> str:
        return f"there is nothing in quarantine under {', '.join(map(str, self.numbers))}"

    def hint(self) -> str:
        return "see `sealift quarantine list`"


class NotAdoptedError(RunError):
    """The documents are ahead of the history: they are what a later version of the pack makes, and nothing says so.

    A store without a history is taken to be at the pack's base version. Here none of the documents looked at satisfies
    the schema of that version, and all of them satisfy the one of a later version, as in a database that was migrated
    by other means. Migrating them again would change them twice. Adopt the store at the version that it is at.
    """

    code: ClassVar[str] = "RUN-134"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    pack: str
    base: str
    version: str
    checked: int

    def message(self) -> str:
        return (
            f"{self.pack}: the store was never adopted, and of {self.checked} documents looked at none is as of "
            f"{self.base}, and all are as of {self.version}"
        )

    def hint(self) -> str:
        return f"if they are, adopt the store: `sealift baseline {self.pack}@{self.version}`; nothing was changed"
