"""Which steps a plan has, and in which order."""

import pytest

from planning_world import DOWN, NOTHING, UP, history, lines, pack, planned
from sealift.errors.plan import CycleError, UnsatisfiableError

CORE = pack("acme.core", "2.0.0", "3.0.0")
ORDERS = pack("acme.orders", ("2.0.0", "acme.core>=2,<3"))
BILLING = pack("acme.billing", ("1.4.0", "acme.core>=3"))
ALL = (CORE, ORDERS, BILLING)
DONE = history("acme.core 1.0.0>2.0.0", "acme.orders 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0", "acme.billing 1.0.0>1.4.0")


def test_without_targets_every_installed_pack_goes_to_its_newest_version():
    assert lines(planned(ALL, NOTHING, way=UP)) == [
        "acme.core 1.0.0>2.0.0",
        "acme.orders 1.0.0>2.0.0",
        "acme.core 2.0.0>3.0.0",
        "acme.billing 1.0.0>1.4.0",
    ]


def test_nothing_to_do_is_an_empty_plan():
    assert planned(ALL, DONE, way=UP).steps == ()
    assert planned(ALL, DONE, "acme.core@3.0.0", way=DOWN).steps == ()


def test_an_upper_bound_makes_a_step_go_before_the_other_pack_reaches_it():
    plan = lines(planned(ALL, NOTHING, way=UP))
    assert plan.index("acme.orders 1.0.0>2.0.0") < plan.index("acme.core 2.0.0>3.0.0")


def test_only_what_a_target_needs_is_pulled_in_and_the_reason_says_so():
    plan = planned(ALL, NOTHING, "acme.orders", way=UP)
    assert lines(plan) == ["acme.core 1.0.0>2.0.0", "acme.orders 1.0.0>2.0.0"]
    assert [step.reason for step in plan.steps] == [
        "acme.orders 2.0.0 needs acme.core >=2",
        "the newest version of acme.orders",
    ]


def test_versions_order_by_pep_440_and_not_by_text_or_position():
    one = pack("acme.core", "10.0.0", "9.0.0", "9.0.0.post1", "9.0.0rc1")
    assert [step.to_version for step in planned([one], NOTHING, way=UP).steps] == [
        "9.0.0rc1",
        "9.0.0",
        "9.0.0.post1",
        "10.0.0",
    ]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("acme.core@2.0.0", ["acme.core 1.0.0>2.0.0"]),
        ("acme.core@2.0", ["acme.core 1.0.0>2.0.0"]),
        ("acme.core@+1", ["acme.core 1.0.0>2.0.0"]),
        ("acme.core@+2", ["acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0"]),
        ("acme.core@base", []),
    ],
)
def test_partial_and_relative_targets(target, expected):
    assert lines(planned(ALL, NOTHING, target, way=UP)) == expected


def test_a_downgrade_takes_dependents_back_first_and_says_so():
    plan = planned(ALL, DONE, "acme.core@base", way=DOWN)
    assert lines(plan) == [
        "acme.billing 1.4.0<1.0.0",
        "acme.core 3.0.0<2.0.0",
        "acme.orders 2.0.0<1.0.0",
        "acme.core 2.0.0<1.0.0",
    ]
    assert plan.steps[0].reason == "acme.billing 1.4.0 needs acme.core >=3, so it is taken back first"
    assert plan.steps[1].reason == "asked for acme.core@base"


def test_one_step_back_takes_back_only_what_that_step_breaks():
    plan = planned(ALL, DONE, "acme.core@-1", way=DOWN)
    assert lines(plan) == ["acme.billing 1.4.0<1.0.0", "acme.core 3.0.0<2.0.0"]


def test_a_step_is_taken_back_where_its_requirement_holds():
    # Its downgrade was written for documents of core 2, so core 3 has to be taken back before it.
    plan = planned(ALL, DONE, "acme.orders@base", way=DOWN)
    assert lines(plan) == ["acme.billing 1.4.0<1.0.0", "acme.core 3.0.0<2.0.0", "acme.orders 2.0.0<1.0.0"]
    assert plan.steps[1].reason == "acme.orders 2.0.0 can be taken back only with acme.core <3"


def test_up_and_down_in_one_plan():
    past = history("acme.old 1.0.0>2.0.0", "acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0")
    plan = planned([*ALL, pack("acme.old", "2.0.0")], past, "acme.old@base", "acme.billing")
    assert lines(plan) == ["acme.billing 1.0.0>1.4.0", "acme.old 2.0.0<1.0.0"]


def test_a_step_up_waits_for_the_pack_it_needs_to_come_down():
    past = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0")
    plan = planned(ALL, past, "acme.core@2.0.0", "acme.orders")
    assert lines(plan) == ["acme.core 3.0.0<2.0.0", "acme.orders 1.0.0>2.0.0"]


