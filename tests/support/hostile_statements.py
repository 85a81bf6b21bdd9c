"""Statements and envelopes that no honest signer makes, signed for real: the parser must not rely on the signer."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

from sealift.trust.envelope import PAYLOAD_TYPE, pae
from sealift.trust.signing import FileSigner
from sealift.trust.statement import statement_bytes
from signed_packs import Situation


def envelope_dict(payload: bytes, *signers: FileSigner, payload_type: str = PAYLOAD_TYPE) -> dict:
    message = pae(payload_type, payload)
    signatures = [
        {"keyid": one.public_key.keyid, "sig": b64encode(one.sign(message)).decode()} for one in signers
    ]  # fmt: skip
    return {"payload": b64encode(payload).decode(), "payloadType": payload_type, "signatures": signatures}


def signed(payload: bytes, *signers: FileSigner) -> bytes:
    return json.dumps(envelope_dict(payload, *signers)).encode()


def with_envelope(case: Situation, envelope: bytes | None) -> Situation:
    return replace(case, pack=replace(case.pack, envelope=envelope))


def with_payload(case: Situation, payload: bytes) -> Situation:
    """Return the situation with other bytes under a genuine signature."""
    return with_envelope(case, signed(payload, case.signer))


def with_statement(case: Situation, edit: Callable[[dict], None]) -> Situation:
    """Return the situation with an edited statement under a genuine signature."""
    statement = json.loads(statement_bytes(case.manifest))
    edit(statement)
    return with_payload(case, json.dumps(statement).encode())


def with_text(case: Situation, old: str, new: str) -> Situation:
    """Return the situation with the statement's text changed under a genuine signature."""
    text = statement_bytes(case.manifest).decode()
    assert old in text
    return with_payload(case, text.replace(old, new, 1).encode("utf-8", "surrogatepass"))


def with_manifest(case: Situation, **changes: object) -> Situation:
    """Return the situation with another honest manifest, signed by the same key; the origin stays."""
    manifest = replace(case.manifest, **changes)
    return replace(with_payload(case, statement_bytes(manifest)), manifest=manifest)


def with_files(case: Situation, files: dict[str, bytes]) -> Situation:
    """Return the situation with other files; the manifest stays."""
    return replace(case, files=files)
