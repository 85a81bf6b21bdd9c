"""The order of the steps: every requirement an edge, upper bounds too; and the shortest cycle when there is none."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise

from sealift.errors.plan import CycleError
from sealift.planning.closure import Closure
from sealift.planning.windows import Demand, Window

Node = tuple[str, int]
"""A step: the pack and the migration's position."""

_STARTS = 300  # how many places a cycle is searched from, once it is known that there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What each step waits for, and the demand behind it (``None``: the order within a pack)."""

    after: dict[Node, dict[Node, tuple[Demand, int] | None]] = field(default_factory=dict)
    """By step, the steps that wait for it."""
    waits: dict[Node, int] = field(default_factory=dict)
    """How many steps each step waits for."""

    def add(self, first: Node, second: Node, demand: tuple[Demand, int] | None = None) -> None:
        """Let ``second`` wait for ``first``; ``demand`` comes with the position of the other pack that breaks it."""
        following = self.after[first]
        if second not in following:
            following[second] = demand
            self.waits[second] += 1


def ordered(closure: Closure) -> list[Node]:
    """Return the steps in order; raises CycleError.

    The order depends on nothing but the set of packs: among the steps that could come next, half-done ones come
    first, then the pack whose name sorts first.
    """
    edges = _edges(closure)
    waits = dict(edges.waits)
    ready = [_ranked(closure, node) for node, count in waits.items() if count == 0]
    heapify(ready)
    done: list[Node] = []
    while ready:
        node = heappop(ready)[1]
        done.append(node)
        for following in edges.after[node]:
            waits[following] -= 1
            if waits[following] == 0:
                heappush(ready, _ranked(closure, following))
    if len(done) < len(waits):
        raise _cycle_error(closure, edges, {node for node, count in waits.items() if count})
    return done


def _ranked(closure: Closure, node: Node) -> tuple[bool, Node]:
    return (not is_half_done(closure, node), node)


def is_half_done(closure: Closure, node: Node) -> bool:
    """Say whether this step was begun by a run that is still open."""
    start = closure.start(node[0])
    return start != math.floor(start) and node[1] == math.ceil(start)


def _edges(closure: Closure) -> Edges:
    edges = Edges()
    for pack in sorted(closure.ends):
        for position in closure.positions(pack):
            edges.after[pack, position] = {}
            edges.waits[pack, position] = 0
    for pack in sorted(closure.ends):
        positions = closure.positions(pack)
        for first, second in pairwise(positions):
            edges.add((pack, first), (pack, second))
        for demand in closure.demands(pack):
            _demand_edges(closure, edges, demand)
    return edges


def _demand_edges(closure: Closure, edges: Edges, demand: Demand) -> None:
    other = demand.requirement.pack
    if other not in closure.ends:
        return
    window = closure.window(demand)
    if window is None:
        return
    node = (demand.pack, demand.position)
    for step, breaking in _entering(closure, other, window):
        edges.add((other, step), node, (demand, breaking))
    for step, breaking in _leaving(closure, other, window):
        edges.add(node, (other, step), (demand, breaking))


def _entering(closure: Closure, pack: str, window: Window) -> Iterator[tuple[int, int]]:
    start = closure.start(pack)
    if window.holds(start):
        return
    if closure.rises(pack):
        low = max(window.low, math.ceil(start))
        yield low, low - 1
    else:
        high = min(window.high, math.floor(start))
        yield high + 1, high + 1


def _leaving(closure: Closure, pack: str, window: Window) -> Iterator[tuple[int, int]]:
    end = closure.ends[pack]
    if closure.rises(pack):
        if window.high < end:
            yield window.high + 1, window.high + 1
    elif end < window.low:
        yield window.low, window.low - 1


def _cycle_error(closure: Closure, edges: Edges, stuck: set[Node]) -> CycleError:
    cycle = _shortest_cycle(edges.after, stuck)
    labelled = []
    for first, second in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        label = edges.after[first][second]
        if label is not None:
            demand, breaking = label
            labelled.append((second[0] != demand.pack, closure.sentence(demand, breaking)))
    # An upper bound first: "a needs core <3, but b needs core >=3" is how a person would say it.
    at = next((place for place, (is_upper, _) in enumerate(labelled) if is_upper), 0)
    reasons = tuple(sentence for _, sentence in labelled[at:] + labelled[:at])
    steps = tuple(f"{pack}@{closure.chains[pack].texts[position]}" for pack, position in cycle)
    return CycleError(reasons=reasons, steps=steps)


def _shortest_cycle(after: Mapping[Node, Mapping[Node, object]], stuck: set[Node]) -> list[Node]:
    """Return the shortest cycle among the steps that wait for each other (the first by name of those of one length)."""
    core = _trimmed(after, stuck)
    best: list[Node] = []
    for start in sorted(core)[:_STARTS]:
        found = _back_to(after, core, start, len(best) - 1 if best else len(core))
        if found and (not best or len(found) < len(best)):
            best = found
    return best


def _trimmed(after: Mapping[Node, Mapping[Node, object]], stuck: set[Node]) -> set[Node]:
    """Return the stuck steps without those that only wait behind a cycle."""
    core = set(stuck)
    idle = [node for node in core if not any(following in core for following in after[node])]
    before: dict[Node, list[Node]] = {}
    for node in core:
        for following in after[node]:
            before.setdefault(following, []).append(node)
    while idle:
        node = idle.pop()
        core.discard(node)
        idle.extend(
            one for one in before.get(node, []) if one in core and not any(next_ in core for next_ in after[one])
        )
    return core


def _back_to(
    after: Mapping[Node, Mapping[Node, object]], core: set[Node], start: Node, longest: int
) -> list[Node] | None:
    came: dict[Node, Node] = {}
    queue = deque([(start, 1)])
    while queue:
        node, length = queue.popleft()
        if length > longest:
            return None
        for following in sorted(after[node]):
            if following == start:
                return _traced(came, start, node)
            if following in core and following not in came:
                came[following] = node
                queue.append((following, length + 1))
    return None


def _traced(came: Mapping[Node, Node], start: Node, node: Node) -> list[Node]:
    path = [node]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]
