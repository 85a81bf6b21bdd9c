"""The release engineer's commands: passwords, what is shown before a signature, signatures from several machines."""

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sample_pack import SPLIT, write_pack
from sealift.cli import main
from sealift.trust.envelope import parse_envelope
from sealift.trust.keys import load_public_key
from sealift.trust.signing import generate_key, load_private_key, private_pem, public_pem
from softhsm_token import library
from token_drawer import PIN, open_drawer

SECRET = "correct horse"
COMMAND = [sys.executable, "-P", "-m", "sealift"]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(here) -> Path:
    return write_pack(here / "project")


def with_descriptor(content: bytes, *arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess:
    """Call the command with a pipe that holds the content."""
    reading, writing = os.pipe()
    try:
        os.write(writing, content)
        os.close(writing)
        done = subprocess.run(
            [*COMMAND, *map(str, arguments), "--password-fd", str(reading)],
            pass_fds=[reading], capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        os.close(reading)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def in_terminal(arguments: list[str], answers: Mapping[str, str]) -> tuple[int, str]:
    """Call the command in a terminal of its own, answer its questions, and return its exit code and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [*COMMAND, *arguments])
    shown, waiting = "", dict(answers)
    while select.select([terminal], [], [], 30)[0]:
        try:
            text = os.read(terminal, 4096)
        except OSError:  # Linux reports the end of a terminal this way
            break
        if not text:
            break
        shown += text.decode()
        for question in [question for question in waiting if question in shown]:
            os.write(terminal, (waiting.pop(question) + "\n").encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_key_is_encrypted_with_what_was_typed_twice(here):
    status, shown = in_terminal(
        ["keygen", "release", "--encrypt"], {"password for release.key:": SECRET, "Repeat for confirmation:": SECRET}
    )
    assert status == 0, shown
    assert SECRET not in shown
    pem = (here / "release.key").read_bytes()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in pem
    assert (here / "release.key").stat().st_mode & 0o777 == 0o600
    key = load_private_key(pem, SECRET.encode())
    assert load_public_key(public_pem(key), file="x").keyid in shown


def test_an_encrypted_key_signs_with_what_was_typed(project):
    key = project.parent / "release.key"
    key.write_bytes(private_pem(generate_key(), SECRET.encode()))
    status, shown = in_terminal(["sign", str(project), "--key", str(key)], {f"password for {key}:": SECRET})
    assert status == 0, shown
    assert shown.index("about to sign acme.people") < shown.index("password for") < shown.index("signed acme.people")
    envelope = project / "acme_people" / "pack" / "pack.dsse.json"
    before = envelope.read_bytes()
    status, shown = in_terminal(["sign", str(project), "--key", str(key)], {f"password for {key}:": "wrong"})
    assert status == 1
    assert "SIGN-002" in shown
    assert envelope.read_bytes() == before


def test_a_password_comes_from_a_descriptor_and_no_byte_more(project):
    keys = []
    for name in ("a", "b"):
        with_descriptor(f"{SECRET} {name}\nrest".encode(), "keygen", name, "--encrypt")
        keys += ["--key", f"{name}.key"]
        load_private_key(Path(f"{name}.key").read_bytes(), f"{SECRET} {name}".encode())
    done = with_descriptor(f"{SECRET} a\n{SECRET} b\n".encode(), "sign", project, *keys)
    assert SECRET not in done.stdout + done.stderr
    envelope = parse_envelope((project / "acme_people" / "pack" / "pack.dsse.json").read_bytes())
    assert len(envelope.signatures) == 2


def test_a_descriptor_alone_asks_for_encryption(here):
    with_descriptor(SECRET.encode(), "keygen", "release")
    assert b"ENCRYPTED" in (here / "release.key").read_bytes()


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"x" * 2000], ids=["nothing", "empty", "cr", "long"])
def test_no_key_is_written_without_a_real_password(here, content):
    done = with_descriptor(content, "keygen", "release", "--encrypt", status=2)
    assert "password for release.key" in done.stderr
    assert list(here.iterdir()) == []


def test_a_descriptor_that_is_not_open_is_said(here):
    done = subprocess.run(
        [*COMMAND, "keygen", "release", "--encrypt", "--password-fd", "77"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "file descriptor 77 cannot be read" in done.stderr
    assert list(here.iterdir()) == []


def test_without_terminal_and_descriptor_nothing_is_asked(here):
    done = subprocess.run(
        [*COMMAND, "keygen", "release", "--encrypt"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "--password-fd" in done.stderr
    assert list(here.iterdir()) == []


def test_what_changes_is_shown_before_a_key_is_even_read(project, capsys):
    assert main(["keygen", "release"]) == 0
    assert main(["sign", str(project), "--key", "release.key"]) == 0
    first = capsys.readouterr().err
    assert "for the first time" in first
    assert "+ migrations/split.py" in first
    assert "sequence 1" in first
    folder = project / "acme_people" / "pack"
    (folder / "migrations" / "split.py").write_text(SPLIT.replace('"people"\n', '"people"\n    atomic = True\n'))
    (folder / "schemas" / "more.json").write_text('{"type": "object"}')
    (folder / "readme.md").write_text("Words.\n")
    assert main(["sign", str(project), "--key", "nowhere.key"]) == 1
    shown = capsys.readouterr().err
    for line in ("sequence 1 -> 2", "~ migrations/split.py", "~ migration 1.1.0", "+ schemas/more.json", "+ readme.md"):
        assert f"  {line}\n" in shown
    assert shown.index("about to sign") < shown.index("error[SIGN-001]")
    assert json.loads(_payload(folder))["predicate"]["sequence"] == 1
    assert main(["sign", str(project), "--key", "release.key"]) == 0
    capsys.readouterr()
    assert main(["--format", "json", "sign", str(project), "--key", "release.key"]) == 0
    again = capsys.readouterr()
    assert "nothing changed since the last signature" in again.err
    assert json.loads(again.out)["changes"] == []


def _payload(folder: Path) -> bytes:
    return parse_envelope((folder / "pack.dsse.json").read_bytes()).payload


def test_signatures_are_added_on_several_machines_and_alter_no_other_file(project, here, capsys):
    for name in ("ann", "bob"):
        assert main(["keygen", name]) == 0
    assert main(["sign", str(project), "--key", "ann.key"]) == 0
    before = snapshot(project)
    other = here / "other-machine"
    subprocess.run(["cp", "-r", str(project), str(other)], check=True)
    (here / "ann.key").rename(here / "ann.key.at-home")
    assert main(["sign", str(other), "--key", "bob.key"]) == 0
    after = snapshot(other)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {"acme_people/pack/pack.dsse.json"}
    assert _payload(other / "acme_people/pack") == _payload(project / "acme_people/pack")
    for key in ("ann.pem", "bob.pem"):
        assert main(["trust", "add", key, "--packs", "acme.*", "--owner", key]) == 0
    policy = here / "trusted_keys" / "policy.toml"
    policy.write_text(policy.read_text().replace("threshold = 1", "threshold = 2"))
    capsys.readouterr()
    assert main(["verify", str(other)]) == 0
    assert "signed by ann.pem" in capsys.readouterr().out
    assert main(["verify", str(project)]) == 5
    assert "TRUST-013" in capsys.readouterr().err


def test_a_device_signs_beside_a_file_and_gets_its_pin_from_the_descriptor(project, capsys):
    assert main(["keygen", "release"]) == 0
    with open_drawer() as drawer:
        drawer["box"] = generate_key()
        Path("box.pem").write_bytes(public_pem(drawer["box"]))
        command = ["sign", str(project), "--key", "release.key", "--signer", "token:box", "--public", "box.pem"]
        for pin, status in (("0000", 1), (PIN, 0)):
            reading, writing = os.pipe()
            os.write(writing, f"{pin}\n".encode())
            os.close(writing)
            capsys.readouterr()
            assert main([*command, "--password-fd", str(reading)]) == status
            os.close(reading)
            shown = capsys.readouterr()
            assert pin not in shown.out + shown.err
            if status:
                assert "CKR_PIN_INCORRECT" in shown.err
                assert not (project / "acme_people" / "pack" / "pack.dsse.json").exists()
    for key in ("release.pem", "box.pem"):
        assert main(["trust", "add", key, "--packs", "acme.*"]) == 0
    capsys.readouterr()
    assert main(["--format", "json", "verify", str(project)]) == 0
    (pack,) = json.loads(capsys.readouterr().out)["packs"]
    assert {signer["file"] for signer in pack["signers"]} == {"release.pem", "box.pem"}


def test_a_signer_needs_its_public_key_and_the_extra(project, monkeypatch, capsys):
    assert main(["keygen", "release"]) == 0
    assert main(["sign", str(project), "--signer", "hsm:2"]) == 2
    assert "--public" in capsys.readouterr().err
    assert main(["sign", str(project), "--signer", "hsm:2", "--public", "nowhere.pem"]) == 5
    assert "TRUST-019" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "securesystemslib.signer", None)
    assert main(["sign", str(project), "--signer", "hsm:2", "--public", "release.pem"]) == 2
    shown = capsys.readouterr().err
    assert "error[CONFIG-006]" in shown
    assert "pip install 'sealift[kms]'" in shown
    assert not (project / "acme_people" / "pack" / "pack.dsse.json").exists()


if library() is not None:  # defined only where Debian's softhsm2 and python-pkcs11 are installed: no skipped tests

    def test_a_softhsm_token_signs_as_a_command(project, soft_token, capsys):
        Path("token.pem").write_bytes(soft_token.public_pem)
        reading, writing = os.pipe()
        os.write(writing, f"{soft_token.pin}\n".encode())
        os.close(writing)
        command = ["sign", str(project), "--signer", soft_token.uri, "--public", "token.pem"]
        assert main([*command, "--password-fd", str(reading)]) == 0
        os.close(reading)
        assert main(["trust", "add", "token.pem", "--packs", "acme.*"]) == 0
        capsys.readouterr()
        assert main(["--format", "json", "verify", str(project)]) == 0
        assert json.loads(capsys.readouterr().out)["packs"][0]["signers"][0]["file"] == "token.pem"
