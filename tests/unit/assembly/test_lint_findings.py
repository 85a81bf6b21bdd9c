"""One deliberately broken pack for each finding of lint that looks at several files; none for a sound one."""

import json

import pytest

from pack_under_test import AFTER, BEFORE, MIGRATION, migration, write_notes
from sealift.assembly.linting import lint
from sealift.sandbox import open_cage
from signed_notes import sign

OPEN = {name: value for name, value in BEFORE.items() if name != "additionalProperties"}
UP = 'document["body"] = document.pop("text")\nreturn document'
DOWN = 'document["text"] = document.pop("body")\nreturn document'
SCHEMA = "schemas/note-1.1.0.json"


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield opened


def found(project, cage):
    """Return code and line of every remark, the files' names with them."""
    return [(remark.code, remark.file.rpartition("/")[2], remark.line) for remark in lint(project, cage)]


def test_a_sound_pack_has_none(tmp_path, cage):
    assert found(write_notes(tmp_path), cage) == []


def with_schema(**changes):
    return {SCHEMA: json.dumps({**AFTER, **changes})}


EMPTY = {
    "false": "false",
    "no object": json.dumps({"type": "array"}),
    "required and not allowed": json.dumps({**AFTER, "required": ["id", "body", "gone"]}),
    "required and false": json.dumps({**AFTER, "properties": {**AFTER["properties"], "body": False}}),
    "two types": json.dumps({**AFTER, "allOf": [{"properties": {"id": {"type": "string"}}}]}),
    "crossed lengths": json.dumps(
        {**AFTER, "properties": {**AFTER["properties"], "body": {"type": "string", "minLength": 3, "maxLength": 2}}}
    ),
    "crossed bounds": json.dumps(
        {**AFTER, "properties": {**AFTER["properties"], "id": {"type": "integer", "minimum": 3, "maximum": 2}}}
    ),
    "enum of another type": json.dumps(
        {**AFTER, "properties": {**AFTER["properties"], "id": {"type": "integer", "enum": ["1", "2"]}}}
    ),
    "no branch": json.dumps({**AFTER, "anyOf": [{"type": "string"}, {"required": ["gone"]}]}),
    "through a reference": json.dumps(
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "minProperties": 2, "maxProperties": 1}}}
    ),
}


@pytest.mark.parametrize("schema", EMPTY.values(), ids=EMPTY)
def test_a_schema_that_nothing_satisfies(tmp_path, cage, schema):
    project = write_notes(tmp_path, {SCHEMA: schema, "examples/milk.json": None})
    assert ("PACK-034", "note-1.1.0.json", 1) in found(project, cage)


SATISFIABLE = {
    "a forbidden member": json.dumps({**AFTER, "properties": {**AFTER["properties"], "old": False}}),
    "it contains itself": json.dumps({**AFTER, "properties": {**AFTER["properties"], "tags": {"$ref": "#"}}}),
    "a pattern allows it": json.dumps({**AFTER, "required": ["x1"], "patternProperties": {"^x": True}}),
    "another type is left": json.dumps(
        {**AFTER, "properties": {**AFTER["properties"], "body": {"minLength": 3, "maxLength": 2}}}
    ),
    "one branch is left": json.dumps({**AFTER, "anyOf": [{"type": "string"}, {"required": ["tags"]}]}),
    "an enum with a whole number": json.dumps(
        {**AFTER, "properties": {**AFTER["properties"], "id": {"type": "number", "enum": [1, "a"]}}}
    ),
}


@pytest.mark.parametrize("schema", SATISFIABLE.values(), ids=SATISFIABLE)
def test_a_schema_that_something_satisfies_is_left_alone(tmp_path, cage, schema):
    project = write_notes(tmp_path, {SCHEMA: schema, "examples/milk.json": None})
    assert "PACK-034" not in [code for code, _, _ in found(project, cage)]


READS = {
    "pop": ('document["body"] = document.pop("txt")\nreturn document', 14),
    "subscript": ('document["body"] = document["txt"]\nreturn document', 14),
    "del": ('del document["txt"]\nreturn document', 14),
    "further down": ('if document["id"]:\n    for tag in document["txt"]:\n        pass\nreturn document', 15),
}


@pytest.mark.parametrize(("body", "line"), READS.values(), ids=READS)
def test_a_member_that_the_schema_before_does_not_have(tmp_path, cage, body, line):
    files = {"migrations/rename.py": migration(body, DOWN)}
    assert found(write_notes(tmp_path / "closed", files), cage) == [("PACK-035", "rename.py", line)]
    files["schemas/note-1.0.0.json"] = json.dumps(OPEN)
    assert found(write_notes(tmp_path / "open", files), cage) == [("PACK-036", "rename.py", line)]


def test_downgrade_is_held_against_the_schema_after(tmp_path, cage):
    files = {"migrations/rename.py": migration(UP, 'document["text"] = document.pop("boddy")\nreturn document')}
    (remark,) = lint(write_notes(tmp_path, files), cage)
    assert remark.code == "PACK-035"
    assert remark.instead == "did you mean 'body'?"


