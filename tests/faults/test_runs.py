"""What a run does: events, quarantine, dry runs, atomic steps, taking back, resuming, several workers."""

import json

import pytest

from fault_packs import PICKY, spoil
from sample_pack import SPLIT, people
from sealift import MigrationEvent
from sealift.assembly.request import Request
from sealift.errors.documents import DocumentsFailedError, InterruptedRunError, PreHookError, QuarantineFullError
from sealift.errors.drift import ResumeConflictError
from sealift.errors.plan import IrreversibleError
from sealift.execution.dry_run import DryCount, DryFailure
from sealift.model.history import EntryKind
from sealift.model.migration import Direction

LATER = (
    SPLIT.replace("SplitName", "AddLength")
    .replace("1.1.0", "1.2.0")
    .replace('    schema = "schemas/person-1.2.0.json"\n', "")
)
LATER = (
    LATER[: LATER.index("    def upgrade")]
    + """    def upgrade(self, document):
        document["length"] = len(document["name"]["first"])
        return document

    def downgrade(self, document):
        del document["length"]
        return document
"""
)
TWO_STEPS = {"migrations/later.py": LATER}


def kinds(history):
    return [entry.kind.value for entry in history.entries]


def test_up_and_back_down_leaves_every_byte(engine):
    engine.load(25)
    engine.install(files=TWO_STEPS)
    before = engine.dump()
    history = engine.upgrade(batch_rows=4)
    assert history.versions == {"acme.people": "1.2.0"}
    assert json.loads(engine.dump()[0])["name"] == {"first": "First1", "last": "Last1"}
    assert engine.upgrade().head == history.head
    assert engine.downgrade("acme.people@base", batch_rows=7).versions == {"acme.people": "1.0.0"}
    assert engine.dump() == before


def test_the_same_end_with_any_number_of_workers_and_rows(engine):
    engine.load(60)
    engine.install()
    engine.upgrade()
    expected = engine.dump()
    for workers, rows in ((1, 1), (2, 7), (3, 4)):
        engine.downgrade("acme.people@base", workers=workers, batch_rows=rows)
        engine.upgrade(workers=workers, batch_rows=rows)
        assert engine.dump() == expected


def test_every_event_is_told_in_order(engine):
    engine.load(5)
    engine.install()
    told = []
    with engine.manager() as manager:
        for event in MigrationEvent:
            manager.on(event, lambda notice: told.append((notice.event.value, notice.migration, notice.documents)))
        manager.upgrade()
        manager.downgrade("acme.people@base")
    up = ["pre_upgrade", "pre_validate", "post_validate", "post_upgrade"]
    assert [name for name, _, _ in told] == up + [name.replace("upgrade", "downgrade") for name in up]
    assert told[2] == ("post_validate", "acme.people@1.1.0", 5)


def test_a_pre_hook_that_raises_stops_the_step_before_it_starts(engine):
    engine.load(5)
    engine.install()
    before = engine.dump()

    def refuse(_):
        message = "not on a Friday"
        raise RuntimeError(message)

    with engine.manager() as manager:
        manager.on(MigrationEvent.PRE_UPGRADE, refuse)
        with pytest.raises(PreHookError, match="not on a Friday"):
            manager.upgrade()
        assert manager.history().entries == ()
    assert engine.dump() == before


def test_a_failing_post_hook_is_recorded_and_undoes_nothing(engine):
    engine.load(5)
    engine.install()

    def fail(_):
        message = "the mail server is down"
        raise RuntimeError(message)

    with engine.manager() as manager:
        manager.on(MigrationEvent.POST_UPGRADE, fail)
        history = manager.upgrade()
    assert kinds(history) == ["started", "applied", "hook-failed", "hooks-told"]
    assert "the mail server is down" in history.entries[2].note


def test_hooks_after_a_step_are_told_by_the_next_runner_exactly_once(engine):
    """A process that dies between the last commit and its hooks leaves them to the next one."""
    engine.load(5)
    engine.install()

    class Death(BaseException):
        """Stands for a process that ends at this point: nothing after it runs."""

    def die(_):
        raise Death

    with engine.manager() as manager:
        manager.on(MigrationEvent.POST_UPGRADE, die)
        with pytest.raises(Death):
            manager.upgrade()
    told = []
    for _ in range(2):
        with engine.manager() as manager:
            manager.on(MigrationEvent.POST_UPGRADE, lambda notice: told.append(notice.documents))
            manager.upgrade()
    assert told == [5]


