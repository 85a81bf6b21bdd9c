"""How often a run is tried again."""

from types import SimpleNamespace

from sealift.assembly.patience import PAUSES, Patience
from sealift.errors.store import StoreUnreachableError
from sealift.errors.store_running import ConnectionLostError, StoreBusyError, StoreFullError
from sealift.model.batch import Checkpoint

LOST = ConnectionLostError(url="db", reason="gone")
UNREACHABLE = StoreUnreachableError(url="db", reason="refused")


def progress(seen, run="a"):
    return SimpleNamespace(run=run, checkpoint=Checkpoint(seen=seen))


def pauses(patience, error):
    found = []
    while (pause := patience.pause_after(error)) is not None:
        found.append(pause)
    return found


def test_pauses_grow_and_end():
    found = pauses(Patience(), LOST)
    assert len(found) == len(PAUSES)
    assert all(0.5 * about <= pause <= 1.5 * about for pause, about in zip(found, PAUSES, strict=True))


def test_an_attempt_that_got_on_starts_the_count_anew():
    patience = Patience()
    for seen in range(0, 100, 10):
        patience.saw(progress(seen))
        patience.saw(progress(seen + 5))
        assert patience.pause_after(StoreBusyError(url="db", reason="x")) <= 1.5 * PAUSES[0]


def test_an_attempt_that_only_came_back_to_where_it_was_does_not():
    patience = Patience()
    patience.saw(progress(0))
    for _ in PAUSES:
        assert patience.pause_after(LOST) is not None
        patience.saw(progress(0))
    assert patience.pause_after(LOST) is None


def test_what_waiting_does_not_mend_is_raised_at_once():
    assert Patience().pause_after(StoreFullError(url="db", reason="x")) is None


def test_a_store_that_was_there_before_is_waited_for_and_one_that_was_not_is_not():
    patience = Patience()
    assert patience.pause_after(UNREACHABLE) is None
    assert patience.pause_after(LOST) is not None
    assert patience.pause_after(UNREACHABLE) is not None
    started = Patience()
    started.saw(progress(0))
    assert started.pause_after(UNREACHABLE) is not None
