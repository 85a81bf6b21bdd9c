"""A real PKCS#11 token in software: SoftHSM of Debian's packages, initialised in a temporary directory."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
PIN = "123456"
LABEL = "sealift"


def library() -> str | None:
    """Return SoftHSM's library if everything the test needs is installed; ``SOFTHSM2_LIBRARY`` names another place."""
    if shutil.which("softhsm2-util") is None or importlib.util.find_spec("pkcs11") is None:
        return None
    return next(
        (path for path in (os.environ.get("SOFTHSM2_LIBRARY"), *LIBRARIES) if path and Path(path).exists()), None
    )


@dataclass(frozen=True)
class SoftToken:
    """A token with one ECDSA P-256 key."""

    uri: str
    public_pem: bytes
    pin: str = PIN


def make_token(folder: Path, monkeypatch) -> SoftToken:
    """Initialise a token, have it make its key, and fetch the public half as a release engineer would."""
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    monkeypatch.setenv("PYKCS11LIB", library())
    subprocess.run(
        ["softhsm2-util", "--module", library(), "--init-token", "--free", "--label", LABEL, "--pin", PIN,
         "--so-pin", PIN], check=True, capture_output=True,
    )  # fmt: skip
    _make_key()
    from securesystemslib.signer import HSMSigner

    uri, public = HSMSigner.import_(2, LABEL)
    return SoftToken(uri=uri, public_pem=public.keyval["public"].encode())


def _make_key() -> None:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    token = pkcs11.lib(library()).get_token(token_label=LABEL)
    with token.open(user_pin=PIN, rw=True) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        parameters.generate_keypair(store=True, id=b"\x02", label=LABEL)
