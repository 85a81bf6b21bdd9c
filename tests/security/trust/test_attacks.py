"""One row an attack on a pack, numbered as in the attack catalogue; each must be refused with its own code.

Rows that are tested elsewhere are listed at the end with the reason, so that none is forgotten.
"""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hostile_statements import signed, with_envelope, with_files, with_manifest
from pack_attacks import ATTACKS, EXPIRED, SCRIPT, Attack, policy, set_signatures
from sealift.errors.base import ExitStatus
from sealift.errors.trust import TrustError
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import Seen
from signed_packs import FILES, NOW, SPLIT, Situation, new_signer, situation

HERE_AS_SENTENCES = {
    10: "test_verified_bytes_are_those_that_were_checked",
    40: "test_a_bad_signature_beside_a_good_one_only_warns",
    45: "test_the_twin_of_an_ecdsa_signature_is_the_same_signer",
    75: "test_a_leap_of_the_sequence_warns",
    76: "test_no_verdict_is_kept",
}
POLICY_ROWS = frozenset(range(38, 40)) | frozenset(range(47, 57))
"""In test_policy_attacks.py."""
ELSEWHERE = {
    7: "links: the reader, room packs",
    8: "pipes and devices: the reader, room packs",
    46: "the manifest carries no time of signing, so none can lie",
    58: "updates of policies are not signed yet: nothing to attack",
    59: "discovery, room packs", 62: "discovery, room packs", 63: "discovery, room packs",
    64: "discovery, room packs", 65: "discovery, room packs", 66: "discovery, room packs",
    67: "discovery, room packs", 68: "RECORD is not used", 69: "the reader, room packs",
    70: "wheels, room packs", 71: "wheels, room packs", 72: "pip's own check of hashes",
    77: "the history's chain, room stores", 78: "only a copy of the head kept elsewhere helps; documented",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.number}-{attack.name}")
def test_attack_is_refused(attack: Attack) -> None:
    case = attack.spoil(situation())
    with pytest.raises(TrustError) as refusal:
        case.verify(**attack.circumstances(case))
    assert refusal.value.code == attack.code
    assert refusal.value.exit_status is ExitStatus.REFUSED == 5
    assert refusal.value.hint().endswith("Nothing was executed.") or "nothing was executed" in refusal.value.hint()
    assert "acme.orders" in refusal.value.message() or refusal.value.policy in refusal.value.message()
    assert refusal.value.place == "/srv/app/site-packages/acme_orders/pack"


def test_the_honest_situation_is_accepted() -> None:
    verified = situation().verify()
    assert dict(verified.files) == dict(FILES)
    assert verified.attested.warnings == ()


def test_every_row_of_the_catalogue_is_accounted_for() -> None:
    tested = {attack.number for attack in ATTACKS} | HERE_AS_SENTENCES.keys() | POLICY_ROWS
    assert tested | ELSEWHERE.keys() == set(range(1, 81))
    assert not tested & ELSEWHERE.keys()
    assert all(name in globals() for name in HERE_AS_SENTENCES.values())


class Shifting(dict):
    """Gives other bytes each time a file is looked at."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.reads: dict[str, int] = {}

    def __getitem__(self, name: str) -> bytes:
        self.reads[name] = self.reads.get(name, 0) + 1
        return super().__getitem__(name) if self.reads[name] == 1 else b"import os\n"

    def items(self):
        return ((name, self[name]) for name in self)


def test_verified_bytes_are_those_that_were_checked() -> None:
    case = situation()
    verified = replace(case, files=Shifting(dict(FILES))).verify()
    assert dict(verified.files) == dict(FILES)
    changing = {name: bytearray(text) for name, text in FILES.items()}
    verified = replace(case, files=changing).verify()
    changing[SCRIPT][:] = b"import os\n"
    assert verified.files[SCRIPT] == SPLIT
    with pytest.raises(TypeError):
        verified.files[SCRIPT] = b"import os\n"


def test_a_bad_signature_beside_a_good_one_only_warns() -> None:
    case = situation()
    stranger = new_signer()
    both = json.loads(signed(statement_bytes(case.manifest), stranger, case.signer))
    broken = {"keyid": case.signer.public_key.keyid, "sig": both["signatures"][0]["sig"]}
    both["signatures"].append(broken)
    attested = with_envelope(case, json.dumps(both).encode()).attest()
    assert [signer.keyid for signer in attested.signers] == [case.signer.public_key.keyid]
    assert len(attested.warnings) == 2
    assert stranger.public_key.keyid in " ".join(attested.warnings)


def test_the_twin_of_an_ecdsa_signature_is_the_same_signer() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    from sealift.trust.keys import Algorithm

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    case = situation(Algorithm.ECDSA_P256)

    def twin(signatures: list[dict], _: Situation) -> list[dict]:
        import base64

        r, s = decode_dss_signature(base64.b64decode(signatures[0]["sig"]))
        other = b64encode(encode_dss_signature(r, order - s)).decode()
        return [{**signatures[0], "sig": other}, *signatures]

    attested = set_signatures(twin)(case).attest()
    assert len(attested.signers) == 1
    assert attested.digest == case.attest().digest


def test_a_leap_of_the_sequence_warns() -> None:
    case = with_manifest(situation(), sequence=2**53 - 1)
    seen = {"acme.orders": Seen(sequence=14, digest="sha256:" + "0" * 64)}
    (warning,) = case.attest(seen=seen).warnings
    assert "jumps from sequence 14" in warning


def test_no_verdict_is_kept() -> None:
    case = situation()
    case.verify()
    spoiled = with_files(case, {**FILES, SCRIPT: SPLIT + b"#"})
    with pytest.raises(TrustError) as refusal:
        spoiled.verify()
    assert refusal.value.code == "TRUST-030"


def test_expiry_is_judged_at_the_moment_given() -> None:
    case = policy(bounds=EXPIRED)(situation())
    assert case.attest(now=datetime(2025, 12, 31, tzinfo=UTC)).verified_at < NOW
