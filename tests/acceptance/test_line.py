"""The whole line on real records: author, sign, wheel, pip install, verify, plan, run, history, and back down."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installed import COUNTRIES, Installed, build_wheel

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def countries(installed: Installed, tmp_path: Path) -> Installed:
    """The example pack, signed with a key of our own, built, pip-installed; its records loaded."""
    project = tmp_path / "countries"
    shutil.copytree(COUNTRIES, project, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    installed.sealift("keygen", "release")
    installed.sealift("sign", project, "--key", "release.key")
    installed.sealift("trust", "add", "release.pem", "--packs", "example.*", "--owner", "maintainers")
    wheel = build_wheel(project, tmp_path)
    installed.sealift("verify", wheel)
    installed.pip("install", "--no-deps", wheel)
    records = installed.directory / "countries.jsonl"
    subprocess.run([sys.executable, project / "documents.py", records], check=True)
    installed.sealift("load", records, "--collection", "countries")
    return installed


def dump(installed: Installed, name: str) -> bytes:
    path = installed.directory / name
    installed.sealift("dump", "--collection", "countries", path)
    return path.read_bytes()


def test_up_and_down_gives_back_every_byte(countries):
    before = dump(countries, "before.jsonl")
    assert len(before.splitlines()) >= 240
    upgraded = countries.json("upgrade", "--yes")
    assert [step["to"] for step in upgraded["steps"]] == ["1.1.0", "1.2.0", "2.0.0"]
    assert all(step["changed"] > 0 and step["failed"] == 0 for step in upgraded["steps"])
    after = dump(countries, "after.jsonl")
    assert after != before
    downgraded = countries.json("downgrade", "--yes", "example.countries@base")
    assert [step["to"] for step in downgraded["steps"]] == ["1.2.0", "1.1.0", "1.0.0"]
    assert dump(countries, "back.jsonl") == before


def test_status_check_plan_and_history_tell_the_same_story(countries):
    assert countries.json("check", status=3)["pending"]
    assert len(countries.json("plan")["steps"]) == 3
    state = countries.json("status")["packs"][0]
    assert (state["current"], state["newest"], state["pending"]) == ("1.0.0", "2.0.0", 3)
    countries.sealift("upgrade", "--yes", "example.countries@+1")
    assert countries.json("status")["packs"][0]["current"] == "1.1.0"
    countries.sealift("upgrade", "--yes")
    countries.sealift("check")
    assert countries.sealift("upgrade", "--yes").stdout.strip().startswith("nothing to do")
    entries = countries.json("history")["entries"]
    assert [entry["to_version"] for entry in entries if entry["kind"] == "applied"] == ["1.1.0", "1.2.0", "2.0.0"]
    assert all(entry["signers"] and entry["isolation"] in {"full", "kernel"} for entry in entries)
    countries.sealift("history", "--verify")


def test_a_dry_run_changes_nothing(countries):
    store = (countries.directory / "sealift.db").read_bytes()
    result = countries.json("upgrade", "--dry-run")
    assert result["collections"][0]["failed"] == 0
    assert result["collections"][0]["changed"] == result["collections"][0]["seen"] >= 240
    assert (countries.directory / "sealift.db").read_bytes() == store


def test_killed_and_resumed_gives_the_same_end(countries, tmp_path):
    undisturbed = tmp_path / "undisturbed.db"
    shutil.copy(countries.directory / "sealift.db", undisturbed)
    countries.sealift("--database", f"sqlite:///{undisturbed}", "upgrade", "--yes")
    expected = countries.sealift("--database", f"sqlite:///{undisturbed}", "dump", "--collection", "countries").stdout
    for moment in (0.25, 0.35, 0.45, 0.55):
        process = countries.start("upgrade", "--yes", "--batch-rows", "3")
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    countries.sealift("upgrade", "--yes")
    assert countries.sealift("dump", "--collection", "countries").stdout == expected
    countries.sealift("history", "--verify")


def test_a_flipped_byte_anywhere_is_refused(countries):
    (site,) = (countries.environment / "lib").glob("python3*/site-packages")
    folder = site / "example_countries" / "pack"
    before = countries.sealift("dump", "--collection", "countries").stdout
    for path in sorted(item for item in folder.rglob("*") if item.is_file() and item.suffix != ".pyc"):
        content = path.read_bytes()
        middle = len(content) // 2
        path.unlink()
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        error = countries.json("upgrade", "--yes", status=5)["error"]
        assert error["code"].startswith("TRUST-"), path
        assert error["hint"]
        path.write_bytes(content)
    assert countries.sealift("dump", "--collection", "countries").stdout == before
    assert countries.json("history")["entries"] == []


def test_added_and_missing_files_are_refused(countries):
    (site,) = (countries.environment / "lib").glob("python3*/site-packages")
    extra = site / "example_countries" / "pack" / "migrations" / "extra.py"
    extra.write_text("")
    assert countries.json("upgrade", "--yes", status=5)["error"]["code"] == "TRUST-031"
    extra.unlink()
    gone = site / "example_countries" / "pack" / "schemas" / "country-1.0.0.json"
    gone.unlink()
    assert countries.json("upgrade", "--yes", status=5)["error"]["code"] == "TRUST-032"


def test_json_output_is_one_object(countries):
    for arguments in (("packs",), ("status",), ("plan",), ("history",), ("verify",), ("trust", "list")):
        content = json.loads(countries.sealift("--format", "json", *arguments).stdout)
        assert content["ok"] is True
        assert content["error"] is None
        assert content["operation"] == arguments[0]
