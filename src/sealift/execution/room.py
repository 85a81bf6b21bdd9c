"""Whether there is room for a step, told before its first write.

The estimate errs on the low side: it counts the bytes of documents, and neither the rest of a row, of a page or of an
index. What it refuses would fail; what it lets pass may still meet a full disk, and then resumes when there is room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealift.errors.store_running import StoreRoomError
from sealift.execution.options import RunOptions
from sealift.execution.sampling import sample
from sealift.execution.team import Team
from sealift.model.batch import Key
from sealift.model.limits import MIB
from sealift.model.room import Room
from sealift.ports import Collection, Outcome, Store

_AMPLE_TIMES = 10
_AMPLE = 256 * MIB
"""With so many times the database's size free, and so much besides, no document is looked at."""
_SAMPLE = 200
_SLACK = 8
"""So large a part of the database's pages may be unused, and take documents that grow."""
_SLIGHT = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done to how many documents."""

    collection: Collection
    documents: int
    after: Key | None
    atomic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What the migration makes of a document, in the mean."""

    before: float
    """Bytes of a document that it changes, as they are; one that it does not change counts as none."""
    after: float
    """The same, as they will be."""


def check_room(store: Store, work: Work, team: Team, options: RunOptions) -> None:
    """Raise StoreRoomError when the file system cannot hold what the step writes; ask the worker what that will be.

    Nothing is said of a server's disk: it cannot be asked without rights that no user should have.
    """
    room = store.room() if options.check_free_space else None
    if room is None or not work.documents or room.free >= _AMPLE_TIMES * room.size + _AMPLE:
        return
    growth = _growth(work, team)
    needed = need(room, work, growth, options)
    if room.free < needed:
        raise StoreRoomError(url=store.label, place=room.place, free=room.free, needed=needed)


def need(room: Room, work: Work, growth: Growth, options: RunOptions) -> int:
    """Return how many bytes the step needs at least, journal included."""
    slack = room.spare + room.size // _SLACK + _SLIGHT
    file = max(0, int((growth.after - growth.before) * work.documents) - slack)
    return file + max(0, int(_journal(room, work, growth, options)) - room.journal)


def _journal(room: Room, work: Work, growth: Growth, options: RunOptions) -> float:
    each = growth.before if room.turnover is None else growth.after
    whole = each * work.documents
    if work.atomic:
        return whole
    batch = min(options.batch_rows * each, options.batch_bytes)
    return min(whole, max(room.turnover or 0, batch))


def _growth(work: Work, team: Team) -> Growth:
    seen = before = after = 0
    for documents, outcomes in _tried(work, team):
        seen += len(documents)
        for document, outcome in zip(documents, outcomes, strict=True):
            if isinstance(outcome, bytes):
                before += len(document)
                after += len(outcome)
    return Growth(before=before / max(seen, 1), after=after / max(seen, 1))


def _tried(work: Work, team: Team) -> Iterator[tuple[Sequence[bytes], Sequence[Outcome]]]:
    """Yield documents from all over what is to be done, and what the worker makes of them; written nowhere."""
    for page in sample(work.collection, work.documents, _SAMPLE, after=work.after):
        team.send(page.documents)
        outcomes = team.receive(page.documents)
        yield page.documents, outcomes
        # One that fails may cost seconds, as one that never ends does: the run itself will find them all.
        if any(outcome is not None and not isinstance(outcome, bytes) for outcome in outcomes):
            return
