"""Where packs stand."""

import pytest

from planning_world import NOTHING, history, named, pack
from sealift.planning.status import PackState, pack_status

CORE = pack("acme.core", "2.0.0", "3.0.0")


def one(packs, past, **more):
    (status,) = pack_status(packs, past, **more)
    return status


@pytest.mark.parametrize(
    ("past", "state", "current", "pending"),
    [
        (NOTHING, "new", "1.0.0", 2),
        (history("acme.core 1.0.0>2.0.0"), "pending", "2.0.0", 1),
        (history("acme.core = 2.0.0"), "pending", "2.0.0", 1),
        (history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0>3.0.0"), "current", "3.0.0", 0),
        (history("acme.core = 1.0.0"), "pending", "1.0.0", 2),
        (history("acme.core 1.0.0>2.0.0 failed"), "failed", "1.0.0", 2),
        (history("acme.core 1.0.0>2.0.0 interrupted"), "interrupted", "1.0.0", 2),
        (history("acme.core 1.0.0>2.0.0 running"), "half-applied", "1.0.0", 2),
        (history("acme.core 1.0.0>2.0.0", "acme.core 2.0.0<1.0.0 failed"), "failed", "2.0.0", 2),
        (history("acme.core = 4.0.0"), "ahead", "4.0.0", 0),
        (history("acme.core = 2.5.0"), "conflict", "2.5.0", 0),
        (history("acme.core = 0.5.0"), "conflict", "0.5.0", 0),
    ],
)
def test_states(past, state, current, pending):
    status = one(named(CORE), past)
    assert (status.state, status.current, status.newest, status.pending) == (state, current, "3.0.0", pending)
    assert (status.run is not None) == (state in {"failed", "interrupted", "half-applied"})
    assert (status.problem is not None) == (state in {"ahead", "conflict"})


def test_a_pack_without_migrations_is_current():
    assert one(named(pack("acme.core")), NOTHING).state is PackState.CURRENT


def test_an_applied_pack_that_is_not_installed_is_orphaned_and_hides_no_other():
    past = history("acme.gone 1.0.0>2.0.0", "acme.gone 2.0.0>3.0.0 failed")
    core, gone = pack_status(named(CORE), past)
    assert core.state is PackState.NEW
    assert (gone.state, gone.current, gone.newest) == (PackState.ORPHANED, "2.0.0", None)
    archived = named(CORE, pack("acme.gone", "2.0.0"))
    assert pack_status(archived, past, orphans=frozenset({"acme.gone"}))[1] == gone


def test_a_first_run_that_never_finished_leaves_an_orphan_too():
    status = one({}, history("acme.gone 1.0.0>2.0.0 failed"))
    assert (status.state, status.current) == (PackState.ORPHANED, "1.0.0")


def test_late_and_edited_migrations_are_conflicts_with_a_sentence():
    past = history("acme.core 1.0.0>2.0.0")
    assert "arrived late" in one(named(pack("acme.core", "1.5.0", "2.0.0")), past).problem
    edited = named(pack("acme.core", "2.0.0", digest="sha256:new", files={"2.0.0": "ff"}))
    assert one(edited, past).state is PackState.CURRENT
    assert "is not what was applied" in one(edited, past, archived={"sha256:acme.core": CORE.manifest}).problem


def test_a_manifest_that_forms_no_line_spoils_only_its_own_status():
    broken, core = pack_status(named(pack("acme.broken", "2.0", "2.0.0"), CORE), NOTHING)
    assert broken.state is PackState.CONFLICT
    assert core.state is PackState.NEW
