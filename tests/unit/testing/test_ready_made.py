"""The ready-made tests find what is wrong with a pack, and nothing else: by pytest, in the real worker."""

import json

import pytest

from pack_under_test import AFTER, BEFORE, EXAMPLE, migration, write_notes
from sealift.assembly.workshop import utc_now
from sealift.sandbox import open_cage
from sealift.testing.bench import Bench
from sealift.testing.checks import Skips, cases_of
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject
from sealift.testing.suite import Status, run_case

RENAME_UP = 'document["body"] = document.pop("text")\nreturn document'
RENAME_DOWN = 'document["text"] = document.pop("body")\nreturn document'

LOSES_DATA = migration(
    'document["body"] = document.pop("text").strip()\nreturn document',
    RENAME_DOWN,
)
LOSES_RARELY = migration(
    """
document["body"] = document.pop("text")
if document["body"].startswith("TODO:"):
    document.pop("tags", None)
return document
""",
    RENAME_DOWN,
)
BREAKS_RARELY = migration(
    """
document["body"] = document.pop("text")
if document["id"] == 424242:
    document["body"] = document["id"]
return document
""",
    None,
)
RAISES_RARELY = migration(
    """
document["body"] = document.pop("text")
if "%" in document["body"]:
    document["body"] = document["body"] % ()
return document
""",
    None,
)
REMEMBERS = migration(
    'SEEN.append(1)\ndocument["body"] = document.pop("text") + str(len(SEEN))\nreturn document',
    None,
    head="SEEN = []",
)


def outcome(result: pytest.RunResult) -> dict[str, str]:
    """Return what became of each ready-made test."""
    found = {}
    for line in result.outlines:
        name, _, rest = line.partition(" ")
        if name.startswith("sealift::"):
            found[name.removeprefix("sealift::")] = rest.split()[0]
    return found


def failed(result: pytest.RunResult) -> set[str]:
    return {name for name, word in outcome(result).items() if word == "FAILED"}


def example_in(result: pytest.RunResult) -> dict:
    """Return the document that was printed as an example to paste."""
    lines = [line.removeprefix("E").strip("\n") for line in result.outlines]
    start = next(at for at, line in enumerate(lines) if line.strip() == "{")
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = next(at for at in range(start, len(lines)) if lines[at] == " " * indent + "}")
    return json.loads("\n".join(lines[start : end + 1]))


def test_a_good_pack_passes_all_of_them(pytester, run_pytest):
    write_notes(pytester.path)
    assert outcome(run_pytest("-v")) == {
        "signable": "PASSED",
        "linear_versions": "PASSED",
        "examples[milk]": "PASSED",
        "schemas[1.1.0]": "PASSED",
        "round_trip[1.1.0]": "PASSED",
        "determinism[1.1.0]": "PASSED",
        "resume[1.1.0]": "PASSED",
    }


@pytest.mark.parametrize("source", [LOSES_DATA, LOSES_RARELY], ids=["often", "rarely"])
def test_a_round_trip_that_loses_data_is_caught(pytester, run_pytest, source):
    write_notes(pytester.path, {"migrations/rename.py": source})
    result = run_pytest("-v", "-k", "schemas or round_trip or examples")
    assert failed(result) == {"round_trip[1.1.0]"}
    result.stdout.fnmatch_lines(["*downgrade does not give back what upgrade was given*"])


def test_a_loss_that_is_declared_is_no_failure_and_hides_no_other(pytester, run_pytest):
    loses = migration(
        'document["body"] = document.pop("text")\ndocument.pop("tags", None)\nreturn document', RENAME_DOWN
    )
    write_notes(pytester.path, {"migrations/rename.py": loses})
    assert failed(run_pytest("-v", "-k", "round_trip")) == {"round_trip[1.1.0]"}
    declared = loses.replace('collection = "notes"', 'collection = "notes"\n    loses = ("tags",)')
    write_notes(pytester.path, {"migrations/rename.py": declared})
    assert failed(run_pytest("-v", "-k", "round_trip")) == set()
    more = declared.replace('document.pop("text")', 'document.pop("text")[:3]')
    write_notes(pytester.path, {"migrations/rename.py": more})
    assert failed(run_pytest("-v", "-k", "round_trip")) == {"round_trip[1.1.0]"}


@pytest.mark.parametrize("source", [BREAKS_RARELY, RAISES_RARELY], ids=["breaks the schema", "raises"])
def test_a_schema_that_breaks_for_rare_documents_only_is_caught_and_shrunk(pytester, run_pytest, source):
    write_notes(pytester.path, {"migrations/rename.py": source})
    result = run_pytest("-v", "-k", "schemas or examples")
    assert failed(result) == {"schemas[1.1.0]"}
    example = example_in(result)
    assert set(example) == {"collection", "from", "to", "before", "after"}
    assert example["before"] in ({"id": 424242, "text": ""}, {"id": 0, "text": "%"})


