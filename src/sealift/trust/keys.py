"""Public keys: one strict way in, one fingerprint, one way to check a signature."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from hashlib import sha256

from sealift.errors.trust_policy import KeyFileRejectedError, PrivateKeyLeakedError
from sealift.trust.curve import order_problem

KEYID = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
"""A fingerprint; use ``fullmatch``."""

_PEM = re.compile(
    rb"-----BEGIN PUBLIC KEY-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END PUBLIC KEY-----(?:\r?\n)?", re.ASCII
)
_PRIVATE = re.compile(rb"PRIVATE KEY|PuTTY-User-Key-File|AGE-SECRET-KEY|untrusted comment: (?:minisign|signify) secret")
_PEM_LIMIT = 4096


class Algorithm(StrEnum):
    """The kinds of keys that are trusted; nothing else is."""

    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256"
    ECDSA_P384 = "ecdsa-p384"


class BadSignatureError(Exception):
    """The bytes are no signature of the message by this key. It says no more: there is nothing more to know."""


# The one DER encoding of each kind of SubjectPublicKeyInfo (RFC 5480, RFC 8410): compared byte for byte, so that a key
# has one encoding and therefore one fingerprint, and no ASN.1 parser meets untrusted input.
_SPKI = {
    Algorithm.ED25519: (bytes.fromhex("302a300506032b6570032100"), 32),
    Algorithm.ECDSA_P256: (bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), 64),
    Algorithm.ECDSA_P384: (bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004"), 96),
}
_REFUSED = {
    "2a864886f70d0101": "an RSA key",
    "2a8648ce380401": "a DSA key",
    "2b656e": "an X25519 key, which cannot sign",
    "2b6571": "an Ed448 key",
    "2b8104000a": "an ECDSA key on secp256k1",
    "2b81040023": "an ECDSA key on P-521",
    "2a8648ce3d030101": "an ECDSA key on P-192",
    "2b81040021": "an ECDSA key on P-224",
    "2a8648ce3d030107": "an ECDSA P-256 key in another than the uncompressed encoding",
    "2b81040022": "an ECDSA P-384 key in another than the uncompressed encoding",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that may be trusted, named by its fingerprint."""

    keyid: str
    """``sha256:`` and the SHA-256 of the SubjectPublicKeyInfo in DER, in lower-case hex."""
    algorithm: Algorithm
    spki: bytes
    check: Callable[[bytes, bytes], None] = field(compare=False, repr=False)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature is by this key over the message; raises BadSignatureError otherwise.

        Ed25519 as in RFC 8032 (OpenSSL refuses S >= L); ECDSA in DER with SHA-256 on P-256 and SHA-384 on P-384.
        """
        self.check(signature, message)

    @property
    def pem(self) -> bytes:
        """The key as the one PEM block that ``load_public_key`` reads."""
        text = b64encode(self.spki)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN PUBLIC KEY-----", *lines, b"-----END PUBLIC KEY-----", b""])


def fingerprint(spki: bytes) -> str:
    """Return the keyid of a SubjectPublicKeyInfo: ``openssl pkey -pubin -outform DER | sha256sum`` gives the same."""
    return "sha256:" + sha256(spki).hexdigest()


def holds_private_key(content: bytes) -> bool:
    """Say whether a file looks as if it held a private key of any common format."""
    return _PRIVATE.search(content) is not None


def load_public_key(pem: bytes, *, file: str) -> PublicKey:
    """Read exactly one PEM block with exactly one key of an allowed kind.

    Raises PrivateKeyLeakedError if there is a private key in the file, KeyFileRejectedError for anything else:
    text around the block, a second block, DER, certificates, other algorithms, weak points.
    """
    if holds_private_key(pem):
        raise PrivateKeyLeakedError(file=file)
    return _load_spki(_decode_pem(pem, file), file)


def _decode_pem(pem: bytes, file: str) -> bytes:
    match = _PEM.fullmatch(pem) if len(pem) <= _PEM_LIMIT else None
    if match is None:
        raise KeyFileRejectedError(file=file, problem=_pem_problem(pem))
    text = match[1].replace(b"\r", b"").replace(b"\n", b"")
    try:
        spki = b64decode(text, validate=True)
    except Base64Error:
        spki = b""
    if b64encode(spki) != text:
        raise KeyFileRejectedError(file=file, problem="the text between BEGIN and END is not base64")
    return spki


def _pem_problem(pem: bytes) -> str:
    if not pem.strip():
        return "it is empty"
    if pem.count(b"-----BEGIN ") > 1:
        return "it holds more than one block (expected one PUBLIC KEY)"
    if b"-----BEGIN CERTIFICATE" in pem:
        return "it holds a certificate (expected a bare public key)"
    if pem.startswith((b"ssh-", b"ecdsa-sha2-", b"sk-")) or b"BEGIN SSH2" in pem:
        return "it holds a key in OpenSSH's format (expected PEM)"
    if b"-----BEGIN PUBLIC KEY-----" not in pem:
        return "it holds no PEM block PUBLIC KEY"
    return "there is something around the PEM block, or its lines are damaged"


def _load_spki(spki: bytes, file: str) -> PublicKey:
    for algorithm, (prefix, length) in _SPKI.items():
        if spki.startswith(prefix) and len(spki) == len(prefix) + length:
            return public_key(algorithm, spki, spki[len(prefix) :], file)
    raise KeyFileRejectedError(file=file, problem=f"it holds {_kind(spki)} (expected Ed25519, ECDSA P-256 or P-384)")


def _kind(spki: bytes) -> str:
    head = spki[:64]
    for oid, name in _REFUSED.items():
        encoded = bytes.fromhex(oid)
        if b"\x06" + bytes([len(encoded)]) + encoded in head:
            return name
    return "a key of an unknown kind"


def public_key(algorithm: Algorithm, spki: bytes, point: bytes, file: str) -> PublicKey:
    """Check the point and make the key; raises KeyFileRejectedError for a point that cannot be trusted."""
    check = _ed25519(point, file) if algorithm is Algorithm.ED25519 else _ecdsa(algorithm, point, file)
    return PublicKey(keyid=fingerprint(spki), algorithm=algorithm, spki=spki, check=check)


def _ed25519(point: bytes, file: str) -> Callable[[bytes, bytes], None]:
    problem = order_problem(point)
    if problem is not None:
        raise KeyFileRejectedError(file=file, problem=problem)

    # The library takes any 32 bytes for a key: it is loaded for the first signature, which a verb may never meet.
    @cache
    def loaded() -> tuple[Callable[[bytes, bytes], None], type[Exception]]:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(point).verify, InvalidSignature

    def check(signature: bytes, message: bytes) -> None:
        verify, refusal = loaded()
        try:
            verify(signature, message)
        except refusal:
            raise BadSignatureError from None

    return check


def _ecdsa(algorithm: Algorithm, point: bytes, file: str) -> Callable[[bytes, bytes], None]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    p256 = algorithm is Algorithm.ECDSA_P256
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1() if p256 else ec.SECP384R1(), b"\x04" + point)
    except ValueError:
        raise KeyFileRejectedError(file=file, problem="the point is not on the curve") from None
    scheme = ec.ECDSA(hashes.SHA256() if p256 else hashes.SHA384())

    def check(signature: bytes, message: bytes) -> None:
        try:
            key.verify(signature, message, scheme)
        except InvalidSignature:
            raise BadSignatureError from None

    return check
