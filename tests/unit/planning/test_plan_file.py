"""A plan as a file: what comes back is what was written, and runs only while nothing changed."""

import json
from dataclasses import replace

import pytest

from planning_world import DOWN, NOTHING, UP, chained, entry, history, lines, named, pack, planned
from sealift.errors.drift import StalePlanError
from sealift.errors.plan import PlanFileError
from sealift.model.migration import Grant
from sealift.planning.plan_file import FORMAT, plan_from_dict, plan_to_dict, refreshed

CORE = pack("acme.core", "2.0.0", "3.0.0!")
ORDERS = pack("acme.orders", ("2.0.0", "acme.core>=2,<3"))
PACKS = named(CORE, ORDERS)


def saved(plan):
    return json.loads(json.dumps(plan_to_dict(plan)))


def test_a_plan_comes_back_as_it_was():
    plan = planned(PACKS.values(), history("acme.core 1.0.0>2.0.0 failed"), way=UP)
    grant = Grant(collection="things", access=("update", "create"))
    step = replace(plan.steps[0], migration=replace(plan.steps[0].migration, grants=(grant,)), signers=("sha256:k",))
    plan = replace(plan, steps=(step, *plan.steps[1:]), warnings=("careful",))
    assert plan_from_dict(saved(plan)) == plan


def test_the_file_says_its_format_and_what_it_rests_on():
    content = saved(planned(PACKS.values(), NOTHING, way=UP))
    assert list(content) == ["format", "history_head", "rests_on", "warnings", "steps"]
    assert content["format"] == FORMAT
    assert content["rests_on"] == {"acme.core": "sha256:acme.core", "acme.orders": "sha256:acme.orders"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("steps"),
        lambda content: content.update(format=FORMAT + 1),
        lambda content: content.update(steps=[1]),
        lambda content: content.update(steps={}),
        lambda content: content.update(rests_on=[]),
        lambda content: content.update(history_head=None),
        lambda content: content["steps"][0].update(direction="sideways"),
        lambda content: content["steps"][0].update(surprise=1),
        lambda content: content["steps"][0].pop("digest"),
        lambda content: content["steps"][0].update(signers="abc"),
        lambda content: content["steps"][0].update(migration=None),
        lambda content: content["steps"][0]["migration"].update(reversible=1),
        lambda content: content["steps"][0]["migration"].update(depends_on=[1]),
        lambda content: content["steps"][0]["migration"].update(grants=[{}]),
    ],
)
def test_a_spoilt_file_is_refused_as_such(spoil):
    content = saved(planned(PACKS.values(), NOTHING, way=UP))
    spoil(content)
    with pytest.raises(PlanFileError) as caught:
        plan_from_dict(content)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("content", [[], "x", None, 1, {}])
def test_what_is_no_object_is_refused_too(content):
    with pytest.raises(PlanFileError):
        plan_from_dict(content)


def test_an_unchanged_world_runs_the_plan():
    plan = planned(PACKS.values(), NOTHING, way=UP)
    assert refreshed(plan, PACKS, NOTHING) == plan


def runs(plan, count, *, last=None):
    """Return the history after the first steps of the plan, the last of them ended like this."""
    entries = []
    for number, step in enumerate(plan.steps[:count]):
        run, versions = f"{number:032x}", (step.from_version, step.to_version)
        end = last if last and number == count - 1 else ("applied" if step.direction is UP else "reverted")
        entries += [entry(kind, step.pack, versions, step.direction, run=run) for kind in ("started", end)]
    return chained(entries)


def test_a_plan_that_was_begun_and_stopped_goes_on_where_it_was():
    plan = planned(PACKS.values(), NOTHING, way=UP)
    left = refreshed(plan, PACKS, runs(plan, 1))
    assert lines(left) == lines(plan)[1:]
    assert left.history_head == runs(plan, 1).head
    resumed = refreshed(plan, PACKS, runs(plan, 2, last="failed"))
    assert lines(resumed) == lines(plan)[1:]
    assert [step.resumes for step in resumed.steps] == [f"{1:032x}", None]
    assert refreshed(plan, PACKS, runs(plan, 3)).steps == ()


@pytest.mark.parametrize(
    "past",
    [
        history("acme.core = 2.0.0"),
        history("acme.other 1.0.0>2.0.0"),
        history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0"),
        history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0<1.0.0"),
    ],
)
def test_a_history_that_went_on_otherwise_makes_a_plan_stale(past):
    plan = planned(PACKS.values(), NOTHING, way=UP)
    with pytest.raises(StalePlanError) as caught:
        refreshed(plan, PACKS, past)
    assert caught.value.exit_status == 4
    assert past.head in str(caught.value)


def test_a_history_that_was_rebuilt_makes_a_plan_stale():
    plan = planned(PACKS.values(), history("acme.core 1.0.0>2.0.0"), way=UP)
    with pytest.raises(StalePlanError):
        refreshed(plan, PACKS, NOTHING)


def test_another_release_or_none_makes_a_plan_stale_even_if_it_has_no_step():
    past = history("acme.core 1.0.0>2.0.0")
    plan = planned(PACKS.values(), past, "acme.orders", way=UP)
    assert lines(plan) == ["acme.orders 1.0.0>2.0.0"]
    for packs in (named(ORDERS), named(ORDERS, pack("acme.core", "2.0.0", digest="sha256:new"))):
        with pytest.raises(StalePlanError) as caught:
            refreshed(plan, packs, past)
        assert "acme.core" in str(caught.value)


@pytest.mark.parametrize(
    "edit",
    [
        lambda steps: steps[::-1],
        lambda steps: steps[1:],
        lambda steps: (*steps, steps[-1]),
        lambda steps: (replace(steps[0], to_version="3.0.0"), *steps[1:]),
        lambda steps: (replace(steps[0], digest="sha256:other"), *steps[1:]),
        lambda steps: (replace(steps[0], direction=DOWN), *steps[1:]),
        lambda steps: (replace(steps[0], pack="acme.gone"), *steps[1:]),
        lambda steps: (replace(steps[0], migration=replace(steps[0].migration, collection="other")), *steps[1:]),
        lambda steps: (replace(steps[0], migration=replace(steps[0].migration, version="9")), *steps[1:]),
    ],
)
def test_an_edited_plan_does_not_run(edit):
    plan = planned(PACKS.values(), NOTHING, way=UP)
    with pytest.raises(StalePlanError):
        refreshed(replace(plan, steps=edit(plan.steps)), PACKS, NOTHING)


def test_an_edited_downgrade_breaks_no_lower_bound_and_undoes_nothing_irreversible():
    past = history("acme.core 1.0.0>2.0.0", "acme.orders 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0")
    at_2 = history("acme.core 1.0.0>2.0.0", "acme.orders 1.0.0>2.0.0")
    plan = planned(PACKS.values(), at_2, "acme.core@base", way=DOWN)
    with pytest.raises(StalePlanError, match="still applied"):
        refreshed(replace(plan, steps=plan.steps[1:]), PACKS, at_2)
    free = named(pack("acme.core", "2.0.0", "3.0.0"), ORDERS)
    wish = planned(free.values(), past, "acme.core@2.0.0", way=DOWN)
    steps = (replace(wish.steps[0], migration=CORE.manifest.migrations[1]),)
    with pytest.raises(StalePlanError, match="cannot be taken back"):
        refreshed(replace(wish, steps=steps), PACKS, past)
