"""Which packs move, and how far: what the targets ask for, and what that pulls in."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sealift.errors.plan import MissingPackError, PlanError, UnsatisfiableError
from sealift.planning.chain import Chain, Presence
from sealift.planning.goals import Goal
from sealift.planning.standing import check_standing
from sealift.planning.versions import Requirement
from sealift.planning.windows import Demand, Window, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a pack moves: the pack that wants it, and the sentence that says so; the targets themselves have none."""

    by: str
    sentence: str
    suffix: str = ""


@dataclass(slots=True, kw_only=True)
class Closure:
    """Grows the targets' goals until every requirement of every step can be met. The least set that can."""

    chains: Mapping[str, Chain]
    windows: Windows
    asked: Mapping[str, Goal]
    choices: Mapping[Demand, int]
    """For a demand with gaps: which of its windows to use, counted from the nearest."""
    ends: dict[str, int] = field(default_factory=dict)
    """The position each moving pack ends at."""
    why: dict[str, Why] = field(default_factory=dict)
    gaps: dict[Demand, int] = field(default_factory=dict)
    """How many windows were within reach of each demand that had several."""
    _queue: deque[str] = field(default_factory=deque)
    _dependents: dict[str, list[Demand]] | None = None

    def grow(self) -> None:
        """Reach the fixed point; raises MissingPackError, UnsatisfiableError, and what ``check_standing`` raises."""
        for pack, goal in self.asked.items():
            if goal.position != self.chains[pack].start:
                self._move(pack, goal.position)
        self._work()
        # With both ways in one plan, a pack that turned out to move changes what an earlier demand has to wait for.
        while len({self.rises(pack) for pack in self.ends}) > 1:
            before = dict(self.ends)
            self._queue.extend(sorted(self.ends))
            self._work()
            if self.ends == before:
                return

    def rises(self, pack: str) -> bool:
        """Say whether the pack goes up."""
        return self.ends[pack] > self.start(pack)

    def start(self, pack: str) -> float:
        """Return where the pack is now; raises when it is nowhere it can move from."""
        start = self.chains[pack].start
        return check_standing(self.chains[pack]) if start is None else start

    def positions(self, pack: str) -> range:
        """Return the migrations that run, in their order within the pack."""
        start, end = self.start(pack), self.ends[pack]
        if end > start:
            return range(math.floor(start) + 1, end + 1)
        return range(math.ceil(start), end, -1)

    def demands(self, pack: str) -> Iterator[Demand]:
        """Yield every demand of every step of the pack, those on itself excepted."""
        chain = self.chains[pack]
        for position in self.positions(pack):
            for requirement in chain.needs(position):
                if requirement.pack != pack:
                    yield Demand(pack=pack, position=position, requirement=requirement)

    def window(self, demand: Demand) -> Window | None:
        """Return the window in which the step has to run; ``None`` when the demand binds nothing.

        That is so when the other pack stays where the demand is met, and for a step taken back whose demand is broken
        already. Raises UnsatisfiableError when no window is within reach.
        """
        other = demand.requirement.pack
        start = self.start(other)
        falls = other in self.ends and not self.rises(other)
        if other not in self.ends:
            falls = not self.rises(demand.pack)
        reachable = self.windows.reachable(demand.requirement, start, falls=falls)
        if not reachable:
            if falls and not self.rises(demand.pack):
                return None
            raise self._unmet(demand)
        if len(reachable) > 1:
            self.gaps[demand] = len(reachable)
        return reachable[min(self.choices.get(demand, 0), len(reachable) - 1) if self.choices else 0]

    def reasons(self, pack: str) -> tuple[str, ...]:
        """Return the chain of reasons from a target to this pack."""
        found: list[str] = []
        while pack in self.why:
            found.append(self.why[pack].sentence)
            pack = self.why[pack].by
        return tuple(reversed(found))

    def root(self, pack: str) -> str:
        """Return the target for whose sake the pack moves."""
        while pack in self.why:
            pack = self.why[pack].by
        return pack

    def _move(self, pack: str, end: int, why: Why | None = None) -> None:
        self.ends[pack] = end
        if why is not None:
            self.why[pack] = why
        self._queue.append(pack)

    def _work(self) -> None:
        while self._queue:
            pack = self._queue.popleft()
            self.start(pack)
            for demand in self.demands(pack):
                self._meet(demand)
            if not self.rises(pack):
                for demand in self._back_first(pack):
                    self._take_back(demand)

    def _meet(self, demand: Demand) -> None:
        other = demand.requirement.pack
        chain = self.chains.get(other)
        if chain is None or chain.start is None:
            self._meet_unmovable(demand, chain)
            return
        window = self.window(demand)
        if window is None or window.holds(chain.start):
            return
        if window.low > chain.start:
            self._raise(demand, max(window.low, math.ceil(chain.start)))
        else:
            self._lower(demand, min(window.high, math.floor(chain.start)))

    def _meet_unmovable(self, demand: Demand, chain: Chain | None) -> None:
        if not self.rises(demand.pack):
            return
        requirement = demand.requirement
        if chain is None:
            reasons = (*self.reasons(demand.pack), self.sentence(demand))
            raise MissingPackError(missing=requirement.pack, requirement=requirement.clause(), reasons=reasons)
        if not self.windows.allows_current(requirement, chain):
            check_standing(chain)

    def _raise(self, demand: Demand, end: int) -> None:
        other = demand.requirement.pack
        if self.ends.get(other, -1) >= end and self.rises(other):
            return
        sentence = self.sentence(demand, self._just_short(other))
        if other in self.asked or (other in self.ends and not self.rises(other)):
            raise self._contradiction(demand.pack, sentence, other)
        if self.chains[other].presence is not Presence.INSTALLED:
            reasons = (*self.reasons(demand.pack), sentence)
            raise MissingPackError(missing=other, requirement=demand.requirement.clause(), reasons=reasons)
        self.start(other)
        self._move(other, end, Why(by=demand.pack, sentence=sentence))

    def _lower(self, demand: Demand, end: int) -> None:
        other = demand.requirement.pack
        chain = self.chains[other]
        clause = demand.requirement.clause(chain.versions[math.ceil(self.start(other))])
        address = self.chains[demand.pack].address(demand.position)
        sentence = f"{address} can be taken back only with {clause}"
        self._pull_down(other, end, Why(by=demand.pack, sentence=sentence))

    def _take_back(self, demand: Demand) -> None:
        sentence = self.sentence(demand, self.ends[demand.requirement.pack])
        why = Why(by=demand.requirement.pack, sentence=sentence, suffix=", so it is taken back first")
        self._pull_down(demand.pack, demand.position - 1, why)

    def _pull_down(self, pack: str, end: int, why: Why) -> None:
        if pack in self.ends and self.ends[pack] <= end:
            return
        if pack in self.asked or (pack in self.ends and self.rises(pack)):
            raise self._contradiction(why.by, why.sentence, pack)
        self.start(pack)
        self._move(pack, end, why)

    def _back_first(self, pack: str) -> Iterable[Demand]:
        """Yield the demands of applied migrations that the pack's new end would break."""
        start, end = self.start(pack), self.ends[pack]
        for demand in self._dependents_of(pack):
            windows = self.windows.of(demand.requirement)
            if not windows or not end < windows[0].low <= math.floor(start):
                continue
            if demand.position <= self._reach(demand.pack):
                yield demand

    def _reach(self, pack: str) -> float:
        if pack in self.ends:
            return self.ends[pack]
        if self.chains[pack].start is None:
            return self.chains[pack].newest
        return math.ceil(self.start(pack))

    def _dependents_of(self, pack: str) -> list[Demand]:
        if self._dependents is None:
            self._dependents = {}
            for chain in self.chains.values():
                for demand in _all_demands(chain):
                    self._dependents.setdefault(demand.requirement.pack, []).append(demand)
        return self._dependents.get(pack, [])

    def sentence(self, demand: Demand, broken_at: int | None = None) -> str:
        """Return ``acme.orders 2.0.0 needs acme.core <3``: the clauses that the other pack's position breaks."""
        address = self.chains[demand.pack].address(demand.position)
        version = self.chains[demand.requirement.pack].versions[broken_at] if broken_at is not None else None
        clause = demand.requirement.clause(version)
        return f"{address} needs {clause}"

    def _just_short(self, other: str) -> int:
        return max(self.ends.get(other, 0), math.floor(self.start(other)))

    def _unmet(self, demand: Demand) -> PlanError:
        other = self.chains[demand.requirement.pack]
        if self.windows.of(demand.requirement):
            at = math.ceil(self.start(other.pack))
            half = "half-way to" if at > self.start(other.pack) else "at"
            said, fact = self.sentence(demand, at), f"{other.pack} is {half} {other.texts[at]} already"
            remedy = f"take {other.pack} back first, or install releases whose requirements agree"
        else:
            said, fact = self.sentence(demand), f"{other.pack} ends at {other.texts[-1]} and has no such version"
            remedy = f"install a release of {other.pack} that satisfies {demand.requirement.clause()}"
        return UnsatisfiableError(reasons=(*self.reasons(demand.pack), said, fact), remedy=remedy)

    def _contradiction(self, by: str, sentence: str, other: str) -> UnsatisfiableError:
        goal = self.asked.get(other)
        facts = (f"{goal.target} was asked for",) if goal else self.reasons(other)
        remedy = f"ask for another version of {other}, or leave out {self.root(by)}"
        return UnsatisfiableError(reasons=(*self.reasons(by), sentence, *facts), remedy=remedy)


def _all_demands(chain: Chain) -> Iterator[Demand]:
    for position in range(1, chain.newest + 1):
        for requirement in chain.needs(position):
            if requirement.pack != chain.pack:
                yield Demand(pack=chain.pack, position=position, requirement=requirement)


def check_self(chain: Chain, positions: Iterable[int]) -> None:
    """Raise when a migration demands a version of its own pack that is not the one before it."""
    for position in positions:
        for requirement in chain.needs(position):
            if requirement.pack == chain.pack and not _met_before(chain, position, requirement):
                before = chain.versions[position - 1]
                reasons = (
                    f"{chain.address(position)} needs {requirement.clause(before)}",
                    f"it comes right after {chain.address(position - 1)}",
                )
                raise UnsatisfiableError(reasons=reasons, remedy="the author must drop this requirement")


def _met_before(chain: Chain, position: int, requirement: Requirement) -> bool:
    return requirement.allows(chain.versions[position - 1])
