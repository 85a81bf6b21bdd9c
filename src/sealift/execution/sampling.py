"""Documents from all over a collection, at a cost that does not grow with their size."""

from collections.abc import Iterator
from itertools import islice

from sealift.model.batch import Key, Page
from sealift.ports import Collection

_AT_ONCE = 16
"""Documents in memory at the same time; each may be as large as a document can be."""


def sample(collection: Collection, total: int, at_most: int, *, after: Key | None = None) -> Iterator[Page]:
    """Yield every so-many-th of the ``total`` documents behind a key, in key order: all, if no more than ``at_most``.

    The keys are gone through once; no other document is read.
    """
    every = max(1, -(-total // at_most))
    keys = list(islice(collection.cut(after=after, rows=every), at_most))
    for first in range(0, len(keys), _AT_ONCE):
        yield collection.get(keys[first : first + _AT_ONCE])