def test_a_gap_in_a_requirement_is_left_out():
    core = pack("acme.core", "2.0.0", "2.1.0", "3.0.0")
    picky = pack("acme.picky", ("2.0.0", "acme.core>=2,!=2.0.0"))
    assert lines(planned([core, picky], NOTHING, "acme.picky", way=UP)) == [
        "acme.core 1.0.0>2.0.0",
        "acme.core 2.0.0>2.1.0",
        "acme.picky 1.0.0>2.0.0",
    ]


def test_the_later_side_of_a_gap_is_taken_when_the_nearer_one_has_no_order():
    core = pack("acme.core", ("2.0.0", "acme.picky>=1.5"), "3.0.0")
    picky = pack("acme.picky", ("1.5", "acme.core!=1.0.0,!=2.0.0"))
    with pytest.raises(CycleError):
        planned([core, picky], NOTHING, way=UP)
    other = pack("acme.other", ("2.0.0", "acme.core!=2.0.0", "acme.last>=2"))
    last = pack("acme.last", ("2.0.0", "acme.core>=3"))
    plain = pack("acme.core", "2.0.0", "3.0.0")
    assert lines(planned([plain, other, last], NOTHING, way=UP))[-1] == "acme.other 1.0.0>2.0.0"


def test_a_cycle_names_the_requirements_that_form_it():
    orders = pack("acme.orders", ("2.0.0", "acme.core<3", "acme.billing>=1.4"))
    with pytest.raises(CycleError) as caught:
        planned([CORE, orders, BILLING], NOTHING, way=UP)
    assert caught.value.exit_status == 1
    assert str(caught.value).startswith(
        "acme.orders 2.0.0 needs acme.core <3, but acme.billing 1.4.0 needs acme.core >=3, "
        "and acme.orders 2.0.0 needs acme.billing >=1.4"
    )


def test_the_shortest_of_several_cycles_is_named():
    ring = [pack(f"acme.ring{at}", ("2.0.0", f"acme.ring{(at + 1) % 6}>=2")) for at in range(6)]
    pair = [pack("acme.x", ("2.0.0", "acme.y>=2")), pack("acme.y", ("2.0.0", "acme.x>=2", "acme.ring0>=2"))]
    with pytest.raises(CycleError) as caught:
        planned([*ring, *pair], NOTHING, way=UP)
    assert set(caught.value.steps) == {"acme.x@2.0.0", "acme.y@2.0.0"}


def test_an_upper_bound_that_the_store_is_past_is_refused():
    past = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0")
    with pytest.raises(UnsatisfiableError) as caught:
        planned(ALL, past, "acme.orders", way=UP)
    assert str(caught.value) == "acme.orders 2.0.0 needs acme.core <3, but acme.core is at 3.0.0 already"


def test_a_version_that_nobody_ships_is_refused():
    with pytest.raises(UnsatisfiableError) as caught:
        planned([CORE, pack("acme.orders", ("2.0.0", "acme.core>=4"))], NOTHING, way=UP)
    assert "acme.core ends at 3.0.0" in str(caught.value)


def test_two_targets_that_contradict_each_other_are_refused_with_both_named():
    with pytest.raises(UnsatisfiableError) as caught:
        planned(ALL, NOTHING, "acme.billing", "acme.core@2.0.0", way=UP)
    assert str(caught.value) == "acme.billing 1.4.0 needs acme.core >=3, but acme.core@2.0.0 was asked for"


def test_a_chain_of_reasons_leads_from_the_target_to_the_contradiction():
    middle = pack("acme.middle", ("1.5", "acme.core>=9"))
    with pytest.raises(UnsatisfiableError) as caught:
        planned([CORE, middle, pack("acme.top", ("2.0.0", "acme.middle>=1.5"))], NOTHING, "acme.top", way=UP)
    assert str(caught.value).startswith(
        "acme.top 2.0.0 needs acme.middle >=1.5, but acme.middle 1.5 needs acme.core >=9"
    )


def test_steps_carry_what_the_executor_needs():
    plan = planned(ALL, history("acme.core 1.0.0>2.0.0"), "acme.core", way=UP)
    (step,) = plan.steps
    assert (step.schema_before, step.migration.schema) == ("schemas/2.0.0.json", "schemas/3.0.0.json")
    assert step.digest == "sha256:acme.core"
    assert planned(ALL, NOTHING, "acme.core@+1", way=UP).steps[0].schema_before == "schemas/base.json"


def test_a_plan_rests_on_the_packs_it_moves_and_those_they_need():
    past = history("acme.core 1.0.0>2.0.0")
    plan = planned(ALL, past, "acme.orders", way=UP)
    assert dict(plan.rests_on) == {"acme.core": "sha256:acme.core", "acme.orders": "sha256:acme.orders"}
    assert plan.history_head == past.head