def test_the_printed_example_can_be_pasted(pytester, run_pytest):
    write_notes(pytester.path, {"migrations/rename.py": RAISES_RARELY})
    example = example_in(run_pytest("-v", "-k", "schemas"))
    example["after"] = {"id": 0, "body": "%"}
    write_notes(pytester.path, {"examples/found.json": json.dumps(example)})
    assert outcome(run_pytest("-v", "-k", "examples"))["examples[found]"] == "PASSED"
    write_notes(pytester.path, {"migrations/rename.py": RAISES_RARELY})
    result = run_pytest("-v", "-k", "examples")
    assert failed(result) == {"examples[found]"}
    result.stdout.fnmatch_lines(["*found.json (`before`)*", "*rename.py:*"])


def test_what_depends_on_the_order_of_a_batch_is_caught(pytester, run_pytest):
    """The language refuses state between documents, so it is only to be had in-process, in plain Python."""
    write_notes(pytester.path, {"migrations/rename.py": REMEMBERS, "examples/milk.json": None})
    result = run_pytest("-v", "-k", "determinism", "--sealift-in-process")
    assert failed(result) == {"determinism[1.1.0]"}
    result.stdout.fnmatch_lines(["*the same document became*at one place of a batch and*"])
    result = run_pytest("-v", "-k", "schemas or determinism")
    assert failed(result) == {"schemas[1.1.0]"}
    result.stdout.fnmatch_lines(["*a module constant is read-only*"])


KEEPING = {
    "a list": ("SEEN = []", "SEEN.append(1) or len(SEEN)"),
    "a list in a tuple": ("SEEN = ([],)", "SEEN[0].append(1) or len(SEEN[0])"),
    "a dictionary": ("SEEN = {}", "SEEN.setdefault(len(SEEN))"),
    "an iterator": ("SEEN = iter(range(9999))", "next(SEEN)"),
    "a counter of itertools": ("import itertools\nSEEN = itertools.count()", "next(SEEN)"),
    "a generator": ("def made():\n    yield from range(9999)\nSEEN = made()", "next(SEEN)"),
    "a collection": ("import collections\nSEEN = collections.Counter()", "SEEN.update('a')"),
    "a bound method": ("SEEN = [].append", "SEEN(1)"),
    "a closure": (
        "def made():\n    seen = []\n    return lambda: seen.append(1) or len(seen)\nSEEN = made()",
        "SEEN()",
    ),
    "a default argument": ("def seen(kept=[]):\n    return kept.append(1) or len(kept)", "seen()"),
    "an address": ("", "id(document)"),
    "a text's hash": ("", "hash(document['body'])"),
}


TRIED = {"schemas", "determinism"}


def keeping(tmp_path, cage, head, value):
    """Return the cases that fail for a migration that lets a value into its documents."""
    body = f'document["body"] = document.pop("text")\ndocument["body"] += str({value})\nreturn document'
    subject = Subject.open(
        write_notes(tmp_path, {"migrations/rename.py": migration(body, None, head=head), "examples/milk.json": None}),
        now=utc_now(),
    )
    with Bench(subject, cage) as bench:
        results = [
            run_case(case, bench, Effort(examples=5), Skips()) for case in cases_of(subject) if case.check.name in TRIED
        ]
    return {result.name for result in results if result.status is Status.FAILED}


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield opened


@pytest.mark.parametrize(("head", "value"), KEEPING.values(), ids=KEEPING)
def test_the_language_refuses_whatever_could_depend_on_the_order_of_a_batch(tmp_path, cage, head, value):
    """Why the test above needs plain Python: in the locked worker no code gets as far as keeping something."""
    assert "schemas[1.1.0]" in keeping(tmp_path, cage, head, value)


def test_the_order_of_a_set_is_the_same_in_every_worker(tmp_path, cage):
    assert keeping(tmp_path, cage, "", '"".join({"a", "b", "c", "d", "e", "f"})') == set()


def test_documents_are_run_in_other_orders_and_batches_in_new_locked_workers(tmp_path, cage):
    """The sizes and orders that reach real workers, as they pass by."""
    sent: list[list[tuple[bytes, ...]]] = []

    class Passing:
        def __init__(self, session):
            self._session = session
            sent.append([])

        def send(self, documents):
            sent[-1].append(tuple(documents))
            self._session.send(documents)

        def __getattr__(self, name):
            return getattr(self._session, name)

    class Watched:
        def __init__(self, cage):
            self._cage = cage

        def open(self, unit, limits):
            return Passing(self._cage.open(unit, limits))

        def __getattr__(self, name):
            return getattr(self._cage, name)

    notes = [{"id": at, "text": f"n{at}"} for at in range(3)]
    examples = {
        f"examples/n{at}.json": json.dumps({**EXAMPLE, "before": note, "after": {"id": at, "body": f"n{at}"}})
        for at, note in enumerate(notes)
    }
    subject = Subject.open(write_notes(tmp_path, {**examples, "examples/milk.json": None}), now=utc_now())
    with Bench(subject, Watched(cage)) as bench:
        (case,) = (case for case in cases_of(subject) if case.check.name == "determinism")
        case.run(bench, Effort(examples=5))
    documents = [json.dumps(note, separators=(",", ":")).encode() for note in notes] * 2
    backwards = documents[::-1]
    known = [batches for batches in sent if sorted(one for batch in batches for one in batch) == sorted(documents)]
    assert known == [
        [tuple(documents)],
        [tuple(backwards[at : at + 2]) for at in (0, 2, 4)],
        [(document,) for document in documents],
    ]


