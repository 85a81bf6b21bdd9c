"""What a policy is made of: keys, grants, revocations and floors, each with the line that says so."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealift.trust.keys import PublicKey

PATTERN = re.compile(r"\*|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*(?:\.\*)?", re.ASCII)
"""A pack's name, a name followed by ``.*`` (everything below it), or ``*`` (every pack); use ``fullmatch``."""


class PolicyMode(StrEnum):
    """Where the rules come from."""

    WRITTEN = "written"
    """From ``policy.toml``."""
    BARE = "bare"
    """There is no ``policy.toml``: every key may sign every pack."""


class Validity(StrEnum):
    """Where a moment lies in a key's time."""

    VALID = "valid"
    NOT_YET = "not yet valid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key, and who holds it until when."""

    name: str
    """The file's name without ``.pem``: what grants call the key."""
    file: str
    key: PublicKey
    owner: str
    not_before: datetime | None = None
    not_after: datetime | None = None
    line: int = 0

    @property
    def keyid(self) -> str:
        """The fingerprint."""
        return self.key.keyid

    def validity(self, now: datetime) -> Validity:
        """Say whether the key is valid now; ``not_before`` is inclusive, ``not_after`` exclusive."""
        if self.not_before is not None and now < self.not_before:
            return Validity.NOT_YET
        if self.not_after is not None and now >= self.not_after:
            return Validity.EXPIRED
        return Validity.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class PackGrant:
    """Which keys may sign which packs, and how many owners must."""

    packs: tuple[str, ...]
    keyids: tuple[str, ...]
    threshold: int
    line: int = 0

    def specificity(self, pack: str) -> int:
        """Return how closely the grant names the pack; 0 when it does not cover it."""
        return max(_specificity(pattern, pack) for pattern in self.packs)


def _specificity(pattern: str, pack: str) -> int:
    if pattern == pack:
        return len(pack) + 2
    if pattern == "*":
        return 1
    prefix = pattern.removesuffix("*")
    return len(prefix) if prefix != pattern and pack.startswith(prefix) and pack != prefix else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Why a key or a release is not trusted any more."""

    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The lowest sequence of a pack that is accepted."""

    sequence: int
    line: int = 0
