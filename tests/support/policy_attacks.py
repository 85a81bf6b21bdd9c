"""The attacks on key files, the policy's text, and the directory of trusted keys, as tables.

Each row is numbered as in the attack catalogue. Used on a policy alone and on the whole line.
"""

import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519

from sealift.trust.signing import generate_key, private_pem
from signed_packs import PolicyText, new_signer

RELEASE, DBA = new_signer(), new_signer()
HONEST = PolicyText(
    keys={"release": RELEASE, "dba": DBA},
    owners={"release": "ops@acme.example", "dba": "dba@acme.example"},
    grants=['packs = ["acme.*"]\nkeys = ["release", "dba"]\nthreshold = 2'],
    head="expires = 2027-06-30T00:00:00Z\n",
    more='[[revoke]]\nkeyid = "sha256:' + "5f" * 32 + '"\nreason = "laptop stolen"\n'
    '[[floor]]\npack = "acme.billing"\nsequence = 14\n',
)


def written(directory: Path, policy: str | None = HONEST.text, files: dict[str, bytes] | None = None) -> Path:
    trusted = directory / "trusted_keys"
    trusted.mkdir(mode=0o755)
    for name, content in (HONEST.files if files is None else files).items():
        (trusted / name).write_bytes(content)
    if policy is not None:
        (trusted / "policy.toml").write_text(policy)
    return trusted


def raw_pem(key: object) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip


def ed25519_pem(point: bytes) -> bytes:
    spki = bytes.fromhex("302a300506032b6570032100") + point
    return b"-----BEGIN PUBLIC KEY-----\n" + b64encode(spki) + b"\n-----END PUBLIC KEY-----\n"


def compressed_pem() -> bytes:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )  # fmt: skip
    spki = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    return b"-----BEGIN PUBLIC KEY-----\n" + b64encode(spki) + b"\n-----END PUBLIC KEY-----\n"


GOOD = RELEASE.public_key.pem
PRIVATE = private_pem(generate_key())
OPENSSH = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(
    serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
)  # fmt: skip
OPENSSH_PRIVATE = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
)
SPKI = RELEASE.public_key.spki
OFF_CURVE = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + b"\x01" * 64

SPELT = b64encode(SPKI).decode()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
LAST_BITS = GOOD.replace(SPELT[-4:].encode(), f"{SPELT[-4:-2]}{ALPHABET[ALPHABET.index(SPELT[-2]) + 1]}=".encode())

