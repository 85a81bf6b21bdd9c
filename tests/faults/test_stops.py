"""A request to stop, at each moment at which a run can hear of it."""

from dataclasses import replace
from itertools import count

import pytest

from fault_packs import ONCE, times
from sealift.assembly.request import Request
from sealift.errors.documents import InterruptedRunError
from sealift.model.migration import Direction

DOCUMENTS = 20
MOMENTS = 12
"""More than a run of four batches has."""


def heard(manager, moment):
    """Let the run be told to stop when it asks for this time, and at no other time."""
    shop, asked = manager.shop, count(1)
    manager.shop = lambda *given, **named: replace(shop(*given, **named), stopping=lambda: next(asked) == moment)


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_hears_of_it_remembers(engine, workers):
    """A step that reads no more because it is to stop must not pass for one that has no more to read."""
    engine.load(DOCUMENTS)
    engine.install(files=ONCE)
    stopped = 0
    for moment in range(1, MOMENTS + 1):
        with engine.manager(batch_rows=5, workers=workers) as manager:
            heard(manager, moment)
            try:
                manager.upgrade()
            except InterruptedRunError:
                stopped += 1
                assert manager.history().entries[-1].kind.value == "interrupted"
                assert manager.history().entries[-1].seen == sum(times(engine))
                manager.upgrade()
        assert times(engine) == [1] * DOCUMENTS
        engine.downgrade("acme.people@base")
    assert stopped >= 4


def test_before_the_first_batch_nothing_is_done(engine):
    engine.load(DOCUMENTS)
    engine.install(files=ONCE)
    with engine.manager(batch_rows=5) as manager:
        heard(manager, 1)
        with pytest.raises(InterruptedRunError):
            manager.upgrade()
    assert times(engine) == [0] * DOCUMENTS


def test_what_the_workers_have_is_not_waited_for(sqlite_engine):
    """One batch is finished, not the six that three workers may have before them."""
    sqlite_engine.load(200)
    sqlite_engine.install(files=ONCE)
    with sqlite_engine.manager(batch_rows=5, workers=3) as manager:
        run = manager.run(Request.of((), Direction.UPGRADE))
        while not (seen := next(run).checkpoint.seen):
            pass
        manager.stop()
        with pytest.raises(InterruptedRunError) as caught:
            list(run)
    assert caught.value.done <= seen + 2 * 5
