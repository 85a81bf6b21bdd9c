"""The DSSE envelope (https://github.com/secure-systems-lab/dsse, version 1.0.2): parse, build, encode for signing.

Stricter than DSSE in one point: an unknown member is refused rather than ignored, so that nothing unsigned rides along.
"""

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sealift.errors.trust import EnvelopeMalformedError, PayloadTypeMismatchError
from sealift.trust.strict_json import StrictJsonError, loads

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""The only payload type of a pack: an in-toto Statement."""

ENVELOPE_LIMIT = 1024 * 1024
SIGNATURE_LIMIT = 16

_KEYID = re.compile(r"[\x21-\x7e]{0,128}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature and the hint whose it is; the hint is not authenticated and only narrows the search."""

    keyid: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an envelope says; nothing of it is believed yet."""

    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """The bytes a signature is made over."""
        return pae(PAYLOAD_TYPE, self.payload)

    def to_json(self) -> bytes:
        """Return the envelope as one line of JSON, without any byte that could be otherwise."""
        signatures = [{"keyid": one.keyid, "sig": _encode(one.signature)} for one in self.signatures]
        content = {"payload": _encode(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures}
        return json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: the type is signed too, and the lengths make it unambiguous."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope of a pack; raises EnvelopeMalformedError or PayloadTypeMismatchError."""
    try:
        content = loads(data, max_bytes=ENVELOPE_LIMIT)
    except StrictJsonError as error:
        raise EnvelopeMalformedError(problem=str(error)) from None
    _members(content, "the envelope", required={"payload", "payloadType", "signatures"}, optional=set())
    if content["payloadType"] != PAYLOAD_TYPE:
        raise PayloadTypeMismatchError(field="payloadType", got=_shown(content["payloadType"]), expected=PAYLOAD_TYPE)
    payload = _decode(content["payload"], "payload")
    return Envelope(payload=payload, signatures=_signatures(content["signatures"]))


def _signatures(value: Any) -> tuple[Signature, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= SIGNATURE_LIMIT:
        found = f"{len(value)} signatures" if isinstance(value, list) else "no list of signatures"
        raise EnvelopeMalformedError(problem=f"it has {found} (expected 1 to {SIGNATURE_LIMIT})")
    return tuple(_signature(item, f"signatures[{position}]") for position, item in enumerate(value))


def _signature(value: Any, where: str) -> Signature:
    _members(value, where, required={"sig"}, optional={"keyid"})
    keyid = value.get("keyid", "")
    if not isinstance(keyid, str) or _KEYID.fullmatch(keyid) is None:
        raise EnvelopeMalformedError(problem=f"{where}.keyid is not a short ASCII text")
    return Signature(keyid=keyid, signature=_decode(value["sig"], f"{where}.sig"))


def _members(value: Any, where: str, *, required: set[str], optional: set[str]) -> None:
    if not isinstance(value, dict):
        raise EnvelopeMalformedError(problem=f"{where} is not an object")
    missing = sorted(required - value.keys())
    unknown = sorted(value.keys() - required - optional)
    if missing or unknown:
        problem = f"lacks {missing[0]!r}" if missing else f"has the unknown member {unknown[0][:40]!r}"
        raise EnvelopeMalformedError(problem=f"{where} {problem}")


def _decode(text: Any, where: str) -> bytes:
    try:
        plain = text.encode("ascii")
        # DSSE asks verifiers to take both alphabets, but nothing asks them to take a mixture.
        if b"-" in plain or b"_" in plain:
            plain = b"!" if b"+" in plain or b"/" in plain else plain.translate(_URL_SAFE)
        decoded = b64decode(plain, validate=True)
    except (AttributeError, UnicodeEncodeError, Base64Error):
        raise EnvelopeMalformedError(problem=f"{where} is not base64") from None
    if not decoded or b64encode(decoded) != plain:
        raise EnvelopeMalformedError(problem=f"{where} is {'not strict base64' if decoded else 'empty'}")
    return decoded


def _encode(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _shown(value: Any) -> str:
    return value[:100] if isinstance(value, str) else type(value).__name__


def build_envelope(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """Return the envelope's bytes."""
    return Envelope(payload=payload, signatures=tuple(signatures)).to_json()