def test_an_example_that_does_not_hold_names_the_member(pytester, run_pytest):
    wrong = {**EXAMPLE, "after": {"id": 1, "body": "bread"}}
    write_notes(pytester.path, {"examples/milk.json": json.dumps(wrong)})
    result = run_pytest("-v", "-k", "examples")
    assert failed(result) == {"examples[milk]"}
    result.stdout.fnmatch_lines(['*$.body: expected "bread", got "milk"*'])
    assert example_in(result) == EXAMPLE


def test_an_example_whose_way_back_does_not_hold_is_caught(pytester, run_pytest):
    write_notes(
        pytester.path, {"migrations/rename.py": migration(RENAME_UP, RENAME_DOWN.replace('"body")', '"body") + "!"'))}
    )
    assert failed(run_pytest("-v", "-k", "examples")) == {"examples[milk]"}


def test_code_that_the_language_refuses_is_not_signable(pytester, run_pytest):
    write_notes(pytester.path, {"migrations/rename.py": migration("import os\nreturn document", None)})
    result = run_pytest("-v", "-k", "signable")
    assert failed(result) == {"signable"}
    result.stdout.fnmatch_lines(["*rename.py:*the module os is not offered*"])


def test_a_project_with_errors_fails_one_test_that_lists_them(pytester, run_pytest):
    write_notes(pytester.path, {"schemas/note-1.1.0.json": None})
    result = run_pytest("-v")
    assert outcome(result) == {"signable": "FAILED"}
    result.stdout.fnmatch_lines(["*PACK-016*note-1.1.0.json*"])


def test_a_version_below_one_that_was_signed_is_caught(pytester, run_pytest):
    from signed_notes import sign

    sign(write_notes(pytester.path))
    late = migration(RENAME_UP, RENAME_DOWN).replace('"1.1.0"', '"1.0.5"').replace("Rename", "Late")
    write_notes(pytester.path, {"migrations/late.py": late})
    result = run_pytest("-v", "-k", "linear_versions")
    assert failed(result) == {"linear_versions"}
    result.stdout.fnmatch_lines(["*PACK-032*1.0.5*below 1.1.0*"])


def test_an_upgrade_that_refuses_on_purpose_is_no_failure_unless_it_refuses_everything(pytester, run_pytest):
    some = 'if document["id"] < 0:\n    raise ValueError("negative")\n' + RENAME_UP
    write_notes(pytester.path, {"migrations/rename.py": migration(some, RENAME_DOWN)})
    assert failed(run_pytest("-v", "-k", "schemas")) == set()
    every = migration('raise ValueError("never")', None)
    write_notes(pytester.path, {"migrations/rename.py": every, "examples/milk.json": None})
    assert failed(run_pytest("-v", "-k", "schemas")) == {"schemas[1.1.0]"}


def test_without_schema_and_examples_there_is_nothing_to_try(pytester, run_pytest):
    toml = 'name = "acme.notes"\nbase = "1.0.0"\n\n[collections.notes]\n'
    write_notes(pytester.path, {"pack.toml": toml, "examples/milk.json": None})
    words = outcome(run_pytest("-v", "-k", "schemas or round_trip"))
    assert words == {"schemas[1.1.0]": "SKIPPED", "round_trip[1.1.0]": "SKIPPED"}


def test_schemas_with_references_alternatives_and_conditions_give_documents(pytester, run_pytest):
    before = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "parts.json#/$defs/note",
        "unevaluatedProperties": False,
    }
    parts = {
        "$defs": {
            "note": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "exclusiveMinimum": 10, "multipleOf": 5},
                    "text": {"anyOf": [{"type": "string", "pattern": "^[a-z]{3}$"}, {"const": "x"}]},
                    "tags": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"$ref": "#/$defs/tag"}},
                },
                "required": ["id", "text"],
                "if": {"properties": {"id": {"const": 15}}},
                "then": {"required": ["tags"]},
            },
            "tag": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/tag"}}]},
        }
    }
    after = {**AFTER, "properties": {**AFTER["properties"], "tags": True, "body": {"pattern": "^([a-z]{3}|x)$"}}}
    write_notes(
        pytester.path,
        {
            "schemas/note-1.0.0.json": json.dumps(before),
            "schemas/parts.json": json.dumps(parts),
            "schemas/note-1.1.0.json": json.dumps(after),
            "examples/milk.json": None,
        },
    )
    assert set(outcome(run_pytest("-v")).values()) == {"PASSED"}


def test_a_schema_that_nothing_satisfies_is_said_not_passed(pytester, run_pytest):
    nothing = {**BEFORE, "properties": {**BEFORE["properties"], "id": False}}
    write_notes(pytester.path, {"schemas/note-1.0.0.json": json.dumps(nothing), "examples/milk.json": None})
    assert outcome(run_pytest("-v", "-k", "schemas")) == {"schemas[1.1.0]": "SKIPPED"}
