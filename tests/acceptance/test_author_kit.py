"""The author's day, word for word: a new pack, its tests, the development loop, and a release that must be signed."""

import json
import sqlite3
import subprocess
from base64 import b64decode, b64encode
from contextlib import closing
from pathlib import Path

import pytest

from installed import Installed
from sample_pack import SPLIT, people, write_jsonl, write_pack

DEVELOPMENT = """\
[tool.sealift]
environment = "development"
allow_unsigned = ["acme.people"]
"""


@pytest.fixture
def editable(installed: Installed, tmp_path: Path) -> Installed:
    """A pack project that pip installed editable, in a folder with documents."""
    project = write_pack(tmp_path / "project")
    installed.pip("install", "--no-deps", "--editable", project)
    installed.sealift("load", write_jsonl(installed.directory / "people.jsonl", people(5)), "--collection", "people")
    return installed


def split(tmp_path: Path) -> Path:
    return tmp_path / "project" / "acme_people" / "pack" / "migrations" / "split.py"


def test_an_editable_pack_runs_unsigned_where_development_allows_it_by_name(editable):
    (editable.directory / "pyproject.toml").write_text(DEVELOPMENT)
    done = editable.json("upgrade", "--yes")
    assert [step["changed"] for step in done["steps"]] == [5]
    assert any("UNSIGNED" in warning and "acme.people" in warning for warning in done["warnings"])
    entry = editable.json("history")["entries"][-1]
    assert entry["signers"] == []
    assert entry["sequence"] == 0
    assert entry["isolation"] in {"full", "kernel"}


def test_the_development_loop_runs_the_files_as_they_are(editable, tmp_path):
    (editable.directory / "pyproject.toml").write_text(DEVELOPMENT)
    editable.sealift("upgrade", "--yes")
    editable.sealift("downgrade", "--yes", "acme.people@base")
    source = split(tmp_path)
    source.write_text(source.read_text().replace('"last": last}', '"last": last.upper()}'))
    editable.sealift("upgrade", "--yes")
    documents = editable.sealift("dump", "--collection", "people").stdout.splitlines()
    assert json.loads(documents[0])["name"] == {"first": "First1", "last": "LAST1"}


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        (DEVELOPMENT.replace("development", "production"), 2, "CONFIG-005"),
        (DEVELOPMENT.replace("acme.people", "acme.other"), 5, "TRUST-"),
        (DEVELOPMENT.replace("acme.people", "acme.*"), 5, "TRUST-"),
        ('[tool.sealift]\nenvironment = "development"\n', 5, "TRUST-"),
        ("", 5, "TRUST-"),
    ],
    ids=["production", "another name", "a pattern", "not allowed", "by default"],
)
def test_an_unsigned_pack_is_refused_everywhere_else(editable, settings, status, code):
    (editable.directory / "pyproject.toml").write_text(settings)
    assert editable.json("upgrade", "--yes", status=status)["error"]["code"].startswith(code)


def test_an_installed_wheel_is_never_allowed_unsigned(installed, tmp_path, signed):
    project = write_pack(tmp_path / "project")
    signed(project)
    installed.sealift("load", write_jsonl(installed.directory / "p.jsonl", people(2)), "--collection", "people")
    (installed.directory / "pyproject.toml").write_text(DEVELOPMENT)
    (site,) = (installed.environment / "lib").glob("python3*/site-packages")
    (site / "acme_people" / "pack" / "pack.dsse.json").unlink()
    assert installed.json("upgrade", "--yes", status=5)["error"]["code"].startswith("TRUST-")


def test_a_signed_release_follows_an_unsigned_run(editable, tmp_path):
    (editable.directory / "pyproject.toml").write_text(DEVELOPMENT)
    editable.sealift("upgrade", "--yes", "acme.people@1.1.0")
    editable.sealift("downgrade", "--yes", "acme.people@base")
    editable.sealift("keygen", "release")
    editable.sealift("sign", tmp_path / "project", "--key", "release.key")
    editable.sealift("trust", "add", "release.pem", "--packs", "acme.*", "--owner", "acme")
    done = editable.json("upgrade", "--yes")
    assert done["warnings"] == []
    assert editable.json("history")["entries"][-1]["signers"]


