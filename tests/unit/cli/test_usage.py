"""A slip on the command line exits 2 and says what to write: it is neither a refusal nor a defect."""

import json

import pytest

from sealift.cli import main


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Call the command in an empty directory with a key pair; return status and error."""
    monkeypatch.chdir(tmp_path)
    main(["keygen", "release"])
    capsys.readouterr()

    def call(*arguments: str) -> tuple[int, dict]:
        status = main(["--format", "json", *arguments])
        return status, json.loads(capsys.readouterr().out)["error"]

    return call


WHEELS = {
    "a missing wheel": "missing.whl",
    "a missing file": "dist/missing-1.0-py3-none-any.whl",
    "no wheel": "release.pem",
    "a renamed wheel": "renamed.whl",
    "a directory": "folder.whl",
}


@pytest.mark.parametrize("verb", ["verify", "lock"])
@pytest.mark.parametrize("name", WHEELS.values(), ids=WHEELS)
def test_what_is_no_wheel_is_a_slip(told, tmp_path, verb, name):
    (tmp_path / "renamed.whl").touch()
    (tmp_path / "folder.whl").mkdir()
    status, error = told(verb, name)
    assert (status, error["code"]) == (2, "CONFIG-007")
    assert name in error["message"]
    assert "py3-none-any.whl" in error["hint"]


def test_a_wheel_whose_contents_are_none_is_refused(told, tmp_path):
    (tmp_path / "acme-1.0-py3-none-any.whl").touch()
    assert told("verify", "acme-1.0-py3-none-any.whl")[0] == 5


def test_a_missing_directory_is_not_taken_for_a_pack(told):
    status, error = told("verify", "./nowhere/")
    assert (status, error["code"]) == (2, "CONFIG-007")


TRUST = {
    "an empty handle": ("revoke", "", "--reason", "x"),
    "an empty digest": ("revoke", "", "--manifest", "--reason", "x"),
    "a short digest": ("revoke", "sha256:12", "--manifest", "--reason", "x"),
    "no such key": ("revoke", "nobody", "--reason", "x"),
    "no reason": ("revoke", "release", "--reason", ""),
    "a reason of two lines": ("revoke", "release", "--reason", "a\nb"),
    "no pattern": ("add", "release.pem", "--packs", ""),
    "a pattern that is none": ("add", "release.pem", "--packs", "Acme.**"),
    "a missing key file": ("add", "nobody.pem", "--packs", "acme.*"),
    "no date": ("add", "release.pem", "--packs", "acme.*", "--expires", "soon"),
}


@pytest.mark.parametrize("arguments", TRUST.values(), ids=TRUST)
def test_what_cannot_stand_in_a_policy_is_a_slip_and_writes_nothing(told, tmp_path, capsys, arguments):
    main(["trust", "add", "release.pem", "--packs", "other.*"])
    capsys.readouterr()
    before = (tmp_path / "trusted_keys" / "policy.toml").read_bytes()
    status, error = told("trust", *arguments)
    assert status == 2
    assert error["code"] in {"CONFIG-000", "CONFIG-008"}
    assert "policy.toml:" not in error["message"]
    assert (tmp_path / "trusted_keys" / "policy.toml").read_bytes() == before


@pytest.mark.parametrize("number", ["0", "-3", "x"])
def test_a_sequence_that_cannot_be_is_a_slip(told, capsys, number):
    main(["new", "acme.orders", "orders"])
    capsys.readouterr()
    status, error = told("sign", "orders", "--key", "release.key", f"--sequence={number}")
    assert (status, error["code"]) == (2, "CONFIG-000")
