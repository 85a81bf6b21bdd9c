"""Packs that were run unsigned in development, taken back from their copy in the store's archive."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sealift.errors.origin import ArchivedUnsignedError
from sealift.model.pack import AttestedPack, Pack
from sealift.trust.envelope import parse_envelope
from sealift.trust.statement import parse_statement

UNSIGNED = "unsigned"
"""What stands in the place of a signature: an envelope that no key verifies."""


def kept_unsigned(
    pack: Pack, *, allowed: Collection[str], recorded: Collection[str], now: datetime
) -> AttestedPack | None:
    """Return a pack of the archive that was run unsigned; ``None`` for one that was signed, which its keys vouch for.

    Nobody vouches for this one. It is taken because the history names its very digest and the settings allow it by
    name. Raises ArchivedUnsignedError for one that is not allowed here, or that the history does not name.
    """
    envelope = parse_envelope(pack.envelope or b"")
    if {signature.keyid for signature in envelope.signatures} != {UNSIGNED}:
        return None
    digest = "sha256:" + sha256(envelope.payload).hexdigest()
    manifest = parse_statement(envelope.payload)
    if manifest.pack not in allowed or digest not in recorded:
        raise ArchivedUnsignedError(pack=manifest.pack, place=str(pack.origin.root))
    warning = f"{manifest.pack}: UNSIGNED, taken from the store's archive, which is for development only"
    return AttestedPack(
        origin=pack.origin,
        manifest=manifest,
        digest=digest,
        envelope=pack.envelope or b"",
        signers=(),
        policy_digest="",
        policy_version=0,
        verified_at=now,
        warnings=(warning,),
    )