@pytest.fixture
def uninstalled(editable: Installed) -> Installed:
    """An unsigned pack was applied, and is gone from the environment."""
    (editable.directory / "pyproject.toml").write_text(DEVELOPMENT)
    editable.sealift("upgrade", "--yes")
    editable.pip("uninstall", "--yes", "acme-people")
    return editable


def names_in(installed: Installed) -> list:
    documents = installed.sealift("dump", "--collection", "people").stdout.splitlines()
    return [json.loads(document)["name"] for document in documents]


def test_an_unsigned_pack_that_is_gone_is_taken_back_from_the_archive_in_development(uninstalled):
    assert uninstalled.json("status")["packs"][0]["current"] == "1.1.0"
    done = uninstalled.json("downgrade", "--yes", "acme.people@base")
    assert any("UNSIGNED" in warning and "archive" in warning for warning in done["warnings"])
    assert names_in(uninstalled) == [f"First{at} Last{at}" for at in range(1, 6)]
    entry = uninstalled.json("history")["entries"][-1]
    assert (entry["signers"], entry["isolation"] in {"full", "kernel"}) == ([], True)
    uninstalled.sealift("history", "--verify")


@pytest.mark.parametrize(
    "settings",
    ["", '[tool.sealift]\nenvironment = "development"\n', DEVELOPMENT.replace("acme.people", "acme.other")],
    ids=["production", "not allowed", "another name"],
)
def test_an_unsigned_pack_that_is_gone_is_taken_from_the_archive_nowhere_else(uninstalled, settings):
    (uninstalled.directory / "pyproject.toml").write_text(settings)
    before = names_in(uninstalled)
    error = uninstalled.json("downgrade", "--yes", "acme.people@base", status=5)["error"]
    assert error["code"] == "TRUST-043"
    assert 'allow_unsigned = ["acme.people"]' in error["hint"]
    assert names_in(uninstalled) == before
    uninstalled.sealift("status")


def changed_envelope(store: sqlite3.Connection) -> None:
    ((text,),) = store.execute("SELECT envelope FROM sealift_archive").fetchall()
    envelope = json.loads(text)
    payload = b64decode(envelope["payload"]).replace(b'"reversible":true', b'"reversible":false')
    envelope["payload"] = b64encode(payload).decode()
    store.execute("UPDATE sealift_archive SET envelope = ?", (json.dumps(envelope).encode(),))


def changed_file(store: sqlite3.Connection) -> None:
    path = "migrations/split.py"
    ((source,),) = store.execute("SELECT content FROM sealift_archive_file WHERE path = ?", (path,)).fetchall()
    store.execute("UPDATE sealift_archive_file SET content = ? WHERE path = ?", (source + b"\n", path))


@pytest.mark.parametrize(("change", "code"), [(changed_envelope, "TRUST-043"), (changed_file, "TRUST-030")])
def test_an_unsigned_copy_in_the_archive_that_was_changed_is_refused(uninstalled, change, code):
    with closing(sqlite3.connect(uninstalled.directory / "sealift.db")) as store:
        change(store)
        store.commit()
    before = names_in(uninstalled)
    error = uninstalled.json("downgrade", "--yes", "acme.people@base", status=5)["error"]
    assert error["code"] == code
    assert names_in(uninstalled) == before


HOOK = "\n[tool.hatch.build.targets.wheel.hooks.sealift]\n"


