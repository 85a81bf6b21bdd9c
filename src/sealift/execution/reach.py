"""Which documents a step still concerns, worked out from the history and the checkpoints."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sealift.execution.ranges import ranges_of, turned_round
from sealift.model.batch import Checkpoint, KeyRange
from sealift.model.history import MigrationHistory
from sealift.model.plan import Step
from sealift.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which documents a step still concerns."""

    run: str
    start: Checkpoint
    """Everything up to here is done; for a run cut into ranges, only its sums count."""
    ranges: Sequence[KeyRange] = ()
    """What the run is cut into, or is to be: by several runners, or because it takes half-done work back."""
    undoes: str | None = None
    """The run that is taken back."""

    @property
    def parts(self) -> Sequence[KeyRange]:
        """The ranges; one, if the run is not cut."""
        return self.ranges or (KeyRange(number=1, progress=self.start),)


def reach_of(store: Store, step: Step, history: MigrationHistory) -> Reach:
    """Work out from the history and the checkpoints where the step begins and where it ends."""
    opened = history.runs[step.resumes] if step.resumes else None
    if opened is None:
        return Reach(run=uuid.uuid4().hex, start=Checkpoint())
    if opened.direction is step.direction:
        return Reach(run=opened.run, start=store.progress(opened.run), ranges=store.ranges(opened.run))
    ranges = turned_round(ranges_of(store, opened.run))
    return Reach(run=uuid.uuid4().hex, start=Checkpoint(), ranges=ranges, undoes=opened.run)
