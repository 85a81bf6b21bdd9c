"""How often a run is tried again when the database fails it for a while."""

import random
from typing import TYPE_CHECKING

from sealift.errors.store import StoreError, StoreUnreachableError

if TYPE_CHECKING:
    from sealift.execution.steps import StepProgress

PAUSES = (1.0, 4.0, 15.0, 30.0)
"""Seconds between attempts, about; from the first again whenever an attempt got on."""


class Patience:
    """Counts the attempts in a row that committed nothing; one instance a run."""

    def __init__(self) -> None:
        self._failed = 0
        self._seen: tuple[str, int] | None = None

    def saw(self, progress: "StepProgress") -> None:
        """Learn how far the run is: a run that gets on between failures may go on for days."""
        place = (progress.run, progress.checkpoint.seen)
        if self._seen is not None and place != self._seen:
            self._failed = 0
        self._seen = place

    def pause_after(self, error: StoreError) -> float | None:
        """Return how many seconds to wait before the next attempt; ``None`` when there shall be none.

        A store that cannot be reached is an operator's mistake at first, but a server that is being restarted when
        it was there a moment ago.
        """
        was_there = self._seen is not None or self._failed > 0
        passing = error.transient or (was_there and isinstance(error, StoreUnreachableError))
        if not passing or self._failed == len(PAUSES):
            return None
        pause = PAUSES[self._failed]
        self._failed += 1
        return pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter between runners, no secret
