"""Several workers on one store: on PostgreSQL each has a runner of its own over key ranges leased in the store."""

import json
import random
import time
import uuid
from itertools import count

import pytest

from engine import Engine
from fault_packs import ENDLESS, ONCE, PICKY, slow_down, speed_up, spoil, times, wait_until
from sample_pack import people
from sealift.assembly.request import Request
from sealift.errors.documents import DocumentsFailedError, InterruptedRunError, QuarantineFullError
from sealift.model.batch import RangeState
from sealift.model.migration import Direction
from test_size import scaled

TOML = 'name = "acme.people"\nbase = "1.0.0"\n\n[collections.people]\n'
WIDE = {"workers": 3, "batch_rows": 4}
PAGES_HALF_WAY = 60
"""That three runners ask for, of 300 documents: four for each of 25 ranges, the last of them empty."""


@pytest.fixture
def wide(tmp_path, postgres):
    with postgres.database(f"t{uuid.uuid4().hex}") as database:
        yield Engine(folder=tmp_path, database=postgres.url(database))


def ranges_of_last_run(engine):
    with engine.manager() as manager:
        return manager.store.ranges(manager.history().entries[-1].run)


def has_gaps(done):
    return done != sorted(done, reverse=True)


def test_the_work_is_cut_and_every_runner_has_a_part_of_it(wide):
    wide.load(200)
    wide.install()
    wide.upgrade(**WIDE)
    ranges = ranges_of_last_run(wide)
    assert len(ranges) > 20
    assert {part.state for part in ranges} == {RangeState.DONE}
    assert sum(part.progress.seen for part in ranges) == 200
    assert ranges[0].lower is None
    assert ranges[-1].upper is None
    assert [part.upper for part in ranges[:-1]] == [part.lower for part in ranges[1:]]
    assert all(isinstance(json.loads(line)["name"], dict) for line in wide.dump())


def test_kill_at_random_moments_with_two_runners(wide):
    """Nothing is lost and nothing repeated, whatever both were at, and whoever resumes with how many workers."""
    count = 2000
    wide.load(count)
    wide.install(files=ONCE)
    chance = random.Random(20261123)
    for _ in range(scaled(8)):
        workers = chance.choice(["1", "2", "2", "3"])
        process = wide.start("upgrade", "--yes", "-q", "--batch-rows", "10", "--workers", workers)
        time.sleep(chance.uniform(0.2, 1.3))
        process.kill()
        process.communicate()
        assert set(times(wide)) <= {0, 1}
    wide.command("upgrade", "--yes", "-q", "--workers", "2")
    assert times(wide) == [1] * count
    with wide.manager() as manager:
        assert manager.history().entries[-1].seen == count
    wide.command("history", "--verify")
    wide.command("downgrade", "--yes", "--workers", "2", "acme.people@base")
    assert wide.dump() == [json.dumps(each, separators=(",", ":")).encode() for each in people(count)]


def test_a_killed_wide_run_is_taken_back_exactly(wide):
    """What was done is not a prefix: only the parts that were done go back.

    One runner is held up in the first part, so that this stays so however late the other one is ended.
    """
    documents = people(3000)
    documents[0]["endless"] = True
    wide.load(documents)
    wide.install(files=ENDLESS)
    before = wide.dump()
    process = wide.start("upgrade", "--yes", "-q", "--batch-rows", "20", "--workers", "2")
    wait_until(lambda: has_gaps(times(wide)), process)
    process.kill()
    process.communicate()
    assert has_gaps(times(wide))
    wide.command("downgrade", "--yes", "-q", "acme.people@base")
    assert wide.dump() == before


def test_a_run_begun_by_one_is_gone_on_with_by_three_and_the_other_way_round(wide):
    wide.load(300)
    wide.install()
    for first, second in (({"batch_rows": 10}, WIDE), (WIDE, {"batch_rows": 10})):
        with wide.manager(**first) as manager:
            # Several runners go on while nobody asks how far they are: they may get half-way, and rest there.
            asked = count()
            manager.throttle(lambda asked=asked: 60.0 if next(asked) > PAGES_HALF_WAY else 0.0)
            run = manager.run(Request.of((), Direction.UPGRADE))
            while next(run).checkpoint.seen < 50:
                pass
            manager.stop()
            with pytest.raises(InterruptedRunError):
                list(run)
        history = wide.upgrade(**second)
        assert history.entries[-1].seen == 300
        assert history.entries[-1].changed == 300
        wide.downgrade("acme.people@base")


