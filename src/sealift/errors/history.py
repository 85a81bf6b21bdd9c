"""The history contradicts itself: exit status 4."""

from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class HistoryTamperedError(SealiftError):
    """An entry of the history was edited, removed, inserted or moved.

    Each entry carries a hash over its content and its predecessor; this one's does not fit. Compare with a backup or
    with a head that was kept elsewhere, and find out who writes to the table ``sealift_history``.
    """

    code: ClassVar[str] = "STORE-015"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    number: int
    expected: str
    found: str

    def message(self) -> str:
        """Name the first entry that does not fit."""
        return (
            f"history: the chain is broken at entry {self.number}, or the one before it is missing "
            f"(got {self.found or 'no hash'}, expected {self.expected})"
        )

    def hint(self) -> str:
        """Say where to look."""
        return "compare the table sealift_history with a backup; somebody other than sealift wrote to it"
