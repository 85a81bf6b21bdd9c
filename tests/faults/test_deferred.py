"""Constraints that the database checks only at the end of a transaction: the document that breaks one is named."""

import json

import pytest

from engine import Engine
from sealift.errors.documents import DocumentsFailedError
from sealift.errors.store_documents import DocumentRefusedError
from sealift.ports import Binding

TOML = 'name = "acme.people"\nbase = "1.0.0"\n\n[collections.people]\n'
MOVE = '''\
"""Moves everybody to the town that they want."""

from sealift import Migration


class Move(Migration):
    version = "1.1.0"
    collection = "people"

    def upgrade(self, document):
        document["town"] = document["wish"]
        return document
'''
FILES = {"migrations/split.py": MOVE, "pack.toml": TOML}
TOWNS = (10, 20)
NOWHERE = 99
PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, wish INTEGER, "
    "town INTEGER REFERENCES {parent} DEFERRABLE INITIALLY DEFERRED)"
)
COUNT = 30


@pytest.fixture
def towns(engine):
    engine.execute_script("CREATE TABLE town (id INTEGER PRIMARY KEY)")
    for town in TOWNS:
        engine.execute("INSERT INTO town VALUES (?)", town)
    engine.install(files=FILES)
    return Engine(
        folder=engine.folder, database=engine.database, settings={"collections": {"people": Binding(table="people")}}
    )


def fill(engine, *lost, parent="town"):
    engine.execute_script(PEOPLE.format(parent=parent))
    for number in range(1, COUNT + 1):
        engine.execute("INSERT INTO people VALUES (?, ?, 10)", number, NOWHERE if number in lost else 20)


def movers(engine):
    return [row["id"] for row in map(json.loads, engine.dump()) if row["town"] == row["wish"]]


@pytest.mark.parametrize("parent", ["town", "town (id)"])
def test_each_document_that_a_deferred_key_refuses_is_named(towns, parent):
    fill(towns, 4, 21, parent=parent)
    with towns.manager(batch_rows=10) as manager, pytest.raises(DocumentsFailedError) as caught:
        manager.upgrade()
    (failure,) = caught.value.failures
    assert (failure.key, failure.code) == ("4", "refused")
    assert "foreign key constraint" in failure.message.lower()
    assert "town" in failure.message
    assert movers(towns) == []


def test_the_others_get_on(towns):
    fill(towns, 1, 9, 21)
    with towns.manager(batch_rows=10, on_error="quarantine", quarantine_limit=3) as manager:
        history = manager.upgrade()
        assert [item.key for item in manager.operations.quarantined()] == [(1,), (9,), (21,)]
    assert history.entries[-1].failed == 3
    assert movers(towns) == [number for number in range(1, COUNT + 1) if number not in {1, 9, 21}]


def test_documents_that_were_broken_before_and_are_not_touched_do_not_stand_in_the_way(towns):
    """SQLite lets programs switch its foreign keys off, so rows that break them are in real databases."""
    if towns.database.startswith("postgresql"):
        fill(towns, 4)
        towns.execute("DELETE FROM people WHERE id > 5")
    else:
        fill(towns, 4)
        towns.execute("UPDATE people SET town = 77, wish = 77 WHERE id > 5")  # foreign keys are off here
    with towns.manager(batch_rows=10) as manager, pytest.raises(DocumentsFailedError) as caught:
        manager.upgrade()
    assert [failure.key for failure in caught.value.failures] == ["4"]


def test_within_one_transaction_a_later_batch_may_set_right_what_an_earlier_one_broke(towns):
    """A chain of people, each referring to the next one: only the whole of it satisfies the key."""
    towns.execute_script(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, code INTEGER NOT NULL UNIQUE, wish INTEGER, "
        "town INTEGER REFERENCES people (code) DEFERRABLE INITIALLY DEFERRED)"
    )
    for number in range(1, 13):
        towns.execute("INSERT INTO people VALUES (?, ?, ?, NULL)", number, number, 113 - number)
    towns.install(
        version="1.1.1",
        files={
            **FILES,
            "migrations/split.py": MOVE.replace('["wish"]\n', '["wish"]\n        document["code"] += 100\n'),
        },
    )
    with towns.manager(batch_rows=5) as manager:
        manager.upgrade(atomic=True)
    assert movers(towns) == list(range(1, 13))


def test_in_one_transaction_the_end_of_it_is_refused_with_what_the_database_says(towns):
    fill(towns, 4)
    with towns.manager() as manager, pytest.raises(DocumentRefusedError) as caught:
        manager.upgrade(atomic=True)
    assert "foreign key" in caught.value.message().lower()
    assert movers(towns) == []
    with towns.manager() as manager:
        assert manager.history().entries[-1].kind.value == "failed"
