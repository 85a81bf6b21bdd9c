"""The attacks on one pack's content, manifest, signatures, identity and age, as a table.

Each row is numbered as in the attack catalogue. Used on a pack in memory and on one that is installed.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from hostile_statements import (
    envelope_dict,
    signed,
    with_envelope,
    with_files,
    with_manifest,
    with_payload,
    with_statement,
    with_text,
)
from sealift.trust.envelope import pae
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import Purpose, Seen
from signed_packs import FILES, SPLIT, PolicyText, Situation, manifest_of, new_signer

SCRIPT = "migrations/split_name.py"


@dataclass(frozen=True)
class Attack:
    """A row: which attack, what is done to an honest situation, and the code that must come of it."""

    number: int
    name: str
    code: str
    spoil: Callable[[Situation], Situation]
    circumstances: Callable[[Situation], dict] = lambda _: {}


def content(**changes: bytes | None) -> Callable[[Situation], Situation]:
    files = {**FILES, **{name: text for name, text in changes.items() if text is not None}}
    return lambda case: with_files(case, {name: files[name] for name in files if changes.get(name, b"") is not None})


def source(text: str | bytes) -> Callable[[Situation], Situation]:
    """Sign a pack whose script has this text: the signature is genuine, the source is not acceptable."""
    files = {**FILES, SCRIPT: text.encode() if isinstance(text, str) else text}

    def spoil(case: Situation) -> Situation:
        return with_files(with_manifest(case, files=manifest_of(files).files), files)

    return spoil


def path(name: str) -> Callable[[Situation], Situation]:
    """Sign a manifest that lists a file of this name, in its place in the order."""

    def edit(statement: dict) -> None:
        entry = {"name": name, "digest": {"sha256": "0" * 64}}
        statement["subject"] = sorted([*statement["subject"], entry], key=lambda item: item["name"])

    return lambda case: with_statement(case, edit)


def member(place: str, value: object) -> Callable[[Situation], Situation]:
    """Sign a statement with one member set; the place is dotted, with numbers for list positions."""
    *parents, last = place.split(".")

    def edit(statement: dict) -> None:
        node = statement
        for parent in parents:
            node = node[int(parent)] if isinstance(node, list) else node[parent]
        node[int(last) if isinstance(node, list) else last] = value

    return lambda case: with_statement(case, edit)


def without(place: str) -> Callable[[Situation], Situation]:
    *parents, last = place.split(".")

    def edit(statement: dict) -> None:
        node = statement
        for parent in parents:
            node = node[int(parent)] if isinstance(node, list) else node[parent]
        del node[last]

    return lambda case: with_statement(case, edit)


def text(old: str, new: str) -> Callable[[Situation], Situation]:
    return lambda case: with_text(case, old, new)


def payload(change: Callable[[bytes], bytes]) -> Callable[[Situation], Situation]:
    return lambda case: with_payload(case, change(statement_bytes(case.manifest)))


def envelope(change: Callable[[dict, Situation], object]) -> Callable[[Situation], Situation]:
    """Change the envelope's JSON; what is returned, if anything, is written instead."""

    def spoil(case: Situation) -> Situation:
        made = json.loads(case.pack.envelope)
        changed = change(made, case)
        if not isinstance(changed, bytes):
            changed = json.dumps(made).encode()
        return with_envelope(case, changed)

    return spoil


def set_signatures(change: Callable[[list[dict], Situation], list]) -> Callable[[Situation], Situation]:
    return envelope(lambda made, case: made.update(signatures=change(made["signatures"], case)))


def policy(**changes: object) -> Callable[[Situation], Situation]:
    return lambda case: replace(case, policy=PolicyText(**{"keys": {"release": case.signer}, **changes}).parse())


