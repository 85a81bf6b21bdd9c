"""Whether those who signed may: revocations, grants, validity, and the threshold counted by owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sealift.errors.trust import (
    KeyExpiredError,
    KeyOutOfScopeError,
    KeyRevokedError,
    PackRevokedError,
    ThresholdNotMetError,
    TrustError,
)
from sealift.errors.trust_policy import PolicyExpiredError
from sealift.model.pack import Signer
from sealift.trust.moments import moment
from sealift.trust.policy import TrustPolicy
from sealift.trust.rules import PackGrant, TrustedKey, Validity
from sealift.trust.signatures import Found

WARN_BEFORE = timedelta(days=60)
"""How long before an expiry it is announced."""


POLICY = "policy"
"""The word that accepts an expired policy, where a fingerprint accepts an expired key."""


class Purpose(StrEnum):
    """What the pack is verified for; expiry stops new work only."""

    NEW_WORK = "new work"
    INSPECT = "inspect"
    """To show it: status, plan, verify."""
    TAKE_BACK = "take back"
    """To downgrade what was applied with these very bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When and what for a signature is judged, and which expired keys the operator accepts, for which reason."""

    now: datetime
    purpose: Purpose
    accept_expired: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who vouches for the pack."""

    signers: tuple[Signer, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What one signer's signature is worth here."""

    key: TrustedKey
    refusal: TrustError | None = None
    warning: str | None = None


class Admissions:
    """What a grant makes of the same signers under one policy, at one moment: worked out once, not for each pack."""

    def __init__(self, policy: TrustPolicy, case: Circumstances) -> None:
        self.policy, self.case = policy, case
        # The objects themselves are kept too: an address is taken again only when its object is gone.
        self._known: dict[tuple[int, int], tuple[Found, PackGrant | None, Admission]] = {}

    def admit(self, pack: str, digest: str, found: Found) -> Admission:
        """Count the signatures that the grant asks for.

        Raises PolicyExpiredError, PackRevokedError,
        KeyOutOfScopeError, KeyRevokedError, KeyExpiredError or ThresholdNotMetError.
        """
        revoked = self.policy.revoked_manifests.get(digest)
        grant = self.policy.grant_for(pack)
        known = self._known.get((id(found), id(grant)))
        if known is not None and revoked is None:
            return known[2]
        notices = judge_policy(self.policy, self.case)
        if revoked is not None:
            place = self.policy.at(revoked.line)
            raise PackRevokedError(digest=digest, reason=revoked.reason, policy=place)
        admission = _counted(found, grant, self.policy, self.case, notices)
        self._known[id(found), id(grant)] = (found, grant, admission)
        return admission


def admit(pack: str, digest: str, found: Found, policy: TrustPolicy, case: Circumstances) -> Admission:
    """Count the signatures that the grant asks for; raises as ``Admissions.admit`` does."""
    return Admissions(policy, case).admit(pack, digest, found)


def _counted(
    found: Found, grant: PackGrant | None, policy: TrustPolicy, case: Circumstances, notices: tuple[str, ...]
) -> Admission:
    verdicts = [_judge(key, grant, policy, case) for key in found.keys]
    counted = [one.key for one in verdicts if one.refusal is None]
    if grant is None or len({key.owner for key in counted}) < grant.threshold:
        raise _refusal(verdicts, found, grant, policy)
    return Admission(
        signers=tuple(Signer(keyid=key.keyid, key_file=key.file, owner=key.owner) for key in counted),
        warnings=notices
        + found.discounted
        + tuple(str(one.refusal) for one in verdicts if one.refusal is not None)
        + tuple(one.warning for one in verdicts if one.warning is not None),
    )


def judge_policy(policy: TrustPolicy, case: Circumstances) -> tuple[str, ...]:
    """Return what there is to say of the policy's own expiry; raises PolicyExpiredError if it stops the work."""
    if policy.expires is None or policy.expires - case.now > WARN_BEFORE:
        return ()
    place = policy.at(policy.expires_line)
    if case.now < policy.expires:
        return (f"policy {place} expires at {moment(policy.expires)}",)
    reason = case.accept_expired.get(POLICY)
    if reason is not None:
        return (f"accepted although expired: policy {place}: {reason}",)
    if case.purpose is Purpose.NEW_WORK:
        raise PolicyExpiredError(expires=moment(policy.expires), now=moment(case.now), policy=place)
    return (f"policy {place} expired at {moment(policy.expires)} (it is now {moment(case.now)})",)


def _judge(key: TrustedKey, grant: PackGrant | None, policy: TrustPolicy, case: Circumstances) -> _Verdict:
    revoked = policy.revoked_keys.get(key.keyid)
    if revoked is not None:
        place = policy.at(revoked.line)
        error = KeyRevokedError(keyid=key.keyid, key_file=key.name, reason=revoked.reason, policy=place)
        return _Verdict(key=key, refusal=error)
    if grant is None or key.keyid not in grant.keyids:
        return _Verdict(key=key, refusal=_out_of_scope(key, grant, policy))
    return _judge_time(key, policy, case)


def _out_of_scope(key: TrustedKey, grant: PackGrant | None, policy: TrustPolicy) -> KeyOutOfScopeError:
    return KeyOutOfScopeError(
        keyid=key.keyid,
        key_file=key.name,
        may_sign=policy.may_sign(key.keyid),
        expected=_names(grant, policy),
        policy=policy.at(grant.line if grant is not None else key.line),
    )


def _judge_time(key: TrustedKey, policy: TrustPolicy, case: Circumstances) -> _Verdict:
    validity = key.validity(case.now)
    if validity is Validity.VALID:
        soon = key.not_after is not None and key.not_after - case.now <= WARN_BEFORE
        warning = f"key {key.name} ({key.owner}) expires at {moment(key.not_after)}" if soon else None
        return _Verdict(key=key, warning=warning)
    error = _expired(key, policy, case.now)
    reason = case.accept_expired.get(key.keyid)
    if reason is not None:
        return _Verdict(key=key, warning=f"accepted although {validity}: {key.name} ({key.keyid}): {reason}")
    if case.purpose is Purpose.NEW_WORK:
        return _Verdict(key=key, refusal=error)
    return _Verdict(key=key, warning=f"key {key.name} ({key.owner}) {error.bound}")


def _expired(key: TrustedKey, policy: TrustPolicy, now: datetime) -> KeyExpiredError:
    return KeyExpiredError(
        keyid=key.keyid,
        key_file=key.name,
        owner=key.owner,
        now=moment(now),
        not_before=moment(key.not_before) if key.not_before else None,
        not_after=moment(key.not_after) if key.not_after else None,
        policy=policy.at(key.line),
    )


def _refusal(verdicts: list[_Verdict], found: Found, grant: PackGrant | None, policy: TrustPolicy) -> TrustError:
    """Choose the cause that a person has to act on first: a revoked key, an expired one, the scope, the number."""
    refusals = [one.refusal for one in verdicts if one.refusal is not None]
    counted = [one.key for one in verdicts if one.refusal is None]
    for kind in (KeyRevokedError, KeyExpiredError):
        for refusal in refusals:
            if isinstance(refusal, kind):
                return refusal
    if grant is None or (not counted and refusals):
        return refusals[0]
    names = tuple(f"{key.name} of {key.owner}" for key in counted)
    owners = {key.owner for key in counted}
    return ThresholdNotMetError(
        got=len(owners),
        expected=grant.threshold,
        counted=names,
        missing=_names(grant, policy, without=owners),
        discounted=found.discounted + tuple(str(refusal) for refusal in refusals),
        policy=policy.at(grant.line),
    )


def _names(
    grant: PackGrant | None, policy: TrustPolicy, without: set[str] | frozenset[str] = frozenset()
) -> tuple[str, ...]:
    keys = [policy.keys[keyid] for keyid in grant.keyids] if grant is not None else []
    return tuple(f"{key.name} ({key.owner})" for key in keys if key.owner not in without)
