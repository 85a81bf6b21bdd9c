"""How long planning takes: 5,000 packs with 20,000 requirements, from nothing, half-way, and back."""

import random
import statistics
import sys
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from planning_world import DOWN, NOTHING, UP, chained, entry, named, pack
from sealift.model.names import Target
from sealift.planning.graph import GraphForm, render_graph
from sealift.planning.plan_file import refreshed
from sealift.planning.planner import make_plan
from sealift.planning.status import pack_status

PACKS, MIGRATIONS, REQUIREMENTS = 5000, 4, 20_000


def world(seed=1):
    """Make packs that need earlier ones (by number), lower and upper bounds mixed."""
    source = random.Random(seed)
    needs = {(at, step): [] for at in range(1, PACKS) for step in range(MIGRATIONS)}
    places = list(needs)
    while sum(map(len, needs.values())) < REQUIREMENTS:
        at, step = source.choice(places)
        low = source.randint(1, step + 1)
        bound = f"acme.p{source.randrange(at):04d}>={low}"
        needs[at, step].append(bound + (f",<{low + 4}" if source.random() < 0.3 else ""))
    packs = [
        pack(f"acme.p{at:04d}", *((str(step + 2), *needs.get((at, step), ())) for step in range(MIGRATIONS)), base="1")
        for at in range(PACKS)
    ]
    source.shuffle(packs)
    return packs


def done(plan, share):
    """Return the history of the plan's first steps."""
    entries = []
    for number, step in enumerate(plan.steps[: int(len(plan.steps) * share)]):
        run, versions = f"{number:032x}", (step.from_version, step.to_version)
        entries += [entry(kind, step.pack, versions, UP, run=run) for kind in ("started", "applied")]
    return chained(entries)


def timed(name, work, runs=3):
    """Print the median time of the work and return its last result."""
    times, result = [], None
    for _ in range(runs):
        began = perf_counter()
        result = work()
        times.append(perf_counter() - began)
    steps = len(result.steps) if hasattr(result, "steps") else len(result)
    print(f"{name:46}{statistics.median(times):8.2f} s   {steps:>8} steps, lines or characters")
    return result


def main():
    """Print one line for each kind of planning."""
    packs = named(*world())
    full = timed("everything, from nothing", lambda: make_plan(packs, NOTHING, [], direction=UP))
    half = done(full, 0.5)
    timed("everything, half of it done", lambda: make_plan(packs, half, [], direction=UP))
    last = [Target.parse("acme.p4999")]
    timed("one pack and what it needs", lambda: make_plan(packs, NOTHING, last, direction=UP))
    past = done(full, 1)
    first = [Target.parse("acme.p0000@base")]
    back = timed("one pack back, its dependents first", lambda: make_plan(packs, past, first, direction=DOWN))
    timed("checking that plan again", lambda: refreshed(back, packs, past))
    timed("status", lambda: pack_status(packs, past))
    timed("graph as SVG", lambda: render_graph(packs, past, GraphForm.SVG))


if __name__ == "__main__":
    main()
