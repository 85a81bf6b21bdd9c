"""Every real record goes up, satisfies each schema, and comes back byte for byte."""

import importlib.util
import json
from pathlib import Path

import jsonschema_rs
import pytest
from example_countries.pack.migrations.calling_codes import CountCallingCodes
from example_countries.pack.migrations.capital import JoinCapital
from example_countries.pack.migrations.codes import GatherCodes

PROJECT = Path(__file__).resolve().parents[1]
PACK = PROJECT / "example_countries" / "pack"
MIGRATIONS = [JoinCapital(), CountCallingCodes(), GatherCodes()]


def encode(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def records():
    spec = importlib.util.spec_from_file_location("documents", PROJECT / "documents.py")
    documents = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(documents)
    return [line.rstrip("\n") for line in documents.lines()]


def validator(version):
    schema = json.loads((PACK / "schemas" / f"country-{version}.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema)


def check(version, document):
    errors = [error.message for error in VALIDATORS[version].iter_errors(document)]
    assert not errors, (version, document["id"], errors)


VALIDATORS = {version: validator(version) for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0")}
RECORDS = records()


def test_the_package_holds_the_records_the_pack_was_written_for():
    assert len(RECORDS) >= 270


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda record: json.loads(record)["id"].encode("ascii", "replace").decode()
)
def test_up_and_down_gives_the_record_back(record):
    document = json.loads(record)
    assert encode(document) == record
    check("1.0.0", document)
    stages = []
    for migration in MIGRATIONS:
        stages.append(encode(document))
        document = migration.upgrade(document)
        check(migration.version, document)
    for migration, stage in zip(reversed(MIGRATIONS), reversed(stages), strict=True):
        document = migration.downgrade(document)
        assert encode(document) == stage


@pytest.mark.parametrize("file", sorted((PACK / "examples").glob("*.json")), ids=lambda file: file.stem)
def test_the_examples_say_what_happens(file):
    example = json.loads(file.read_text(encoding="utf-8"))
    (migration,) = [migration for migration in MIGRATIONS if migration.version == example["to"]]
    after = migration.upgrade(json.loads(encode(example["before"])))
    assert encode(after) == encode(example["after"])
    assert encode(migration.downgrade(after)) == encode(example["before"])
