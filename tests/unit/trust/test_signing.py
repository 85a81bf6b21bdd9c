import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from sealift.errors.base import ExitStatus
from sealift.errors.signing import (
    KeyFileExistsError,
    KeyNameError,
    PasswordError,
    PrivateKeyUnreadableError,
    SignatureSelfCheckError,
    SigningError,
)
from sealift.errors.trust import ManifestMalformedError
from sealift.trust.envelope import parse_envelope
from sealift.trust.keyfiles import write_key_pair
from sealift.trust.keys import Algorithm, load_public_key
from sealift.trust.signing import FileSigner, file_signer, generate_key, load_private_key, private_pem, sign_statement
from sealift.trust.statement import statement_bytes
from signed_packs import PolicyText, envelope_of, manifest_of, new_signer, situation

STATEMENT = statement_bytes(manifest_of())


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("password", [None, b"correct horse"])
def test_a_private_key_comes_back(algorithm: Algorithm, password: bytes | None) -> None:
    key = generate_key(algorithm)
    pem = private_pem(key, password)
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY" if password else b"-----BEGIN PRIVATE KEY")
    again = load_private_key(pem, password)
    assert file_signer(again).public_key == file_signer(key).public_key


@pytest.mark.parametrize(
    ("pem", "password", "error"),
    [
        (private_pem(generate_key(), b"secret"), None, PasswordError),
        (private_pem(generate_key(), b"secret"), b"Tr0ub4dor", PasswordError),
        (private_pem(generate_key()), b"secret", PasswordError),
        (b"", None, PrivateKeyUnreadableError),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None, PrivateKeyUnreadableError),
    ],
)
def test_a_private_key_that_cannot_be_used(pem: bytes, password: bytes | None, error: type[SigningError]) -> None:
    with pytest.raises(error, match=r"mine\.key") as refusal:
        load_private_key(pem, password, file="mine.key")
    assert refusal.value.exit_status is ExitStatus.FAILED
    assert password is None or password.decode() not in refusal.value.message() + refusal.value.hint()


def test_other_algorithms_cannot_sign() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    for key in (
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP521R1()),
        x25519.X25519PrivateKey.generate(),
    ):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(PrivateKeyUnreadableError, match="neither Ed25519 nor ECDSA"):
            load_private_key(pem)


def test_a_second_signature_is_added_and_changes_no_signed_byte() -> None:
    first, second = new_signer(), new_signer(Algorithm.ECDSA_P384)
    alone = sign_statement(STATEMENT, None, first)
    both = parse_envelope(sign_statement(STATEMENT, alone, second))
    assert both.payload == STATEMENT
    assert both.signatures[0] == parse_envelope(alone).signatures[0]
    assert [one.keyid for one in both.signatures] == [first.public_key.keyid, second.public_key.keyid]


def test_signing_again_with_one_key_replaces_its_signature() -> None:
    first, second = new_signer(Algorithm.ECDSA_P256), new_signer()
    envelope = envelope_of(STATEMENT, first, second, first)
    assert [one.keyid for one in parse_envelope(envelope).signatures] == [
        second.public_key.keyid,
        first.public_key.keyid,
    ]


@pytest.mark.parametrize("damaged", [False, True])
def test_a_changed_statement_or_a_damaged_envelope_begins_anew(damaged: bool) -> None:  # noqa: FBT001 - a table
    first, second = new_signer(), new_signer()
    before = envelope_of(statement_bytes(manifest_of(sequence=13)), first)
    after = sign_statement(STATEMENT, before[:-9] if damaged else before, second)
    assert [one.keyid for one in parse_envelope(after).signatures] == [second.public_key.keyid]


def test_a_signed_pack_verifies_under_each_algorithm() -> None:
    for algorithm in Algorithm:
        assert situation(algorithm).verify().manifest.pack == "acme.orders"


def test_nothing_is_signed_that_would_not_verify() -> None:
    with pytest.raises(ManifestMalformedError):
        sign_statement(STATEMENT.replace(b'"sequence":14', b'"sequence":-1'), None, new_signer())
    with pytest.raises(ManifestMalformedError):
        statement_bytes(manifest_of(sequence=0))


def test_a_signer_with_the_wrong_public_key_is_found_out() -> None:
    lying = FileSigner(public_key=new_signer().public_key, make=new_signer().make)
    with pytest.raises(SignatureSelfCheckError, match=lying.public_key.keyid):
        sign_statement(STATEMENT, None, lying)


@pytest.mark.parametrize("password", [None, b"secret"])
def test_a_key_pair_is_written_for_its_owner_only(tmp_path: Path, password: bytes | None) -> None:
    old = os.umask(0)
    try:
        keyid = write_key_pair("release-2026", tmp_path / "keys", password)
    finally:
        os.umask(old)
    private, public = tmp_path / "keys/release-2026.key", tmp_path / "keys/release-2026.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert load_public_key(public.read_bytes(), file="x").keyid == keyid
    signer = file_signer(load_private_key(private.read_bytes(), password))
    assert signer.public_key.keyid == keyid
    text = PolicyText(keys={"release": signer})
    assert keyid in text.parse().keys


@pytest.mark.parametrize("algorithm", Algorithm)
def test_openssl_reads_an_encrypted_key(algorithm: Algorithm, tmp_path: Path) -> None:
    key = generate_key(algorithm)
    (tmp_path / "a.key").write_bytes(private_pem(key, b"secret"))
    command = ["openssl", "pkey", "-in", tmp_path / "a.key", "-passin", "pass:secret", "-pubout"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout == file_signer(key).public_key.pem
    parsed = subprocess.run(["openssl", "asn1parse", "-in", tmp_path / "a.key"], capture_output=True, check=True)
    assert b"scrypt" in parsed.stdout or b"1.3.6.1.4.1.11591.4.11" in parsed.stdout
    costs = re.findall(rb"INTEGER +:([0-9A-F]+)", parsed.stdout)
    assert [int(cost, 16) for cost in costs] == [2**14, 8, 5]


@pytest.mark.parametrize("existing", ["release.key", "release.pem"])
def test_no_key_file_is_overwritten(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("precious")
    with pytest.raises(KeyFileExistsError, match=existing):
        write_key_pair("release", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "precious"


def test_a_link_is_not_followed_when_a_key_is_written(tmp_path: Path) -> None:
    (tmp_path / "release.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileExistsError):
        write_key_pair("release", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 65, "a\n"])
def test_a_key_has_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(KeyNameError):
        write_key_pair(name, tmp_path)
    assert list(tmp_path.iterdir()) == []
