"""A device that signs, doubled: tokens in a drawer. The double is one of the device; its signatures are real."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, Signature, SSlibKey
from securesystemslib.signer import Signer as DeviceFactory

PIN = "1234"


class Token(DeviceFactory):
    """A token in a drawer: it holds private keys, asks for its PIN, and signs."""

    drawer: dict[str, object] = {}  # noqa: RUF012 - the drawer is the device, one for all

    def __init__(self, label: str, public: SSlibKey, pin: str) -> None:
        self.label, self._public, self.pin = label, public, pin

    @property
    def public_key(self) -> SSlibKey:
        return self._public

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: SSlibKey, secrets_handler: Callable[[str], str] | None = None
    ) -> "Token":
        label = priv_key_uri.removeprefix("token:")
        if label not in cls.drawer:
            message = f"no token {label}"
            raise ValueError(message)
        return cls(label, public_key, secrets_handler("pin") if secrets_handler else "")

    def sign(self, payload: bytes) -> Signature:
        if self.pin != PIN:
            message = "CKR_PIN_INCORRECT"
            raise RuntimeError(message)
        key = self.drawer[self.label]
        if isinstance(key, ec.EllipticCurvePrivateKey):
            made = key.sign(payload, ec.ECDSA(hashes.SHA256() if key.key_size == 256 else hashes.SHA384()))
        else:
            made = key.sign(payload)
        return Signature(self._public.keyid, made.hex())


@contextmanager
def open_drawer() -> Iterator[dict]:
    """Make ``token:NAME`` an address for as long as the drawer is open; yields the private keys by name."""
    SIGNER_FOR_URI_SCHEME["token"] = Token
    try:
        yield Token.drawer
    finally:
        Token.drawer.clear()
        del SIGNER_FOR_URI_SCHEME["token"]
