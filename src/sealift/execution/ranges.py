"""The ranges of keys that a run is cut into: to be shared by runners, or because it takes half-done work back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise

from sealift.model.batch import Checkpoint, KeyRange, RangeState
from sealift.ports import Collection, Store


def ranges_of(store: Store, run: str) -> Sequence[KeyRange]:
    """Return the ranges of a run; one that was never cut is one open range."""
    return store.ranges(run) or (KeyRange(number=1, progress=store.progress(run)),)


def cut(collection: Collection, start: Checkpoint, rows: int) -> tuple[KeyRange, ...]:
    """Return ranges of ``rows`` documents each for what lies beyond ``start``; the last one has no upper end."""
    ends = [start.after, *collection.cut(after=start.after, rows=rows), None]
    done = [KeyRange(number=0, upper=start.after, state=RangeState.DONE, progress=start)] if start.after else []
    return _numbered([*done, *(KeyRange(number=0, lower=lower, upper=upper) for lower, upper in pairwise(ends))])


def turned_round(ranges: Sequence[KeyRange]) -> tuple[KeyRange, ...]:
    """Return the ranges of the run that takes a half-done one back: what is done becomes open, all else is kept.

    What the half-done run had kept is open too: those documents are where it wanted all of them to be.
    """
    return _numbered(part for each in ranges for part in _turned_round(each))


def _turned_round(part: KeyRange) -> Iterator[KeyRange]:
    after = part.progress.after
    whole = KeyRange(number=0, lower=part.lower, upper=part.upper)
    if part.state is not RangeState.OPEN:
        yield whole
    elif after is None:
        yield replace(whole, state=RangeState.KEPT)
    else:
        yield replace(whole, upper=after)
        yield replace(whole, lower=after, state=RangeState.KEPT)


def _numbered(ranges: Iterator[KeyRange] | Sequence[KeyRange]) -> tuple[KeyRange, ...]:
    return tuple(replace(part, number=number) for number, part in zip(count(1), ranges, strict=False))
