"""The plugin: its fixtures, its settings, and what a failure points at."""

import json

import pytest

from pack_under_test import EXAMPLE, migration, write_notes

RENAME_DOWN = 'document["text"] = document.pop("body")\nreturn document'


def write_test(pytester, body):
    path = pytester.path / "tests" / "test_own.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(body)
    return path


def test_migrate_goes_up_and_down_and_leaves_its_argument_alone(pytester, run_pytest):
    write_notes(pytester.path)
    write_test(
        pytester,
        """
def test_it(migrate, pack):
    document = {"id": 1, "text": "milk"}
    assert migrate(document) == {"id": 1, "body": "milk"}
    assert document == {"id": 1, "text": "milk"}
    assert migrate({"id": 1, "body": "a"}, to="1.0.0", from_="1.1.0") == {"id": 1, "text": "a"}
    assert migrate({"id": 1, "body": "a"}, "base", from_="1.1", collection="notes") == {"id": 1, "text": "a"}
    assert (pack.name, list(pack.versions)) == ("acme.notes", ["1.0.0", "1.1.0"])
""",
    )
    run_pytest("tests").assert_outcomes(passed=1)


def test_a_failing_migration_points_at_the_authors_line_and_at_none_of_ours(pytester, run_pytest):
    body = 'document["body"] = document.pop("text")\nreturn {**document, "id": document["id"] / 0}'
    write_notes(pytester.path, {"migrations/rename.py": migration(body, None)})
    write_test(pytester, 'def test_it(migrate):\n    migrate({"id": 1, "text": "milk"})\n')
    result = run_pytest("tests")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*return {**document, *", "*ZeroDivisionError*", '*"text": "milk"*'])
    result.stdout.fnmatch_lines(["*migrations/rename.py:15: MigrationError"])
    assert "sealift/testing" not in result.stdout.str()
    assert "execution" not in result.stdout.str()


def test_in_process_says_so_and_raises_what_the_author_raised(pytester, run_pytest):
    body = 'document["body"] = document.pop("text")\nreturn {**document, "id": document["id"] / 0}'
    write_notes(pytester.path, {"migrations/rename.py": migration(body, None)})
    write_test(pytester, 'def test_it(migrate):\n    migrate({"id": 1, "text": "milk"})\n')
    result = run_pytest("tests", "--sealift-in-process")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*IN-PROCESS*", "*migrations/rename.py:15: ZeroDivisionError", "*IN-PROCESS*"])
    result.stdout.fnmatch_lines(['*the document was {"id":1,"text":"milk"}*'])
    assert "IN-PROCESS" not in run_pytest("tests").stdout.str()


def test_a_breakpoint_in_a_migration_is_reached_in_process(pytester, run_pytest):
    body = 'breakpoint()\ndocument["body"] = document.pop("text")\nreturn document'
    write_notes(pytester.path, {"migrations/rename.py": migration(body, None)})
    write_test(
        pytester,
        """
import sys

def test_it(migrate, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: seen.append(sys._getframe(1).f_code.co_filename))
    migrate({"id": 1, "text": "milk"})
    assert seen[0].endswith("migrations/rename.py")
""",
    )
    run_pytest("tests", "--sealift-in-process").assert_outcomes(passed=1)


STORE = """
def test_it(store):
    assert store.load("notes", [{"id": at, "text": f"n{at}"} for at in range(5)]) == 5
    history = store.upgrade(batch_rows=2)
    assert [entry.kind.value for entry in history.entries] == ["started", "applied"]
    assert store.version == "1.1.0"
    assert store.documents("notes")[3] == {"id": 3, "body": "n3"}
    store.downgrade("1.0.0")
    assert store.documents("notes")[3] == {"id": 3, "text": "n3"}


def test_it_has_a_store_of_its_own(store):
    assert store.version == "1.0.0"
    store.load("notes", [])
"""


def test_store_on_sqlite(pytester, run_pytest):
    write_notes(pytester.path)
    write_test(pytester, STORE)
    run_pytest("tests").assert_outcomes(passed=2)


def test_store_on_postgresql_leaves_the_database_as_it_was(pytester, run_pytest, postgres):
    import psycopg

    schemas = "SELECT array_agg(nspname ORDER BY nspname) FROM pg_namespace"
    write_notes(pytester.path)
    write_test(pytester, STORE)
    with postgres.database("author_kit") as name, psycopg.connect(postgres.url(name), autocommit=True) as connection:
        before = connection.execute(schemas).fetchone()
        run_pytest("tests", f"--sealift-database={postgres.url(name)}").assert_outcomes(passed=2)
        assert connection.execute(schemas).fetchone() == before


def test_tests_are_switched_off_by_name(pytester, run_pytest):
    settings = 'sealift_skip = ["determinism", "round_trip[1.1.0]", "resume", "schemas"]'
    write_notes(pytester.path, settings=settings)
    run_pytest().assert_outcomes(passed=3, skipped=4)


def test_a_name_that_is_none_is_refused(pytester, run_pytest):
    write_notes(pytester.path, settings='sealift_skip = ["roundtrip"]')
    result = run_pytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'roundtrip'*expected some of*round_trip*"])


def test_paths_select_other_tests_only(pytester, run_pytest):
    write_notes(pytester.path, settings='sealift_skip = ["schemas", "round_trip", "determinism", "resume"]')
    write_test(pytester, "def test_own(): pass\n")
    run_pytest("tests/test_own.py").assert_outcomes(passed=1)
    run_pytest("-m", "sealift").assert_outcomes(passed=3, skipped=4, deselected=1)
    run_pytest(".").assert_outcomes(passed=4, skipped=4)


def test_the_pack_may_lie_elsewhere(pytester, run_pytest):
    write_notes(pytester.path / "packs" / "notes")
    skip = "-k examples"
    pytester.makefile(".toml", pyproject='[tool.pytest.ini_options]\nsealift_pack = "packs/notes"\n')
    run_pytest(*skip.split()).assert_outcomes(passed=1, deselected=6)
    (pytester.path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    run_pytest(*skip.split(), "--sealift-pack=packs/notes").assert_outcomes(passed=1, deselected=6)


def test_without_a_pack_nothing_is_added_and_fixtures_say_what_is_missing(pytester, run_pytest):
    pytester.makepyfile("def test_own(): pass\n\ndef test_it(migrate): pass\n")
    result = run_pytest()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*there is no pack: set sealift_pack*"])


def test_a_document_that_exhausts_its_worker_is_one_failure_and_the_next_tests_run(pytester, run_pytest):
    body = 'if document["id"] == 9:\n    "x" * (1 << 40)\ndocument["body"] = document.pop("text")\nreturn document'
    killer = {**EXAMPLE, "before": {"id": 9, "text": "a"}, "after": {"id": 9, "body": "a"}}
    files = {"migrations/rename.py": migration(body, RENAME_DOWN), "examples/killer.json": json.dumps(killer)}
    write_notes(pytester.path, files)
    result = run_pytest("-k", "examples")
    result.assert_outcomes(passed=1, failed=1, deselected=6)
    result.stdout.fnmatch_lines(["*killer.json (`before`)*MemoryError*"])
