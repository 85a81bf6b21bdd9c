"""Pages of a collection in key order, split where a half-done step begins or ends to concern its documents.

Only the store knows the order of its keys (collations, UUIDs), so no key is compared here: the store is asked for what
lies between two of them.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealift.execution.options import RunOptions
from sealift.model.batch import Key, KeyRange, Page, RangeState
from sealift.ports import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Documents up to ``until`` (``None``: all the rest), and whether the step still concerns them."""

    until: Key | None
    is_concerned: bool


def walk(
    collection: Collection, steps: Sequence[Sequence[KeyRange]], options: RunOptions
) -> Iterator[tuple[Page, Sequence[bool]]]:
    """Yield pages, and for each of the steps, given as its ranges, whether it concerns the page's documents."""
    return _Walk(collection, steps, options).pages()


class _Walk:
    """Where the walk is in the stretches of each step."""

    def __init__(self, collection: Collection, steps: Sequence[Sequence[KeyRange]], options: RunOptions) -> None:
        self._collection = collection
        self._options = options
        self._steps = [deque(_stretches(ranges)) for ranges in steps]

    def pages(self) -> Iterator[tuple[Page, Sequence[bool]]]:
        after: Key | None = None
        while (page := self._page(after)) is not None:
            if page.keys:
                yield page, [stretches[0].is_concerned for stretches in self._steps]
                after = page.keys[-1]

    def _page(self, after: Key | None) -> Page | None:
        """Return the next page within one stretch of every step; empty when one was at its end; ``None`` at the end."""
        ending = [stretches for stretches in self._steps if stretches[0].until is not None]
        page = self._read(after, ending[0][0].until if ending else None)
        if not page.keys:
            return _ended(ending[0], page) if ending else None
        for stretches in ending[1:]:
            until = stretches[0].until
            if self._collection.read(after=until, until=page.keys[-1], rows=1, max_bytes=1).keys:
                page = self._read(after, until)
                if not page.keys:
                    return _ended(stretches, page)
        return page

    def _read(self, after: Key | None, until: Key | None) -> Page:
        options = self._options
        return self._collection.read(after=after, until=until, rows=options.batch_rows, max_bytes=options.batch_bytes)


def _ended(stretches: deque[_Stretch], page: Page) -> Page:
    stretches.popleft()
    return page


def _stretches(ranges: Sequence[KeyRange]) -> Iterator[_Stretch]:
    for part in ranges:
        is_open = part.state is RangeState.OPEN
        if is_open and part.progress.after is not None:
            yield _Stretch(until=part.progress.after, is_concerned=False)
        yield _Stretch(until=part.upper, is_concerned=is_open)
