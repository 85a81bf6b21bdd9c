"""The planner against exhaustive search: small random worlds, every order tried."""

from collections import deque

from hypothesis import given, target
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from planning_world import DOWN, UP, chained, entry, lines, named, pack, planned
from sealift.errors.plan import CycleError, PlanError, UnsatisfiableError
from sealift.planning.checking import broken_rules

NAMES = ("acme.a", "acme.b", "acme.c", "acme.d")
VERSIONS = ("1", "2", "3", "4")


class World:
    """Positions and requirements, with no line of the planner in it."""

    def __init__(self, needs):
        self.needs = needs
        self.names = NAMES[: len(needs)]
        self.packs = [
            pack(name, *((VERSIONS[at], *one) for at, one in enumerate(migrations, start=1)), base="1")
            for name, migrations in zip(self.names, needs, strict=True)
        ]
        self.ends = tuple(len(migrations) for migrations in needs)

    def demands(self, who, at):
        for text in self.needs[who][at - 1]:
            name = text[:6]
            yield self.names.index(name), SpecifierSet(text[6:])

    def allowed(self, who, spec):
        return [at for at in range(self.ends[who] + 1) if spec.contains(Version(VERSIONS[at]))]

    def can_rise(self, state, who):
        at = state[who] + 1
        return at <= self.ends[who] and all(
            state[other] in self.allowed(other, spec) for other, spec in self.demands(who, at)
        )

    def can_fall(self, state, who):
        at = state[who]
        if at == 0:
            return False
        for other, spec in self.demands(who, at):
            allowed = self.allowed(other, spec)
            if state[other] not in allowed and any(place <= state[other] for place in allowed):
                return False
        return not self.is_leaned_on(state, who, at)

    def is_leaned_on(self, state, who, at):
        """Say whether an applied migration needs this pack to have reached this position."""
        for other, reached in enumerate(state):
            for position in range(1, reached + 1):
                for needed, spec in self.demands(other, position):
                    if needed == who and other != who and self.allowed(who, spec)[:1] == [at]:
                        return True
        return False

    def search(self, start, moves, done):
        """Return the length of the shortest way from start to a state that is done, or None."""
        seen, queue = {start}, deque([(start, 0)])
        while queue:
            state, length = queue.popleft()
            if done(state):
                return length
            for following in moves(state):
                if following not in seen:
                    seen.add(following)
                    queue.append((following, length + 1))
        return None

    def rises(self, state, allowed=None):
        for who in range(len(state)):
            if self.can_rise(state, who) and (allowed is None or allowed(who, state[who] + 1)):
                yield moved(state, who, 1)

    def falls(self, state, allowed=None):
        for who in range(len(state)):
            if self.can_fall(state, who) and (allowed is None or allowed(who, state[who] - 1)):
                yield moved(state, who, -1)


def moved(state, who, by):
    return (*state[:who], state[who] + by, *state[who + 1 :])


CLAUSES = st.sampled_from([">=1", ">=2", ">=3", "<3", "<4", "==2", "!=2", "!=1,!=3", ">=2,<4", ">=2,!=3", "<2"])


@st.composite
def worlds(draw):
    count = draw(st.integers(2, 4))
    lengths = [draw(st.integers(1, 3)) for _ in range(count)]
    needs = []
    for who, length in enumerate(lengths):
        others = [NAMES[other] for other in range(count) if other != who]
        demand = st.builds(lambda name, clause: name + clause, st.sampled_from(others), CLAUSES)
        needs.append([draw(st.lists(demand, max_size=2, unique=True)) for _ in range(length)])
    return World(needs)


@st.composite
def walked(draw):
    """Draw a world and a way up that it allows: what a store could really look like."""
    world = draw(worlds())
    state, moves = (0,) * len(world.names), []
    for _ in range(draw(st.integers(0, 8))):
        able = [who for who in range(len(state)) if world.can_rise(state, who)]
        if not able:
            break
        who = draw(st.sampled_from(able))
        moves.append((who, state[who]))
        state = moved(state, who, 1)
    return world, state, past_of(world, moves)


def past_of(world, moves):
    entries = []
    for number, (who, at) in enumerate(moves):
        versions = (VERSIONS[at], VERSIONS[at + 1])
        run = f"{number:032x}"
        entries += [entry(kind, world.names[who], versions, UP, run=run) for kind in ("started", "applied")]
    return chained(entries)


