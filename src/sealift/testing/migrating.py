"""The fixture ``migrate``: one document, up or down."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from packaging.version import Version

from sealift.errors.base import SealiftError
from sealift.testing.bench import Bench
from sealift.testing.exact import plain, write
from sealift.testing.failure import MigrationError


class Migrate:
    """Takes documents from one version to another, in the worker, each result held against its schema."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __call__(
        self,
        document: Mapping[str, Any],
        to: str | None = None,
        *,
        from_: str | None = None,
        collection: str | None = None,
    ) -> Any:
        """Return what becomes of a document; the one given is not changed.

        ``from_`` is the base unless given, ``to`` the newest version; the way leads down where ``to`` is lower.
        Raises MigrationError when a step fails, ValueError for a version that there is not, or when several
        collections are on the way and none was named.
        """
        __tracebackhide__ = True
        subject = self._bench.subject
        start = subject.version(from_ or subject.manifest.base)
        end = subject.version(to or subject.newest)
        steps = subject.way(start, end, collection or self._only(start, end))
        try:
            return plain(self._bench.travel(write(document), steps))
        except MigrationError as error:
            raise error.at_the_line() from None
        except SealiftError as error:
            raise error.with_traceback(None) from None
        except Exception as error:  # noqa: BLE001 - only in-process: whatever the author's code raised
            raise error.with_traceback(_from_pack(error.__traceback__, str(self._bench.root))) from None

    def _only(self, start: str, end: str) -> str:
        subject = self._bench.subject
        low, high = sorted([Version(start), Version(end)])
        found = {info.collection for info in subject.migrations if low < Version(info.version) <= high}
        if len(found) > 1:
            message = f"several collections change between {start} and {end}: name one of {', '.join(sorted(found))}"
            raise ValueError(message)
        return next(iter(found), "")


def _from_pack(traceback: TracebackType | None, root: str) -> TracebackType | None:
    """Return the part of a traceback that begins in the pack, or all of it."""
    inner = traceback
    while inner is not None and not inner.tb_frame.f_code.co_filename.startswith(root):
        inner = inner.tb_next
    return inner or traceback
