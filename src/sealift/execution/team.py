"""The workers of one step, as one: pages go round to them and come back in order.

A worker that dies takes nothing with it: the page it died on is repeated a document at a time in fresh workers, which
names the document, and the pages it still had are sent to its successor.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from sealift.errors.run import WorkerError
from sealift.model.limits import Limits
from sealift.ports import Cage, Outcome, Session, Unit

_AHEAD = 2
"""Pages in flight for each worker: one it works on, one that waits for it."""

Repeat = Callable[[Cage, Unit, Limits, Sequence[bytes]], Sequence[Outcome]]
"""Transforms documents in fresh workers, so that one that kills its worker becomes a DocumentError."""


@dataclass(slots=True)
class _Member:
    """One worker and the pages it has."""

    session: Session
    pages: deque[Sequence[bytes]]


class Team:
    """``size`` workers that run the same unit. Used by one thread."""

    def __init__(self, *, cage: Cage, unit: Unit, limits: Limits, size: int, repeat: Repeat) -> None:
        self._cage, self._unit, self._limits, self._repeat = cage, unit, limits, repeat
        self._members = [_Member(cage.open(unit, limits), deque()) for _ in range(size)]
        self._next_send = self._next_receive = 0
        self._spare: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def window(self) -> int:
        """Pages to keep in flight."""
        return _AHEAD * len(self._members)

    @property
    def first(self) -> Session:
        """The worker that runs the pack's own hooks and tells what the unit offers."""
        return self._members[0].session

    def send(self, documents: Sequence[bytes]) -> None:
        """Give a page to the next worker."""
        member = self._members[self._next_send % len(self._members)]
        self._next_send += 1
        member.pages.append(documents)
        try:
            member.session.send(documents)
        except WorkerError:
            # The loss is dealt with when the pages before this one have been received.
            return

    def receive(self, documents: Sequence[bytes]) -> Sequence[Outcome]:
        """Return the outcomes of the oldest page, which must be ``documents``."""
        member = self._members[self._next_receive % len(self._members)]
        self._next_receive += 1
        try:
            outcomes = member.session.receive()
        except WorkerError:
            outcomes = self._repeat(self._cage, self._unit, self._limits, documents)
            self._replace(member)
        member.pages.popleft()
        return outcomes

    def aside(self, documents: Sequence[bytes]) -> Sequence[Outcome]:
        """Transform documents out of turn, in a worker of their own."""
        try:
            if self._spare is None:
                self._spare = self._cage.open(self._unit, self._limits)
            self._spare.send(documents)
            return self._spare.receive()
        except WorkerError:
            self._close_spare()
            return self._repeat(self._cage, self._unit, self._limits, documents)

    def close(self) -> None:
        """End every worker."""
        self._close_spare()
        for member in self._members:
            member.session.close()

    def _replace(self, member: _Member) -> None:
        member.session.close()
        member.session = self._cage.open(self._unit, self._limits)
        for page in list(member.pages)[1:]:
            member.session.send(page)

    def _close_spare(self) -> None:
        if self._spare is not None:
            self._spare.close()
            self._spare = None