@pytest.fixture
def release(installed: Installed, tmp_path: Path):
    """A project whose wheels go through the build hook; returns a function that builds one and insists on a status."""
    installed.pip("install", "hatchling>=1.26")
    installed.sealift("keygen", "release")
    project = write_pack(tmp_path / "project")
    with (project / "pyproject.toml").open("a") as file:
        file.write(HOOK)

    def build(status: int = 0, **variables: str) -> str:
        done = subprocess.run(
            [installed.python, "-m", "hatchling", "build", "-t", "wheel"],
            cwd=project,
            env={**installed.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert bool(list((project / "dist").glob("*.whl"))) == (status == 0)
        return done.stdout + done.stderr

    return build


def test_the_build_hook_refuses_a_wheel_that_is_unsigned_or_signed_before_the_last_change(release, installed, tmp_path):
    project = tmp_path / "project"
    assert "PACK-038" in release(status=1)
    installed.sealift("sign", project, "--key", "release.key")
    split(tmp_path).write_text(split(tmp_path).read_text() + "\n")
    assert "~ migrations/split.py" in release(status=1)
    installed.sealift("sign", project, "--key", "release.key")
    release()
    (wheel,) = (project / "dist").glob("*.whl")
    installed.sealift("trust", "add", "release.pem", "--packs", "acme.*", "--owner", "acme")
    installed.sealift("verify", wheel)


def test_the_build_hook_lets_a_wheel_for_tests_through_and_says_so(release):
    assert "not for release" in release(SEALIFT_ALLOW_UNSIGNED_BUILD="1")


@pytest.mark.usefixtures("release")
def test_the_build_hook_leaves_editable_installs_alone(installed, tmp_path):
    installed.pip("install", "editables")
    installed.pip("install", "--no-deps", "--no-build-isolation", "--editable", tmp_path / "project")


def statuses(installed: Installed, project: Path, status: int) -> dict[str, str]:
    return {one["name"]: one["status"] for one in installed.json("test", project, status=status)["tests"]}


def test_a_new_pack_passes_its_tests_with_pytest_and_without(installed):
    installed.sealift("new", "acme.orders", "orders")
    project = installed.directory / "orders"
    installed.sealift("lint", project)

    # Without pytest and Hypothesis: what can be run is run, the rest is said.
    plain = statuses(installed, project, status=1)
    assert plain.pop("schemas[1.1.0]") == plain.pop("round_trip[1.1.0]") == plain.pop("determinism[1.1.0]") == "not-run"
    assert set(plain.values()) == {"passed"}
    (missing,) = {one["code"] for one in installed.json("test", project, status=1)["tests"]} - {""}
    assert missing == "CONFIG-006"
    assert "sealift[testing]" in installed.sealift("test", project, status=1).stdout

    installed.pip("install", "hypothesis>=6.115", "pytest>=8.3")
    assert set(statuses(installed, project, status=0).values()) == {"passed"}
    done = subprocess.run(
        [installed.python, "-m", "pytest", "-q"],
        cwd=project,
        env=installed.environ,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 passed" in done.stdout
    assert sorted(path.name for path in project.iterdir() if path.name.startswith(".hyp")) in ([], [".hypothesis"])
    skipped = statuses(installed, project, status=0).keys()
    installed.sealift("test", project, "--skip", "determinism", "--skip", "schemas[1.1.0]")
    assert "round_trip[1.1.0]" in skipped
    assert installed.json("test", project, "--skip", "detrminism", status=2)["error"]["code"] == "CONFIG-002"


def test_a_pack_that_fails_its_tests_exits_one_with_the_example(installed, tmp_path):
    broken = SPLIT.replace('{"first": first, "last": last}', '{"first": first}')
    example = {
        "collection": "people",
        "from": "1.0.0",
        "to": "1.1.0",
        "before": {"id": 1, "name": "Ada Lovelace"},
        "after": {"id": 1, "name": {"first": "Ada", "last": "Lovelace"}},
    }
    files = {"migrations/split.py": broken, "examples/ada.json": json.dumps(example)}
    project = write_pack(tmp_path / "project", files=files)
    failed = next(one for one in installed.json("test", project, status=1)["tests"] if one["status"] == "failed")
    assert failed["name"] == "examples[ada]"
    assert "'last' is a required property" in failed["message"]
    assert "FAILED" in installed.sealift("test", project, status=1).stdout
