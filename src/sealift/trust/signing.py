"""Signing, on the release engineer's side: keys, signers, and signatures added to an envelope.

What is signed is the statement's bytes and nothing that is read on the way; a signature added later, on another
machine, alters no signed byte and no other file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sealift.errors.signing import PasswordError, PrivateKeyUnreadableError, SignatureSelfCheckError
from sealift.errors.trust import TrustError
from sealift.trust.envelope import PAYLOAD_TYPE, Envelope, Signature, build_envelope, pae, parse_envelope
from sealift.trust.keys import Algorithm, BadSignatureError, PublicKey, load_public_key
from sealift.trust.pkcs8 import encrypted_pem
from sealift.trust.statement import parse_statement

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey

_CURVES: dict[str, Algorithm] = {"secp256r1": Algorithm.ECDSA_P256, "secp384r1": Algorithm.ECDSA_P384}


class Signer(Protocol):
    """Whatever holds a private key: a file, a token, a service."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what it signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a signature: 64 bytes for Ed25519, DER for ECDSA."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSigner:
    """Signs with a private key held in memory."""

    public_key: PublicKey
    make: Callable[[bytes], bytes]

    def sign(self, message: bytes) -> bytes:
        """Return a signature over the message."""
        return self.make(message)


def generate_key(algorithm: Algorithm = Algorithm.ED25519) -> PrivateKey:
    """Return a new private key."""
    match algorithm:
        case Algorithm.ED25519:
            return Ed25519PrivateKey.generate()
        case Algorithm.ECDSA_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case Algorithm.ECDSA_P384:
            return ec.generate_private_key(ec.SECP384R1())
        case _:
            assert_never(algorithm)


def private_pem(key: PrivateKey, password: bytes | None = None) -> bytes:
    """Return the key as one PKCS#8 PEM block, encrypted if there is a password."""
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    if not password:
        return key.private_bytes(serialization.Encoding.PEM, form, plain)
    return encrypted_pem(key.private_bytes(serialization.Encoding.DER, form, plain), password)


def public_pem(key: PrivateKey) -> bytes:
    """Return the public half as the one PEM block that a policy takes."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip


def load_private_key(pem: bytes, password: bytes | None = None, *, file: str = "") -> PrivateKey:
    """Read a PKCS#8 key; raises PasswordError or PrivateKeyUnreadableError."""
    if b"ENCRYPTED PRIVATE KEY" in pem and not password:
        raise PasswordError(problem="it is encrypted, and no password was given", file=file)
    if password and b"ENCRYPTED" not in pem:
        raise PasswordError(problem="it is not encrypted, and a password was given", file=file)
    try:
        key = serialization.load_pem_private_key(pem, password)
    except ValueError as error:
        if password:
            raise PasswordError(problem="the password is wrong, or the file is damaged", file=file) from error
        raise PrivateKeyUnreadableError(problem="it is no PKCS#8 private key in PEM", file=file) from error
    except Exception as error:  # the library has its own tree for algorithms it does not know
        raise PrivateKeyUnreadableError(problem=str(error) or type(error).__name__, file=file) from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    raise PrivateKeyUnreadableError(problem="it is neither Ed25519 nor ECDSA on P-256 or P-384", file=file)


def file_signer(key: PrivateKey) -> FileSigner:
    """Return the signer of a private key."""
    public = load_public_key(public_pem(key), file="the private key")
    if isinstance(key, Ed25519PrivateKey):
        return FileSigner(public_key=public, make=key.sign)
    scheme = ec.ECDSA(hashes.SHA256() if public.algorithm is Algorithm.ECDSA_P256 else hashes.SHA384())
    return FileSigner(public_key=public, make=lambda message: key.sign(message, scheme))


def sign_statement(statement: bytes, existing_envelope: bytes | None, signer: Signer) -> bytes:
    """Return the envelope with the signer's signature.

    Signatures by others are kept if they are over this very statement; one by the same key is replaced. Otherwise the
    envelope is a new one. Raises ManifestMalformedError for a statement that would not verify, and
    SignatureSelfCheckError if the signer's key is not the one it says.
    """
    parse_statement(statement)
    message = pae(PAYLOAD_TYPE, statement)
    signature = signer.sign(message)
    keyid = signer.public_key.keyid
    try:
        signer.public_key.verify(signature, message)
    except BadSignatureError as error:
        raise SignatureSelfCheckError(keyid=keyid) from error
    others = [one for one in _signatures_over(statement, existing_envelope) if one.keyid != keyid]
    return build_envelope(statement, [*others, Signature(keyid=keyid, signature=signature)])


def _signatures_over(statement: bytes, existing: bytes | None) -> tuple[Signature, ...]:
    envelope = _readable(existing)
    return envelope.signatures if envelope is not None and envelope.payload == statement else ()


def _readable(existing: bytes | None) -> Envelope | None:
    if existing is None:
        return None
    try:
        return parse_envelope(existing)
    except TrustError:
        # A damaged envelope holds nothing worth keeping: it is about to be written anew.
        return None
