"""How many documents a batch has: bounded by rows and bytes, and adapted to a target duration.

The rule follows what large data migrations settled on: shrink at once when a batch was too slow, grow by at most a
fifth when it was quick enough (GitLab's batch optimiser, Kibana's saved-object migrations).
"""

GROWTH = 1.2
_BAND = 0.9
"""Above this share of the target duration the size is left alone."""


class Pacer:
    """Holds the number of rows of the next batch. One instance a step."""

    def __init__(self, *, rows: int, seconds: float) -> None:
        self._limit = rows
        self._rows = rows
        self._seconds = seconds

    @property
    def rows(self) -> int:
        """Rows the next batch should have, from 1 to the limit."""
        return self._rows

    def took(self, seconds: float) -> None:
        """Learn from a batch that was committed."""
        if seconds > self._seconds:
            self._rows = max(1, int(self._rows * self._seconds / seconds))
        elif seconds < self._seconds * _BAND:
            self._rows = min(self._limit, max(self._rows + 1, int(self._rows * GROWTH)))
