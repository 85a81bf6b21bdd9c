"""What every verb prints with ``--format json``, success and failure, held to the published schemas."""

import json
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from installed import ROOT, Installed
from sample_pack import SPLIT, people, write_jsonl, write_pack
from sealift.cli.app import _VERBS

SCHEMAS = ROOT / "docs" / "reference" / "schemas"


def schemas() -> Registry:
    contents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    return Registry().with_resources([(name, Resource.from_contents(content)) for name, content in contents.items()])


def valid(verb: str, content: dict) -> dict:
    registry = schemas()
    validator = Draft202012Validator({"$ref": f"{verb}.json"}, registry=registry)
    problems = [problem.message for problem in validator.iter_errors(content)]
    if problems:  # of several forms, show what is wrong with the one that is nearest
        forms = registry.contents(f"{verb}.json")["anyOf"]
        near = [Draft202012Validator({**form, "$id": "x:/"}, registry=registry) for form in forms if "$ref" not in form]
        details = [[f"{list(e.absolute_path)}: {e.message}" for e in item.iter_errors(content)] for item in near[:3]]
        raise AssertionError(f"{verb}: {problems}\n{details}\n{json.dumps(content, indent=1)}")  # noqa: TRY003,EM102
    return content


def told(installed: Installed, verb: str, *arguments: str | Path, status: int = 0) -> dict:
    """Call the verb; its one object satisfies the verb's schema, and says what the exit status says."""
    content = valid(verb, installed.json(verb, *arguments, status=status))
    assert content["operation"] == verb
    assert content["ok"] is (status == 0)
    return content


def test_there_is_one_schema_for_each_verb():
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {*_VERBS, "common"}
    for path in SCHEMAS.glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_a_schema_refuses_what_it_does_not_name():
    content = {"operation": "lock", "ok": True, "warnings": [], "error": None, "lines": []}
    valid("lock", content)
    for wrong in ({"more": 1}, {"lines": [1]}, {"operation": "check"}, {"error": {"code": "LOCK-1"}}, {"ok": None}):
        with pytest.raises(AssertionError):
            valid("lock", {**content, **wrong})


def test_of_the_author(installed, tmp_path):
    told(installed, "new", "acme.orders", "orders")
    assert told(installed, "new", "acme.orders", "orders", status=1)["error"]["code"] == "PACK-031"
    told(installed, "lint", "orders")
    bad = write_pack(tmp_path / "bad", files={"migrations/split.py": "import os\n" + SPLIT})
    assert {item["code"] for item in told(installed, "lint", bad, status=1)["findings"]} == {"LANG-015"}
    assert told(installed, "lint", ".", status=1)["error"]["code"] == "PACK-001"
    tests = told(installed, "test", "orders", status=1)["tests"]
    assert "CONFIG-006" in {item["code"] for item in tests}  # the extra `testing` is not installed
    generated = ("schemas", "round_trip", "determinism", "resume")
    told(installed, "test", "orders", *(word for name in generated for word in ("--skip", name)))
    assert told(installed, "test", "nowhere", status=1)["error"]["code"] == "PACK-001"


def test_of_the_one_who_releases(installed, signed, tmp_path):
    assert told(installed, "verify", "x.whl", status=2)["error"]["code"] == "CONFIG-007"
    told(installed, "keygen", "one")
    assert told(installed, "keygen", "one", status=1)["error"]["code"] == "SIGN-003"
    project = write_pack(tmp_path / "project")
    told(installed, "sign", project, "--key", "one.key")
    assert told(installed, "sign", project, "--key", "one.pem", status=1)["error"]["code"] == "SIGN-001"
    assert told(installed, "verify", project, status=5)["error"]["code"] == "TRUST-029"
    wheel = signed(project)
    told(installed, "verify", wheel)
    told(installed, "verify")
    told(installed, "lock", wheel)
    assert told(installed, "lock", "x.whl", status=2)["error"]["code"] == "CONFIG-007"


def test_of_trust(installed):
    installed.sealift("keygen", "one")
    told(installed, "trust", "init")
    told(installed, "trust", "add", "one.pem", "--packs", "acme.*", "--expires", "2199-01-31")
    told(installed, "trust", "list")
    told(installed, "trust", "status")
    told(installed, "trust", "revoke", "one.pem", "--reason", "lost")
    told(installed, "trust", "list")
    assert told(installed, "trust", "add", "none.pem", "--packs", "acme.*", status=2)["error"]["code"]


def test_of_the_operator(people_store):
    installed = people_store()
    for verb in ("packs", "status", "plan", "graph", "doctor"):
        told(installed, verb)
    assert told(installed, "check", status=3)["pending"]
    told(installed, "upgrade", "--dry-run")
    told(installed, "upgrade", "--yes")
    told(installed, "upgrade", "--yes")
    told(installed, "check")
    told(installed, "history")
    told(installed, "history", "--verify")
    told(installed, "downgrade", "--dry-run", "acme.people@base")
    told(installed, "downgrade", "--yes", "acme.people@base")
    told(installed, "cancel")
    told(installed, "dump", "--collection", "people", "out.jsonl")
    told(installed, "load", "out.jsonl", "--collection", "others")


def test_of_a_store_that_is_adopted(people_store):
    installed = people_store()
    assert told(installed, "baseline", "acme.people@1.1.0", status=1)["error"]["code"] == "RUN-131"
    told(installed, "baseline", "acme.people@1.0.0")
    assert told(installed, "baseline", "acme.people@1.0.0", status=4)["error"]["code"] == "RUN-132"


