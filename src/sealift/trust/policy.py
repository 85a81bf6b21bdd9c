"""The policy: who may sign which packs, how many must, until when. Nothing is trusted that it does not name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Self

from sealift.errors.trust_policy import (
    DuplicateKeyError,
    NoTrustedKeysError,
    PolicyRequiredError,
    PrivateKeyLeakedError,
)
from sealift.trust.directory import POLICY_FILE, read_directory
from sealift.trust.keys import holds_private_key, load_public_key
from sealift.trust.policy_reading import Rules, read_rules
from sealift.trust.rules import Floor, PackGrant, PolicyMode, Revocation, TrustedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPolicy:
    """Everything the directory of trusted keys says, read once. Immutable, and a function of the bytes read."""

    path: str
    """The policy file, or the directory of bare keys: for messages."""
    mode: PolicyMode
    version: int
    """Only goes up; 0 without a ``policy.toml``."""
    expires: datetime | None
    keys: Mapping[str, TrustedKey]
    """By fingerprint."""
    grants: tuple[PackGrant, ...]
    revoked_keys: Mapping[str, Revocation]
    revoked_manifests: Mapping[str, Revocation]
    floors: Mapping[str, Floor]
    digest: str
    """``sha256:`` + hex over the bytes of the policy and the names and fingerprints of all keys."""
    warnings: tuple[str, ...] = ()
    expires_line: int = 1
    version_line: int = 1

    @classmethod
    def load(cls, directory: Path, *, require_policy: bool = False) -> Self:
        """Read the directory once, permissions first; raises leaves of ``errors.trust_policy``.

        Without ``policy.toml`` every key may sign every pack, with a warning; ``require_policy`` refuses that.
        """
        listing = read_directory(directory)
        policy = listing.policy
        if policy is None and require_policy:
            raise PolicyRequiredError(directory=str(directory))
        path = str(directory / POLICY_FILE) if policy is not None else str(directory)
        return cls.parse(policy, listing.keys, path=path, warnings=listing.warnings)

    @classmethod
    def parse(
        cls,
        policy_toml: bytes | None,
        keys: Mapping[str, bytes],
        *,
        path: str = POLICY_FILE,
        warnings: tuple[str, ...] = (),
    ) -> Self:
        """Make the policy of the bytes of ``policy.toml`` (``None`` if there is none) and of every ``*.pem`` file."""
        for file, content in keys.items():
            if holds_private_key(content):
                raise PrivateKeyLeakedError(file=file, policy=path)
        rules = _bare_rules(keys, path) if policy_toml is None else read_rules(policy_toml, keys, path)
        mode = PolicyMode.BARE if policy_toml is None else PolicyMode.WRITTEN
        if mode is PolicyMode.BARE:
            warnings += (
                f"{path} has no policy.toml: every key in it may sign every pack (write one: sealift trust init)",
            )
        return cls(
            path=path,
            mode=mode,
            version=rules.version,
            expires=rules.expires,
            keys=MappingProxyType(dict(rules.keys)),
            grants=rules.grants,
            revoked_keys=MappingProxyType(dict(rules.revoked_keys)),
            revoked_manifests=MappingProxyType(dict(rules.revoked_manifests)),
            floors=MappingProxyType(dict(rules.floors)),
            digest=_digest(policy_toml, rules),
            warnings=warnings,
            expires_line=rules.expires_line,
            version_line=rules.version_line,
        )

    def grant_for(self, pack: str) -> PackGrant | None:
        """Return the grant that names the pack most closely, or ``None``: then nobody may sign it."""
        grant = max(self.grants, key=lambda one: one.specificity(pack), default=None)
        return grant if grant is not None and grant.specificity(pack) > 0 else None

    def may_sign(self, keyid: str) -> tuple[str, ...]:
        """Return the patterns that the key has a grant for."""
        return tuple(pattern for grant in self.grants if keyid in grant.keyids for pattern in grant.packs)

    def at(self, line: int) -> str:
        """Return the place of a line, for messages."""
        return f"{self.path}:{line}" if self.mode is PolicyMode.WRITTEN and line else self.path


def _bare_rules(files: Mapping[str, bytes], path: str) -> Rules:
    keys: dict[str, TrustedKey] = {}
    for file in sorted(files):
        key, name = load_public_key(files[file], file=file), file.removesuffix(".pem")
        if key.keyid in keys:
            raise DuplicateKeyError(policy=path, keyid=key.keyid, files=(keys[key.keyid].file, file))
        keys[key.keyid] = TrustedKey(name=name, file=file, key=key, owner=name)
    if not keys:
        raise NoTrustedKeysError(directory=path, problem="holds no *.pem file")
    grant = PackGrant(packs=("*",), keyids=tuple(keys), threshold=1)
    return Rules(
        version=0,
        expires=None,
        expires_line=0,
        version_line=0,
        keys=keys,
        grants=(grant,),
        revoked_keys={},
        revoked_manifests={},
        floors={},
    )


def _digest(policy: bytes | None, rules: Rules) -> str:
    text = sha256(policy).hexdigest() if policy is not None else ""
    names = sorted([key.file, key.keyid] for key in rules.keys.values())
    return "sha256:" + sha256(json.dumps([text, names]).encode("utf-8")).hexdigest()
