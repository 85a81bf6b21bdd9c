"""One deliberately broken pack for each name that does not stay itself; none for names that do."""

import json
import unicodedata

import pytest

from pack_under_test import AFTER, BEFORE, EXAMPLE, MIGRATION, migration, write_notes
from sealift.assembly.linting import lint
from sealift.cli import main
from sealift.sandbox import open_cage

DOWN = 'document["text"] = document.pop("body")\nreturn document'
COMPOSED = "caf\u00e9"
APART = unicodedata.normalize("NFD", COMPOSED)
SCHEMA, EXAMPLES, SOURCE = "schemas/note-1.1.0.json", "examples/milk.json", "migrations/rename.py"


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield opened


def found(project, cage):
    """Return code, file, line and column of every remark."""
    return [(one.code, one.file.rpartition("/")[2], one.line, one.column) for one in lint(project, cage)]


def dumped(value, **options):
    return json.dumps(value, ensure_ascii=False, indent=1, **options)


def schema_with(*names, required=()):
    members = {name: {"type": "string"} for name in names}
    return dumped({**AFTER, "properties": {**AFTER["properties"], **members}, "required": ["id", "body", *required]})


def source_with(line):
    return migration(f'document["body"] = document.pop("text")\n{line}\nreturn document', DOWN)


def example_with(**members):
    both = {member: {**EXAMPLE[member], "more": members} for member in ("before", "after")}
    return dumped({**EXAMPLE, **both})