def test_of_documents_that_fail(people_store):
    installed = people_store(documents=[*people(3), {"id": 4, "name": None}, {"id": 5, "name": None}])
    assert told(installed, "upgrade", "--dry-run", status=1)["failures"]
    assert told(installed, "upgrade", "--yes", status=1)["error"]["failures"]
    told(installed, "upgrade", "--yes", "--on-error", "quarantine")
    assert len(told(installed, "quarantine", "list")["documents"]) == 2
    assert told(installed, "quarantine", "drop", "99", status=2)["error"]["code"] == "RUN-133"
    assert told(installed, "quarantine", "retry", "1", status=1)["documents"][0]["error"]
    told(installed, "quarantine", "drop", "1")
    with sqlite3.connect(installed.directory / "sealift.db") as store:
        store.execute("update people set document = ? where key = 5", ['{"id":5,"name":"Ada Lovelace"}'])
    store.close()
    told(installed, "quarantine", "retry")


def test_of_every_verb_without_a_store(installed):
    for verb in ("status", "check", "plan", "graph", "history", "cancel", "upgrade"):
        assert told(installed, verb, status=2)["error"]["code"] == "STORE-002", verb
    assert told(installed, "downgrade", "acme.people@base", status=2)["error"]["code"] == "STORE-002"
    assert told(installed, "baseline", "acme.people@1.0.0", status=2)["error"]["code"] == "STORE-002"
    assert told(installed, "quarantine", status=2)["error"]["code"] == "STORE-002"
    assert told(installed, "dump", "--collection", "people", status=2)["error"]["code"] == "STORE-002"
    told(installed, "doctor", status=1)
    assert "no store" in told(installed, "packs")["warnings"][0]


def test_of_a_wrong_command_line(installed):
    for verb in _VERBS:
        assert told(installed, verb, "--no-such-option", status=2)["error"]["code"] == "CONFIG-000", verb


@pytest.mark.parametrize(
    ("file", "variables", "code"),
    [
        ('databse = "sqlite://"', {}, "CONFIG-001"),
        ("workers = 0", {}, "CONFIG-002"),
        ("workers = ", {}, "CONFIG-003"),
        ("", {"SEALIFT_WROKERS": "1"}, "CONFIG-001"),
        ("", {"SEALIFT_WORKERS": "many"}, "CONFIG-002"),
        ('allow_unsigned = ["acme.people"]', {}, "CONFIG-005"),
    ],
)
def test_of_a_wrong_setting(installed, file, variables, code):
    (installed.directory / "sealift.toml").write_text(file + "\n")
    installed.variables.update(variables)
    assert told(installed, "status", status=2)["error"]["code"] == code


def test_of_a_wrong_target(people_store):
    assert told(people_store(), "plan", "Acme", status=2)["error"]["code"] == "CONFIG-004"


@pytest.mark.parametrize(
    ("text", "code"), [('{"id":1}\n{\n', "RUN-121"), ('{"id":1}\n{"id":true}\n', "RUN-122"), (None, "RUN-123")]
)
def test_of_a_file_that_cannot_be_loaded(installed, text, code):
    if text is not None:
        (installed.directory / "people.jsonl").write_text(text)
    assert told(installed, "load", "people.jsonl", "--collection", "people", status=1)["error"]["code"] == code


SLOW = """
create trigger slow before update on people begin
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) select max(i) from n;
end
"""
"""Each document takes about twenty milliseconds: the run lasts much longer than it takes to see that it began."""


def test_of_an_interrupted_run(people_store):
    installed = people_store(2000)
    change_store(installed, SLOW)
    running = installed.start("--format", "json", "upgrade", "--yes", "--batch-rows", "10")
    deadline = time.monotonic() + 30
    while not installed.json("history")["entries"] and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 7
    assert valid("upgrade", json.loads(output))["error"]["code"] == "RUN-103"


def test_of_loaded_files(tmp_path):
    """The schemas are read by other programs: they stand on their own feet, relative to each other."""
    write_jsonl(tmp_path / "x.jsonl", people(1))
    for path in SCHEMAS.glob("*.json"):
        for reference in json.dumps(json.loads(path.read_text(encoding="utf-8"))).split('"$ref": "')[1:]:
            name, _, place = reference.partition('"')[0].partition("#/$defs/")
            content = json.loads((SCHEMAS / (name or path.name)).read_text(encoding="utf-8"))
            assert place in content["$defs"], reference


def change_store(installed: Installed, statement: str) -> None:
    with sqlite3.connect(installed.directory / "sealift.db") as store:
        store.execute(statement)
    store.close()


def test_of_a_document_that_is_never_as_it_was_read(people_store):
    installed = people_store()
    trigger = "create trigger stubborn before update on people when old.key = 2 begin select raise(ignore); end"
    change_store(installed, trigger)
    error = told(installed, "upgrade", "--yes", status=1)["error"]
    assert (error["code"], error["key"]) == ("RUN-105", "2")


def test_of_a_store_that_refuses_an_operation(people_store):
    installed = people_store()
    installed.sealift("upgrade", "--yes")
    change_store(installed, "drop table sealift_progress")
    assert told(installed, "downgrade", "--yes", "acme.people@base", status=1)["error"]["code"] == "STORE-040"