def test_the_packs_own_hooks_run_in_the_worker(engine):
    engine.load(3)
    hook = (
        "    def pre_upgrade(self, facts):",
        '        if facts["documents"] > 2:',
        '            raise ValueError("too many")',
    )
    hooked = "\n".join([SPLIT, *hook, ""])
    engine.install(files={"migrations/split.py": hooked})
    with pytest.raises(PreHookError, match="too many"):
        engine.upgrade()


def test_poison_documents_are_all_named_and_nothing_of_their_batch_is_written(engine):
    engine.load(spoil(people(12), 6, 8))
    engine.install(files={"migrations/split.py": PICKY})
    with pytest.raises(DocumentsFailedError) as caught:
        engine.upgrade(batch_rows=4)
    assert [failure.key for failure in caught.value.failures] == ["6", "8"]
    assert caught.value.done == 4
    rows = [json.loads(line) for line in engine.dump()]
    assert [isinstance(row["name"], dict) for row in rows] == [True] * 4 + [False] * 8
    with engine.manager() as manager:
        assert kinds(manager.history()) == ["started", "failed"]
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":6,"name":"Good Now"}', 6)
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":8,"name":"Good Too"}', 8)
    history = engine.upgrade(batch_rows=4)
    assert kinds(history) == ["started", "failed", "started", "applied"]
    assert history.entries[-1].seen == 12
    assert all(isinstance(json.loads(line)["name"], dict) for line in engine.dump())


def test_failures_are_named_in_the_order_of_the_documents(engine):
    engine.load(
        [{"id": 1, "name": "A B"}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "bad"}, {"id": 4, "name": "Eve"}]
    )
    schema = json.dumps({"properties": {"name": {"properties": {"last": {"minLength": 1}}}}})
    engine.install(files={"migrations/split.py": PICKY, "schemas/person-1.1.0.json": schema})
    with pytest.raises(DocumentsFailedError) as caught:
        engine.upgrade()
    assert [failure.key for failure in caught.value.failures] == ["2", "3", "4"]


def test_quarantine_sets_documents_aside_and_retry_brings_them_back(engine):
    engine.load(spoil(people(12), 6, 8))
    engine.install(files={"migrations/split.py": PICKY, **TWO_STEPS})
    history = engine.upgrade(batch_rows=4, on_error="quarantine")
    assert history.versions["acme.people"] == "1.2.0"
    with engine.manager() as manager:
        items = manager.operations.quarantined()
        assert [(item.key, item.version, item.error.message) for item in items] == [
            ((6,), "1.1.0", "ValueError: bad name"),
            ((8,), "1.1.0", "ValueError: bad name"),
        ]
        assert json.loads(items[0].document)["name"] == "bad"
        assert all(result.failure is not None for result in manager.operations.retry_quarantined((), lambda _: None))
    rows = {json.loads(line)["id"]: json.loads(line) for line in engine.dump()}
    assert rows[6]["name"] == "bad"
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":6,"name":"Good Now"}', 6)
    with engine.manager() as manager:
        results = list(manager.operations.retry_quarantined((), lambda _: None))
        assert [result.failure is None for result in results] == [True, False]
        assert manager.operations.drop_quarantined([results[1].number], lambda _: None) == 1
        assert not manager.operations.quarantined()
    rows = {json.loads(line)["id"]: json.loads(line) for line in engine.dump()}
    assert rows[6] == {"id": 6, "name": {"first": "Good", "last": "Now"}, "length": 4}


def test_a_quarantined_document_that_stayed_at_base_needs_no_way_back(engine):
    documents = spoil(people(6), 3)
    engine.load(documents)
    engine.install(files={"migrations/split.py": PICKY})
    before = engine.dump()
    engine.upgrade(on_error="quarantine")
    engine.downgrade("acme.people@base")
    assert engine.dump() == before
    with engine.manager() as manager:
        assert not manager.operations.quarantined()


