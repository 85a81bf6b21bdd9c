"""The verb trust: who may sign which packs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sealift.cli.render import table
from sealift.cli.verb import Call, verb
from sealift.trust import editing
from sealift.trust.moments import moment
from sealift.trust.policy import TrustPolicy
from sealift.trust.standing import PolicyStanding, status


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
@click.option("--expires", metavar="DATE", help="When the policy must have been renewed.")
def init(call: Call, expires: str | None) -> int:
    """Write policy.toml, from the keys that are there already."""
    return _changed(call, editing.init_policy(_directory(call), expires=_date(expires)))


@verb()
@click.argument("key", metavar="KEY.pem", type=click.Path(path_type=Path))
@click.option("--packs", "packs", multiple=True, required=True, metavar="PATTERN", help="Packs, such as acme.*")
@click.argument("more", nargs=-1, metavar="[PATTERN]...")
@click.option("--owner", metavar="NAME", help="Who holds the key; thresholds count owners.")
@click.option("--expires", metavar="DATE", help="When the key stops being valid.")
def add(
    call: Call, key: Path, packs: tuple[str, ...], more: tuple[str, ...], owner: str | None, expires: str | None
) -> int:
    """Trust a public key for packs; prints what changes."""
    patterns = [pattern for text in (*packs, *more) for pattern in text.split(",") if pattern]
    change = editing.add_key(_directory(call), key, patterns, owner=owner, expires=_date(expires))
    return _changed(call, change)


@verb()
@click.argument("handle", metavar="KEYID|FILE|DIGEST")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for everybody who reads the policy.")
@click.option("--manifest", is_flag=True, help="Revoke one release by the digest of its manifest, not a key.")
def revoke(call: Call, handle: str, reason: str, *, manifest: bool) -> int:
    """Revoke a key, or one release; lists what was applied with it."""
    act = editing.revoke_manifest if manifest else editing.revoke
    change = act(_directory(call), handle, reason)
    return _changed(call, change)


def _show(call: Call) -> int:
    standing = status(TrustPolicy.load(_directory(call)), now=datetime.now(UTC))
    call.render.result(_shape(standing), _text(standing), warnings=standing.warnings)
    return 0


@verb(name="list")
def list_keys(call: Call) -> int:
    """List the keys, what each may sign, and until when."""
    return _show(call)


@verb(name="status")
def show_status(call: Call) -> int:
    """Show the policy and its keys, those that end first in front."""
    return _show(call)


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
    lines = [head, table(("key", "fingerprint", "owner", "may sign", "state", "until"), rows) if rows else "no keys"]
    lines.extend(f"warning: nobody can reach the threshold for {', '.join(packs)}" for packs in standing.unreachable)
    return "\n".join(lines)


_COMMANDS: tuple[click.Command, ...] = (init, add, list_keys, revoke, show_status)
for _command in _COMMANDS:
    trust.add_command(_command)
