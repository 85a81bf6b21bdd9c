"""What the planner refuses before anything runs, and how it says so."""

import pytest

from planning_world import DOWN, NOTHING, UP, history, lines, pack, planned
from sealift.errors.drift import (
    AppliedMissingError,
    DriftError,
    LateArrivalError,
    ResumeConflictError,
    StoreNewerError,
    StoreOlderError,
)
from sealift.errors.plan import (
    BadManifestError,
    ConflictingTargetsError,
    DuplicateVersionError,
    IrreversibleError,
    MissingPackError,
    MissingTargetError,
    UnknownPackError,
    UnknownVersionError,
    UnsatisfiableError,
    WrongDirectionError,
)

CORE = pack("acme.core", "2.0.0", "3.0.0")
AT_2 = history("acme.core 1.0.0>2.0.0")
AT_3 = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0")


@pytest.mark.parametrize(
    ("targets", "way", "error", "said"),
    [
        (["acme.cor"], UP, UnknownPackError, "did you mean acme.core"),
        (["other.thing"], UP, UnknownPackError, "sealift packs"),
        (["acme.core@3.0.1"], UP, UnknownVersionError, "did you mean acme.core@3.0.0"),
        (["acme.core@+5"], UP, UnknownVersionError, "acme.core@VERSION"),
        (["acme.core"], DOWN, MissingTargetError, "acme.core@-1"),
        ([], DOWN, MissingTargetError, "sealift downgrade PACK@VERSION"),
        (["acme.core@base"], UP, WrongDirectionError, "sealift downgrade acme.core@base"),
        (["acme.core@3.0.0"], DOWN, WrongDirectionError, "sealift upgrade acme.core@3.0.0"),
        (["acme.core@2.0.0", "acme.core@3.0.0"], UP, ConflictingTargetsError, "once"),
    ],
)
def test_targets_that_cannot_be_meant_are_usage_errors(targets, way, error, said):
    with pytest.raises(error) as caught:
        planned([CORE], AT_2, *targets, way=way)
    assert caught.value.exit_status == 2
    assert said in caught.value.hint()


def test_an_unknown_version_lists_those_there_are():
    with pytest.raises(UnknownVersionError) as caught:
        planned([CORE], AT_2, "acme.core@7", way=UP)
    assert "base, 1.0.0, 2.0.0, 3.0.0" in str(caught.value)


def test_a_missing_pack_is_named_with_the_chain_that_leads_to_it():
    packs = [pack("acme.a", ("2.0.0", "acme.b>=2")), pack("acme.b", ("2.0.0", "acme.gone>=1"))]
    with pytest.raises(MissingPackError) as caught:
        planned(packs, NOTHING, "acme.a", way=UP)
    assert str(caught.value) == (
        "acme.a 2.0.0 needs acme.b >=2, but acme.b 2.0.0 needs acme.gone >=1, and acme.gone is not installed"
    )
    assert caught.value.exit_status == 1


def test_two_migrations_for_one_version_are_refused():
    with pytest.raises(DuplicateVersionError) as caught:
        planned([pack("acme.core", "2.0", "2.0.0")], NOTHING, way=UP)
    assert caught.value.paths == ("migrations/to_2_0.py", "migrations/to_2_0_0.py")


@pytest.mark.parametrize(
    "bad",
    [
        pack("acme.core", "0.5"),
        pack("acme.core", "two"),
        pack("acme.core", "2.0.0", base="zero"),
        pack("acme.core", ("2.0.0", "acme.other>>2")),
        pack("acme.core", ("2.0.0", "Acme")),
        pack("acme.core", ("2.0.0", "")),
    ],
)
def test_manifests_that_form_no_line_are_refused(bad):
    with pytest.raises(BadManifestError):
        planned([bad], NOTHING, way=UP)


def test_a_migration_may_only_need_the_version_of_its_own_pack_that_is_before_it():
    assert planned([pack("acme.core", ("2.0.0", "acme.core>=1"))], NOTHING, way=UP).steps
    with pytest.raises(UnsatisfiableError):
        planned([pack("acme.core", ("2.0.0", "acme.core>=2"))], NOTHING, way=UP)


def test_an_irreversible_step_is_refused_with_the_lowest_version_that_can_be_reached():
    core = pack("acme.core", "2.0.0!", "3.0.0", "4.0.0")
    past = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0", "acme.core 3.0.0>4.0.0")
    with pytest.raises(IrreversibleError) as caught:
        planned([core], past, "acme.core@base", way=DOWN)
    assert (caught.value.version, caught.value.possible) == ("2.0.0", "2.0.0")
    assert lines(planned([core], past, "acme.core@2.0.0", way=DOWN)) == [
        "acme.core 4.0.0<3.0.0",
        "acme.core 3.0.0<2.0.0",
    ]