def two_keys(signers: int, **changes: object) -> Callable[[Situation], Situation]:
    """A grant that asks for two of two owners, and a pack that the first or both signed."""
    grant = 'packs = ["acme.*"]\nkeys = ["release", "dba"]\nthreshold = 2'

    def spoil(case: Situation) -> Situation:
        keys = {"release": case.signer, "dba": new_signer()}
        text = PolicyText(**{"keys": keys, "grants": [grant], **changes})
        made = signed(statement_bytes(case.manifest), *list(keys.values())[:signers])
        return replace(with_envelope(case, made), policy=text.parse())

    return spoil


def then(*steps: Callable[[Situation], Situation]) -> Callable[[Situation], Situation]:
    def spoil(case: Situation) -> Situation:
        for step in steps:
            case = step(case)
        return case

    return spoil


def signed_by_a_stranger(case: Situation) -> Situation:
    return with_envelope(case, signed(statement_bytes(case.manifest), new_signer()))


def under_another_type(case: Situation) -> Situation:
    """Bytes signed as something else, relabelled as a pack's statement."""
    made = envelope_dict(statement_bytes(case.manifest), case.signer, payload_type="application/vnd.other+json")
    return with_envelope(case, json.dumps({**made, "payloadType": "application/vnd.in-toto+json"}).encode())


def as_another_type(case: Situation) -> Situation:
    made = envelope_dict(statement_bytes(case.manifest), case.signer, payload_type="application/vnd.other+json")
    return with_envelope(case, json.dumps(made).encode())


def over_the_bare_body(signatures: list[dict], case: Situation) -> list[dict]:
    return [{**signatures[0], "sig": b64encode(case.signer.sign(statement_bytes(case.manifest))).decode()}]


def stranger_under_our_id(signatures: list[dict], case: Situation) -> list[dict]:
    forged = new_signer().sign(pae("application/vnd.in-toto+json", statement_bytes(case.manifest)))
    return [{**signatures[0], "sig": b64encode(forged).decode()}]


def ours_under_a_strange_id(signatures: list[dict], _: Situation) -> list[dict]:
    return [{**signatures[0], "keyid": new_signer().public_key.keyid}]


def plus_the_order(signatures: list[dict], _: Situation) -> list[dict]:
    """Ed25519's S and S + L are one number: the second spelling must not pass (RFC 8032 §5.1.7)."""
    import base64

    raw = base64.b64decode(signatures[0]["sig"])
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    return [{**signatures[0], "sig": b64encode(raw[:32] + scalar).decode()}]


def other_payload(made: dict, case: Situation) -> None:
    other = replace(case.manifest, sequence=99)
    made["payload"] = b64encode(statement_bytes(other)).decode()


def revoked_key(case: Situation) -> Situation:
    return policy(more=f'[[revoke]]\nkeyid = "{case.signer.public_key.keyid}"\nreason = "laptop stolen"')(case)


def revoked_release(case: Situation) -> Situation:
    digest = sha256(statement_bytes(case.manifest)).hexdigest()
    return policy(more=f'[[revoke]]\nmanifest = "sha256:{digest}"\nreason = "eats data"')(case)


def one_of_two_revoked(case: Situation) -> Situation:
    keyid = case.signer.public_key.keyid
    return two_keys(2, more=f'[[revoke]]\nkeyid = "{keyid}"\nreason = "laptop stolen"')(case)


def twice(signatures: list[dict], _: Situation) -> list[dict]:
    return [signatures[0], signatures[0]]


def twice_once_without_id(signatures: list[dict], _: Situation) -> list[dict]:
    return [signatures[0], {"keyid": "", "sig": signatures[0]["sig"]}]


def installed(**changes: object) -> Callable[[Situation], Situation]:
    return lambda case: replace(case, pack=replace(case.pack, origin=replace(case.pack.origin, **changes)))


def digest_of(case: Situation) -> str:
    return "sha256:" + sha256(statement_bytes(case.manifest)).hexdigest()


EXPIRED = {"release": "not_after = 2026-01-01T00:00:00Z\n"}
EARLY = {"release": "not_before = 2127-01-01T00:00:00Z\n"}
DEEP = b'{"_type":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
VERSION = '"sequence":14'