KEY_FILES = [
    (47, "a private key", PRIVATE, "TRUST-028"),
    (47, "a private key after the public one", GOOD + PRIVATE, "TRUST-028"),
    (47, "an encrypted private key", private_pem(generate_key(), b"secret"), "TRUST-028"),
    (47, "an OpenSSH private key", OPENSSH_PRIVATE, "TRUST-028"),
    (48, "two keys", GOOD + DBA.public_key.pem, "TRUST-019"),
    (48, "the same key twice", GOOD + GOOD, "TRUST-019"),
    (48, "an OpenSSH key", OPENSSH, "TRUST-019"),
    (48, "a certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "TRUST-019"),
    (48, "DER", SPKI, "TRUST-019"),
    (48, "text before", b"my key\n" + GOOD, "TRUST-019"),
    (48, "text after", GOOD + b"# mine\n", "TRUST-019"),
    (48, "a byte order mark", b"\xef\xbb\xbf" + GOOD, "TRUST-019"),
    (48, "an empty file", b"", "TRUST-019"),
    (48, "damaged base64", GOOD.replace(b"MCow", b"MC=w"), "TRUST-019"),
    (48, "base64 that spells its last bits otherwise", LAST_BITS, "TRUST-019"),
    (48, "a key and a byte more", b"-----BEGIN PUBLIC KEY-----\n" + b64encode(SPKI + b"\0")
     + b"\n-----END PUBLIC KEY-----\n", "TRUST-019"),
    (48, "a large file", GOOD + b"\n" * 5000, "TRUST-019"),
    (49, "RSA-1024", raw_pem(rsa.generate_private_key(65537, 1024)), "TRUST-019"),
    (49, "RSA-2048", raw_pem(rsa.generate_private_key(65537, 2048)), "TRUST-019"),
    (49, "P-521", raw_pem(ec.generate_private_key(ec.SECP521R1())), "TRUST-019"),
    (49, "P-224", raw_pem(ec.generate_private_key(ec.SECP224R1())), "TRUST-019"),
    (49, "secp256k1", raw_pem(ec.generate_private_key(ec.SECP256K1())), "TRUST-019"),
    (49, "X25519", raw_pem(x25519.X25519PrivateKey.generate()), "TRUST-019"),
    (49, "Ed448", raw_pem(ed448.Ed448PrivateKey.generate()), "TRUST-019"),
    (49, "DSA", raw_pem(dsa.generate_private_key(1024)), "TRUST-019"),
    (49, "a compressed point", compressed_pem(), "TRUST-019"),
    (49, "a point beside the curve", b"-----BEGIN PUBLIC KEY-----\n" + b64encode(OFF_CURVE)[:64] + b"\n"
     + b64encode(OFF_CURVE)[64:] + b"\n-----END PUBLIC KEY-----\n", "TRUST-019"),
    (50, "the all-zero placeholder", ed25519_pem(bytes(32)), "TRUST-019"),
    (50, "the identity", ed25519_pem(b"\x01" + bytes(31)), "TRUST-019"),
    (50, "the identity, not canonical", ed25519_pem(b"\x01" + bytes(30) + b"\x80"), "TRUST-019"),
    (50, "order two", ed25519_pem((2**255 - 20).to_bytes(32, "little")), "TRUST-019"),
    (50, "order eight", ed25519_pem(bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")), "TRUST-019"),
    (50, "y above the field", ed25519_pem((2**255 - 18).to_bytes(32, "little")), "TRUST-019"),
    (50, "no point at all", ed25519_pem(b"\x02" + bytes(31)), "TRUST-019"),
]  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A row: what of the policy's text is replaced, the code, and the text of the line that must be named."""

    number: int
    name: str
    old: str
    new: str
    code: str
    line: str


KEYID = RELEASE.public_key.keyid
EDITS = [
    Edit(38, "one key under two names", "[[grant]]",
         f'[[key]]\nfile = "release2.pem"\nkeyid = "{KEYID}"\nowner = "eve"\n[[grant]]', "TRUST-024", "[[key]]"),
    Edit(38, "one file twice", "[[grant]]",
         f'[[key]]\nfile = "release.pem"\nkeyid = "{KEYID}"\nowner = "eve"\n[[grant]]', "TRUST-024", "[[key]]"),
    Edit(38, "two keys of one owner", '"dba@acme.example"', '"ops@acme.example"', "TRUST-025", "threshold = 2"),
    Edit(39, "threshold 0", "threshold = 2", "threshold = 0", "TRUST-025", "threshold = 0"),
    Edit(39, "threshold 3 of 2", "threshold = 2", "threshold = 3", "TRUST-025", "threshold = 3"),
    Edit(39, "threshold -1", "threshold = 2", "threshold = -1", "TRUST-018", "threshold = -1"),
    Edit(39, "threshold true", "threshold = 2", "threshold = true", "TRUST-018", "threshold = true"),
    Edit(51, "another pin", KEYID, "sha256:" + "0" * 64, "TRUST-026", "keyid = "),
    Edit(51, "a short pin", KEYID, KEYID[:-1], "TRUST-018", "keyid = "),
    Edit(51, "an upper-case pin", KEYID, KEYID.upper(), "TRUST-018", "keyid = "),
    Edit(51, "no pin", f'keyid = "{KEYID}"', "", "TRUST-018", "[[key]]"),
    Edit(51, "a key file that is not there", '"release.pem"', '"relaese.pem"', "TRUST-018", "relaese"),
    Edit(51, "a key file elsewhere", '"release.pem"', '"../release.pem"', "TRUST-018", "../release"),
    Edit(55, "a misspelt table", "[[revoke]]", "[[revoked]]", "TRUST-022", "[[revoked]]"),
    Edit(55, "a misspelt field", 'reason = "lap', 'reasons = "lap', "TRUST-022", "reasons"),
    Edit(55, "a misspelt field of a key", 'owner = "ops', 'onwer = "ops', "TRUST-022", "onwer"),
    Edit(55, "a misspelt field of a grant", "threshold = 2", "treshold = 2", "TRUST-022", "treshold"),
    Edit(55, "a field at the top", "version = 7", "version = 7\nversoin = 8", "TRUST-022", "versoin"),
    Edit(55, "a field of a floor", "sequence = 14", "sequence = 14\nmax = 3", "TRUST-022", "max"),
    Edit(55, "a field twice", "version = 7", "version = 7\nversion = 8", "TRUST-018", "version = 8"),
    Edit(55, "a table instead of a list", "[[floor]]", "[floor]", "TRUST-018", "[floor]"),
    Edit(55, "no version", "version = 7", "", "TRUST-018", ""),
    Edit(55, "version 0", "version = 7", "version = 0", "TRUST-018", "version = 0"),
    Edit(55, "version as text", "version = 7", 'version = "7"', "TRUST-018", 'version = "7"'),
    Edit(55, "version as a float", "version = 7", "version = 7.0", "TRUST-018", "version = 7.0"),
    Edit(55, "a time without zone", "2027-06-30T00:00:00Z", "2027-06-30T00:00:00", "TRUST-018", "expires"),
    Edit(55, "a key that ends before it begins", 'owner = "ops@acme.example"\n',
         'owner = "ops"\nnot_before = 2027-01-01T00:00:00Z\nnot_after = 2027-01-01T00:00:00Z\n',
         "TRUST-018", "not_after"),
    Edit(55, "a date", "2027-06-30T00:00:00Z", "2027-06-30", "TRUST-018", "expires"),
    Edit(55, "an unknown key in a grant", '"dba"]', '"bda"]', "TRUST-018", "keys = "),
    Edit(55, "a key twice in a grant", '"dba"]', '"release"]', "TRUST-018", "keys = "),
    Edit(55, "no keys in a grant", '["release", "dba"]', "[]", "TRUST-018", "keys = "),
    Edit(55, "a pattern without dot", '"acme.*"', '"acme*"', "TRUST-018", "packs = "),
    Edit(55, "a pattern with two stars", '"acme.*"', '"*.*"', "TRUST-018", "packs = "),
    Edit(55, "an upper-case pattern", '"acme.*"', '"Acme.*"', "TRUST-018", "packs = "),
    Edit(55, "one pattern in two grants", "[[revoke]]",
         '[[grant]]\npacks = ["acme.*"]\nkeys = ["dba"] # all mine\n[[revoke]]', "TRUST-018", "packs = "),
    Edit(55, "a revocation of nothing", 'keyid = "sha256:5f', 'manifest = "sha256:00"\nkeyid = "sha256:5f',
         "TRUST-018", "keyid"),
    Edit(55, "a revocation without reason", 'reason = "laptop stolen"', "", "TRUST-018", "[[revoke]]"),
    Edit(55, "a floor of no pack", '"acme.billing"', '"Acme Billing"', "TRUST-018", "Acme Billing"),
    Edit(55, "a floor twice", "[[floor]]", '[[floor]]\npack = "acme.billing"\nsequence = 1\n[[floor]]',
         "TRUST-018", "pack = "),
    Edit(55, "broken TOML", "[[floor]]", "[[floor]", "TRUST-018", "[[floor]"),
    Edit(55, "an owner of two lines", '"ops@acme.example"', '"ops\\nTRUSTED"', "TRUST-018", "owner"),
]  # fmt: skip


def stray_key(trusted: Path) -> None:
    (trusted / "eve.pem").write_bytes(new_signer().public_key.pem)


def stray_file(trusted: Path) -> None:
    (trusted / "eve.pub").write_bytes(b"ssh-ed25519 AAAA")


def stray_private(trusted: Path) -> None:
    (trusted / "release.key").write_bytes(PRIVATE)


def subdirectory(trusted: Path) -> None:
    (trusted / "more").mkdir()


def pipe(trusted: Path) -> None:
    os.mkfifo(trusted / "eve.pem")


def swapped(trusted: Path) -> None:
    (trusted / "release.pem").write_bytes(new_signer().public_key.pem)


def mode(name: str, bits: int) -> Callable[[Path], None]:
    return lambda trusted: (trusted / name).chmod(bits)


def shared_parent(trusted: Path) -> None:
    trusted.parent.chmod(0o777)


def foreign(name: str) -> Callable[[Path], None]:
    return lambda trusted: os.chown(trusted / name, 65534, -1)


def linked_outside(trusted: Path) -> None:
    outside = trusted.parent / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    (trusted / "release.pem").rename(outside / "release.pem")
    (trusted / "release.pem").symlink_to(outside / "release.pem")


def dangling(trusted: Path) -> None:
    (trusted / "release.pem").unlink()
    (trusted / "release.pem").symlink_to("nowhere.pem")


DIRECTORIES = [
    (47, stray_private, "TRUST-028", "release.key"),
    (51, swapped, "TRUST-026", "release.pem"),
    (52, stray_key, "TRUST-023", "eve.pem"),
    (52, stray_file, "TRUST-023", "eve.pub"),
    (52, subdirectory, "TRUST-023", "more"),
    (52, pipe, "TRUST-023", "eve.pem"),
    (53, mode(".", 0o775), "TRUST-020", "trusted_keys"),
    (53, mode(".", 0o757), "TRUST-020", "trusted_keys"),
    (53, mode("policy.toml", 0o664), "TRUST-020", "policy.toml"),
    (53, mode("release.pem", 0o646), "TRUST-020", "release.pem"),
    (53, shared_parent, "TRUST-020", ""),
    (53, foreign("."), "TRUST-020", "trusted_keys"),
    (53, foreign("policy.toml"), "TRUST-020", "policy.toml"),
    (53, linked_outside, "TRUST-020", "outside"),
    (53, dangling, "TRUST-019", "release.pem"),
]
