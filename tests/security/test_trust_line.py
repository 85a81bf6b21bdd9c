"""Every attack of the catalogue that an installation can carry, driven through the real manager and the real command.

One row an attack. Each row asserts the code, exit status 5, a store with the very bytes it had, and that no code of a
pack ran: no worker was asked for, no process started, nothing imported. The same tables are used on the parts alone in
``tests/security/trust`` and ``tests/security/packs``; here nothing is left out between the disk and the verdict.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pack_attacks import ATTACKS, Attack
from policy_attacks import DBA, DIRECTORIES, EDITS, GOOD, HONEST, KEY_FILES, RELEASE, Edit
from sealift.cli import main
from sealift.errors.trust import TrustError
from sealift.model.pack import PackOrigin
from sealift.trust.statement import statement_bytes
from signed_packs import FILES, Situation, envelope_of, situation
from trust_line import Line, Watch, dist_info, nothing_happens, planted

SCRIPT = "migrations/split_name.py"
EVIL = b"import os\nos.abort()\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A store with documents and without a history."""
    line = Line(folder=tmp_path_factory.mktemp("template"))
    line.load()
    return line.store


@pytest.fixture
def line(tmp_path, template) -> Line:
    shutil.copy(template, tmp_path / "store.db")
    return Line(folder=tmp_path)