def test_a_stop_reaches_every_runner(wide):
    wide.load(3000)
    slow_down(wide)
    wide.install(files=ONCE)
    process = wide.start("upgrade", "--yes", "--batch-rows", "10", "--workers", "3")
    wait_until(lambda: any(times(wide)), process)
    assert "asked to stop" in wide.command("cancel")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, out + err
    with wide.manager() as manager:
        assert manager.history().entries[-1].seen == sum(times(wide))


def test_failing_documents_of_all_runners_are_named_and_the_rest_goes_on_later(wide):
    wide.load(spoil(people(60), 2, 55))
    wide.install(files={"migrations/split.py": PICKY})
    with pytest.raises(DocumentsFailedError) as caught:
        wide.upgrade(**WIDE)
    keys = {failure.key for failure in caught.value.failures}
    assert keys
    assert keys <= {"2", "55"}
    with wide.manager() as manager:
        last = manager.history().entries[-1]
        assert last.kind.value == "failed"
    done = [isinstance(json.loads(line)["name"], dict) for line in wide.dump()]
    assert sum(done) == last.seen == caught.value.done
    for key in (2, 55):
        wide.execute("UPDATE people SET document = ? WHERE key = ?", json.dumps({"id": key, "name": "Good Now"}), key)
    assert wide.upgrade(**WIDE).entries[-1].seen == 60


def test_runners_share_one_quarantine_and_its_limit(wide):
    bad = tuple(range(1, 61, 3))
    wide.load(spoil(people(60), *bad))
    wide.install(files={"migrations/split.py": PICKY})
    with pytest.raises(QuarantineFullError):
        wide.upgrade(**WIDE, on_error="quarantine", quarantine_limit=5)
    with wide.manager() as manager:
        assert len(manager.operations.quarantined()) <= 5
    wide.upgrade(**WIDE, on_error="quarantine")
    with wide.manager() as manager:
        items = manager.operations.quarantined()
    assert sorted(item.key for item in items) == [(key,) for key in bad]
    assert [item.number for item in items] == sorted({item.number for item in items})


def test_documents_written_meanwhile_are_migrated_again_by_whoever_has_them(wide):
    wide.load(200)
    wide.install()
    with wide.manager(**WIDE) as manager:
        for progress in manager.run(Request.of((), Direction.UPGRADE)):
            if progress.finished:
                break
            for line in wide.dump()[::7]:
                document = json.loads(line)
                if isinstance(document["name"], str):
                    key = document["id"]
                    text = json.dumps({"id": key, "name": f"New{key} Name"}, separators=(",", ":"))
                    # As an application that knows only the old form: it writes what it has read, or not at all.
                    wide.execute(
                        "UPDATE people SET document = ? WHERE key = ? AND document::text = ?", text, key, line.decode()
                    )
    rows = [json.loads(line) for line in wide.dump()]
    assert all(set(row["name"]) == {"first", "last"} for row in rows)
    assert [row["id"] for row in rows] == list(range(1, 201))


def test_a_runner_that_loses_its_connection_is_replaced_by_the_next_attempt(wide):
    import psycopg

    wide.load(3000)
    slow_down(wide)
    wide.install(files=ONCE)
    process = wide.start("upgrade", "--yes", "--batch-rows", "20", "--workers", "2")
    wait_until(lambda: any(times(wide)), process)
    with psycopg.connect(wide.database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sealift' "
            "AND datname = current_database() AND query LIKE '%sealift_range%'"
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sealift' "
            "AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    speed_up(wide)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "trying again" in err
    assert times(wide) == [1] * 3000


def test_a_runner_of_an_earlier_lease_cannot_write(wide):
    """Fencing: a second manager gets the lock after the first one's session was ended under it."""
    import psycopg

    from sealift.errors.store import LeaseLostError

    wide.load(400)
    wide.install()
    with wide.manager(**WIDE) as stalled:
        run = stalled.run(Request.of((), Direction.UPGRADE))
        next(run)
        with psycopg.connect(wide.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE l.locktype = 'advisory' AND d.datname = current_database()"
            )
        wide.upgrade(**WIDE)
        after = wide.dump()
        with pytest.raises(LeaseLostError):
            list(run)
    assert wide.dump() == after


def test_sqlite_stays_with_one_writer(sqlite_engine):
    sqlite_engine.load(100)
    sqlite_engine.install(files={**ONCE, "pack.toml": TOML})
    sqlite_engine.upgrade(workers=3, batch_rows=4)
    assert times(sqlite_engine) == [1] * 100
    assert ranges_of_last_run(sqlite_engine) == []
