"""Databases in use: somebody's lock, somebody's change of the table, documents and stores that are slow."""

import json
import sqlite3
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import pairwise

import pytest

from cage_kit import short_of_time
from engine import Engine
from fault_packs import ENDLESS, ONCE, times
from sample_pack import people
from sealift.assembly.request import Request
from sealift.errors.documents import DocumentsFailedError, InterruptedRunError
from sealift.errors.store_documents import CollectionError
from sealift.model.migration import Direction
from sealift.ports import Binding
from sealift.stores import postgres_connection, sqlite_connection


def held(engine):
    """Hold a document (SQLite: the database) in a transaction of another program; return its connection."""
    if engine.database.startswith("sqlite"):
        other = sqlite3.connect(engine.folder / "store.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        import psycopg

        other = psycopg.connect(engine.database)
        other.execute("SELECT 1 FROM people WHERE key = 7 FOR UPDATE")
    return other


def test_a_lock_of_another_program_is_waited_for_a_while_and_tried_again(engine, monkeypatch):
    """Row 9: no statement waits for ever; the batch is given up, and the run goes on at its checkpoint."""
    engine.load(20)
    engine.install(files=ONCE)
    monkeypatch.setattr(postgres_connection, "LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(sqlite_connection, "BUSY_SECONDS", 0.2)
    told = []
    with engine.manager(batch_rows=5) as manager, ExitStack() as stack:

        def tell(text):
            if "trying again" in text:  # and not that a session which was just closed still holds the lock
                told.append(text)
                stack.close()  # the other program ends its transaction

        run = manager.run(Request.of((), Direction.UPGRADE), told=tell)
        next(run)
        stack.enter_context(closing(held(engine)))
        for _ in run:
            pass
    assert len(told) == 1
    assert times(engine) == [1] * 20


def test_a_table_that_changed_meanwhile_is_refused_before_anything_is_written(engine):
    """Row 10: what the binding names is looked at anew by every run; documents are held to their schema one by one."""
    engine.execute_script("CREATE TABLE crm (id INTEGER PRIMARY KEY, data JSON NOT NULL)")
    for number in range(1, 21):
        engine.execute("INSERT INTO crm VALUES (?, ?)", number, json.dumps({"id": number, "name": "A B"}))
    engine.install(files=ONCE)
    bound = Binding(table="crm", key=("id",), document="data")
    here = Engine(folder=engine.folder, database=engine.database, settings={"collections": {"people": bound}})
    with here.manager(batch_rows=5) as manager, pytest.raises(InterruptedRunError):  # noqa: PT012 - a run is pulled
        for progress in manager.run(Request.of((), Direction.UPGRADE)):
            if progress.checkpoint.seen:
                manager.stop()
    before = times(here)
    engine.execute_script("ALTER TABLE crm RENAME COLUMN data TO body")
    with here.manager() as manager:
        entries = manager.history().entries
        with pytest.raises(CollectionError, match="data"):
            manager.upgrade()
        assert manager.history().entries == entries
    engine.execute_script("ALTER TABLE crm RENAME COLUMN body TO data")
    assert times(here) == before
    here.upgrade()
    assert times(here) == [1] * 20


def test_a_document_that_never_ends_is_named_and_the_others_of_its_batch_get_on(engine, monkeypatch):
    """Row 17: the batch is taken apart to the document."""
    documents = people(20)
    documents[12]["endless"] = True
    engine.load(documents)
    engine.install(files=ENDLESS)
    short_of_time(monkeypatch, b'"endless"')
    with engine.manager(worker_seconds=0.5) as manager, pytest.raises(DocumentsFailedError) as caught:
        manager.upgrade()
    assert [(failure.key, failure.code) for failure in caught.value.failures] == [("13", "timeout")]
    assert times(engine) == [0] * 20
    engine.upgrade(worker_seconds=0.5, on_error="quarantine")
    assert times(engine) == [0 if number == 13 else 1 for number in range(1, 21)]


def test_batches_shrink_on_a_slow_store(engine):
    """Row 18: the size follows a target duration, here with a trigger that takes its time over each row."""
    engine.load(400)
    engine.install(files=ONCE)
    slow(engine)
    with engine.manager(batch_rows=100) as manager:
        shop = manager.shop
        manager.shop = lambda *given, **named: in_batches_of(shop(*given, **named), seconds=0.05)
        seen = [progress.checkpoint.seen for progress in manager.run(Request.of((), Direction.UPGRADE))]
    sizes = [after - before for before, after in pairwise(seen) if after > before]
    assert sizes[0] == 100
    assert min(sizes) <= 50
    assert times(engine) == [1] * 400


def in_batches_of(shop, *, seconds):
    return replace(shop, options=replace(shop.options, batch_seconds=seconds))


def slow(engine):
    """Let every update of a document take two milliseconds."""
    if engine.database.startswith("postgresql"):
        engine.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(0.002); RETURN new; END'"
        )
        engine.execute("CREATE TRIGGER slow BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION dawdle()")
        return
    busy = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT max(i) FROM n"
    engine.execute(f"CREATE TRIGGER slow BEFORE UPDATE ON people BEGIN {busy}; END")


def test_the_caller_of_the_library_sets_the_pace(sqlite_engine):
    """Row 18: whoever goes through ``run`` decides when the next batch is taken; a pause holds everything."""
    sqlite_engine.load(100)
    sqlite_engine.install(files=ONCE)
    with sqlite_engine.manager(batch_rows=5) as manager:
        run = manager.run(Request.of((), Direction.UPGRADE))
        while next(run).checkpoint.seen < 10:
            pass
        done = sum(times(sqlite_engine))
        time.sleep(0.3)
        assert sum(times(sqlite_engine)) == done < 100
        assert [progress.checkpoint.seen for progress in run][-1] == 100


def test_a_probe_slows_a_run_down_before_each_page(engine):
    """Row 18: whoever knows how the database does says how long to rest."""
    engine.load(100)
    engine.install(files=ONCE)
    asked = []

    def probe():
        asked.append(time.monotonic())
        return 0.1 if len(asked) <= 4 else 0.0

    with engine.manager(batch_rows=20) as manager:
        shop = manager.shop
        manager.shop = lambda *given, **named: in_batches_of(shop(*given, **named), seconds=60)
        manager.throttle(probe)
        manager.upgrade()
    assert len(asked) == 6
    assert asked[4] - asked[0] >= 0.4
    assert times(engine) == [1] * 100


def test_a_rest_ends_when_somebody_asks_to_stop(engine):
    engine.load(100)
    engine.install(files=ONCE)
    began = time.monotonic()
    with engine.manager(batch_rows=20) as manager:

        def probe():
            manager.stop()
            return 3600.0

        manager.throttle(probe)
        with pytest.raises(InterruptedRunError):
            manager.upgrade()
    assert time.monotonic() - began < 60
    with engine.manager() as manager:
        manager.upgrade()
    assert times(engine) == [1] * 100


def test_a_probe_that_fails_ends_the_run_resumable(engine):
    engine.load(100)
    engine.install(files=ONCE)
    asked = []

    def probe():
        asked.append(1)
        return 0.0 if len(asked) < 4 else 1 / 0

    with engine.manager(batch_rows=20) as manager:
        manager.throttle(probe)
        with pytest.raises(ZeroDivisionError):
            manager.upgrade()
    with engine.manager() as manager:
        manager.upgrade()
    assert times(engine) == [1] * 100