def attempt(world, past, *targets, way):
    try:
        return planned(world.packs, past, *targets, way=way)
    except (CycleError, UnsatisfiableError):
        return None


def check(plan, world, past):
    """Hold the plan to the rules: by the checker, and by walking it in the world itself."""
    assert list(broken_rules(plan, named(*world.packs), past)) == []
    state = [VERSIONS.index(past.versions.get(name, "1")) for name in world.names]
    for step in plan.steps:
        who = world.names.index(step.pack)
        rises = step.direction is UP
        assert (world.can_rise if rises else world.can_fall)(tuple(state), who), lines(plan)
        state[who] += 1 if rises else -1
        assert VERSIONS[state[who]] == step.to_version
    return tuple(state)


@given(walked())
def test_everything_to_its_newest_version_is_planned_exactly_when_an_order_exists(drawn):
    world, state, past = drawn
    shortest = world.search(state, world.rises, lambda now: now == world.ends)
    plan = attempt(world, past, way=UP)
    assert (plan is None) == (shortest is None)
    if plan is not None:
        assert check(plan, world, past) == world.ends
        assert len(plan.steps) == shortest


@given(walked(), st.data())
def test_a_target_is_reached_by_the_fewest_steps_exactly_when_it_can_be(drawn, data):
    world, state, past = drawn
    who = data.draw(st.integers(0, len(state) - 1))
    at = data.draw(st.integers(state[who], world.ends[who]))
    shortest = world.search(
        state,
        lambda now: world.rises(now, lambda mover, place: mover != who or place <= at),
        lambda now: now[who] == at,
    )
    plan = attempt(world, past, f"{world.names[who]}@{VERSIONS[at]}", way=UP)
    assert (plan is None) == (shortest is None)
    if plan is not None:
        assert check(plan, world, past)[who] == at
        assert len(plan.steps) == shortest
        target(len(plan.steps))


@given(walked(), st.data())
def test_a_downgrade_takes_back_the_fewest_steps_exactly_when_it_can(drawn, data):
    world, state, past = drawn
    who = data.draw(st.integers(0, len(state) - 1))
    at = data.draw(st.integers(0, state[who]))
    shortest = world.search(
        state,
        lambda now: world.falls(now, lambda mover, place: mover != who or place >= at),
        lambda now: now[who] == at,
    )
    plan = attempt(world, past, f"{world.names[who]}@{VERSIONS[at]}", way=DOWN)
    assert (plan is None) == (shortest is None)
    if plan is not None:
        assert check(plan, world, past)[who] == at
        assert len(plan.steps) == shortest
        target(len(plan.steps))


@given(walked(), st.data())
def test_ups_and_downs_in_one_plan_when_every_pack_has_a_target(drawn, data):
    world, state, past = drawn
    goal = tuple(data.draw(st.integers(0, end)) for end in world.ends)

    def moves(now):
        yield from world.rises(now, lambda mover, place: state[mover] < place <= goal[mover])
        yield from world.falls(now, lambda mover, place: state[mover] > place >= goal[mover])

    shortest = world.search(state, moves, lambda now: now == goal)
    targets = [f"{name}@{VERSIONS[at]}" for name, at in zip(world.names, goal, strict=True)]
    plan = attempt(world, past, *targets, way=None)
    if plan is not None:
        assert check(plan, world, past) == goal
        assert len(plan.steps) == shortest
    else:
        assert shortest is None or leaves_a_bound_broken(world, goal)


def leaves_a_bound_broken(world, goal):
    """Say whether the goal has an applied migration below its lower bound: refused, whatever the order."""
    return any(
        allowed and goal[other] < allowed[0]
        for who, reached in enumerate(goal)
        for at in range(1, reached + 1)
        for other, spec in world.demands(who, at)
        for allowed in [world.allowed(other, spec)]
    )


@given(walked(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(drawn, random):
    world, _, past = drawn
    shuffled = random.sample(world.packs, len(world.packs))
    targets = list(world.names)
    results = []
    for packs, names in ((world.packs, targets), (shuffled, random.sample(targets, len(targets)))):
        try:
            results.append(planned(packs, past, *names, way=UP))
        except PlanError as error:
            results.append((error.code, str(error)))
    assert results[0] == results[1]
