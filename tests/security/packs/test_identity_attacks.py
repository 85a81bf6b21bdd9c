"""Attacks on who a pack is and where it lies: rows 59 to 69 of the attack catalogue, each with its code.

Row 68 (RECORD tampered with) has no refusal: RECORD is not evidence, and the test shows that nothing rests on it.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sealift.errors.base import ExitStatus
from sealift.errors.trust import TrustError
from sealift.packs.discovery import discover, misplaced, survey
from sealift.packs.reading import read_files, read_pack
from wheel_kit import build, dist_info, members_of, new_project, pip_install, write_wheel

ENTRY = "[sealift.packs]\nacme.orders = acme_orders.pack\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(new_project(tmp_path_factory.mktemp("project") / "orders"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel):
    target = tmp_path_factory.mktemp("installed")
    pip_install(wheel, target)
    return target


@pytest.fixture
def site(tmp_path, installed):
    shutil.copytree(installed, tmp_path / "site")
    return tmp_path / "site"


def refused(*roots):
    with pytest.raises(TrustError) as caught:
        discover(roots)
    assert caught.value.exit_status is ExitStatus.REFUSED
    assert "Nothing was executed." in caught.value.hint()
    return caught.value


def read_all(origin):
    root = Path(origin.root)
    names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return read_files(origin, [name for name in names if name != "pack.dsse.json"])


# Row 59
def test_two_distributions_that_claim_one_pack_are_both_shown(site, tmp_path, wheel):
    members = {name.replace("acme_orders", "zz_evil"): content for name, content in members_of(wheel).items()}
    info = "zz_evil-1.1.0.dist-info"
    members[f"{info}/METADATA"] = members[f"{info}/METADATA"].replace(b"acme-orders", b"zz-evil")
    members[f"{info}/entry_points.txt"] = b"[sealift.packs]\nacme.orders = zz_evil.pack\n"
    pip_install(write_wheel(tmp_path / "zz_evil-1.1.0-py3-none-any.whl", members), site)
    error = refused(site)
    assert error.code == "TRUST-041"
    assert "acme_orders 1.1.0" in error.message()
    assert "zz_evil 1.1.0" in error.message()
    assert survey([site]).origins == ()


def test_a_second_claim_in_another_root_counts_too(site, tmp_path):
    dist_info(tmp_path / "other", "evil", "[sealift.packs]\nacme.orders = evil.pack\n")
    assert refused(site, tmp_path / "other").code == "TRUST-041"
    assert refused(tmp_path / "other", site).code == "TRUST-041"


def test_a_claim_that_could_not_be_used_anyway_still_makes_it_ambiguous(site):
    dist_info(site, "evil", "[sealift.packs]\nacme.orders = ../../etc\n")
    assert refused(site).code == "TRUST-041"


def test_one_file_may_not_claim_a_name_twice(tmp_path):
    dist_info(tmp_path, "evil", "[sealift.packs]\nacme.orders = a.b\nacme.orders = c.d\n")
    assert refused(tmp_path).code == "TRUST-041"


# Row 60 and 61: that manifest and entry point agree is verification's step 6; this is what discovery hands to it.
def test_the_identity_that_is_verified_is_the_installed_one(site):
    (origin,) = discover([site])
    assert (origin.entry_point, origin.distribution, origin.distribution_version) == (
        "acme.orders",
        "acme-orders",
        "1.1.0",
    )


OTHER_METADATA = [
    ("Name: acme-orders", "Name: acme-billing"),
    ("Version: 1.1.0", "Version: 1.2.0"),
    ("Name: acme-orders\n", ""),
    ("Version: 1.1.0", "Version: x y"),
]


@pytest.mark.parametrize(("old", "new"), OTHER_METADATA)
def test_metadata_that_disagrees_with_its_directory_is_no_identity(site, old, new):
    metadata = site / "acme_orders-1.1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace(old, new, 1))
    assert refused(site).code == "TRUST-040"


# Row 62
@pytest.mark.parametrize("how", ["cwd", "PYTHONPATH"])
def test_a_planted_dist_info_neither_shadows_nor_hides_the_installed_pack(site, tmp_path, how):
    dist_info(tmp_path / "planted", "acme_orders", "[sealift.packs]\nacme.orders = evil.pack\n", version="1.1.0")
    code = (
        "import json, sys; from pathlib import Path; from sealift.packs.discovery import discover, misplaced;"
        f"site = Path({str(site)!r}); planted = misplaced(map(Path, sys.path), [site]);"
        "print(json.dumps([[str(o.root) for o in discover([site])], [p.error.code for p in planted]]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "planted")} if how == "PYTHONPATH" else dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "planted", env=environment, capture_output=True, text=True
    )
    roots, planted = json.loads(done.stdout)
    assert roots == [str(site.resolve() / "acme_orders" / "pack")]
    assert "TRUST-042" in planted


def test_the_default_roots_do_not_follow_the_working_directory(tmp_path, monkeypatch):
    dist_info(tmp_path, "acme_orders", ENTRY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert "acme.orders" not in {origin.entry_point for origin in survey().origins}
    assert [found.error.code for found in misplaced([tmp_path])] == ["TRUST-042"]


# Row 63
def test_two_dist_info_directories_of_one_project_are_both_shown(site):
    (site / "Acme.Orders-1.0.0.dist-info").mkdir()
    error = refused(site)
    assert error.code == "TRUST-041"
    assert "acme_orders-1.1.0.dist-info" in error.message()
    assert "Acme.Orders-1.0.0.dist-info" in error.message()


def test_a_project_without_packs_may_be_there_twice(site):
    for version in ("1.0", "2.0"):
        dist_info(site, "other", "[console_scripts]\nx = y:z\n", version=version)
    assert len(discover([site])) == 1


# Row 64
@pytest.mark.parametrize("line", [
    "acme.orders = ../../etc", "acme.orders = ..", "acme.orders = /etc/passwd", "acme.orders = acme.orders:attribute",
    "acme.orders = acme.orders [extra]", "acme.orders = acme..pack", "acme.orders =", "acme.orders = äcme.pack",
    "Acme.Billing = acme.pack", "acme orders = acme.pack", "\u0430cme.orders = acme.pack", "acme/orders = acme.pack",
    "= acme.pack", "acme. = acme.pack", "acme.orders\x0b = x\x0by", "a\u202eb = acme.pack", "no equals sign",
    "acme.orders = " + ".".join("a" * 9), f"{'a' * 101} = acme.pack",
])  # fmt: skip
def test_odd_names_and_values_are_refused_before_they_are_used(tmp_path, line):
    dist_info(tmp_path, "evil", f"[sealift.packs]\n{line}\n")
    error = refused(tmp_path)
    assert error.code == "TRUST-004"
    assert error.message().isprintable()


@pytest.mark.parametrize(
    "name", ["~cme_orders-1.0.0", "acme orders-1.0.0", "acme_orders", "acme_orders-1.0-2", "é-1.0"]
)
def test_a_dist_info_that_no_installer_wrote_is_refused(tmp_path, name):
    (tmp_path / f"{name}.dist-info").mkdir()
    (tmp_path / f"{name}.dist-info" / "entry_points.txt").write_text(ENTRY)
    assert refused(tmp_path).code == "TRUST-004"


def test_control_characters_never_reach_a_message(tmp_path):
    dist_info(tmp_path, "evil", "[sealift.packs]\n\x1b[31macme = \x1b]0;x\x07\n")
    assert refused(tmp_path).message().isprintable()


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (dist_info(tmp_path, "evil", "") / "entry_points.txt").write_bytes(b"[sealift.packs]\nacme = \xff\xfe\n")
    assert refused(tmp_path).code == "TRUST-004"


def test_a_pipe_for_entry_points_stops_nobody(site):
    directory = dist_info(site, "evil", "")
    (directory / "entry_points.txt").unlink()
    os.mkfifo(directory / "entry_points.txt")
    assert len(discover([site])) == 1


# Row 65: tests/unit/packs/test_discovery.py::test_discovery_imports_nothing_of_a_pack


# Row 66
def test_an_editable_installation_whose_folder_is_gone_is_refused(tmp_path):
    directory = dist_info(tmp_path, "acme_orders", ENTRY)
    for url in (tmp_path.as_uri() + "/nowhere", "https://evil.example/x", "file://evil.example/x", "x", ""):
        content = {"url": url, "dir_info": {"editable": True}}
        (directory / "direct_url.json").write_text(json.dumps(content))
        assert refused(tmp_path).code == "TRUST-042"


@pytest.mark.parametrize(
    "text", ["{editable", '{"dir_info": {"editable": true}}', '["editable"]', '{"dir_info": "editable"}']
)
def test_a_broken_statement_about_being_editable_is_never_read_as_ordinary(tmp_path, text):
    (dist_info(tmp_path, "acme_orders", ENTRY) / "direct_url.json").write_text(text)
    assert refused(tmp_path).code == "TRUST-042"


# Row 67
@pytest.mark.parametrize("kind", ["egg archive", "egg directory", "egg-info directory"])
def test_eggs_are_refused(tmp_path, kind):
    if kind == "egg archive":
        with zipfile.ZipFile(tmp_path / "acme-1.0-py3.11.egg", "w") as egg:
            egg.writestr("EGG-INFO/entry_points.txt", ENTRY)
    else:
        inner = "acme-1.0.egg/EGG-INFO" if kind == "egg directory" else "acme-1.0.egg-info"
        (tmp_path / inner).mkdir(parents=True)
        (tmp_path / inner / "entry_points.txt").write_text(ENTRY)
    assert refused(tmp_path).code == "TRUST-042"


def test_a_zip_archive_as_a_root_holds_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("acme_orders-1.1.0.dist-info/entry_points.txt", ENTRY)
    assert discover([tmp_path / "lib.zip"]) == ()


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"\0" * 100])
def test_a_broken_egg_is_no_pack_and_no_crash(tmp_path, content):
    (tmp_path / "broken.egg").write_bytes(content)
    assert discover([tmp_path]) == ()


# Row 68
def test_record_is_not_evidence(site):
    record = site / "acme_orders-1.1.0.dist-info" / "RECORD"
    before = read_all(discover([site])[0])
    record.write_text("acme_orders/pack/pack.toml,sha256=forged,1\n../../../etc/passwd,,\n")
    assert read_all(discover([site])[0]) == before
    record.unlink()
    assert read_all(discover([site])[0]) == before


# Row 69
def test_an_installation_by_links_is_refused_with_a_hint_and_hard_links_are_accepted(site, tmp_path):
    for directory, make in (("soft", os.symlink), ("hard", os.link)):
        shutil.copytree(site, tmp_path / directory, copy_function=make)
    assert read_pack(discover([tmp_path / "hard"])[0]).envelope
    assert read_all(discover([tmp_path / "hard"])[0])
    (soft,) = discover([tmp_path / "soft"])
    for read in (lambda: read_pack(soft), lambda: read_files(soft, ["pack.toml"])):
        with pytest.raises(TrustError) as caught:
            read()
        assert caught.value.code == "TRUST-033"
        assert "--link-mode" in caught.value.hint()
