"""Which documents are checked, as the operator chose, in runs and in dry runs."""

import json

import pytest

from sample_pack import SPLIT, people
from sealift.assembly.request import Request
from sealift.errors.config import BadSettingError
from sealift.errors.documents import DocumentsFailedError
from sealift.execution.dry_run import DryFailure
from sealift.model.migration import Direction
from sealift.ports import Binding

CARELESS = SPLIT.replace('{"first": first, "last": last}', '{"first": first}')


def test_the_validation_policy_is_obeyed(engine):
    """Everything the migration writes breaks the schema; the policy says whether anybody looks."""
    engine.load(200)
    engine.install(files={"migrations/split.py": CARELESS})
    with pytest.raises(DocumentsFailedError):
        engine.upgrade(validation="changed")
    engine.downgrade("acme.people@base", validation="off")
    with pytest.raises(DocumentsFailedError) as caught:
        engine.upgrade(validation="sample:0.1")
    assert 3 <= len(caught.value.failures) <= 60
    assert engine.upgrade(validation="off").versions["acme.people"] == "1.1.0"


def test_with_all_unchanged_documents_are_checked_too(engine):
    same = SPLIT.replace("        first, _, last", "        return document\n        first, _, last")
    engine.load(5)
    engine.install(files={"migrations/split.py": same})
    with pytest.raises(DocumentsFailedError):
        engine.upgrade(validation="all")
    assert engine.upgrade(validation="changed").versions["acme.people"] == "1.1.0"


def test_a_collection_can_have_a_policy_of_its_own(engine):
    engine.load(5)
    engine.install(files={"migrations/split.py": CARELESS})
    with pytest.raises(DocumentsFailedError):
        engine.upgrade()
    engine.upgrade(collections={"people": Binding(validation="off")})


def test_a_policy_that_is_none_is_a_setting_that_is_wrong(engine):
    engine.load(1)
    engine.install()
    with pytest.raises(BadSettingError, match="sample:RATE"):
        engine.upgrade(validation="sometimes")


TOLERANT = SPLIT.replace('document["name"].partition', 'str(document["name"]).partition').replace(
    'name["last"]', 'name.get("last", "")'
)
"""Makes good documents of some that were not."""
AS_IT_CAME = "as it was before the migration: "


def number_for_a_name(document: dict) -> dict:
    return {**document, "name": 5} if document["id"] in {2, 7} else document


def test_with_all_documents_are_checked_as_they_came(engine):
    engine.load(list(map(number_for_a_name, people(9))))
    engine.install(files={"migrations/split.py": TOLERANT})
    with pytest.raises(DocumentsFailedError) as caught:
        engine.upgrade(validation="all")
    assert [(failure.key, failure.code) for failure in caught.value.failures] == [("2", "invalid"), ("7", "invalid")]
    assert all(failure.message.startswith(AS_IT_CAME) for failure in caught.value.failures)
    assert engine.upgrade(validation="changed").versions["acme.people"] == "1.1.0"
    assert [json.loads(line)["name"]["last"] for line in engine.dump()].count("") == 2


def test_with_all_what_came_wrong_is_set_aside_as_it_came(engine):
    engine.load(list(map(number_for_a_name, people(9))))
    engine.install(files={"migrations/split.py": TOLERANT})
    engine.upgrade(validation="all", on_error="quarantine", batch_rows=2)
    names = [json.loads(line)["name"] for line in engine.dump()]
    assert [at for at, name in enumerate(names, start=1) if name == 5] == [2, 7]
    with engine.manager() as manager:
        assert [item.key for item in manager.operations.quarantined()] == [(2,), (7,)]


def test_with_all_a_downgrade_checks_against_the_schema_it_comes_from(engine):
    engine.load(5)
    engine.install(files={"migrations/split.py": TOLERANT})
    engine.upgrade(validation="all")
    engine.execute("UPDATE people SET document = ? WHERE key = ?", '{"id":4,"name":{"first":"Only"}}', 4)
    with pytest.raises(DocumentsFailedError) as caught:
        engine.downgrade("acme.people@base", validation="all")
    (failure,) = caught.value.failures
    assert failure.key == "4"
    assert failure.message.startswith(AS_IT_CAME)
    assert engine.downgrade("acme.people@base").versions["acme.people"] == "1.0.0"


def test_a_dry_run_checks_documents_as_they_come_too(engine):
    engine.load(list(map(number_for_a_name, people(9))))
    engine.install(files={"migrations/split.py": TOLERANT})
    for validation, expected in (("changed", []), ("all", ["2", "7"])):
        with engine.manager(validation=validation, batch_rows=2) as manager:
            items = list(manager.dry_run(Request.of((), Direction.UPGRADE)))
        assert [item.document.key for item in items if isinstance(item, DryFailure)] == expected
