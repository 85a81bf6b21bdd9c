"""Adopting a store: the sample is spread over the whole collection, and costs the same however large it is."""

import uuid

import pytest

from engine import Engine
from sample_pack import people
from sealift.assembly.request import Request
from sealift.errors.adoption import BaselineRefusedError, NotAdoptedError
from sealift.errors.documents import DocumentsFailedError
from sealift.execution.adoption import SAMPLE
from sealift.execution.sampling import sample
from sealift.model.migration import Direction
from sealift.ports import Binding

COUNT = 2500
"""So many that every third document is looked at."""


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_old_documents_are_found_wherever_they_lie(engine, where):
    """Whoever fills tables in the order of the key has the old ones at one end."""
    new = {"first": "F", "last": "L"}
    old = {"first": range(100), "middle": range(1200, 1300), "last": range(2400, 2500)}[where]
    documents = [each if at in old else {**each, "name": new} for at, each in enumerate(people(COUNT))]
    engine.load(documents)
    engine.install()
    with engine.manager() as manager, pytest.raises(BaselineRefusedError) as caught:
        manager.operations.baseline("acme.people@1.1.0", lambda _: None)
    assert caught.value.checked == COUNT // 3
    assert {int(failure.key) - 1 for failure in caught.value.failures} <= set(old)
    assert len(caught.value.failures) in {33, 34}


def test_the_output_says_how_many_were_looked_at(engine):
    engine.load(COUNT)
    engine.install()
    said = engine.command("baseline", "acme.people@base")
    assert said == f"adopted acme.people@base; {COUNT // 3} of {COUNT} documents looked at\n"
    with engine.manager() as manager:
        (entry,) = manager.history().entries
    assert entry.note == f"baseline: {COUNT // 3} of {COUNT} documents looked at"


@pytest.mark.parametrize("count", [0, 1, SAMPLE - 1, SAMPLE, SAMPLE + 1, 2 * SAMPLE + 1])
def test_never_more_than_the_sample_and_all_of_a_small_collection(sqlite_engine, count):
    keys = sampled_keys(sqlite_engine, count)
    assert len(keys) <= SAMPLE
    assert len(set(keys)) == len(keys)
    assert count > SAMPLE or keys == list(range(1, count + 1))


def test_texts_are_keys_too(engine):
    engine.load([{"id": uuid.UUID(int=number * 7919).hex, "name": "A B"} for number in range(1, 40)])
    engine.install()
    with engine.manager() as manager:
        collection = manager.store.collection("people", Binding())
        pages = list(sample(collection, collection.count(), at_most=10))
    keys = [key for page in pages for (key,) in page.keys]
    assert len(keys) == 9
    assert keys == sorted(keys)
    assert max(len(page.keys) for page in pages) <= 16


def sampled_keys(engine: Engine, count: int) -> list[object]:
    engine.load(count or 1)
    if not count:
        engine.execute("DELETE FROM people")
    with engine.manager() as manager:
        collection = manager.store.collection("people", Binding())
        return [key for page in sample(collection, collection.count(), SAMPLE) for (key,) in page.keys]


NEW = {"first": "F", "last": "L"}


def migrated(count):
    return [{**each, "name": NEW} for each in people(count)]


def test_a_store_that_was_migrated_by_other_means_is_not_migrated_again(engine):
    engine.load(migrated(300))
    engine.install()
    before = engine.dump()
    with engine.manager() as manager:
        for run in (manager.upgrade, lambda: list(manager.dry_run(Request.of((), Direction.UPGRADE)))):
            with pytest.raises(NotAdoptedError) as caught:
                run()
            assert (caught.value.version, caught.value.checked) == ("1.1.0", 150)
            assert "sealift baseline acme.people@1.1.0" in caught.value.hint()
        assert not manager.history().entries
    assert engine.dump() == before
    engine.command("baseline", "acme.people@1.1.0")
    assert engine.upgrade().versions["acme.people"] == "1.1.0"
    assert engine.dump() == before


@pytest.mark.parametrize("at_base", [1, 20])
def test_one_document_at_base_is_a_store_at_base(engine, at_base):
    """Whether it is among the first that are looked at, or among the many: the run then says which documents fail."""
    engine.load([each if each["id"] == at_base else {**each, "name": NEW} for each in people(300)])
    engine.install()
    with engine.manager() as manager, pytest.raises(DocumentsFailedError):
        manager.upgrade()


def test_documents_that_are_at_no_version_are_left_to_the_run(engine):
    engine.load([{**each, "name": 7} for each in people(5)])
    engine.install()
    with engine.manager() as manager, pytest.raises(DocumentsFailedError):
        manager.upgrade()


def test_a_pack_with_a_history_is_not_asked(engine):
    engine.load(3)
    engine.install()
    engine.upgrade()
    engine.downgrade("acme.people@base")
    engine.execute("UPDATE people SET document = ?", '{"id":1,"name":{"first":"F","last":"L"}}')
    with engine.manager() as manager, pytest.raises(DocumentsFailedError):
        manager.upgrade()
