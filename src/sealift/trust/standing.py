"""How the trusted keys stand: what each may sign, and how long."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealift.trust.admission import WARN_BEFORE
from sealift.trust.policy import TrustPolicy
from sealift.trust.rules import TrustedKey, Validity


class KeyState(StrEnum):
    """What a key's signature is worth today."""

    VALID = "valid"
    EXPIRING = "expires soon"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    REVOKED = "revoked"
    UNUSED = "no grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStanding:
    """One key, for a table."""

    keyid: str
    file: str
    owner: str
    algorithm: str
    state: KeyState
    packs: tuple[str, ...]
    not_after: datetime | None
    days_left: int | None
    """Whole days; negative when it is over, ``None`` when it never is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStanding:
    """The policy and its keys, those that end first in front."""

    path: str
    version: int
    digest: str
    expires: datetime | None
    days_left: int | None
    keys: tuple[KeyStanding, ...]
    unreachable: tuple[tuple[str, ...], ...]
    """The patterns of grants whose threshold the valid keys cannot reach any more."""
    warnings: tuple[str, ...]


def status(policy: TrustPolicy, *, now: datetime) -> PolicyStanding:
    """Return how the policy stands at a moment."""
    keys = [_standing(key, policy, now) for key in policy.keys.values()]
    return PolicyStanding(
        path=policy.path,
        version=policy.version,
        digest=policy.digest,
        expires=policy.expires,
        days_left=_days(policy.expires, now),
        keys=tuple(sorted(keys, key=lambda one: (one.days_left is None, one.days_left or 0, one.file))),
        unreachable=_unreachable(policy, now),
        warnings=policy.warnings,
    )


def _standing(key: TrustedKey, policy: TrustPolicy, now: datetime) -> KeyStanding:
    return KeyStanding(
        keyid=key.keyid,
        file=key.file,
        owner=key.owner,
        algorithm=key.key.algorithm,
        state=_state(key, policy, now),
        packs=policy.may_sign(key.keyid),
        not_after=key.not_after,
        days_left=_days(key.not_after, now),
    )


def _state(key: TrustedKey, policy: TrustPolicy, now: datetime) -> KeyState:
    if key.keyid in policy.revoked_keys:
        return KeyState.REVOKED
    match key.validity(now):
        case Validity.EXPIRED:
            return KeyState.EXPIRED
        case Validity.NOT_YET:
            return KeyState.NOT_YET
    if not policy.may_sign(key.keyid):
        return KeyState.UNUSED
    soon = key.not_after is not None and key.not_after - now <= WARN_BEFORE
    return KeyState.EXPIRING if soon else KeyState.VALID


def _unreachable(policy: TrustPolicy, now: datetime) -> tuple[tuple[str, ...], ...]:
    usable = {KeyState.VALID, KeyState.EXPIRING}
    return tuple(
        grant.packs
        for grant in policy.grants
        if grant.threshold
        > len({policy.keys[k].owner for k in grant.keyids if _state(policy.keys[k], policy, now) in usable})
    )


def _days(end: datetime | None, now: datetime) -> int | None:
    return None if end is None else (end - now).days