ATTACKS = [
    # A. content
    Attack(1, "one byte of a script changed", "TRUST-030", content(**{SCRIPT: SPLIT.replace(b"first", b"fIrst")})),
    Attack(2, "line endings turned", "TRUST-030", content(**{SCRIPT: SPLIT.replace(b"\n", b"\r\n")})),
    Attack(3, "an extra script", "TRUST-031", content(**{"migrations/evil.py": b"1\n"})),
    Attack(4, "an extra file in .git", "TRUST-031", content(**{".git/hooks/x": b"1\n"})),
    Attack(5, "a forged pyc under another name", "TRUST-031", content(**{"migrations/split_name.pyc": b"1\n"})),
    Attack(6, "a signed file removed", "TRUST-032", content(**{SCRIPT: None})),
    Attack(9, "a huge file", "TRUST-033", content(**{SCRIPT: b"#" * (2**20 + 1)})),
    Attack(9, "a huge pack", "TRUST-033", content(**{f"a{n}": b"#" * 2**20 for n in range(17)})),
    Attack(11, "a coding cookie", "TRUST-070", source("# coding: utf-7\nx = 1\n")),
    Attack(11, "a coding cookie in line 2", "TRUST-070", source("#!/usr/bin/python\n# -*- coding: latin-1 -*-\n")),
    Attack(11, "a byte order mark", "TRUST-070", source("\ufeffx = 1\n")),
    Attack(11, "a byte order mark before a cookie", "TRUST-070", source("\ufeff# coding: utf-7\n")),
    Attack(11, "a NUL", "TRUST-070", source("x = 1\0\n")),
    Attack(11, "a form feed", "TRUST-070", source("\fx = 1\n")),
    Attack(11, "a lone carriage return", "TRUST-070", source("# harmless\rx = 1\n")),
    Attack(11, "Windows line ends", "TRUST-070", source("x = 1\r\n")),
    Attack(11, "not UTF-8", "TRUST-070", source(b"x = '\xff'\n")),
    Attack(12, "bidi override in a comment", "TRUST-070", source("# \u202e evil \u202c\nx = 1\n")),
    Attack(12, "zero width joiner in a string", "TRUST-070", source("x = 'a\u200db'\n")),
    Attack(12, "a confusable identifier", "TRUST-070", source("p\u0430ss_ = 1\n")),
    Attack(12, "an identifier that NFKC changes", "TRUST-070", source("\uff45val = 1\n")),
    Attack(12, "a confusable identifier in an f-string", "TRUST-070", source("x = f'{\u0430}'\n")),
    Attack(12, "a line separator", "TRUST-070", source("x = 1 #\u2028y = 2\n")),
    # B. manifest
    *(
        Attack(13, f"the path {name!a}", "TRUST-004", path(name))
        for name in ("../../x", "/etc/passwd", "a\\b", "./x", "x//y", "c:/x", "a\0b", "x/", "", ".", "..")
    ),
    *(
        Attack(14, f"the path {name!a}", "TRUST-004", path(name))
        for name in ("A.py", "\u0430.py", "a\u202e.py", "con", "aux.py", "x/nul.txt", "com1", "a.", "a ", "lpt9.json")
    ),
    *(
        Attack(15, f"the path {name!a}", "TRUST-004", path(name))
        for name in ("pack.dsse.json", "__pycache__/a.py", "migrations/a.pyc", ".hidden", "x/.git")
    ),
    Attack(16, "one path twice", "TRUST-004", path("pack.toml")),
    Attack(16, "a path that is file and directory", "TRUST-004", path("migrations")),
    Attack(16, "files out of order", "TRUST-004", lambda c: with_statement(c, lambda s: s["subject"].reverse())),
    Attack(17, "an unsigned script", "TRUST-004", member("predicate.migrations.0.path", "migrations/evil.py")),
    Attack(17, "an unsigned schema", "TRUST-004", member("predicate.migrations.0.schema", "schemas/evil.json")),
    Attack(17, "an unsigned base schema", "TRUST-004", member("predicate.collections.customers", "evil.json")),
    Attack(17, "a script that is no script", "TRUST-004", member("predicate.migrations.0.path", "pack.toml")),
    Attack(18, "sha1", "TRUST-004", member("subject.0.digest", {"sha1": "0" * 40})),
    Attack(18, "two digests", "TRUST-004", member("subject.0.digest", {"sha1": "0" * 40, "sha256": "0" * 64})),
    Attack(18, "a newline after the digest", "TRUST-004", member("subject.0.digest", {"sha256": "0" * 64 + "\n"})),
    Attack(18, "an upper-case digest", "TRUST-004", member("subject.0.digest", {"sha256": "A" * 64})),
    Attack(19, "a member twice", "TRUST-004", text('"pack":', '"pack":"acme.other","pack":')),
    Attack(19, "a member twice, once escaped", "TRUST-004", text('"pack":', '"p\\u0061ck":"acme.other","pack":')),
    Attack(19, "a type twice", "TRUST-004", text('"_type":', '"_type":"x","_type":')),
    *(
        Attack(20, f"the number {number[:12]}", "TRUST-004", text(VERSION, f'"sequence":{number}'))
        for number in ("NaN", "Infinity", "1e400", "14.0", "1e1", "9" * 5000, "-1", "0", "9007199254740992", "true")
    ),
    Attack(21, "a byte order mark", "TRUST-004", payload(lambda p: b"\xef\xbb\xbf" + p)),
    Attack(21, "UTF-16", "TRUST-004", payload(lambda p: p.decode().encode("utf-16"))),
    Attack(21, "half a surrogate pair", "TRUST-004", text('"acme.core>=2.0,<3"', '"\\ud800"')),
    Attack(21, "not UTF-8", "TRUST-004", payload(lambda p: p.replace(b"acme-orders", b"acme-\xff", 1))),
    Attack(22, "100,000 arrays", "TRUST-004", payload(lambda _: DEEP)),
    Attack(22, "65 objects", "TRUST-004", payload(lambda _: b'{"a":' * 65 + b"1" + b"}" * 65)),
    Attack(23, "an envelope of 1 MiB", "TRUST-002", envelope(lambda _m, c: c.pack.envelope + b" " * 2**20)),
    Attack(23, "17 signatures", "TRUST-002", set_signatures(lambda s, _: s * 17)),
    Attack(24, "an unknown member", "TRUST-004", member("predicate.environments", ["staging"])),
    Attack(24, "an unknown member of the statement", "TRUST-004", member("extra", 1)),
    Attack(24, "a missing member", "TRUST-004", without("predicate.migrations.0.reversible")),
    Attack(24, "a missing sequence", "TRUST-004", without("predicate.sequence")),
    # C. signature
    Attack(25, "no envelope", "TRUST-001", lambda c: with_envelope(c, None)),
    Attack(25, "an empty envelope", "TRUST-002", lambda c: with_envelope(c, b"")),
    Attack(25, "a cut envelope", "TRUST-002", envelope(lambda _m, c: c.pack.envelope[:-20])),
    Attack(26, "no signatures", "TRUST-002", set_signatures(lambda _s, _c: [])),
    Attack(27, "another payload under a real signature", "TRUST-010", envelope(other_payload)),
    Attack(28, "junk in base64", "TRUST-002", envelope(lambda m, _: m.update(payload="!" + m["payload"]))),
    Attack(28, "a newline in base64", "TRUST-002", envelope(lambda m, _: m.update(payload=m["payload"] + "\n"))),
    Attack(29, "a signature over the bare body", "TRUST-010", set_signatures(over_the_bare_body)),
    Attack(30, "signed as another type", "TRUST-010", under_another_type),
    Attack(31, "an envelope of another type", "TRUST-003", as_another_type),
    Attack(31, "another predicate", "TRUST-003", member("predicateType", "https://slsa.dev/provenance/v1")),
    Attack(31, "another statement", "TRUST-003", member("_type", "https://in-toto.io/Statement/v0.1")),
    Attack(32, "an unknown key", "TRUST-011", signed_by_a_stranger),
    Attack(33, "an unknown key under our id", "TRUST-010", set_signatures(stranger_under_our_id)),
    Attack(33, "our signature under an unknown id", "TRUST-011", set_signatures(ours_under_a_strange_id)),
    Attack(34, "a key for other packs", "TRUST-012", policy(grants=['packs = ["acme.crm.*"]\nkeys = ["release"]'])),
    Attack(35, "a name that only begins alike", "TRUST-012", policy(grants=['packs = ["acm.*"]\nkeys = ["release"]'])),
    Attack(35, "below a name, not it", "TRUST-012", policy(grants=['packs = ["acme.orders.*"]\nkeys = ["release"]'])),
    Attack(35, "no grant at all", "TRUST-012", policy(grants=[])),
    Attack(36, "one of two signatures", "TRUST-013", two_keys(1)),
    Attack(37, "the same key twice", "TRUST-013", then(two_keys(1), set_signatures(twice))),
    Attack(37, "the same key again without id", "TRUST-013", then(two_keys(1), set_signatures(twice_once_without_id))),
    Attack(41, "an expired key", "TRUST-014", policy(bounds=EXPIRED)),
    Attack(41, "a key from the future", "TRUST-014", policy(bounds=EARLY)),
    Attack(41, "an expired key towards a threshold", "TRUST-014", two_keys(2, bounds=EXPIRED)),
    Attack(42, "a revoked key", "TRUST-015", revoked_key),
    Attack(42, "a revoked key towards a threshold", "TRUST-015", one_of_two_revoked),
    Attack(43, "a revoked release", "TRUST-016", revoked_release),
    Attack(44, "S + L", "TRUST-010", set_signatures(plus_the_order)),
    Attack(57, "a stale policy", "TRUST-017", policy(head="expires = 2026-11-01T00:00:00Z\n")),
    # E. identity
    Attack(60, "another pack's entry point", "TRUST-040", installed(entry_point="acme.billing")),
    Attack(61, "another distribution", "TRUST-040", installed(distribution="acme-orders-evil")),
    Attack(61, "another version", "TRUST-040", installed(distribution_version="1.3.0")),
    Attack(61, "a version that is none", "TRUST-040", installed(distribution_version="newest")),
    # G. time and state
    Attack(
        73, "an older release", "TRUST-050", lambda c: c,
        lambda _: {"seen": {"acme.orders": Seen(sequence=15, digest="sha256:" + "0" * 64)}},
    ),
    Attack(73, "below the floor", "TRUST-050", policy(more='[[floor]]\npack = "acme.orders"\nsequence = 15')),
    Attack(
        74, "two releases of one number", "TRUST-051", lambda c: c,
        lambda _: {"seen": {"acme.orders": Seen(sequence=14, digest="sha256:" + "0" * 64)}},
    ),
    Attack(79, "signed for staging, replayed in production", "TRUST-011", policy(keys={"release": new_signer()})),
    Attack(
        80, "take back, key revoked", "TRUST-015", revoked_key,
        lambda c: {"purpose": Purpose.TAKE_BACK, "recorded": {digest_of(c)}},
    ),
    Attack(
        80, "take back, release revoked", "TRUST-016", revoked_release,
        lambda c: {"purpose": Purpose.TAKE_BACK, "recorded": {digest_of(c)}},
    ),
    Attack(
        80, "take back of what was never applied", "TRUST-014", policy(bounds=EXPIRED),
        lambda _: {"purpose": Purpose.TAKE_BACK, "recorded": {"sha256:" + "0" * 64}},
    ),
]  # fmt: skip
