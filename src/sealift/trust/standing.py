"""How the trusted keys stand: what each may sign, and how long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealift.trust.admission import WARN_BEFORE
from sealift.trust.moments import moment
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
    ending: tuple[str, ...] = ()
    """What has ended or ends within 60 days, a sentence each: the policy, and keys that may sign something."""
    revocations: tuple[tuple[str, str], ...] = ()
    """Each revoked fingerprint or manifest with its reason."""
    floors: tuple[tuple[str, int], ...] = ()
    """The lowest sequence of each pack that has a floor."""


def status(policy: TrustPolicy, *, now: datetime) -> PolicyStanding:
    """Return how the policy stands at a moment."""
    standings = [_standing(key, policy, now) for key in policy.keys.values()]
    keys = tuple(sorted(standings, key=lambda one: (one.days_left is None, one.days_left or 0, one.file)))
    revoked = {**policy.revoked_keys, **policy.revoked_manifests}
    return PolicyStanding(
        path=policy.path,
        version=policy.version,
        digest=policy.digest,
        expires=policy.expires,
        days_left=_days(policy.expires, now),
        keys=keys,
        unreachable=_unreachable(policy, now),
        warnings=policy.warnings,
        ending=tuple(_ending(policy, keys, now)),
        revocations=tuple((handle, revocation.reason) for handle, revocation in revoked.items()),
        floors=tuple((pack, floor.sequence) for pack, floor in policy.floors.items()),
    )


def _ending(policy: TrustPolicy, keys: Iterable[KeyStanding], now: datetime) -> Iterator[str]:
    place = policy.at(policy.expires_line)
    if policy.expires is not None and policy.expires - now <= WARN_BEFORE:
        yield f"policy {place} {_end(policy.expires, now)}"
    for key in keys:
        if key.state in {KeyState.EXPIRED, KeyState.EXPIRING} and key.packs and key.not_after is not None:
            yield f"key {key.file} ({key.owner}) {_end(key.not_after, now)}"


def _end(end: datetime, now: datetime) -> str:
    days = abs((end - now).days)
    return f"expired at {moment(end)}" if end <= now else f"expires at {moment(end)}, in {days} days"


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
