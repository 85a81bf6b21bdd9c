"""Key ranges leased in the store: who may have one, and what becomes of those whose runner is gone."""

import threading
from contextlib import ExitStack, closing

import pytest

from sealift.errors.store import LeaseLostError
from sealift.model.batch import Checkpoint, KeyRange, RangeState
from store_backends import BACKENDS, leased, opened_backend

RUN = "a" * 32
RANGES = [
    KeyRange(number=1, upper=(3, "x"), state=RangeState.KEPT),
    KeyRange(number=2, lower=(3, "x"), upper=(9, "é"), progress=Checkpoint(after=(5, "b"), seen=4, changed=2)),
    KeyRange(number=3, lower=(9, "é"), state=RangeState.OPEN, progress=Checkpoint(seen=1, failed=1)),
]


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path, postgres):
    with opened_backend(request.param, tmp_path, postgres) as made:
        yield made


@pytest.fixture
def store(backend):
    with closing(backend.open()) as opened:
        yield opened


def laid_out(store, lease, ranges=RANGES):
    with store.transaction(lease) as transaction:
        transaction.lay_out(RUN, ranges)


def claimed(store, lease, runner):
    with store.transaction(lease) as transaction:
        return transaction.claim(RUN, runner)


def test_ranges_come_back_as_they_were_laid_out_and_are_summed_up(store):
    assert store.ranges(RUN) == ()
    with leased(store) as lease:
        laid_out(store, lease)
        assert store.ranges(RUN) == RANGES
        assert store.ranges("b" * 32) == []
        assert store.progress(RUN) == Checkpoint(seen=5, changed=2, failed=1)


def test_each_open_range_is_leased_once_in_order(store):
    with leased(store) as lease:
        laid_out(store, lease)
        assert claimed(store, lease, "one") == RANGES[1]
        assert claimed(store, lease, "two") == RANGES[2]
        assert claimed(store, lease, "one") is None


def test_only_the_runner_that_has_a_range_gets_on_with_it(store):
    with leased(store) as lease:
        laid_out(store, lease)
        part = claimed(store, lease, "one")
        done = KeyRange(
            number=2, lower=part.lower, upper=part.upper, state=RangeState.DONE, progress=Checkpoint(seen=9)
        )
        with pytest.raises(LeaseLostError), store.transaction(lease) as transaction:
            transaction.advance(RUN, done, "two")
        assert store.ranges(RUN)[1] == part
        with store.transaction(lease) as transaction:
            transaction.advance(RUN, done, "one")
        assert store.ranges(RUN)[1] == done


def test_what_a_dead_runner_had_is_free_for_the_next_one(store):
    with leased(store) as old:
        laid_out(store, old)
        part = claimed(store, old, "one")
    with leased(store) as new:
        assert claimed(store, new, "one") == part
        with pytest.raises(LeaseLostError):
            claimed(store, old, "two")


@pytest.mark.parametrize("name", ["postgresql"])
def test_runners_side_by_side_never_get_the_same_range(tmp_path, postgres, name):
    """Eight connections, all asking at once; none waits for another one's open transaction."""
    ranges = [KeyRange(number=n, lower=(n,), upper=(n + 1,)) for n in range(1, 41)]
    got = []
    with opened_backend(name, tmp_path, postgres) as backend, closing(backend.open()) as store, ExitStack() as stack:
        assert store.writes_side_by_side
        runners = [stack.enter_context(closing(store.beside())) for _ in range(8)]
        with leased(store) as lease:
            laid_out(store, lease, ranges)
            together = threading.Barrier(8)

            def ask(runner, number):
                part, turn = RANGES[0], 0
                while part is not None:
                    with runner.transaction(lease) as transaction:
                        part = transaction.claim(RUN, str(number))
                        got.append(part and part.number)
                        if turn == 0:
                            together.wait(timeout=20)
                    turn += 1

            threads = [threading.Thread(target=ask, args=pair) for pair in zip(runners, range(8), strict=True)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
    assert sorted(filter(None, got)) == list(range(1, 41))
