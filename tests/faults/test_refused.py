"""Documents that the table refuses: found within their batch, named, and set aside like any other that fails."""

import json

import pytest

from sealift.errors.documents import DocumentsFailedError
from test_size import scaled

TOML = 'name = "acme.people"\nbase = "1.0.0"\n\n[collections.people]\n'
GROW = '''\
"""Makes some documents longer than the table allows."""

from sealift import Migration


class Grow(Migration):
    version = "1.1.0"
    collection = "people"

    def upgrade(self, document):
        document["pad"] = "x" * document["grow"]
        return document
'''
RAISE = '        if document["grow"] == 6:\n            raise ValueError("six")\n        document'
FILES = {"migrations/split.py": GROW, "pack.toml": TOML}
COUNT = scaled(40)


@pytest.fixture
def strict(engine):
    """A table that refuses documents of more than 200 characters."""
    length = "length(document)" if engine.database.startswith("sqlite") else "length(document::text)"
    engine.execute_script(
        f"CREATE TABLE people (key INTEGER PRIMARY KEY, document JSON NOT NULL, CHECK ({length} <= 200))"
    )
    engine.install(files=FILES)
    return engine


def fill(engine, *bad):
    for number in range(1, COUNT + 1):
        text = json.dumps({"id": number, "grow": 500 if number in bad else 5})
        engine.execute("INSERT INTO people VALUES (?, ?)", number, text)


def grown(engine):
    return [json.loads(line)["id"] for line in engine.dump() if "pad" in json.loads(line)]


@pytest.mark.parametrize("atomic", [False, True])
def test_each_refused_document_is_named_and_nothing_of_its_batch_is_written(strict, atomic):
    fill(strict, 3, 17, 18, COUNT)
    with strict.manager() as manager, pytest.raises(DocumentsFailedError) as caught:
        manager.upgrade(atomic=atomic)
    failures = caught.value.failures
    assert [failure.key for failure in failures] == ["3", "17", "18", str(COUNT)]
    assert {failure.code for failure in failures} == {"refused"}
    assert "constraint" in failures[0].message.lower()
    assert grown(strict) == []


@pytest.mark.parametrize("atomic", [False, True])
def test_refused_documents_are_set_aside_and_the_others_get_on(strict, atomic):
    bad = (1, 2, 9, 33)
    fill(strict, *bad)
    with strict.manager(on_error="quarantine", batch_rows=11, quarantine_limit=4) as manager:
        history = manager.upgrade(atomic=atomic)
        items = manager.operations.quarantined()
    assert [(item.key, item.error.code) for item in items] == [((key,), "refused") for key in bad]
    assert json.loads(items[0].document) == {"id": 1, "grow": 500}
    last = history.entries[-1]
    assert (last.seen, last.changed, last.failed) == (COUNT, COUNT - 4, 4)
    assert grown(strict) == [number for number in range(1, COUNT + 1) if number not in bad]


def test_documents_that_only_exclude_each_other_are_found_too(engine):
    """Each fits alone; the second one of a pair breaks a unique index over what both become."""
    is_sqlite = engine.database.startswith("sqlite")
    member = "json_extract(document, '$.pad')" if is_sqlite else "(document ->> 'pad')"
    engine.execute_script("CREATE TABLE people (key INTEGER PRIMARY KEY, document JSON NOT NULL)")
    engine.execute_script(f"CREATE UNIQUE INDEX one_pad ON people ({member})")
    engine.install(files=FILES)
    for number in range(1, 9):
        grow = 3 if number in {2, 7} else 10 + number
        engine.execute("INSERT INTO people VALUES (?, ?)", number, json.dumps({"id": number, "grow": grow}))
    with pytest.raises(DocumentsFailedError) as caught:
        engine.upgrade()
    assert [failure.key for failure in caught.value.failures] == ["7"]


def test_room_in_the_quarantine_is_taken_once_however_often_a_batch_is_written(strict):
    strict.install(version="1.1.2", files={**FILES, "migrations/split.py": GROW.replace("        document", RAISE, 1)})
    fill(strict, 4)
    strict.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":5,"grow":6}', 5)
    with strict.manager(on_error="quarantine", quarantine_limit=2) as manager:
        manager.upgrade()
        assert [(item.key, item.error.code) for item in manager.operations.quarantined()] == [
            ((5,), "raised"),
            ((4,), "refused"),
        ]
