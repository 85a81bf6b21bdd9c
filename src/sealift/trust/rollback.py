"""Older releases and second versions of one release: sequence numbers against the policy and the history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sealift.errors.trust_contents import PackEquivocationError, PackRollbackError
from sealift.errors.trust_policy import PolicyRollbackError
from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.pack import Manifest
from sealift.trust.admission import Purpose
from sealift.trust.policy import TrustPolicy

RESET_NOTE = "reset-sequence: "
"""How the note of a TRUST entry begins that sets a pack's highest sequence back; the operator's reason follows."""

_JUMP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The highest release of a pack that was ever run on a store."""

    sequence: int
    digest: str
    """Digest of its manifest; empty after a reset, when any manifest may have the number."""


def seen_releases(entries: Iterable[HistoryEntry]) -> Mapping[str, Seen]:
    """Return the highest release of each pack in a history, oldest entry first; audited resets are obeyed."""
    seen: dict[str, Seen] = {}
    for entry in entries:
        last = seen.get(entry.pack)
        if entry.kind is EntryKind.TRUST and entry.note.startswith(RESET_NOTE):
            seen[entry.pack] = Seen(sequence=entry.sequence, digest="")
        elif entry.digest and (last is None or _supersedes(entry, last)):
            seen[entry.pack] = Seen(sequence=entry.sequence, digest=entry.digest)
    return seen


def _supersedes(entry: HistoryEntry, last: Seen) -> bool:
    return entry.sequence > last.sequence or (entry.sequence == last.sequence and not last.digest)


def newest_policy(entries: Iterable[HistoryEntry]) -> tuple[int, str]:
    """Return version and digest of the newest policy in a history; ``(0, "")`` if none was ever used."""
    newest = max(entries, key=lambda entry: (entry.policy_version, entry.number), default=None)
    return (newest.policy_version, newest.policy_digest) if newest is not None else (0, "")


def check_policy_version(policy: TrustPolicy, *, version: int, digest: str = "") -> tuple[str, ...]:
    """Compare the policy with the newest one in the history; returns warnings, raises PolicyRollbackError.

    A directory whose ``policy.toml`` went away has version 0: that is a rollback too.
    """
    if policy.version < version:
        raise PolicyRollbackError(got=policy.version, expected=version, policy=policy.at(policy.version_line))
    if policy.version == version and policy.version and digest and policy.digest != digest:
        return (f"{policy.path} was changed without raising its version ({policy.version})",)
    return ()


def check_sequence(
    manifest: Manifest, digest: str, policy: TrustPolicy, seen: Mapping[str, Seen], purpose: Purpose
) -> tuple[str, ...]:
    """Compare with floor and history; returns warnings, raises PackRollbackError or PackEquivocationError.

    Taking back a recorded release is going back by intention: only its place in the history counts then.
    """
    if purpose is Purpose.TAKE_BACK:
        return ()
    floor, last = policy.floors.get(manifest.pack), seen.get(manifest.pack)
    if floor is not None and manifest.sequence < floor.sequence:
        raise PackRollbackError(
            got=manifest.sequence, expected=floor.sequence, source="policy", policy=policy.at(floor.line)
        )  # fmt: skip
    if last is None:
        return ()
    if manifest.sequence < last.sequence:
        raise PackRollbackError(got=manifest.sequence, expected=last.sequence, source="history")
    if manifest.sequence == last.sequence and last.digest and digest != last.digest:
        raise PackEquivocationError(sequence=last.sequence, got=digest, expected=last.digest)
    jump = manifest.sequence - last.sequence
    if jump > _JUMP:
        return (
            f"{manifest.pack} jumps from sequence {last.sequence} to {manifest.sequence}: is its key in good hands?",
        )
    return ()
