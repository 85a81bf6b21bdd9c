"""Before installation, as commands: what a wheel may not carry, and that looking installs and runs nothing.

Rows 70 and 71 of the attack catalogue, on a wheel that is genuinely signed.
"""

import json
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from sealift.assembly.signing import Draft
from sealift.cli import main
from sealift.errors.base import ExitStatus
from sealift.trust.editing import add_key
from sealift.trust.signing import file_signer, generate_key, public_pem
from trust_line import children
from wheel_attacks import ADDED, CHANGED
from wheel_kit import INFO, PACK, build, members_of, new_project, write_wheel

NAME = "acme_orders-1.1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> tuple[Path, Path]:
    """A signed wheel and the directory of trusted keys."""
    folder = tmp_path_factory.mktemp("signed")
    key = generate_key()
    project = new_project(folder / "orders")
    Draft.of(project).sign([file_signer(key)])
    (folder / "release.pem").write_bytes(public_pem(key))
    add_key(folder / "trusted_keys", folder / "release.pem", ["acme.*"], owner="acme")
    return build(project), folder / "trusted_keys"


@pytest.fixture
def verify(signed, tmp_path, monkeypatch, capsys):
    """Return what verifies a wheel as a command, and insists that nothing is written and nothing runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEALIFT_TRUSTED_KEYS", str(signed[1]))

    def call(wheel: Path, status: int = 0) -> dict:
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        modules, processes = set(sys.modules), children()
        installed = sorted(path.name for root in sys.path for path in Path(root or ".").glob("acme*"))
        assert main(["--format", "json", "verify", str(wheel)]) == status
        assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
        assert sorted(path.name for root in sys.path for path in Path(root or ".").glob("acme*")) == installed
        assert not {name for name in set(sys.modules) - modules if name.startswith("acme")}
        assert children() == processes
        return json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def members(signed) -> dict[str, bytes]:
    return members_of(signed[0])


def test_an_honest_wheel_is_verified_with_no_store_in_reach(signed, verify, monkeypatch):
    monkeypatch.setenv("SEALIFT_DATABASE", "postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    result = verify(signed[0])
    (pack,) = result["packs"]
    assert (pack["pack"], pack["sequence"]) == ("acme.orders", 1)
    assert [signer["file"] for signer in pack["signers"]] == ["release.pem"]
    assert result["warnings"] == []


@pytest.mark.parametrize("name", ADDED)
def test_70_a_member_that_does_not_belong(name, members, verify, tmp_path):
    wheel = write_wheel(tmp_path / NAME, {**members, name: ADDED[name]})
    error = verify(wheel, ExitStatus.REFUSED)["error"]
    assert error["code"] == "TRUST-060"
    assert "othing was executed" in error["hint"]


@pytest.mark.parametrize("case", CHANGED)
def test_70_metadata_that_says_more(case, members, verify, tmp_path):
    file, old, new = CHANGED[case]
    content = members[f"{INFO}/{file}"].replace(old, new, 1)
    wheel = write_wheel(tmp_path / NAME, {**members, f"{INFO}/{file}": content})
    assert verify(wheel, ExitStatus.REFUSED)["error"]["code"] == "TRUST-060"


SPOILT = {
    f"{PACK}/migrations/more.py": (b"1\n", "TRUST-031"),
    f"{PACK}/pack.toml": (b'name = "acme.orders"\nbase = "0.1"\n', "TRUST-030"),
    f"{PACK}/pack.dsse.json": (b"{}", "TRUST-002"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_the_envelope_inside_is_checked_against_every_byte(name, members, verify, tmp_path):
    content, code = SPOILT[name]
    wheel = write_wheel(tmp_path / NAME, {**members, name: content})
    assert verify(wheel, ExitStatus.REFUSED)["error"]["code"] == code


def test_a_wheel_without_envelope_is_unsigned(members, verify, tmp_path):
    del members[f"{PACK}/pack.dsse.json"]
    assert verify(write_wheel(tmp_path / NAME, members), ExitStatus.REFUSED)["error"]["code"] == "TRUST-001"


def test_71_a_source_distribution_is_refused(verify, tmp_path):
    with tarfile.open(tmp_path / "acme_orders-1.1.0.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("acme_orders-1.1.0/setup.py"))
    assert verify(tmp_path / "acme_orders-1.1.0.tar.gz", ExitStatus.REFUSED)["error"]["code"] == "TRUST-060"


def test_code_beside_the_pack_that_nobody_signed_is_warned_of(members, verify, tmp_path):
    wheel = write_wheel(tmp_path / NAME, {**members, "acme_orders/__init__.py": b"import os\n"})
    (warning,) = verify(wheel)["warnings"]
    assert "acme_orders/__init__.py holds code that nobody signed" in warning


def test_a_project_is_verified_in_place(signed, verify, tmp_path):
    shutil.copytree(signed[0].parents[1], tmp_path / "orders")
    assert verify(tmp_path / "orders")["packs"][0]["pack"] == "acme.orders"
    (tmp_path / "orders" / PACK / "readme.md").write_text("unsigned\n")
    assert verify(tmp_path / "orders", ExitStatus.REFUSED)["error"]["code"] == "TRUST-031"


def test_a_wheel_under_another_name_is_refused(signed, verify, tmp_path):
    wheel = tmp_path / "acme_billing-1.1.0-py3-none-any.whl"
    shutil.copy(signed[0], wheel)
    assert verify(wheel, ExitStatus.REFUSED)["error"]["code"] == "TRUST-060"
