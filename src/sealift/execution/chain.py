"""Documents through several migrations in a row, without writing: for dry runs and for retries.

Each migration has workers of its own, and they all work at the same time: while the second has one page, the first has
the next, and the host checks what came back before.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sealift.execution.policy_gate import PolicyGate
from sealift.execution.team import Team
from sealift.model.batch import Change, Changes, DocumentError, Key
from sealift.model.plan import Step
from sealift.ports import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One migration of a chain."""

    step: Step
    team: Team
    gate: PolicyGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a document got no further, and at which migration."""

    step: Step
    error: DocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Documents of one page on their way."""

    keys: Sequence[Key]
    before: Sequence[bytes]
    now: list[bytes]
    concerned: Sequence[bool]
    """For each link, whether these documents go through it."""
    failures: dict[int, Failure] = field(default_factory=dict)
    """By position; those documents stay what they were when they failed."""

    def able(self) -> Sequence[int]:
        """Return the positions of the documents that are still on their way."""
        if not self.failures:
            return range(len(self.keys))
        return [at for at in range(len(self.keys)) if at not in self.failures]


def travel(links: Sequence[Link], groups: Iterable[Group]) -> Generator[Group, None, None]:
    """Take every document of every group as far as it gets; yields the groups in their order."""
    for number, link in enumerate(links):
        groups = _through(link, number, groups)
    yield from groups


def _through(link: Link, number: int, groups: Iterable[Group]) -> Iterator[Group]:
    flight: deque[tuple[Group, Sequence[int]]] = deque()
    for group in groups:
        places = group.able() if group.concerned[number] else ()
        if places:
            link.team.send([group.now[at] for at in places])
        flight.append((group, places))
        if len(flight) >= link.team.window:
            yield _landed(link, *flight.popleft())
    while flight:
        yield _landed(link, *flight.popleft())


def _landed(link: Link, group: Group, places: Sequence[int]) -> Group:
    if places:
        documents = [group.now[at] for at in places]
        outcomes = link.gate.entered(documents, link.team.receive(documents))
        for at, error in _judged(link, group, places, outcomes):
            group.failures[at] = Failure(step=link.step, error=error)
    return group


def _judged(
    link: Link, group: Group, places: Sequence[int], outcomes: Sequence[Outcome]
) -> Iterator[tuple[int, DocumentError]]:
    """Put the changed documents into the group; yield what failed."""
    changes: list[Change] = []
    changed: list[int] = []
    untouched: list[int] = []
    for at, outcome in zip(places, outcomes, strict=True):
        if isinstance(outcome, bytes):
            changes.append(Change(group.keys[at], None, group.now[at], outcome))
            changed.append(at)
            group.now[at] = outcome
        elif outcome is None:
            untouched.append(at)
        else:
            yield at, outcome
    yield from ((changed[at], error) for at, error in link.gate.changed(Changes.of(changes)).items())
    still = link.gate.unchanged([group.now[at] for at in untouched])
    yield from ((untouched[at], error) for at, error in still)