NOT_COMPOSED = {
    "named by a schema": (SCHEMA, schema_with(APART), [(16, 3)]),
    "required by a schema": (SCHEMA, schema_with(COMPOSED, required=[APART]), [(23, 3)]),
    "in an example": (EXAMPLES, example_with(**{APART: 1}), [(9, 4), (16, 4)]),
    "written": (SOURCE, source_with(f'document["{APART}"] = 1'), [(15, 18)]),
    "read": (SOURCE, source_with(f'x = "\u00e9", document.get("{APART}")'), [(15, 31)]),
    "asked for": (SOURCE, source_with(f'x = "{APART}" in document'), [(15, 13)]),
    "in a dictionary": (SOURCE, source_with(f'document["x"] = {{"{APART}": 1}}'), [(15, 26)]),
    "on lines": (SOURCE, source_with(f'x = {{}}.get("caf"\n    "{APART[3:]}")'), [(15, 20)]),
    "lost": (
        SOURCE,
        MIGRATION.replace('"notes"\n', f'"notes"\n    loses = ("a", "{APART}")\n'),
        [(9, 19)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "places"), NOT_COMPOSED.values(), ids=NOT_COMPOSED)
def test_a_member_that_is_not_composed(tmp_path, cage, path, text, places):
    remarks = [one for one in lint(write_notes(tmp_path, {path: text}), cage) if one.code == "PACK-026"]
    assert [(one.file.rpartition("/")[2], one.line, one.column) for one in remarks] == [
        (path.rpartition("/")[2], *place) for place in places
    ]
    assert all(one.is_error and COMPOSED[3:] in one.instead and "\\u0301" in one.instead for one in remarks)


COMPOSED_NAMES = {
    "named by a schema": (SCHEMA, schema_with(COMPOSED, required=[COMPOSED])),
    "escaped in a schema": (SCHEMA, schema_with(APART).replace(APART, "cafe\\u0301")),
    "escaped in a source": (SOURCE, source_with('document["cafe\\u0301"] = 1')),
    "a value": (EXAMPLES, example_with(a=APART, required=[APART])),
    "a text that is no name": (SOURCE, source_with(f'document["x"] = "{APART}"')),
}


@pytest.mark.parametrize(("path", "text"), COMPOSED_NAMES.values(), ids=COMPOSED_NAMES)
def test_a_name_that_stays_itself_is_left_alone(tmp_path, cage, path, text):
    assert "PACK-026" not in [code for code, *_ in found(write_notes(tmp_path, {path: text}), cage)]


TWINS = {
    "by case, in a schema": (SCHEMA, schema_with("Body"), (16, 3)),
    "by an accent, in a schema": (SCHEMA, schema_with(COMPOSED, APART.replace("e", "E")), (19, 3)),
    "in an example": (EXAMPLES, example_with(a=1, A=2), (10, 4)),
    "in a dictionary": (SOURCE, source_with('document["x"] = {"a": 1, "A": 2}'), (15, 34)),
}


@pytest.mark.parametrize(("path", "text", "place"), TWINS.values(), ids=TWINS)
def test_two_members_that_are_easily_confused(tmp_path, cage, path, text, place):
    remarks = [one for one in lint(write_notes(tmp_path, {path: text}), cage) if one.code == "PACK-027"]
    assert (remarks[0].file.rpartition("/")[2], remarks[0].line, remarks[0].column) == (
        path.rpartition("/")[2],
        *place,
    )
    assert not remarks[0].is_error


NO_TWINS = {
    "definitions": (SCHEMA, dumped({**AFTER, "$defs": {"a": True, "A": True}})),
    "two objects": (EXAMPLES, example_with(a={"x": 1}, b={"X": 1})),
    "a rename": (SOURCE, source_with('document["Body"] = document.get("body")')),
}


@pytest.mark.parametrize(("path", "text"), NO_TWINS.values(), ids=NO_TWINS)
def test_names_that_are_no_twins_are_left_alone(tmp_path, cage, path, text):
    assert "PACK-027" not in [code for code, *_ in found(write_notes(tmp_path, {path: text}), cage)]


def test_two_collections_that_are_one_table(tmp_path, cage):
    toml = 'name = "acme.notes"\nbase = "1.0.0"\n\n[collections.notes]\nschema = "schemas/note-1.0.0.json"\n'
    project = write_notes(tmp_path, {"pack.toml": toml + "\n[collections.Notes]\n"})
    assert found(project, cage) == [("PACK-028", "pack.toml", 7, 1)]
    assert "PACK-028" not in [code for code, *_ in found(write_notes(tmp_path, {"pack.toml": toml}), cage)]


@pytest.mark.parametrize("name", ["Acme-Notes", "acme_notes", "acme.notes", "acme--notes"])
def test_a_distribution_whose_name_is_another_one_everywhere_else(tmp_path, cage, name):
    path = write_notes(tmp_path) / "pyproject.toml"
    path.write_text(path.read_text().replace('name = "acme-notes"', f'name = "{name}"'))
    (remark,) = lint(tmp_path, cage)
    assert (remark.code, remark.line, remark.is_error) == ("PACK-039", 6, False)
    assert remark.instead == 'write name = "acme-notes"'


def second(version):
    return MIGRATION.replace('"1.1.0"', f'"{version}"').replace("Rename", "Second")


VERSIONS = {
    "of a migration": ({SOURCE: MIGRATION.replace('"1.1.0"', '"1.1.0-rc1"')}, "PACK-013", "'1.1.0rc1'"),
    "twice": ({"migrations/two.py": second("1.1")}, "PACK-014", "another"),
    "the base again": ({"migrations/two.py": second("1.0")}, "PACK-018", "higher"),
    "of an example": ({EXAMPLES: dumped({**EXAMPLE, "from": "1.0"})}, "PACK-023", "VERSION"),
}


@pytest.mark.parametrize(("files", "code", "instead"), VERSIONS.values(), ids=VERSIONS)
def test_a_version_that_is_written_in_two_ways(tmp_path, cage, files, code, instead):
    remarks = [one for one in lint(write_notes(tmp_path, files), cage) if one.code == code]
    assert remarks
    assert instead in remarks[0].instead


FILES = {
    "Note-1.0.0.json": "note-1.0.0.json",
    f"{APART}.json": "cafe.json",
    f"{COMPOSED}.json": "cafe.json",
    "a b.json": "a-b.json",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_another_one_on_another_system(tmp_path, cage, name):
    remarks = lint(write_notes(tmp_path, {f"schemas/{name}": json.dumps(BEFORE)}), cage)
    assert [one.code for one in remarks] == ["PACK-021"]
    assert FILES[name] in remarks[0].instead


OVERWRITES = {
    "pop": 'document["tags"] = document.pop("text")\nreturn document',
    "pop within": 'document["tags"] = [document.pop("text")]\nreturn document',
    "del": 'document["tags"] = document["text"]\ndel document["text"]\nreturn document',
}


@pytest.mark.parametrize("body", OVERWRITES.values(), ids=OVERWRITES)
def test_a_rename_that_overwrites_a_member(tmp_path, cage, body):
    files = {SOURCE: migration(body, None), EXAMPLES: None}
    (remark,) = (one for one in lint(write_notes(tmp_path, files), cage) if one.code == "PACK-029")
    assert (remark.line, remark.column, remark.is_error) == (14, 9, True)
    assert "loses = ('tags',)" in remark.instead
    declared = files[SOURCE].replace('"notes"\n', '"notes"\n    loses = ("tags",)\n')
    assert "PACK-029" not in [code for code, *_ in found(write_notes(tmp_path, {**files, SOURCE: declared}), cage)]


NO_OVERWRITES = {
    "a new name": 'document["body"] = document.pop("text")\nreturn document',
    "kept": 'document["old"] = document.pop("tags", None)\ndocument["tags"] = document.pop("text")\nreturn document',
    "asked for": 'if "tags" not in document:\n    document["tags"] = document.pop("text")\nreturn document',
    "itself": 'document["tags"] = document.pop("tags", []) + [1]\nreturn document',
    "a new value": 'document["tags"] = []\nreturn document',
    "of another object": 'other = {}\nother["tags"] = document.pop("text")\nreturn document',
}


@pytest.mark.parametrize("body", NO_OVERWRITES.values(), ids=NO_OVERWRITES)
def test_a_write_that_loses_nothing_is_left_alone(tmp_path, cage, body):
    project = write_notes(tmp_path, {SOURCE: migration(body, None)})
    assert "PACK-029" not in [code for code, *_ in found(project, cage)]


def test_findings_are_told_in_every_form(tmp_path, capsys):
    project = write_notes(tmp_path, {SCHEMA: schema_with(APART, "Body")})
    file = str(project / "acme_notes" / "pack" / SCHEMA)
    assert main(["lint", str(project)]) == 1
    text = capsys.readouterr().out
    assert f"{file}:16:3: error PACK-026" in text
    assert f"{file}:19:3: warning PACK-027" in text
    assert "1 errors, 1 warnings" not in text
    assert "1 error, 1 warning" in text
    assert main(["--format", "json", "lint", str(project)]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["code"], one["line"], one["column"]) for one in findings] == [("PACK-026", 16, 3), ("PACK-027", 19, 3)]
    assert all(one["message"] and one["instead"] for one in findings)
    assert main(["--format", "github", "lint", str(project)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"::error file={file},line=16,col=3,title=PACK-026::")
    assert second.startswith(f"::warning file={file},line=19,col=3,title=PACK-027::")


def test_files_that_cannot_be_read_have_their_own_finding_alone(tmp_path, cage):
    files = {SCHEMA: "{", "migrations/other.py": "def (", "examples/deep.json": "[" * 9999 + "]" * 9999, EXAMPLES: None}
    codes = [code for code, *_ in found(write_notes(tmp_path, files), cage)]
    assert {"PACK-010", "PACK-017"} <= set(codes)
    assert not {"PACK-026", "PACK-027"} & set(codes)
