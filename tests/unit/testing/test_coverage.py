"""coverage sees the lines of a pack that ran in the locked worker, and no others."""

import json
import subprocess
import sys

import pytest

from pack_under_test import migration, write_notes
from sealift.assembly.workshop import utc_now
from sealift.model.migration import Direction
from sealift.sandbox import open_cage
from sealift.testing.bench import Bench
from sealift.testing.covering import covered, traced_launch
from sealift.testing.exact import write
from sealift.testing.subject import Subject

PARTLY = migration(
    """
if document["text"] == "never \\u2603 " * 3:
    document["text"] = "melted"
for tag in document.get("tags", []):
    if len(tag) > 10_000:
        raise ValueError("too long")
document["body"] = _same(document.pop("text"))
return document
""",
    'document["text"] = document.pop("body")\nreturn document',
    head="\n\ndef _same(text):\n    return text\n\n",
)
RUNS = {"sealift test": ["-m", "sealift", "test", "."], "pytest": ["-m", "pytest", "-p", "sealift.testing.plugin"]}


@pytest.mark.parametrize("branch", ["lines", "branches"])
@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_lines_that_ran_in_the_worker_are_covered(tmp_path, monkeypatch, arguments, branch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    settings = 'sealift_skip = ["schemas", "round_trip", "determinism", "resume"]'
    project = write_notes(tmp_path, {"migrations/rename.py": PARTLY}, settings=settings)
    source = project / "acme_notes" / "pack" / "migrations" / "rename.py"
    command = [sys.executable, "-m", "coverage", "run", f"--include={source}"]
    subprocess.run([*command, *(["--branch"] if branch == "branches" else []), *arguments], cwd=project, check=True)
    subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", "out.json"], cwd=project, check=True)
    (file,) = json.loads((project / "out.json").read_text())["files"].values()
    lines = source.read_text().split("\n")
    missing = [lines[number - 1].strip() for number in file["missing_lines"]]
    assert missing == ['document["text"] = "melted"', "if len(tag) > 10_000:", 'raise ValueError("too long")']
    if branch == "branches":
        assert len(file["missing_branches"]) == 4


def test_the_traced_worker_is_locked_like_any_other(tmp_path):
    subject = Subject.open(write_notes(tmp_path), now=utc_now())
    step = subject.step(subject.migrations[0], Direction.UPGRADE)
    document = write({"id": 1, "text": "a"})
    with open_cage() as plain, open_cage(launch=traced_launch()) as traced:
        for cage, expected in ((plain, False), (traced, True)):
            with Bench(subject, cage) as bench, bench.fresh(step) as worker:
                assert worker.judge([document]) == [write({"id": 1, "body": "a"})]
                assert worker.session.isolation in {"full", "kernel"}
                assert bool(list(covered(worker.session))) == expected