def test_the_quarantine_has_a_limit(engine):
    engine.load(spoil(people(12), 2, 6, 8))
    engine.install(files={"migrations/split.py": PICKY})
    with pytest.raises(QuarantineFullError):
        engine.upgrade(batch_rows=1, on_error="quarantine", quarantine_limit=2)


def test_a_dry_run_lists_every_failure_through_all_steps_and_writes_nothing(engine):
    engine.load(spoil(people(12), 3, 11))
    engine.install(files={"migrations/split.py": PICKY, **TWO_STEPS})
    before = engine.dump()
    with engine.manager(batch_rows=5) as manager:
        items = list(manager.dry_run(Request.of((), Direction.UPGRADE)))
        assert manager.history().entries == ()
    assert [item.document.key for item in items if isinstance(item, DryFailure)] == ["3", "11"]
    (count,) = [item for item in items if isinstance(item, DryCount)]
    assert (count.seen, count.changed, count.failed) == (12, 10, 2)
    assert json.loads(count.samples[0].after)["length"] == 6
    assert engine.dump() == before


def test_an_atomic_step_is_all_or_nothing(engine):
    engine.load(spoil(people(12), 11))
    engine.install(files={"migrations/split.py": PICKY})
    before = engine.dump()
    with engine.manager(batch_rows=3) as manager, pytest.raises(DocumentsFailedError):
        manager.upgrade(atomic=True)
    assert engine.dump() == before
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":11,"name":"Good Now"}', 11)
    with engine.manager(batch_rows=3) as manager:
        manager.upgrade(atomic=True)
    assert all(isinstance(json.loads(line)["name"], dict) for line in engine.dump())


def test_a_half_done_upgrade_can_be_taken_back(engine):
    engine.load(spoil(people(12), 8))
    engine.install(files={"migrations/split.py": PICKY})
    before = engine.dump()
    with pytest.raises(DocumentsFailedError):
        engine.upgrade(batch_rows=3)
    assert engine.dump() != before
    history = engine.downgrade("acme.people@base")
    assert engine.dump() == before
    assert history.versions["acme.people"] == "1.0.0"
    assert history.open_run("acme.people") is None


def test_resume_is_bound_to_the_bytes_that_began(engine):
    engine.load(spoil(people(12), 8))
    engine.install(files={"migrations/split.py": PICKY})
    with pytest.raises(DocumentsFailedError):
        engine.upgrade(batch_rows=3)
    engine.install(version="1.1.1")
    with pytest.raises(ResumeConflictError) as caught:
        engine.upgrade()
    assert caught.value.message().count("sha256:") >= 2


def test_stop_finishes_the_batch_and_the_next_run_resumes(engine):
    engine.load(30)
    engine.install()
    with engine.manager(batch_rows=5) as manager:
        run = manager.run(Request.of((), Direction.UPGRADE))
        while next(run).checkpoint.seen < 10:
            pass
        manager.stop()
        with pytest.raises(InterruptedRunError):
            list(run)
    with engine.manager() as manager:
        last = manager.history().entries[-1]
    assert last.kind is EntryKind.INTERRUPTED
    assert 10 <= last.seen < 30
    done = [isinstance(json.loads(line)["name"], dict) for line in engine.dump()]
    assert sum(done) == last.seen
    assert engine.upgrade().entries[-1].seen == 30


def test_an_irreversible_step_is_refused_when_planning(engine):
    engine.load(3)
    engine.install(files={"migrations/split.py": SPLIT.split("    def downgrade")[0]})
    engine.upgrade()
    with pytest.raises(IrreversibleError):
        engine.downgrade("acme.people@base")


