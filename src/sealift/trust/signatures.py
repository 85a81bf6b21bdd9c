"""Which trusted keys really signed: counted by public key, never by the id a signature claims.

An id is a hint and only narrows the search; a signature without one is tried with every key (DSSE 1.0.2). The same key
signing twice, or standing under two ids, is one key: counting ids is how two known verifiers were fooled.
"""

from dataclasses import dataclass

from sealift.errors.trust import SignatureInvalidError, UntrustedKeyError
from sealift.trust.envelope import Envelope, Signature
from sealift.trust.keys import BadSignatureError
from sealift.trust.policy import TrustPolicy
from sealift.trust.rules import TrustedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the signatures of an envelope proved."""

    keys: tuple[TrustedKey, ...]
    """Trusted keys that signed these bytes, each once; at least one."""
    discounted: tuple[str, ...]
    """The other signatures, each with the reason why it proves nothing."""


def verify_signatures(envelope: Envelope, policy: TrustPolicy) -> Found:
    """Try every signature; raises SignatureInvalidError or UntrustedKeyError when none of them is a trusted key's.

    Signatures that prove nothing do not spoil those that do (DSSE: adding one must not be a way to deny service).
    """
    message = envelope.signed_bytes
    good: dict[str, TrustedKey] = {}
    invalid: list[Signature] = []
    unknown: list[Signature] = []
    for signature in envelope.signatures:
        signer = _signer(signature, message, policy)
        if signer is not None:
            good[signer.keyid] = signer
        else:
            (invalid if signature.keyid in policy.keys else unknown).append(signature)
    if not good:
        raise _refusal(invalid, unknown, policy)
    return Found(keys=tuple(good.values()), discounted=_discounted(invalid, unknown))


def _signer(signature: Signature, message: bytes, policy: TrustPolicy) -> TrustedKey | None:
    hinted = policy.keys.get(signature.keyid)
    candidates = (hinted,) if hinted else () if signature.keyid else policy.keys.values()
    for candidate in candidates:
        try:
            candidate.key.verify(signature.signature, message)
        except BadSignatureError:
            continue
        return candidate
    return None


def _refusal(
    invalid: list[Signature], unknown: list[Signature], policy: TrustPolicy
) -> SignatureInvalidError | UntrustedKeyError:
    if invalid:
        keyid = invalid[0].keyid
        return SignatureInvalidError(keyid=keyid, key_file=policy.keys[keyid].name, policy=policy.path)
    trusted = tuple(f"{key.name} ({keyid})" for keyid, key in policy.keys.items())
    keyids = tuple(dict.fromkeys(one.keyid for one in unknown if one.keyid))
    return UntrustedKeyError(keyids=keyids, trusted=trusted, policy=policy.path)


def _discounted(invalid: list[Signature], unknown: list[Signature]) -> tuple[str, ...]:
    return tuple(f"the signature of {one.keyid} does not verify" for one in invalid) + tuple(
        f"the key {one.keyid or 'without an id'} is not trusted" for one in unknown
    )
