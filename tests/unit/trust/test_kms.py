"""Signing with a key in a device: the double here is one of the device, and its signatures are real."""

import builtins
from collections.abc import Iterator

import pytest

from sealift.errors.config import MissingExtraError
from sealift.errors.signing import SignatureSelfCheckError, SignerUnavailableError
from sealift.model.pack import Pack
from sealift.trust.keys import Algorithm
from sealift.trust.kms import kms_signer
from sealift.trust.signing import generate_key, public_pem, sign_statement
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import verify_manifest
from signed_packs import NOW, PolicyText, manifest_of, new_signer, origin_of, situation
from softhsm_token import SoftToken, library
from token_drawer import PIN, open_drawer

STATEMENT = statement_bytes(manifest_of())


@pytest.fixture
def drawer() -> Iterator[dict]:
    with open_drawer() as drawer:
        yield drawer


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_pack_signed_by_a_device_verifies(drawer: dict, algorithm: Algorithm) -> None:
    key = drawer["release"] = generate_key(algorithm)
    signer = kms_signer("token:release", public_pem(key), lambda _: PIN)
    envelope = sign_statement(STATEMENT, situation().pack.envelope, signer)
    pack = Pack(origin=origin_of(manifest_of()), envelope=envelope)
    attested = verify_manifest(pack, PolicyText(keys={"release": signer}).parse(), now=NOW)
    assert [one.keyid for one in attested.signers] == [signer.public_key.keyid]


def test_a_device_with_another_key_is_found_out(drawer: dict) -> None:
    drawer["release"] = generate_key()
    signer = kms_signer("token:release", new_signer().public_key.pem, lambda _: PIN)
    with pytest.raises(SignatureSelfCheckError):
        sign_statement(STATEMENT, None, signer)


def test_the_words_of_the_device_are_repeated(drawer: dict) -> None:
    key = drawer["release"] = generate_key()
    with pytest.raises(SignerUnavailableError, match="CKR_PIN_INCORRECT"):
        kms_signer("token:release", public_pem(key), lambda _: "0000").sign(b"x")
    with pytest.raises(SignerUnavailableError, match="no token other"):
        kms_signer("token:other", public_pem(key))
    with pytest.raises(SignerUnavailableError, match="nowhere"):
        kms_signer("nowhere:key", public_pem(key))


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    importer = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("securesystemslib"):
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message)
        return importer(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError) as missing:
        kms_signer("hsm:2", public_pem(generate_key()))
    assert (missing.value.code, missing.value.exit_status) == ("CONFIG-006", 2)
    assert missing.value.hint() == "pip install 'sealift[kms]'"


if library() is not None:  # defined only where Debian's softhsm2 and python-pkcs11 are installed: no skipped tests

    def test_a_softhsm_token_signs_a_pack(soft_token: SoftToken) -> None:
        token = soft_token
        signer = kms_signer(token.uri, token.public_pem, lambda _: token.pin)
        envelope = sign_statement(STATEMENT, None, signer)
        pack = Pack(origin=origin_of(manifest_of()), envelope=envelope)
        policy = PolicyText(keys={"release": signer}).parse()
        assert verify_manifest(pack, policy, now=NOW).signers[0].keyid == signer.public_key.keyid
        with pytest.raises(SignerUnavailableError, match="PinIncorrect"):
            kms_signer(token.uri, token.public_pem, lambda _: "654321").sign(b"x")