def test_an_irreversible_dependent_is_refused_with_the_reason_and_the_lowest_version_of_the_target():
    billing = pack("acme.billing", ("1.4.0!", "acme.core>=2"))
    past = history("acme.core 1.0.0>2.0.0", "acme.billing 1.0.0>1.4.0", "acme.core 2.0.0>3.0.0")
    with pytest.raises(IrreversibleError) as caught:
        planned([CORE, billing], past, "acme.core@base", way=DOWN)
    assert (caught.value.pack, caught.value.target, caught.value.possible) == ("acme.billing", "acme.core", "2.0.0")
    assert "acme.billing 1.4.0 needs acme.core >=2" in str(caught.value)


def test_when_not_even_one_step_back_is_possible_the_hint_says_so():
    with pytest.raises(IrreversibleError) as caught:
        planned([pack("acme.core", "2.0.0!")], AT_2, "acme.core@base", way=DOWN)
    assert caught.value.possible is None


def test_a_store_newer_than_the_pack_is_refused():
    with pytest.raises(StoreNewerError) as caught:
        planned([pack("acme.core", "2.0.0")], AT_3, way=UP)
    assert caught.value.exit_status == 4


def test_a_store_below_the_packs_base_is_refused():
    with pytest.raises(StoreOlderError):
        planned([pack("acme.core", "4.0.0", base="3.5")], AT_2, way=UP)


def test_a_release_may_drop_its_oldest_migrations():
    squashed = pack("acme.core", "3.0.0", base="2.0.0")
    assert lines(planned([squashed], AT_2, way=UP)) == ["acme.core 2.0.0>3.0.0"]


def test_an_applied_migration_that_is_gone_is_refused():
    with pytest.raises(AppliedMissingError) as caught:
        planned([pack("acme.core", "3.0.0", "4.0.0")], AT_3, "acme.core", way=UP)
    assert caught.value.version == "2.0.0"
    with pytest.raises(AppliedMissingError):
        planned([pack("acme.core", "3.0.0")], AT_2, "acme.core", way=UP)


def test_a_late_arrival_is_refused():
    late = pack("acme.core", "1.5.0", "2.0.0", "3.0.0")
    with pytest.raises(LateArrivalError) as caught:
        planned([late], AT_2, way=UP)
    assert (caught.value.version, caught.value.before) == ("1.5.0", "1.0.0")
    assert caught.value.exit_status == 4


def test_migrations_below_an_adopted_version_count_as_applied():
    assert lines(planned([CORE], history("acme.core = 2.0.0"), way=UP)) == ["acme.core 2.0.0>3.0.0"]
    assert lines(planned([CORE], history("acme.core = 2.0.0"), "acme.core@base", way=DOWN)) == ["acme.core 2.0.0<1.0.0"]


def test_an_edited_migration_is_not_taken_back():
    edited = pack("acme.core", "2.0.0", "3.0.0", digest="sha256:new", files={"2.0.0": "ff"})
    archived = {"sha256:acme.core": CORE.manifest}
    with pytest.raises(DriftError) as caught:
        planned([edited], AT_2, "acme.core@base", way=DOWN, archived=archived)
    assert (caught.value.applied, caught.value.installed) == ("00", "ff")
    plan = planned([edited], AT_2, way=UP, archived=archived)
    assert "is not what was applied" in plan.warnings[0]


def test_a_newer_release_with_the_same_migrations_is_no_drift():
    newer = pack("acme.core", "2.0.0", "3.0.0", "4.0.0", digest="sha256:new")
    archived = {"sha256:acme.core": CORE.manifest}
    plan = planned([newer], AT_2, "acme.core@base", way=DOWN, archived=archived)
    assert plan.warnings == ()
    assert plan.steps[0].digest == "sha256:new"


def test_a_failed_upgrade_is_resumed_with_the_same_bytes():
    past = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0 failed")
    (step,) = planned([CORE], past, way=UP).steps
    assert (step.resumes, step.to_version) == (f"{1:032x}", "3.0.0")
    assert step.reason.startswith("resumes the run begun at")


