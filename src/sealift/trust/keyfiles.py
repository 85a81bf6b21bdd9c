"""Writing new keys: the private one for its owner's eyes only, and never over another file."""

import os
import re
from pathlib import Path

from sealift.errors.signing import KeyFileExistsError, KeyNameError
from sealift.trust.keys import Algorithm, load_public_key
from sealift.trust.signing import generate_key, private_pem, public_pem

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)


def write_key_pair(
    name: str, out: Path, password: bytes | None = None, algorithm: Algorithm = Algorithm.ED25519
) -> str:
    """Write ``NAME.key`` (PKCS#8, mode 0600) and ``NAME.pem``; return the fingerprint.

    Nothing is overwritten, and there is never a moment when others can read the private key. Raises KeyNameError or
    KeyFileExistsError.
    """
    if _NAME.fullmatch(name) is None:
        raise KeyNameError(name=name)
    private, public = out / f"{name}.key", out / f"{name}.pem"
    for path in (private, public):
        if os.path.lexists(path):
            raise KeyFileExistsError(path=str(path))
    key = generate_key(algorithm)
    pem = public_pem(key)
    out.mkdir(parents=True, exist_ok=True)
    _write_new(private, private_pem(key, password), 0o600)
    _write_new(public, pem, 0o644)
    return load_public_key(pem, file=public.name).keyid


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    except FileExistsError as error:
        raise KeyFileExistsError(path=str(path)) from error
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, made with the mode it must have
        file.write(content)
        file.flush()
        os.fsync(descriptor)
