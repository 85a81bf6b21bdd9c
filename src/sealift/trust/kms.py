"""Signing with keys that never leave their device: PKCS#11 tokens and cloud services, through securesystemslib.

It is used to sign only. For verifying it is not used: it counts one key under two ids twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sealift.errors.config import MissingExtraError
from sealift.errors.signing import SignerUnavailableError
from sealift.trust.keys import Algorithm, PublicKey, load_public_key

_SCHEMES: Mapping[Algorithm, tuple[str, str]] = MappingProxyType(
    {
        Algorithm.ED25519: ("ed25519", "ed25519"),
        Algorithm.ECDSA_P256: ("ecdsa", "ecdsa-sha2-nistp256"),
        Algorithm.ECDSA_P384: ("ecdsa", "ecdsa-sha2-nistp384"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSigner:
    """Signs through a signer of securesystemslib."""

    public_key: PublicKey
    uri: str
    device: Any

    def sign(self, message: bytes) -> bytes:
        """Return the device's signature; raises SignerUnavailableError with the device's words."""
        try:
            signature: str = self.device.sign(message).signature
            return bytes.fromhex(signature)
        except Exception as error:  # every backend has exceptions of its own
            raise SignerUnavailableError(uri=self.uri, problem=_words(error)) from error


def kms_signer(uri: str, public_pem: bytes, ask: Callable[[str], str] | None = None) -> DeviceSigner:
    """Return the signer at an address such as ``hsm:2?label=release`` or ``awskms:alias/release``.

    ``public_pem`` is its public key, as it stands in the policy; ``ask`` is called with the name of a secret that the
    device wants (a PIN). Raises SignerUnavailableError, or MissingExtraError without ``pip install 'sealift[kms]'``.
    """
    public = load_public_key(public_pem, file="the signer's public key")
    try:
        from securesystemslib.signer import Signer as DeviceFactory  # type: ignore[attr-defined] # re-exported as is
        from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # re-exported as is
    except ImportError as error:
        raise MissingExtraError(purpose=f"signing with {uri}", extra="kms") from error
    kind, scheme = _SCHEMES[public.algorithm]
    key = SSlibKey(public.keyid, kind, scheme, {"public": _public_value(public)})
    try:
        device = DeviceFactory.from_priv_key_uri(uri, key, ask)
    except Exception as error:  # every backend has exceptions of its own
        raise SignerUnavailableError(uri=uri, problem=_words(error)) from error
    return DeviceSigner(public_key=public, uri=uri, device=device)


def _public_value(public: PublicKey) -> str:
    # securesystemslib keeps Ed25519 keys as 32 bytes in hex, all others as PEM.
    return public.spki[-32:].hex() if public.algorithm is Algorithm.ED25519 else public.pem.decode("ascii")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
