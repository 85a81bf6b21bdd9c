"""The example pack, run natively over every record: nothing is lost on the way up and back."""

import importlib.util
import json
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import jsonschema_rs
import msgspec
import pytest
from hatchling.builders.wheel import WheelBuilder

PROJECT = Path(__file__).resolve().parents[3] / "docs" / "examples" / "countries"
PACK = PROJECT / "example_countries" / "pack"
STEPS = (("capital", "JoinCapital"), ("calling_codes", "CountCallingCodes"), ("codes", "GatherCodes"))
VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0")


def load(path):
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema(version):
    return json.loads((PACK / "schemas" / f"country-{version}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def documents():
    return load(PROJECT / "documents.py")


@pytest.fixture(scope="module")
def lines(documents):
    return list(documents.lines())


@pytest.fixture(scope="module")
def migrations():
    return [getattr(load(PACK / "migrations" / f"{stem}.py"), name)() for stem, name in STEPS]


def encode(document):
    """Encode as the worker does: msgspec, compact."""
    return msgspec.json.encode(document).decode() + "\n"


def test_every_record_goes_up_and_comes_back_byte_for_byte(lines, migrations):
    assert len(lines) >= 270
    for line in lines:
        document, stages = json.loads(line), []
        for migration in migrations:
            stages.append(encode(document))
            document = migration.upgrade(document)
            assert document["id"] == json.loads(line)["id"]
        assert stages[0] == line
        for migration, stage in zip(reversed(migrations), reversed(stages), strict=True):
            document = migration.downgrade(document)
            assert encode(document) == stage


def test_every_record_satisfies_the_schema_of_every_version(lines, migrations):
    validators = [jsonschema_rs.Draft202012Validator(schema(version)) for version in VERSIONS]
    for line in lines:
        document = json.loads(line)
        for validator, migration in zip(validators, [*migrations, None], strict=True):
            assert [error.message for error in validator.iter_errors(document)] == [], document["id"]
            document = migration.upgrade(document) if migration else document


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_tell_the_versions_apart(lines, migrations, version):
    validator = jsonschema_rs.Draft202012Validator(schema(version))
    document = next(json.loads(line) for line in lines if json.loads(line)["id"] == "germany")
    for other in VERSIONS:
        assert validator.is_valid(document) == (other == version)
        if other != VERSIONS[-1]:
            document = migrations[VERSIONS.index(other)].upgrade(document)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_are_draft_2020_12(version):
    assert schema(version)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema(version))


def test_the_records_are_those_of_the_package(lines):
    files = [file for file in distribution("countryinfo").files if file.suffix == ".json"]
    records = {json.loads(line)["id"]: json.loads(line) for line in lines}
    assert set(records) == {file.stem for file in files}
    for file in files:
        key, content = file.stem, json.loads(file.locate().read_text(encoding="utf-8"))
        if key == "holy_see_vatican_city" and file.parent.name == "data_no_iso":
            continue
        assert records[key] == {"id": key, **content}
        assert list(records[key]) == ["id", *content]


def test_the_records_are_in_order_of_their_keys(lines):
    keys = [json.loads(line)["id"] for line in lines]
    assert keys == sorted(set(keys), key=lambda key: key.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ "a" : 1.50,\n "b": [ 1e400, -0, 1E-7 ] }', '{"a":1.50,"b":[1e400,-0,1E-7]}'),
        (r'{"a b": " x \" y : 1 , \\"}', r'{"a b":" x \" y : 1 , \\"}'),
        (r'{"a": "\u00e9\u00FC\/\u0001"}', r'{"a":"éü/\u0001"}'),
        ("{}", "{}"),
    ],
)
def test_compact_keeps_numbers_as_they_are_spelt(documents, text, expected):
    assert documents.compact(text) == expected


def test_a_record_without_members_gets_its_id(documents):
    assert documents.with_id('a"b', "{}") == '{"id":"a\\"b"}'


def test_main_writes_the_lines_to_the_file_that_is_named(documents, lines, tmp_path):
    documents.main([str(tmp_path / "out.jsonl")])
    assert (tmp_path / "out.jsonl").read_bytes() == "".join(lines).encode()


def test_the_wheel_carries_the_whole_pack_and_no_other_code(tmp_path):
    (wheel,) = WheelBuilder(str(PROJECT)).build(directory=str(tmp_path), versions=["standard"])
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    pack = {
        str(file.relative_to(PROJECT)) for file in PACK.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    }
    assert names == pack
    entry_points = zipfile.ZipFile(wheel).read("example_countries-2.0.0.dist-info/entry_points.txt").decode()
    assert entry_points.split("\n")[:2] == ["[sealift.packs]", "example.countries = example_countries.pack"]


def test_every_record_goes_up_and_comes_back_in_the_restricted_language(lines, migrations):
    from sealift.worker.compiler import compile_unit

    sources = {f"migrations/{file.name}": file.read_text(encoding="utf-8") for file in PACK.glob("migrations/*.py")}
    units = [compile_unit(sources, f"migrations/{stem}.py", name) for stem, name in STEPS]
    for line in lines:
        document, natively = json.loads(line), json.loads(line)
        for unit, migration in zip(units, migrations, strict=True):
            document, natively = unit.call("upgrade", document), migration.upgrade(natively)
            assert encode(document) == encode(natively)
        for unit in reversed(units):
            document = unit.call("downgrade", document)
        assert encode(document) == line