@pytest.mark.parametrize("end", ["failed", "interrupted", "running"])
def test_a_half_applied_upgrade_is_taken_back(end):
    past = history("acme.core 1.0.0>2.0.0", f"acme.core 2.0.0>3.0.0 {end}")
    for target in ("acme.core@2.0.0", "acme.core@-1"):
        (step,) = planned([CORE], past, target, way=DOWN).steps
        assert (step.direction, step.resumes, step.from_version, step.to_version) == (
            DOWN,
            f"{1:032x}",
            "3.0.0",
            "2.0.0",
        )
    steps = planned([CORE], past, "acme.core@base", way=DOWN).steps
    assert [(step.to_version, step.resumes) for step in steps] == [("2.0.0", f"{1:032x}"), ("1.0.0", None)]


def test_a_half_done_downgrade_is_finished_or_turned_back():
    past = history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0<1.0.0 interrupted")
    (down,) = planned([CORE], past, "acme.core@base", way=DOWN).steps
    assert (down.resumes, down.to_version) == (f"{1:032x}", "1.0.0")
    (up,) = planned([CORE], past, "acme.core@2.0.0", way=UP).steps
    assert (up.resumes, up.from_version, up.to_version) == (f"{1:032x}", "1.0.0", "2.0.0")


def test_a_run_that_was_turned_back_and_interrupted_again_is_still_the_same_step():
    from planning_world import chained, entry

    versions, run = ("1.0.0", "2.0.0"), "f" * 32
    past = chained(
        [
            entry("started", "acme.core", versions, UP, run=run),
            entry("failed", "acme.core", versions, UP, run=run),
            entry("started", "acme.core", versions[::-1], DOWN, run=run),
            entry("interrupted", "acme.core", versions[::-1], DOWN, run=run),
        ]
    )
    (down,) = planned([CORE], past, "acme.core@base", way=DOWN).steps
    assert (down.resumes, down.from_version, down.to_version) == (run, "2.0.0", "1.0.0")
    (up,) = planned([CORE], past, "acme.core@+1", way=UP).steps
    assert (up.resumes, up.to_version) == (run, "2.0.0")


def test_other_bytes_than_began_a_run_are_refused_with_both_digests():
    past = history("acme.core 1.0.0>2.0.0 failed")
    other = pack("acme.core", "2.0.0", digest="sha256:other")
    for targets, way in (([], UP), (["acme.core@base"], DOWN)):
        with pytest.raises(ResumeConflictError) as caught:
            planned([other], past, *targets, way=way)
        assert "sha256:other" in str(caught.value)
        assert "sha256:acme.core" in str(caught.value)
        assert caught.value.exit_status == 4


def test_a_half_done_pack_is_finished_before_a_step_that_needs_it():
    past = history("acme.core 1.0.0>2.0.0 failed")
    orders = pack("acme.orders", ("2.0.0", "acme.core>=2,<3"))
    plan = planned([CORE, orders], past, "acme.orders", way=UP)
    assert [(step.pack, step.resumes) for step in plan.steps] == [("acme.core", f"{0:032x}"), ("acme.orders", None)]


def test_an_orphan_blocks_no_other_pack():
    past = history("acme.core 1.0.0>2.0.0", "acme.gone 1.0.0>2.0.0")
    assert lines(planned([CORE], past, way=UP)) == ["acme.core 2.0.0>3.0.0"]
    needs = pack("acme.new", ("2.0.0", "acme.gone>=2"))
    assert lines(planned([needs], past, way=UP)) == ["acme.new 1.0.0>2.0.0"]


def test_an_orphan_is_taken_back_from_its_archived_manifest_and_never_upgraded():
    past = history("acme.gone 1.0.0>2.0.0")
    gone = pack("acme.gone", "2.0.0", "3.0.0")
    orphans = frozenset({"acme.gone"})
    (step,) = planned([gone], past, "acme.gone@base", way=DOWN, orphans=orphans).steps
    assert "from the signed copy in the store" in step.reason
    assert planned([gone], past, way=UP, orphans=orphans).steps == ()
    for packs in ([gone], []):
        with pytest.raises(UnknownPackError) as caught:
            planned(packs, past, "acme.gone@3.0.0", way=UP, orphans=orphans)
        assert "not installed" in str(caught.value)


def test_an_orphaned_dependent_is_taken_back_too():
    past = history("acme.core 1.0.0>2.0.0", "acme.gone 1.0.0>2.0.0")
    gone = pack("acme.gone", ("2.0.0", "acme.core>=2"))
    plan = planned([CORE, gone], past, "acme.core@base", way=DOWN, orphans=frozenset({"acme.gone"}))
    assert lines(plan) == ["acme.gone 2.0.0<1.0.0", "acme.core 2.0.0<1.0.0"]