NO_READS = {
    "asked for": 'if "txt" in document:\n    document["body"] = document["txt"]\nreturn document',
    "get": 'document["body"] = document.get("txt") or document["txt"]\nreturn document',
    "a default": 'document["body"] = document.pop("txt", "")\nreturn document',
    "tried": 'try:\n    document["body"] = document["txt"]\nexcept KeyError:\n    pass\nreturn document',
    "its own": 'document["txt"] = 1\ndocument["body"] = str(document["txt"])\nreturn document',
    "another value": 'document = {"txt": document["text"]}\ndocument["body"] = document["txt"]\nreturn document',
    "a member of a member": 'document["body"] = {"txt": ""}["txt"]\nreturn document',
}


@pytest.mark.parametrize("body", NO_READS.values(), ids=NO_READS)
def test_a_member_that_is_not_taken_for_granted_is_left_alone(tmp_path, cage, body):
    assert found(write_notes(tmp_path, {"migrations/rename.py": migration(body, DOWN)}), cage) == []


def test_members_that_schemas_name_in_parts_are_known(tmp_path, cage):
    schema = {"allOf": [{"$ref": "#/$defs/a"}, {"if": True, "then": {"required": ["text"]}}], "$defs": {"a": BEFORE}}
    schema["$defs"]["a"] = {**OPEN, "properties": {"id": True}, "required": ["id"]}
    assert found(write_notes(tmp_path, {"schemas/note-1.0.0.json": json.dumps(schema)}), cage) == []


def test_versions_that_stores_would_never_run_and_that_are_gone(tmp_path, cage):
    sign(write_notes(tmp_path))
    late = MIGRATION.replace('"1.1.0"', '"1.0.5"').replace("Rename", "Late")
    write_notes(tmp_path, {"migrations/late.py": late})
    assert ("PACK-032", "late.py", 7) in found(tmp_path, cage)
    (tmp_path / "acme_notes/pack/migrations/late.py").write_text(late.replace("1.0.5", "1.2.0"))
    assert "PACK-032" not in [code for code, _, _ in found(tmp_path, cage)]
    (tmp_path / "acme_notes/pack/migrations/rename.py").unlink()
    (tmp_path / "acme_notes/pack/examples/milk.json").unlink()
    assert "PACK-033" in [code for code, _, _ in found(tmp_path, cage)]


HATCH = '[tool.hatch.build.targets.wheel]\npackages = ["acme_notes"]\n'
SETUPTOOLS = (
    'requires = ["hatchling>=1.26"]\nbuild-backend = "hatchling.build"',
    'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"',
)
PACKAGES = 'packages = ["acme_notes"]'
DATA = "[tool.setuptools.package-data]\n"
WHEELS = {
    "hatch: another package": [(PACKAGES, 'packages = ["other"]')],
    "hatch: no package is found": [(PACKAGES, "")],
    "hatch: excluded by name": [(PACKAGES, 'packages = ["acme_notes"]\nexclude = ["*.json"]')],
    "hatch: excluded by path": [(PACKAGES, PACKAGES + '\nexclude = ["/acme_notes/pack/schemas"]')],
    "hatch: excluded everywhere": [(HATCH, HATCH + '\n[tool.hatch.build]\nexclude = ["examples"]\n')],
    "setuptools: no data": [SETUPTOOLS],
    "setuptools: not all data": [SETUPTOOLS, (HATCH, DATA + 'acme_notes = ["pack/*.toml", "pack/schemas/*.json"]\n')],
}
WHOLE = {
    "hatch: found by itself": [(PACKAGES, "")],
    "hatch: the whole project": [(PACKAGES, 'include = ["/acme_notes/**"]')],
    "hatch: caches": [(PACKAGES, 'packages = ["acme_notes"]\nexclude = ["__pycache__", "*.pyc"]')],
    "setuptools: all data": [SETUPTOOLS, (HATCH, '[tool.setuptools.package-data]\nacme_notes = ["pack/**/*"]\n')],
    "setuptools: by the folder": [SETUPTOOLS, (HATCH, '[tool.setuptools.package-data]\n"*" = ["*.json", "*.toml"]\n')],
    "another backend": [('"hatchling.build"', '"flit_core.buildapi"')],
}


def with_pyproject(directory, changes):
    project = write_notes(directory)
    text = (project / "pyproject.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (project / "pyproject.toml").write_text(text)
    return project


@pytest.mark.parametrize("changes", WHEELS.values(), ids=WHEELS)
def test_files_that_the_wheel_would_miss(tmp_path, cage, changes):
    project = with_pyproject(tmp_path, changes)
    remarks = [remark for remark in lint(project, cage) if remark.code == "PACK-037"]
    assert len(remarks) == 1
    assert remarks[0].file.endswith("pyproject.toml")
    assert remarks[0].instead


@pytest.mark.parametrize("changes", WHOLE.values(), ids=WHOLE)
def test_a_wheel_that_carries_everything_is_left_alone(tmp_path, cage, changes):
    project = with_pyproject(tmp_path, changes)
    (project / "acme_notes" / "__init__.py").touch()
    assert found(project, cage) == []
