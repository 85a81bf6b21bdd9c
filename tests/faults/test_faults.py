"""One test a row of the catalogue of failures: real processes, real signals, real databases.

Each asserts that no document is lost, none migrated twice, and that the end is that of an undisturbed run.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from engine import Engine
from fault_packs import COUNT, ENDLESS, FAST, ONCE, slow_down, speed_up, times, wait_until, wait_until_left
from postgres_server import replaced, running_postgres
from sample_pack import SPLIT, people
from sealift.assembly.request import Request
from sealift.errors.adoption import AlreadyAdoptedError, BaselineRefusedError
from sealift.errors.drift import DriftError, LateArrivalError, StoreNewerError
from sealift.errors.history import HistoryTamperedError
from sealift.manager import MigrationManager
from sealift.model.migration import Direction
from test_size import scaled


def test_kill_at_random_moments_loses_nothing_and_repeats_nothing(engine):
    """Rows 1, 2 and 25: the first kills hit the making of the tables, the later ones batches and the end."""
    count = 2000
    engine.load(count)
    engine.install(files=ONCE)
    chance = random.Random(20261122)
    for _ in range(scaled(10)):
        process = engine.start(*FAST)
        time.sleep(chance.uniform(0.05, 1.2))
        process.kill()
        process.communicate()
        assert set(times(engine)) <= {0, 1}
    engine.command("upgrade", "--yes", "-q")
    assert times(engine) == [1] * count
    engine.command("history", "--verify")
    engine.command("downgrade", "--yes", "acme.people@base")
    assert engine.dump() == [json.dumps(each, separators=(",", ":")).encode() for each in people(count)]


@pytest.mark.parametrize("runners", [2, 8])
def test_several_runners_at_once(engine, runners):
    """Row 3: one works, the others wait, find nothing to do and exit 0."""
    engine.load(300)
    engine.install(files=ONCE)
    processes = [engine.start("upgrade", "--yes") for _ in range(runners)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * runners, outputs
    assert sum("done: 1 step" in out for out, _ in outputs) == 1
    assert times(engine) == [1] * 300
    with engine.manager() as manager:
        assert [entry.kind.value for entry in manager.history().entries] == ["started", "applied"]


def test_a_killed_holder_blocks_nobody_and_a_stopped_one_is_named(engine):
    """Rows 4 and 5: the lock frees itself; a holder that stands still is waited for, and named when time runs out."""
    engine.load(2000)
    slow_down(engine)
    engine.install(files=ONCE)
    holder = engine.start(*FAST)
    wait_until(lambda: any(times(engine)), holder)
    holder.send_signal(signal.SIGSTOP)
    try:
        said = engine.command("upgrade", "--yes", "--lock-timeout", "0.5", status=6)
        assert f"process {holder.pid}" in said
    finally:
        holder.send_signal(signal.SIGCONT)
    time.sleep(0.1)
    holder.kill()
    holder.communicate()
    speed_up(engine)
    engine.command("upgrade", "--yes", "--lock-timeout", "20")
    assert times(engine) == [1] * 2000


def test_signals_finish_the_batch_and_the_next_run_resumes(engine):
    engine.load(2000)
    slow_down(engine)
    engine.install(files=ONCE)
    for number in (signal.SIGINT, signal.SIGTERM):
        process = engine.start(*FAST)
        before = sum(times(engine))
        wait_until(lambda before=before: sum(times(engine)) > before, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 7, out + err
        assert "run the same command again" in err
    assert sum(times(engine)) < 2000
    speed_up(engine)
    engine.command("upgrade", "--yes", "-q")
    assert times(engine) == [1] * 2000


def test_a_second_signal_stops_at_once_and_the_next_run_resumes(engine):
    """The batch under way is given up: one of its documents never ends, and an application mends it afterwards."""
    documents = people(200)
    documents[99]["endless"] = True
    engine.load(documents)
    engine.install(files=ENDLESS)
    process = engine.start("upgrade", "--yes", "-q", "--batch-rows", "50")
    # Only the first two pages are sure to have so many rows: later ones have fewer if a commit took long.
    wait_until(lambda: sum(times(engine)) == 50, process)
    # Two signals that arrive together are one to the kernel, so a busy machine may need a third.
    for _ in range(200):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            break
    assert process.poll() == -signal.SIGINT, process.communicate(timeout=60)
    process.communicate()
    assert sum(times(engine)) == 50
    engine.execute("UPDATE people SET document = ? WHERE key = ?", json.dumps(people(100)[99]), 100)
    engine.command("upgrade", "--yes", "-q")
    assert times(engine) == [1] * 200


def test_cancel_from_another_terminal(engine):
    engine.load(2000)
    slow_down(engine)
    engine.install(files=ONCE)
    process = engine.start(*FAST)
    wait_until(lambda: any(times(engine)), process)
    assert "asked to stop" in engine.command("cancel")
    process.communicate(timeout=60)
    assert process.returncode == 7
    wait_until_left(engine)
    assert "nothing is running" in engine.command("cancel")
    assert sum(times(engine)) < 2000
    speed_up(engine)
    engine.command("upgrade", "--yes", "-q")
    assert times(engine) == [1] * 2000


def test_clocks_that_disagree_by_days_do_no_harm(engine):
    """Row 6: no decision compares the clocks of two hosts."""
    engine.load(20)
    engine.install(files=ONCE)
    for days in (+400, -400):
        settings = engine.manager()._settings
        clock = datetime.now(UTC) + timedelta(days=days)
        with MigrationManager(settings=settings, clock=lambda clock=clock: clock) as manager:
            (manager.upgrade if days > 0 else manager.downgrade)(*(() if days > 0 else ("acme.people@base",)))
    assert times(engine) == [0] * 20


def test_a_dropped_connection_is_survived(tmp_path, postgres):
    """Row 8: every backend of the runner is ended twice; it connects again and goes on at its checkpoint."""
    import psycopg

    with postgres.database("dropped") as database:
        engine = Engine(folder=tmp_path, database=postgres.url(database))
        engine.load(2000)
        slow_down(engine)
        engine.install(files=ONCE)
        process = engine.start("upgrade", "--yes", "--batch-rows", "20")
        for _ in range(2):
            before = sum(times(engine))
            wait_until(lambda before=before: sum(times(engine)) > before, process)
            with psycopg.connect(engine.database, autocommit=True) as connection:
                ended = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = %s AND application_name = 'sealift' AND pid <> pg_backend_pid()",
                    (database,),
                ).fetchall()
            assert ended
        speed_up(engine)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
        assert "trying again" in err
        assert times(engine) == [1] * 2000


def test_a_server_that_is_restarted_is_waited_for(tmp_path):
    """Row 8: for some seconds there is nobody to connect to at all, and the run has tried it once in vain."""
    with running_postgres() as server:
        engine = Engine(folder=tmp_path, database=server.url())
        engine.load(2000)
        slow_down(engine)
        engine.install(files=ONCE)
        process = engine.start("upgrade", "--yes", "--batch-rows", "20")
        wait_until(lambda: any(times(engine)), process)
        with replaced(server, meanwhile=lambda: read_until_said(process.stderr, "trying again", 2)):
            speed_up(engine)
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, out + err
            assert times(engine) == [1] * 2000


def read_until_said(file, words, count):
    """Read from a pipe until the words were said so often."""
    said = b""
    while said.count(words.encode()) < count:
        part = os.read(file.fileno(), 4096)
        assert part, said
        said += part


def test_an_applied_migration_that_was_edited_is_drift(engine):
    """Row 11: another release carries other bytes for a version that was applied."""
    engine.load(5)
    engine.install(files=ONCE)
    engine.upgrade()
    engine.install(version="1.1.1", files={"migrations/split.py": COUNT.replace("% 7", "% 9")})
    with pytest.raises(DriftError):
        engine.downgrade("acme.people@base")


def test_a_pack_that_is_gone_blocks_nobody_and_can_be_taken_back(engine):
    """Row 13 and guarantee G9."""
    engine.load(10)
    before = engine.dump()
    engine.install(files=ONCE)
    engine.upgrade()
    engine.uninstall("acme.people")
    assert "orphaned" in engine.command("status")
    engine.load(5, collection="other")
    other = COUNT.replace('"people"', '"other"')
    toml = 'name = "acme.other"\nbase = "1.0.0"\n\n[collections.other]\n'
    engine.install(pack="acme.other", files={"migrations/split.py": other, "pack.toml": toml})
    assert engine.upgrade().versions == {"acme.people": "1.1.0", "acme.other": "1.1.0"}
    engine.downgrade("acme.people@base")
    assert engine.dump() == before


def test_an_archived_pack_is_verified_again_before_it_is_taken_back(engine):
    engine.load(10)
    engine.install(files=ONCE)
    engine.upgrade()
    engine.uninstall("acme.people")
    engine.execute("UPDATE sealift_archive_file SET content = ? WHERE path = 'migrations/split.py'", b"import os")
    before = engine.dump()
    said = engine.command("downgrade", "--yes", "acme.people@base", status=5)
    assert "TRUST-030" in said
    assert engine.dump() == before


def test_a_store_that_is_newer_than_the_pack(engine):
    """Row 14."""
    engine.load(5)
    later = COUNT.replace("1.1.0", "1.2.0").replace("class Count", "class Again")
    engine.install(version="1.2.0", files={**ONCE, "migrations/later.py": later})
    engine.upgrade()
    shutil.copy(engine.folder / "acme.people.dsse.json", engine.folder / "kept.json")
    engine.install(version="1.3.0", files=ONCE)
    with pytest.raises(StoreNewerError):
        engine.upgrade("acme.people")


def test_a_late_arrival(engine):
    """Row 21: a version below the current one appears."""
    engine.load(5)
    later = COUNT.replace("1.1.0", "1.2.0").replace("class Count", "class Again")
    engine.install(version="1.2.0", files={"migrations/split.py": later})
    engine.upgrade()
    engine.install(version="1.2.1", files={**ONCE, "migrations/later.py": later})
    with pytest.raises(LateArrivalError):
        engine.upgrade()


def test_a_huge_document_goes_alone(engine):
    """Row 16: pages are bounded by bytes, and a document beyond the limit is named."""
    documents = [{"id": number, "text": "x" * 3_000_000} for number in range(1, 7)]
    engine.load([*documents, {"id": 7, "text": "small"}])
    engine.install(
        files={
            "migrations/split.py": COUNT,
            "pack.toml": 'name = "acme.people"\nbase = "1.0.0"\n\n[collections.people]\n',
        }
    )
    engine.upgrade()
    assert times(engine) == [1] * 7


def test_a_restored_backup_with_a_running_run_blocks_nobody(sqlite_engine, tmp_path):
    """Row 22: the copy holds a lock note, a token and a run that is *running*."""
    engine = sqlite_engine
    engine.load(2000)
    slow_down(engine)
    engine.install(files=ONCE)
    process = engine.start(*FAST)
    wait_until(lambda: any(times(engine)), process)
    import sqlite3
    from contextlib import closing

    with (
        closing(sqlite3.connect(tmp_path / "store.db")) as live,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
    ):
        live.backup(copy)
    process.kill()
    process.communicate()
    shutil.copy(tmp_path / "store.db.sealift-lock", tmp_path / "copy.db.sealift-lock")
    restored = Engine(folder=engine.folder, database=f"sqlite:///{tmp_path}/copy.db")
    speed_up(restored)
    history = restored.upgrade(lock_timeout=2.0)
    assert "interrupted" in [entry.kind.value for entry in history.entries]
    assert times(restored) == [1] * 2000


def test_adopting_a_store_checks_a_sample_first(engine):
    """Row 24."""
    engine.load(people(5))
    engine.install()
    with engine.manager() as manager, pytest.raises(BaselineRefusedError):
        manager.operations.baseline("acme.people@1.1.0", lambda _: None)
    with engine.manager() as manager:
        assert manager.history().entries == ()
        assert str(manager.operations.baseline("acme.people@base", lambda _: None)) == "5 of 5 documents looked at"
        with pytest.raises(AlreadyAdoptedError):
            manager.operations.baseline("acme.people@base", lambda _: None)
        assert manager.upgrade().versions["acme.people"] == "1.1.0"


EDITS = {
    "edited": ["UPDATE sealift_history SET entry = replace(entry, 'tester', 'nobody') WHERE entry_no = 2"],
    "removed": ["DELETE FROM sealift_history WHERE entry_no = 2"],
    "cut off": ["DELETE FROM sealift_history WHERE entry_no = (SELECT max(entry_no) FROM sealift_history)"],
    "reordered": [
        "UPDATE sealift_history SET entry_no = 100 WHERE entry_no = 1",
        "UPDATE sealift_history SET entry_no = 1 WHERE entry_no = 2",
        "UPDATE sealift_history SET entry_no = 2 WHERE entry_no = 100",
    ],
    "inserted": ["INSERT INTO sealift_history SELECT 99, entry FROM sealift_history WHERE entry_no = 2"],
}


@pytest.mark.parametrize("name", EDITS)
def test_a_history_that_was_touched_is_found(engine, name):
    """Guarantee G10."""
    engine.load(5)
    engine.install(files=ONCE)
    engine.upgrade()
    with engine.manager() as manager:
        manager.operations.verified_history()
    for statement in EDITS[name]:
        engine.execute(statement)
    engine.command("history", "--verify", status=4)
    with engine.manager() as manager, pytest.raises(HistoryTamperedError):
        manager.operations.verified_history()


def test_memory_does_not_grow_with_failures_or_documents(engine):
    """G11 and G12 in small: a dry run over many failures keeps none of them."""
    import tracemalloc

    engine.load([{"id": number, "name": 7} for number in range(1, 3001)])
    engine.install(files={"migrations/split.py": SPLIT, "schemas/person-1.0.0.json": "{}"})
    with engine.manager() as manager:
        run = manager.dry_run(Request.of((), Direction.UPGRADE))
        first = next(run)
        tracemalloc.start()
        failures = 1 + sum(1 for item in run if hasattr(item, "document"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert failures == 3000
    assert first.document.code == "raised"
    assert peak < 8_000_000
