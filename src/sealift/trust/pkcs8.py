"""Private keys under a password: PKCS#8 with PBES2, scrypt and AES-256-CBC (RFC 5958, RFC 8018, RFC 7914).

The library's own choice is PBKDF2 with 2,048 rounds, which a graphics card undoes for any password a person remembers.
Every reader of PKCS#8, OpenSSL's included, reads this form too.
"""

import os
from base64 import b64encode

_COST, _BLOCK, _PARALLEL = 2**14, 8, 5
"""scrypt: 16 MiB and about 0.2 s a guess; OpenSSL refuses to read keys that need more than 32 MiB."""

_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def encrypted_pem(pkcs8: bytes, password: bytes) -> bytes:
    """Return the DER of a PrivateKeyInfo as an encrypted PEM block."""
    salt, start = os.urandom(16), os.urandom(16)
    derivation = _sequence(
        _SCRYPT, _sequence(_octets(salt), _integer(_COST), _integer(_BLOCK), _integer(_PARALLEL))
    )  # fmt: skip
    scheme = _sequence(_PBES2, _sequence(derivation, _sequence(_AES_256_CBC, _octets(start))))
    text = b64encode(_sequence(scheme, _octets(_encrypt(pkcs8, _derive(password, salt), start))))
    lines = [text[begin : begin + 64] for begin in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN ENCRYPTED PRIVATE KEY-----", *lines, b"-----END ENCRYPTED PRIVATE KEY-----", b""])


def _derive(password: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL).derive(password)


def _encrypt(data: bytes, key: bytes, start: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

    padder, encryptor = PKCS7(128).padder(), Cipher(AES256(key), CBC(start)).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2, "big")  # noqa: PLR2004 - X.690 §8.1.3
    if 0x80 <= size < 0x100:  # noqa: PLR2004 - DER wants the shortest form
        length = bytes([0x81, size])
    return bytes([tag]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
