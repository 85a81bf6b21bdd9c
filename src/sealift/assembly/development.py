"""Packs that nobody signed: what their manifest would be, for tests and for the development loop."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sealift.assembly.unsigned import UNSIGNED
from sealift.errors.trust import TrustError
from sealift.model.pack import AttestedPack, Manifest, PackOrigin
from sealift.packs.building import build_manifest, next_sequence
from sealift.packs.project import Project
from sealift.trust.envelope import Signature, build_envelope, parse_envelope
from sealift.trust.statement import parse_statement, statement_bytes


def unsigned_pack(
    project: Project, *, now: datetime, origin: PackOrigin | None = None, warnings: Sequence[str] = ()
) -> AttestedPack:
    """Return the pack that the project would be if it were signed now, with no signers at all.

    Nothing was verified: this is for tests, and for packs that the operator allows by name in development. The
    manifest's digest is that of these very files, so a change of one byte is another pack. Raises ProjectInvalidError.
    """
    manifest = build_manifest(project, sequence=next_sequence(project, signed_manifest(project)))
    statement = statement_bytes(manifest)
    return AttestedPack(
        origin=origin or project.origin,
        manifest=manifest,
        digest="sha256:" + sha256(statement).hexdigest(),
        envelope=build_envelope(statement, [Signature(keyid=UNSIGNED, signature=UNSIGNED.encode())]),
        signers=(),
        policy_digest="",
        policy_version=0,
        verified_at=now,
        warnings=tuple(warnings),
    )


def editable_pack(origin: PackOrigin, *, now: datetime) -> AttestedPack:
    """Return an editable pack as its files are at this moment, unsigned, with a warning that says so.

    Raises ProjectInvalidError for a project that could not be signed either.
    """
    project = Project.open(Path(origin.root))
    warning = (
        f"{origin.entry_point}: UNSIGNED, run from {origin.root} as it is now; allow_unsigned permits it, "
        "for development only"
    )
    return unsigned_pack(project, now=now, origin=origin, warnings=[warning])


def signed_manifest(project: Project) -> Manifest | None:
    """Return the manifest in the project's envelope, unverified; ``None`` if there is none that can be read."""
    if project.envelope is None:
        return None
    try:
        return parse_statement(parse_envelope(project.envelope).payload)
    except TrustError:
        return None
