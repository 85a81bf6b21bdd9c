"""Requirements with gaps (``!=``) leave a choice; this tries the choices, the nearest first."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from sealift.errors.plan import CycleError, PlanError, UnsatisfiableError
from sealift.planning.chain import Chain
from sealift.planning.closure import Closure
from sealift.planning.goals import Goal
from sealift.planning.order import Node
from sealift.planning.windows import Demand, Windows

TRIES = 1000
"""How many combinations are tried. Gaps are rare: without them there is one, and the answer is exact."""

Solved = tuple[Closure, list[Node]]


def solved(
    chains: Mapping[str, Chain],
    windows: Windows,
    asked: Mapping[str, Goal],
    order: Callable[[Closure], list[Node]],
) -> Solved:
    """Return the least closure that has an order, and the order; raises what the first attempt raised."""
    closure = Closure(chains=chains, windows=windows, asked=asked, choices={})
    try:
        closure.grow()
        return closure, order(closure)
    except (UnsatisfiableError, CycleError):
        other = _other_choice(closure, order)
        if other is None:
            raise
        return other


def _other_choice(first: Closure, order: Callable[[Closure], list[Node]]) -> Solved | None:
    best: Solved | None = None
    for choices in _choices(first.gaps):
        closure = Closure(chains=first.chains, windows=first.windows, asked=first.asked, choices=choices)
        try:
            closure.grow()
            found = closure, order(closure)
        except PlanError:
            continue
        if best is None or len(found[1]) < len(best[1]):
            best = found
    return best


def _choices(gaps: Mapping[Demand, int]) -> Iterator[dict[Demand, int]]:
    demands = sorted(gaps, key=lambda demand: (demand.pack, demand.position, demand.requirement.text))
    combinations = product(*(range(gaps[demand]) for demand in demands))
    next(combinations)
    for _, combination in zip(range(TRIES), combinations, strict=False):
        yield dict(zip(demands, combination, strict=True))
