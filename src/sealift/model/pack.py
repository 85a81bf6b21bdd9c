"""A pack on its way from untrusted bytes to something that may be run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from sealift.model.migration import MigrationInfo

ENVELOPE = "pack.dsse.json"
PREDICATE_TYPE = "https://sealift.dev/attestation/pack/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The signed list of a pack's contents: the predicate and the subjects of its in-toto Statement."""

    pack: str
    base: str
    """The data version before the first migration."""
    collections: Mapping[str, str | None]
    """Each collection's schema at base, as a path inside the pack."""
    distribution: str
    """PEP 503 normalised name of the distribution that carries the pack."""
    distribution_version: str
    sequence: int
    """Goes up with every release; a lower one than was seen before is a rollback."""
    migrations: tuple[MigrationInfo, ...]
    """In order of their versions."""
    files: Mapping[str, str]
    """Each file's sha256 in lower-case hex, by its path inside the pack (the envelope excepted)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOrigin:
    """Where a pack was found, before anything of it was believed."""

    entry_point: str
    """The name of the entry point: what the pack claims to be."""
    module: str
    """The value of the entry point, such as ``acme_orders.pack``; never imported."""
    distribution: str
    distribution_version: str
    root: PurePath
    """The pack folder (inside the wheel for a wheel that is not installed)."""
    editable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Untrusted: an origin and the bytes of the envelope found there (``None`` if there is no envelope)."""

    origin: PackOrigin
    envelope: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed, as the policy knows the key."""

    keyid: str
    key_file: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedPack:
    """The manifest is genuine: envelope, identity, scope and threshold have been checked; the files not yet."""

    origin: PackOrigin
    manifest: Manifest
    digest: str
    """``sha256:`` + hex of the signed payload: the identity of these exact contents."""
    envelope: bytes
    """Empty for a pack that was recalled from an earlier call: it can be shown, and is attested anew before it runs."""
    signers: tuple[Signer, ...]
    policy_digest: str
    policy_version: int
    verified_at: datetime
    warnings: tuple[str, ...] = ()

    @property
    def is_recalled(self) -> bool:
        """Whether its envelope was not read in this process."""
        return not self.envelope

    @property
    def recorded_sequence(self) -> int:
        """What the history says of the release: 0 for a pack that nobody signed, which is no release."""
        return self.manifest.sequence if self.signers else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPack:
    """Everything is genuine: ``files`` are the verified bytes, and the only bytes that may run.

    Made in one place, ``sealift.trust.verification``.
    """

    attested: AttestedPack
    files: Mapping[str, bytes]

    @property
    def manifest(self) -> Manifest:
        """The signed manifest."""
        return self.attested.manifest
