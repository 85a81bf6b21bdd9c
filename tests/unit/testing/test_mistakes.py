"""What authors do wrong is shown at their own line, with the document, and with none of sealift's frames."""

import pytest

from cage_kit import short_of_time
from pack_under_test import migration, write_notes
from sealift.assembly.workshop import utc_now
from sealift.cli import main
from sealift.model.limits import Limits
from sealift.sandbox import open_cage
from sealift.testing.bench import Bench
from sealift.testing.checks import Skips, cases_of
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject
from sealift.testing.suite import Status, run_case

RENAME = 'document["body"] = document.pop("text")\n'
HELPER = "def half(text):\n    return text / 2\n"

# what is written, the line that is shown, and what is said
MISTAKES = {
    "a member that is not there": (
        migration(RENAME + 'document["id"] = document["no"]\nreturn document', None),
        'rename.py:15*document["id"] = document["no"]',
        "KeyError: 'no'",
    ),
    "a helper with a wrong type": (
        migration(RENAME + "half(document)\nreturn document", None, head=HELPER),
        "rename.py:4*return text / 2",
        "TypeError: unsupported operand",
    ),
    "a refused import": (
        migration("import os\nreturn document", None),
        "rename.py:14*import os",
        "LANG-015 the module os is not offered (instead: ",
    ),
    "a refused constant": (
        migration(RENAME + "return document", None, head="SEEN = iter(range(9))"),
        "rename.py:3*SEEN = iter",
        "LANG-019 a value of type range_iterator can change",
    ),
    "a result that is no JSON": (
        migration(RENAME + 'document["tags"] = {"a", "b"}\nreturn document', None),
        "rename.py:13*def upgrade(self, document):",
        "$.tags: a set; write sorted(",
    ),
    "a result against the schema": (
        migration('document["body"] = len(document.pop("text"))\nreturn document', None),
        "rename.py:13*def upgrade(self, document):",
        "$.body: 4 is not of type 'string' (*note-1.1.0.json#/properties/body/type)",
    ),
    "no return": (migration(RENAME, None), "rename.py:13*def upgrade(self, document):", "return"),
}


def escaped(text):
    return text.replace("[", "[[]")


@pytest.mark.parametrize(("source", "line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_shown_at_the_authors_line_alone(pytester, run_pytest, source, line, words):
    write_notes(pytester.path, {"migrations/rename.py": source, "examples/milk.json": None})
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_own.py").write_text(
        'def test_it(migrate):\n    migrate({"id": 1, "text": "milk"})\n'
    )
    result = run_pytest("tests")
    result.assert_outcomes(failed=1)
    place, _, shown = line.partition("*")
    result.stdout.fnmatch_lines(
        [f">*{escaped(shown)}*", f"E *{escaped(words)}*", f"*migrations/{place}: MigrationError"]
    )
    text = result.stdout.str()
    for frame in ("sealift/testing/bench", "sealift/execution", "sealift/sandbox", "limits = "):
        assert frame not in text, frame


@pytest.mark.parametrize(("source", "line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_sealift_test_shows_the_same(tmp_path, capsys, source, line, words):
    project = write_notes(tmp_path, {"migrations/rename.py": source, "examples/milk.json": None})
    assert main(["test", str(project), "--examples", "5", "--skip", "resume", "--skip", "determinism"]) == 1
    out = capsys.readouterr().out
    place, _, shown = line.partition("*")
    below = out[out.index("\nFAILED schemas[1.1.0]") :]
    assert f"migrations/{place}\n" in below
    assert shown in below
    assert words.partition("*")[2] in below
    assert words.partition("*")[0].replace("4 is", "0 is") in below
    assert out.count("FAILED   schemas[1.1.0]") == 1


def test_a_module_whose_constants_are_refused_is_not_signable(tmp_path, capsys):
    source = MISTAKES["a refused constant"][0]
    write_notes(tmp_path, {"migrations/rename.py": source, "examples/milk.json": None})
    assert main(["test", str(tmp_path), "--examples", "5"]) == 1
    assert "FAILED   signable" in capsys.readouterr().out


def test_an_endless_loop_is_told_once_and_not_looked_into_with_every_smaller_document(tmp_path, monkeypatch):
    waited = short_of_time(monkeypatch, b"{")
    source = migration("while True:\n    pass", None)
    subject = Subject.open(write_notes(tmp_path, {"migrations/rename.py": source}), now=utc_now())
    with open_cage() as cage, Bench(subject, cage, Limits(wall_seconds=0.5)) as bench:
        results = {
            case.name: run_case(case, bench, Effort(examples=20), Skips())
            for case in cases_of(subject)
            if case.check.name != "resume"
        }
    failed = {name for name, result in results.items() if result.status is Status.FAILED}
    assert failed == {"examples[milk]", "schemas[1.1.0]", "determinism[1.1.0]"}
    for name in failed:
        assert "no answer within" in results[name].message
        assert "rename.py:13" in results[name].message
    assert len(waited) <= 4  # in its batch and alone; looked into, there would be many more
