"""Envelopes made once and kept for ever: what was accepted stays accepted, what was refused stays refused."""

import json
from pathlib import Path

import pytest

from sealift.errors.trust import TrustError
from sealift.model.pack import Pack
from sealift.trust.policy import TrustPolicy
from sealift.trust.verification import verify_files, verify_manifest
from signed_packs import NOW, manifest_of, origin_of

FOLDER = Path(__file__).parents[1] / "envelopes"
VERDICTS = json.loads((FOLDER / "verdicts.json").read_text())
KEYS = {path.name: path.read_bytes() for path in (FOLDER / "trusted_keys").glob("*.pem")}
POLICY = (FOLDER / "trusted_keys" / "policy.toml").read_bytes()
FILES = {
    str(path.relative_to(FOLDER / "pack")): path.read_bytes() for path in (FOLDER / "pack").rglob("*") if path.is_file()
}


def verdict(envelope: bytes) -> str:
    pack = Pack(origin=origin_of(manifest_of()), envelope=envelope)
    try:
        attested = verify_manifest(pack, TrustPolicy.parse(POLICY, KEYS), now=NOW)
        assert verify_files(attested, FILES).manifest.pack == "acme.orders"
    except TrustError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_what_it_was(name: str) -> None:
    assert verdict((FOLDER / f"{name}.dsse.json").read_bytes()) == VERDICTS[name]


def test_no_envelope_is_forgotten() -> None:
    assert {path.name for path in FOLDER.glob("*.dsse.json")} == {f"{name}.dsse.json" for name in VERDICTS}
    assert len(VERDICTS) >= 18
    assert set(VERDICTS.values()) >= {"accepted", "TRUST-002", "TRUST-010", "TRUST-030"}
