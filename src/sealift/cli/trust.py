"""The verb trust: who may sign which packs."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sealift.assembly.provenance import AppliedRelease, signed_by, with_digest
from sealift.cli.render import table
from sealift.cli.verb import Call, verb
from sealift.errors.base import SealiftError
from sealift.model.history import MigrationHistory
from sealift.trust import editing
from sealift.trust.moments import moment
from sealift.trust.policy import TrustPolicy
from sealift.trust.rollback import check_policy_version, newest_policy
from sealift.trust.standing import PolicyStanding, status

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def trust() -> None:
    """Keep the policy in trusted_keys/policy.toml: who may sign which packs, how many must, until when."""


def _directory(call: Call) -> Path:
    return Path(call.settings().trusted_keys)


def _changed(call: Call, change: editing.PolicyChange) -> int:
    content = {"policy": str(change.path), "version": change.policy.version, "diff": change.diff}
    call.render.result(content, change.diff or f"{change.path}: nothing to change", warnings=change.policy.warnings)
    return 0


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no date; write 2027-06-30 or 2027-06-30T12:00:00Z"
        raise click.UsageError(message) from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


@verb()
@click.option("--expires", metavar="DATE", help="When the policy ends unless it is renewed, such as 2027-06-30.")
def init(call: Call, expires: str | None) -> int:
    """Write the first policy.toml: every key that is there may sign every pack, as it was without a policy."""
    return _changed(call, editing.init_policy(_directory(call), expires=_date(expires)))


@verb()
@click.argument("key", metavar="KEY.pem", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--packs",
    "packs",
    multiple=True,
    required=True,
    metavar="PATTERN",
    help="Packs it may sign: acme.orders, 'acme.*' or '*'.",
)
@click.argument("more", nargs=-1, metavar="[PATTERN]...")
@click.option("--owner", metavar="NAME", help="Who holds the key (default: its file); thresholds count owners.")
@click.option("--expires", metavar="DATE", help="When the key stops being valid, such as 2027-06-30.")
def add(
    call: Call, key: Path, packs: tuple[str, ...], more: tuple[str, ...], owner: str | None, expires: str | None
) -> int:
    """Trust a public key for packs; prints what changes.

    Its file is copied into the directory. A pattern that has signers already gets one more.
    """
    patterns = [pattern.strip() for text in (*packs, *more) for pattern in text.split(",") if pattern.strip()]
    if not patterns:
        message = "--packs names no pack; write acme.orders, 'acme.*' or '*'"
        raise click.UsageError(message)
    change = editing.add_key(_directory(call), key, patterns, owner=owner, expires=_date(expires))
    return _changed(call, change)


@verb()
@click.argument("handle", metavar="KEYID|FILE|DIGEST")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for everybody who reads the policy.")
@click.option("--manifest", is_flag=True, help="Revoke one release by the digest of its manifest, not a key.")
def revoke(call: Call, handle: str, reason: str, *, manifest: bool) -> int:
    """Revoke a key by fingerprint or file, or one release by its digest; lists what of it was applied.

    A revoked key stays in the policy, so that what it signed is recognised.
    """
    if not handle or (manifest and not _DIGEST.fullmatch(handle)):
        expected = (
            "a manifest's digest, sha256: and 64 hex digits" if manifest else "a fingerprint, or the file of a key"
        )
        message = f"{handle!r} is not {expected}; see `sealift {'history' if manifest else 'trust list'}`"
        raise click.UsageError(message)
    act, find = (editing.revoke_manifest, with_digest) if manifest else (editing.revoke, signed_by)
    change = act(_directory(call), handle, reason)
    history, warnings = _history(call)
    releases = [] if history is None else find(history, change.revoked)
    content = {
        "policy": str(change.path),
        "version": change.policy.version,
        "diff": change.diff,
        "revoked": change.revoked,
        "applied": None if history is None else [_release(release) for release in releases],
    }
    text = change.diff + ("" if history is None else "\n" + _applied_text(releases))
    call.render.result(content, text, warnings=[*change.policy.warnings, *warnings])
    return 0


def _history(call: Call) -> tuple[MigrationHistory | None, list[str]]:
    """Return the history of the store, or why there is none to be had: the policy can be changed without a store."""
    manager = call.manager()
    try:
        with manager:
            return manager.history(), []
    except SealiftError as error:
        return None, [f"no history was looked at: {error.message()}"]


def _release(release: AppliedRelease) -> dict[str, Any]:
    return {
        "pack": release.pack,
        "sequence": release.sequence,
        "digest": release.digest,
        "last_at": release.last_at,
        "current": release.current,
        "newest": release.newest,
    }


def _applied_text(releases: Sequence[AppliedRelease]) -> str:
    if not releases:
        return "nothing in the history was signed with it"
    rows = [
        (
            release.pack,
            release.sequence,
            release.digest,
            release.last_at[:19].replace("T", " "),
            release.current or "-",
            "yes" if release.newest else "replaced",
        )
        for release in releases
    ]
    head = ("pack", "sequence", "manifest", "last run", "data version now", "in use")
    return "these releases ran on this store:\n" + table(head, rows)


@verb(name="reset-sequence")
@click.argument("pack")
@click.option("--to", type=int, required=True, metavar="N", help="The number that counts as the highest seen.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the history.")
@click.option("--operator", metavar="NAME", help="Who decides this, for the history.")
def reset_sequence(call: Call, pack: str, to: int, reason: str, operator: str | None) -> int:
    """Accept releases of PACK from sequence N upwards again, after a stolen key had jumped ahead.

    The decision stays in the history, with its reason.
    """
    with call.manager(operator=operator) as manager:
        before = manager.operations.reset_sequence(pack, to, reason, call.render.progress)
    text = f"{pack}: the highest sequence seen was {before}, and is {to} from now on"
    call.render.result({"pack": pack, "before": before, "sequence": to, "reason": reason}, text)
    return 0


@verb(name="list")
def list_keys(call: Call) -> int:
    """List the keys, what each may sign, and until when."""
    standing = status(TrustPolicy.load(_directory(call)), now=datetime.now(UTC))
    warnings = [*standing.warnings, *_unreachable(standing)]
    call.render.result(_shape(standing), _text(standing), warnings=warnings)
    return 0


def _unreachable(standing: PolicyStanding) -> list[str]:
    return [f"nobody can reach the threshold for {', '.join(packs)}" for packs in standing.unreachable]


@verb(name="status")
def show_status(call: Call) -> int:
    """Show what ends soon, what is revoked, and whether the policy is the newest this store has seen."""
    policy = TrustPolicy.load(_directory(call))
    standing = status(policy, now=datetime.now(UTC))
    history, warnings = _history(call)
    warnings += _compared(policy, history) if history is not None else []
    warnings = [*standing.warnings, *standing.ending, *_unreachable(standing), *warnings]
    call.render.result(_status_shape(standing), _status_text(standing), warnings=warnings)
    return 0


def _compared(policy: TrustPolicy, history: MigrationHistory) -> list[str]:
    """Hold the policy to the newest one in the history; raises PolicyRollbackError."""
    last = newest_policy(history.entries)
    return list(check_policy_version(policy, version=last[0], digest=last[1]))


def _status_shape(standing: PolicyStanding) -> dict[str, Any]:
    return {
        **_shape(standing),
        "days_left": standing.days_left,
        "ending": list(standing.ending),
        "revoked": [{"handle": handle, "reason": reason} for handle, reason in standing.revocations],
        "floors": dict(standing.floors),
        "unreachable": [list(packs) for packs in standing.unreachable],
    }


def _status_text(standing: PolicyStanding) -> str:
    revoked = [f"revoked  {handle}  {reason}" for handle, reason in standing.revocations]
    floors = [f"floor    {pack}  sequence {sequence}" for pack, sequence in standing.floors]
    return "\n".join([_text(standing), *revoked, *floors])


def _shape(standing: PolicyStanding) -> dict[str, Any]:
    keys = [
        {
            "keyid": key.keyid,
            "file": key.file,
            "owner": key.owner,
            "algorithm": key.algorithm,
            "state": key.state.value,
            "packs": list(key.packs),
            "not_after": None if key.not_after is None else moment(key.not_after),
            "days_left": key.days_left,
        }
        for key in standing.keys
    ]
    expires = None if standing.expires is None else moment(standing.expires)
    return {"policy": standing.path, "version": standing.version, "expires": expires, "keys": keys}


def _text(standing: PolicyStanding) -> str:
    head = f"{standing.path}  version {standing.version}  expires {moment(standing.expires)}"
    rows = [
        (key.file, key.keyid, key.owner, ", ".join(key.packs) or "-", key.state.value, moment(key.not_after))
        for key in standing.keys
    ]
    return "\n".join(
        [head, table(("key", "fingerprint", "owner", "may sign", "state", "until"), rows) if rows else "no keys"]
    )


_COMMANDS: tuple[click.Command, ...] = (init, add, list_keys, revoke, reset_sequence, show_status)
for _command in _COMMANDS:
    trust.add_command(_command)