@pytest.fixture
def watch(monkeypatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr("sealift.sandbox.open_cage", watch)
    return watch


@pytest.fixture
def refused(line, watch, monkeypatch, capsys):
    """Return what drives the line and insists on a refusal with this code, in the library and as a command."""
    for name, value in line.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(line.folder)

    def drive(code: str, *targets: str, settings: dict | None = None) -> TrustError:
        with nothing_happens(line, watch):
            with line.manager(**(settings or {})) as manager, pytest.raises(TrustError) as refusal:
                manager.upgrade(*targets)
            for name, value in (settings or {}).items():
                monkeypatch.setenv(f"SEALIFT_{name.upper()}", str(value))
            status = main(["--format", "json", "upgrade", "--yes", *targets])
        error = json.loads(capsys.readouterr().out)["error"]
        assert (refusal.value.code, error["code"]) == (code, code)
        assert (refusal.value.exit_status, status) == (5, 5)
        assert "othing was executed" in error["hint"]
        return refusal.value

    return drive


def test_the_honest_line_is_accepted_and_every_witness_would_have_noticed(line, watch):
    line.write(situation())
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    assert line.documents()[0]["name"] == {"first": "First1", "last": "Last1"}
    assert watch.opened == ["check", SCRIPT]
    assert dict(watch.files[0])[SCRIPT] == FILES[SCRIPT]
    assert not line.mark.exists()
    environ = {**os.environ, "PYTHONPATH": str(line.site)}
    subprocess.run([sys.executable, "-c", "import acme_orders.pack"], env=environ, check=True)
    assert line.mark.read_text() == "acme_orders"


# The pack, its manifest, its signatures: the rows of tests/support/pack_attacks.py.

EARLIER = {
    "an envelope of 1 MiB": ("TRUST-033", "the reader has the same limit"),
    "a huge pack": ("TRUST-031", "unsigned files are found before they are read"),
}
"""Rows that an earlier step of the whole line refuses, with its code."""
IN_A_HISTORY = {73, 74, 80}
"""Rows about what ran before: below, with a history that was really made."""


def rows() -> list[Attack]:
    return [row for row in ATTACKS if not (row.number in IN_A_HISTORY and row.name != "below the floor")]


@pytest.mark.parametrize("attack", rows(), ids=lambda attack: f"{attack.number}-{attack.name}")
def test_an_attack_on_the_pack(attack: Attack, line, refused):
    case = attack.spoil(situation())
    line.write(case)
    code, _ = EARLIER.get(attack.name, (attack.code, ""))
    error = refused(code, case.pack.origin.entry_point)
    assert case.pack.origin.entry_point in error.message() + error.pack + error.place


def test_a_refusal_names_key_pack_place_and_line_of_the_policy_and_the_remedy(line, watch, monkeypatch, capsys):
    for name, value in line.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(line.folder)
    (attack,) = (row for row in ATTACKS if row.name == "a key for other packs")
    case = attack.spoil(situation())
    line.write(case)
    with nothing_happens(line, watch):
        assert main(["upgrade", "--yes", "acme.orders"]) == 5
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("error[TRUST-012] ")
    assert case.signer.public_key.keyid[:23] in first
    assert f"  pack    acme.orders (acme-orders 1.4.0) in {line.pack}" in rest
    assert any(text.startswith(f"  policy  {line.keys}/policy.toml:") for text in rest)
    assert rest[-1].startswith("  to fix  ")
    assert rest[-1].endswith("Nothing was executed.")


# What only a disk can hold.


def forged_pyc(line: Line) -> None:
    cache = line.pack / "migrations" / "__pycache__"
    cache.mkdir()
    (cache / "other.cpython-311.pyc").write_bytes(EVIL)


def link_file(line: Line) -> None:
    (line.pack / SCRIPT).rename(line.folder / "site" / "aside.py")
    (line.pack / SCRIPT).symlink_to(line.site / "aside.py")


def link_folder(line: Line) -> None:
    (line.pack / "migrations").rename(line.site / "aside")
    (line.pack / "migrations").symlink_to(line.site / "aside")


def link_root(line: Line) -> None:
    line.pack.rename(line.site / "aside")
    line.pack.symlink_to(line.site / "aside")


def link_package(line: Line) -> None:
    (line.site / "acme_orders").rename(line.site / "aside")
    (line.site / "acme_orders").symlink_to(line.site / "aside")


def link_more(line: Line) -> None:
    (line.pack / "more.py").symlink_to("/etc/passwd")


def link_envelope(line: Line) -> None:
    (line.pack / "pack.dsse.json").rename(line.site / "aside.json")
    (line.pack / "pack.dsse.json").symlink_to(line.site / "aside.json")


def pipe_script(line: Line) -> None:
    (line.pack / SCRIPT).unlink()
    os.mkfifo(line.pack / SCRIPT)


def pipe_envelope(line: Line) -> None:
    (line.pack / "pack.dsse.json").unlink()
    os.mkfifo(line.pack / "pack.dsse.json")


def socket_script(line: Line) -> None:
    (line.pack / SCRIPT).unlink()
    here = Path.cwd()
    os.chdir(line.pack / "migrations")
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("split_name.py")
    finally:
        os.chdir(here)


def folder_for_script(line: Line) -> None:
    (line.pack / SCRIPT).unlink()
    (line.pack / SCRIPT).mkdir()


def no_folder(line: Line) -> None:
    shutil.rmtree(line.pack)


def rival(line: Line) -> None:
    dist_info(line.site, origin(distribution="zz-evil", module="zz_evil.pack"))


def rival_root(line: Line) -> None:
    """A second claim of one name in one and the same file."""
    (line.site / "acme_orders-1.4.0.dist-info" / "entry_points.txt").write_text(
        "[sealift.packs]\nacme.orders = acme_orders.pack\nacme.orders = zz_evil.pack\n"
    )


def two_versions(line: Line) -> None:
    directory = line.site / "acme_orders-1.3.0.dist-info"
    shutil.copytree(line.site / "acme_orders-1.4.0.dist-info", directory)
    (directory / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-orders\nVersion: 1.3.0\n")


def entry(text: str) -> Callable[[Line], None]:
    def spoil(line: Line) -> None:
        (line.site / "acme_orders-1.4.0.dist-info" / "entry_points.txt").write_text(f"[sealift.packs]\n{text}\n")

    return spoil


def metadata(old: str, new: str) -> Callable[[Line], None]:
    def spoil(line: Line) -> None:
        path = line.site / "acme_orders-1.4.0.dist-info" / "METADATA"
        path.write_text(path.read_text().replace(old, new))

    return spoil


def editable(line: Line) -> None:
    text = json.dumps({"url": line.site.as_uri(), "dir_info": {"editable": True}})
    (line.site / "acme_orders-1.4.0.dist-info" / "direct_url.json").write_text(text)


def egg(line: Line) -> None:
    with zipfile.ZipFile(line.site / "acme_orders-1.0-py3.11.egg", "w") as archive:
        archive.writestr("EGG-INFO/entry_points.txt", "[sealift.packs]\nacme.orders = acme_orders.pack\n")
        archive.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 2.1\nName: acme-orders\nVersion: 1.0\n")


def zipped(line: Line) -> None:
    """The pack as an archive on the path, and no folder of it."""
    no_folder(line)
    shutil.rmtree(line.site / "acme_orders-1.4.0.dist-info")
    egg(line)


def from_uv_by_links(line: Line) -> None:
    """An installer that links every file into its cache."""
    cache = line.folder / "cache"
    shutil.move(line.pack, cache)
    shutil.copytree(cache, line.pack, copy_function=os.symlink)


def origin(**changes: str) -> PackOrigin:
    return replace(situation().pack.origin, **changes)


DISK = [
    (5, forged_pyc, "TRUST-031"),
    (7, link_file, "TRUST-033"),
    (7, link_folder, "TRUST-033"),
    (7, link_root, "TRUST-033"),
    (7, link_package, "TRUST-033"),
    (7, link_more, "TRUST-033"),
    (7, link_envelope, "TRUST-033"),
    (8, pipe_script, "TRUST-033"),
    (8, pipe_envelope, "TRUST-033"),
    (8, socket_script, "TRUST-033"),
    (8, folder_for_script, "TRUST-033"),
    (6, no_folder, "TRUST-032"),
    (59, rival, "TRUST-041"),
    (59, rival_root, "TRUST-041"),
    (63, two_versions, "TRUST-041"),
    (64, entry("acme.orders = ..=../../etc"), "TRUST-004"),
    (64, entry("acme.orders = ../../etc"), "TRUST-004"),
    (64, entry("Acme.Billing = acme_orders.pack"), "TRUST-004"),
    (64, entry("\u0430cme.orders = acme_orders.pack"), "TRUST-004"),
    (64, entry("acme.orders = acme_orders.pack:run"), "TRUST-004"),
    (61, metadata("Name: acme-orders", "Name: acme-billing"), "TRUST-040"),
    (61, metadata("Version: 1.4.0", "Version: 1.5.0"), "TRUST-040"),
    (66, editable, "TRUST-042"),
    (67, egg, "TRUST-042"),
    (67, zipped, "TRUST-042"),
    (69, from_uv_by_links, "TRUST-033"),
]


@pytest.mark.parametrize(("_row", "spoil", "code"), DISK)
def test_an_attack_on_the_installation(_row, spoil, code, line, refused):
    line.write(situation())
    spoil(line)
    refused(code)


def test_a_refused_pack_is_refused_also_for_a_target_that_needs_it(line, refused):
    line.write(situation())
    (line.site / "acme_core" / "pack" / "pack.toml").write_bytes(b'name = "acme.core"\nbase = "9.0.0"\n')
    (line.site / "acme_core" / "pack" / "pack.dsse.json").write_bytes(b"{}")
    assert "acme.core" in refused("TRUST-002", "acme.orders").message()


# Keys, policy, directory: the rows of tests/support/policy_attacks.py.


def two_owners() -> Situation:
    """The pack as both owners of the honest policy signed it."""
    case = situation()
    envelope = envelope_of(statement_bytes(case.manifest), RELEASE, DBA)
    return replace(case, signer=RELEASE, pack=replace(case.pack, envelope=envelope), policy=HONEST.parse())


def honest_policy(line: Line) -> None:
    line.write(two_owners())
    (line.keys / "policy.toml").write_text(HONEST.text)


@pytest.mark.parametrize(
    ("_row", "name", "content", "code"), KEY_FILES, ids=[f"{row}-{name}" for row, name, *_ in KEY_FILES]
)
def test_an_attack_by_a_key_file(_row, name, content, code, line, refused):
    honest_policy(line)
    (line.keys / "policy.toml").unlink()
    (line.keys / "dba.pem").unlink()
    (line.keys / "release.pem").write_bytes(GOOD)
    (line.keys / "bad.pem").write_bytes(content)
    assert "bad.pem" in refused(code, "acme.orders").message(), name


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit.number}-{edit.name}")
def test_an_attack_on_the_policy(edit: Edit, line, refused):
    honest_policy(line)
    (line.keys / "policy.toml").write_text(HONEST.text.replace(edit.old, edit.new, 1))
    if "release2" in edit.new:
        (line.keys / "release2.pem").write_bytes(GOOD)
    error = refused(edit.code, "acme.orders")
    assert "policy.toml:" in error.message()


@pytest.mark.parametrize(
    ("_row", "spoil", "code", "name"), DIRECTORIES, ids=[f"{row}-{at}" for at, (row, *_) in enumerate(DIRECTORIES)]
)
def test_an_attack_on_the_directory(_row, spoil, code, name, line, refused):
    honest_policy(line)
    spoil(line.keys)
    assert name in refused(code, "acme.orders").message()


def test_54_no_directory_and_an_empty_one_trust_nothing(line, refused):
    line.write(situation())
    shutil.rmtree(line.keys)
    refused("TRUST-029", "acme.orders")
    line.keys.mkdir(mode=0o755)
    refused("TRUST-029", "acme.orders")


def test_54_keys_without_a_policy_where_one_is_required(line, refused):
    line.write(situation())
    (line.keys / "policy.toml").unlink()
    refused("TRUST-027", "acme.orders", settings={"require_policy": True})


# What ran before: rows 56, 73, 74, 75, 76 and 80 with a history that was really made.


@pytest.fixture
def applied(line) -> Situation:
    """The honest release is applied: sequence 14, policy version 7."""
    case = situation()
    line.write(case)
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    return case


def release(line: Line, case: Situation, **changes: object) -> None:
    """Install another genuine release by the same key."""
    manifest = replace(case.manifest, **changes)
    envelope = envelope_of(statement_bytes(manifest), case.signer)
    line.install(replace(case.pack, envelope=envelope), case.files)


@pytest.mark.usefixtures("applied")
def test_56_an_older_policy_is_refused(line, refused):
    text = (line.keys / "policy.toml").read_text()
    (line.keys / "policy.toml").write_text(text.replace("version = 7", "version = 6"))
    error = refused("TRUST-021", "acme.orders")
    assert (error.got, error.expected) == (6, 7)
    (line.keys / "policy.toml").unlink()
    refused("TRUST-021", "acme.orders")


def test_73_an_older_release_is_refused(line, refused, applied):
    release(line, applied, sequence=13)
    error = refused("TRUST-050", "acme.orders")
    assert (error.got, error.expected) == (13, 14)


def test_74_two_releases_of_one_number_are_told_with_both_digests(line, refused, applied):
    release(line, applied, migrations=(replace(applied.manifest.migrations[0], atomic=True),))
    error = refused("TRUST-051", "acme.orders")
    with line.manager() as manager:
        digest = manager.history().entries[-1].digest
    assert error.expected == digest
    assert digest in error.message()
    assert error.got in error.message()


def test_76_a_pack_that_was_verified_and_run_is_verified_again(line, refused, applied):
    envelope = json.loads(applied.pack.envelope)
    envelope["signatures"][0]["sig"] = b64encode(bytes(64)).decode()
    (line.pack / "pack.dsse.json").write_text(json.dumps(envelope))
    refused("TRUST-010", "acme.orders")


def test_80_taking_back_is_refused_for_a_revoked_key_and_a_revoked_release(line, watch, applied):
    text = (line.keys / "policy.toml").read_text()
    with line.manager() as manager:
        digest = manager.history().entries[-1].digest
    keyid = applied.signer.public_key.keyid
    for handle, code in (
        (f'keyid = "{keyid}"', "TRUST-015"),
        (f'manifest = "{digest}"', "TRUST-016"),
    ):
        (line.keys / "policy.toml").write_text(f'{text}\n[[revoke]]\n{handle}\nreason = "stolen"\n')
        with nothing_happens(line, watch), line.manager() as manager, pytest.raises(TrustError) as refusal:
            manager.downgrade("acme.orders@base")
        assert (refusal.value.code, refusal.value.exit_status) == (code, 5)


# What is accepted although somebody tried: rows 5, 40, 45, 62, 65, 68, 69.


def upgraded(line: Line) -> bool:
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    return line.documents()[0]["name"] == {"first": "First1", "last": "Last1"} and not line.mark.exists()


def test_05_compiled_files_of_signed_modules_are_tolerated_and_never_read(line, watch):
    line.write(situation())
    cache = line.pack / "migrations" / "__pycache__"
    cache.mkdir()
    (cache / "split_name.cpython-311.pyc").write_bytes(EVIL)
    assert upgraded(line)
    assert watch.opened == ["check", SCRIPT]


def test_62_a_planted_distribution_does_not_shadow_the_installed_one(line, tmp_path):
    line.write(situation())
    plot = tmp_path / "plot"
    planted(plot, situation().pack.origin)
    path = os.pathsep.join([str(plot), *filter(None, [os.environ.get("PYTHONPATH")])])
    for options, environ in (([], {}), (["-P"], {"PYTHONPATH": path})):
        arguments = [sys.executable, *options, "-m", "sealift", "--format", "json", "packs"]
        everything = {**os.environ, **line.environ, **environ}
        done = subprocess.run(arguments, cwd=plot, env=everything, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        found = {pack["pack"]: pack["verdict"] for pack in json.loads(done.stdout)["packs"]}
        assert found["acme.orders"] == "verified"


def test_68_record_is_not_evidence(line):
    line.write(situation())
    (line.site / "acme_orders-1.4.0.dist-info" / "RECORD").write_text("acme_orders/pack/pack.toml,sha256=forged,1\n")
    assert upgraded(line)


def test_69_hard_links_are_accepted(line):
    line.write(situation())
    shutil.move(line.pack, line.folder / "cache")
    shutil.copytree(line.folder / "cache", line.pack, copy_function=os.link)
    assert upgraded(line)


HERE = (
    {row.number for row in ATTACKS}
    | {row for row, *_ in (*DISK, *KEY_FILES, *DIRECTORIES)}
    | {edit.number for edit in EDITS}
    | {54, 56, 62, 68, 76}
)
NOT_HERE = {
    10: "a race: tests/security/test_trust_race.py",
    40: "accepted with a warning: tests/security/trust; two signatures that count are in the honest policy here",
    45: "a second spelling of one signature, which is accepted: tests/security/trust",
    46: "the manifest carries no time of signing, so none can lie",
    58: "updates of policies are not signed yet: nothing to attack",
    65: "asserted in every row: nothing is imported",
    70: "before installation: tests/security/test_trust_wheels.py",
    71: "before installation: tests/security/test_trust_wheels.py",
    72: "pip's own check of hashes: tests/security/packs/test_wheel_attacks.py",
    75: "accepted with a warning, and set back: tests/security/test_trust_history.py",
    77: "the history's chain: tests/contracts/test_store_contract.py",
    78: "only a copy of the head kept elsewhere helps; documented",
}


def test_every_row_of_the_catalogue_is_here_or_says_why_not():
    assert HERE | NOT_HERE.keys() == set(range(1, 81))
    assert not HERE & NOT_HERE.keys()
