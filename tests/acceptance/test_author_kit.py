"""The author's day, word for word: a new pack, its tests, the development loop, and a release that must be signed."""

import json
from pathlib import Path

import pytest

from installed import Installed
from sample_pack import people, write_jsonl, write_pack

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
