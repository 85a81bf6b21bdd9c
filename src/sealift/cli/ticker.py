"""Progress in words: at the beginning and the end of a step, and about once a second in between."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealift.execution.steps import StepProgress

_SECONDS = 1.0


class Ticker:
    """Says how far a run is; one instance a run."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._say, self._clock = say, clock
        self._began = self._last = clock()
        self._run, self._first = "", 0

    def tick(self, progress: "StepProgress") -> None:
        """Say something if it is time."""
        now = self._clock()
        if progress.run != self._run:
            self._run, self._first, self._began = progress.run, progress.checkpoint.seen, now
        elif not progress.finished and now - self._last < _SECONDS:
            return
        self._last = now
        self._say(self._line(progress, now - self._began))

    def _line(self, progress: "StepProgress", seconds: float) -> str:
        step, point = progress.step, progress.checkpoint
        state = "finished" if progress.finished else "running "
        failed = f", {point.failed} in quarantine" if point.failed else ""
        counts = f"{point.seen}/{progress.total} documents, {point.changed} changed{failed}"
        return f"{state}  {step.direction.value} {step.name}  {counts}{self._pace(progress, seconds)}"

    def _pace(self, progress: "StepProgress", seconds: float) -> str:
        """Return how fast it goes and how long it will take; at the beginning the isolation of the workers instead."""
        done = progress.checkpoint.seen - self._first
        if not done or seconds <= 0:
            return f"  [isolation {progress.isolation}]"
        rate = done / seconds
        left = max(0, progress.total - progress.checkpoint.seen) / rate
        rest = f" in {seconds:.1f} s" if progress.finished else f", about {left:.0f} s left"
        return f"  {rate:,.0f}/s{rest}"