def test_a_document_changed_meanwhile_is_migrated_again_and_never_overwritten(engine):
    """The application writes between the read and the write-back of a page."""
    engine.load(40)
    engine.install()
    with engine.manager(batch_rows=5) as manager:
        for progress in manager.run(Request.of((), Direction.UPGRADE)):
            after = progress.checkpoint.seen
            if not progress.finished:
                # The batch after this one may be committed already; those behind it have been read ahead.
                for key in range(after + 6, min(after + 17, 41)):
                    text = json.dumps({"id": key, "name": f"New{after} Name{key}"}, separators=(",", ":"))
                    engine.execute("UPDATE people SET document = ? WHERE key = ?", text, key)
    rows = [json.loads(line) for line in engine.dump()]
    assert all(row["name"]["last"][4:] == str(row["id"]) for row in rows)
    assert [row["name"]["first"][:3] for row in rows] == ["Fir"] * 5 + ["New"] * 35


def test_a_document_deleted_meanwhile_stays_deleted(engine):
    engine.load(20)
    engine.install()
    with engine.manager(batch_rows=4) as manager:
        for progress in manager.run(Request.of((), Direction.UPGRADE)):
            if progress.checkpoint.seen == 4:
                engine.execute("DELETE FROM people WHERE key = ?", 7)
    assert [json.loads(line)["id"] for line in engine.dump()] == [n for n in range(1, 21) if n != 7]


def test_unchanged_documents_keep_their_bytes(engine):
    """Only documents with a name change; the others have odd spelling and keep it."""
    odd = '{ "id" : 2, "n" : 1.10, "big": 123456789012345678901234567890, "e": 1e400 }'
    engine.load([{"id": 1, "name": "A B"}, {"id": 2}])
    engine.execute("UPDATE people SET document = ? WHERE key = ?", odd, 2)
    only = SPLIT.replace(
        "        first, _, last",
        '        if "name" not in document:\n            return document\n        first, _, last',
    )
    engine.install(files={"migrations/split.py": only.replace('    schema = "schemas/person-1.1.0.json"\n', "")})
    engine.upgrade()
    assert engine.dump()[1].decode() == odd


def test_values_that_are_not_touched_stay_the_same_values(engine):
    engine.load([{"id": 1, "name": "A B"}])
    text = (
        '{"id":1,"z":1.10,"name":"A B","big":123456789012345678901234567890,"tiny":0.1234567890123456789,"huge":1e400}'
    )
    engine.execute("UPDATE people SET document = ? WHERE key = ?", text, 1)
    engine.install()
    engine.upgrade()
    expected = text.replace('"A B"', '{"first":"A","last":"B"}')
    assert engine.dump()[0].decode() == expected
    engine.downgrade("acme.people@base")
    assert engine.dump()[0].decode() == text


def test_a_stop_before_the_first_batch_leaves_the_step_to_be_done(engine):
    """Signals arrive while workers start, too: nothing may be marked as applied that was not looked at."""
    engine.load(30)
    engine.install()
    with engine.manager() as manager:
        run = manager.run(Request.of((), Direction.UPGRADE))
        next(run)
        manager.stop()
        with pytest.raises(InterruptedRunError):
            list(run)
        assert "acme.people" not in manager.history().versions
    assert engine.upgrade().entries[-1].seen == 30


def test_a_taking_back_that_is_turned_round_half_way_leaves_nothing_out(engine):
    """Up to 6 of 12, back to 3 of those, and up again: three kinds of documents, and each goes where it belongs.

    Only the first two pages of a run are sure to have ``batch_rows``: later ones have fewer if a commit took long.
    """
    engine.load(spoil(people(12), 8))
    refuses_to_return = PICKY.replace(
        '        name = document["name"]',
        '        if document["id"] == 5:\n            raise ValueError("not back")\n        name = document["name"]',
    )
    engine.install(files={"migrations/split.py": refuses_to_return})
    with pytest.raises(DocumentsFailedError):
        engine.upgrade(batch_rows=6)
    with pytest.raises(DocumentsFailedError):
        engine.downgrade("acme.people@base", batch_rows=3)
    done = [isinstance(json.loads(line)["name"], dict) for line in engine.dump()]
    assert done == [False] * 3 + [True] * 3 + [False] * 6
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":8,"name":"Good Now"}', 8)
    engine.upgrade(batch_rows=3)
    rows = [json.loads(line) for line in engine.dump()]
    assert [row["name"]["first"] for row in rows] == [f"First{n}" if n != 8 else "Good" for n in range(1, 13)]
