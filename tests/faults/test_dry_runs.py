"""A dry run finds what a run would find, with pages of several steps under way at once."""

import pytest

from fault_packs import PICKY, spoil
from sample_pack import SPLIT, people
from sealift.assembly.request import Request
from sealift.execution.dry_run import DryCount, DryFailure
from sealift.model.migration import Direction

LATER = '''\
"""Refuses some of what the step before made."""

from sealift import Migration


class AddLength(Migration):
    version = "1.2.0"
    collection = "people"

    def upgrade(self, document):
        if document["id"] % 7 == 0:
            raise ValueError("seventh")
        document["length"] = len(document["name"]["first"])
        return document

    def downgrade(self, document):
        del document["length"]
        return document
'''
TWO_STEPS = {"migrations/split.py": PICKY, "migrations/later.py": LATER}
UNTOUCHED = SPLIT.replace(
    "        first, _, last", '        if document["id"] == 4:\n            return document\n        first, _, last'
)


def dry_run(manager, *targets, direction=Direction.UPGRADE):
    *failures, count = manager.dry_run(Request.of(targets, direction))
    assert isinstance(count, DryCount)
    assert all(isinstance(item, DryFailure) for item in failures)
    return {(int(item.document.key), item.migration, item.document.code) for item in failures}, count


@pytest.mark.parametrize(("rows", "workers"), [(1, 1), (2, 1), (3, 2), (50, 1)])
def test_a_dry_run_finds_what_a_run_sets_aside(engine, rows, workers):
    engine.load(spoil(people(30), 2, 3, 14, 29))
    engine.install(files=TWO_STEPS)
    with engine.manager(batch_rows=rows, workers=workers) as manager:
        found, count = dry_run(manager)
    engine.upgrade(on_error="quarantine")
    with engine.manager() as manager:
        aside = manager.operations.quarantined()
    assert found == {(item.key[0], f"acme.people@{item.version}", item.error.code) for item in aside}
    assert len(found) == len({2, 3, 14, 29} | {7, 14, 21, 28})
    assert (count.seen, count.failed, count.changed) == (30, len(found), 30 - len(found))


def test_what_is_in_quarantine_is_passed_by(engine):
    engine.load(spoil(people(9), 5))
    engine.install(files={"migrations/split.py": PICKY})
    engine.upgrade(on_error="quarantine")
    with engine.manager(batch_rows=2) as manager:
        found, count = dry_run(manager, "acme.people@base", direction=Direction.DOWNGRADE)
    assert not found
    assert (count.seen, count.changed) == (8, 8)


def test_the_policy_of_the_run_is_the_policy_of_the_dry_run(engine):
    """A document that the migration leaves alone is only looked at with ``validation = all``."""
    engine.load(9)
    engine.install(files={"migrations/split.py": UNTOUCHED})
    with engine.manager(batch_rows=2, validation="changed") as manager:
        assert dry_run(manager)[0] == set()
    with engine.manager(batch_rows=2, validation="all") as manager:
        assert dry_run(manager)[0] == {(4, "acme.people@1.1.0", "invalid")}


def test_a_dry_run_that_is_given_up_ends_its_workers(engine):
    engine.load(40)
    engine.install(files=TWO_STEPS)
    with engine.manager(batch_rows=1) as manager:
        run = manager.dry_run(Request.of((), Direction.UPGRADE))
        assert isinstance(next(run), DryFailure)
        run.close()
        assert dry_run(manager)[1].seen == 40
