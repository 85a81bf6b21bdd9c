"""Packs made in memory, signed with throw-away keys: what tests of trust start from, and then spoil."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import PurePosixPath

from sealift.model.migration import MigrationInfo
from sealift.model.pack import AttestedPack, Manifest, Pack, PackOrigin, VerifiedPack
from sealift.trust.keys import Algorithm
from sealift.trust.policy import TrustPolicy
from sealift.trust.signing import FileSigner, file_signer, generate_key, sign_statement
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import verify_files, verify_manifest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

SPLIT = b'''"""Customer names become two fields."""

from sealift import Migration


class SplitName(Migration):
    version = "1.1.0"
    collection = "customers"

    def upgrade(self, document):
        first, _, last = document["name"].partition(" ")
        document["name"] = {"first": first, "last": last}
        return document
'''

FILES: Mapping[str, bytes] = {
    "migrations/split_name.py": SPLIT,
    "pack.toml": b'name = "acme.orders"\nbase = "1.0.0"\n[collections.customers]\n',
    "schemas/customer-1.0.0.json": b'{"type": "object"}\n',
}

SPLIT_NAME = MigrationInfo(
    version="1.1.0",
    path="migrations/split_name.py",
    class_name="SplitName",
    collection="customers",
    depends_on=("acme.core>=2.0,<3",),
    schema="schemas/customer-1.0.0.json",
)


def manifest_of(files: Mapping[str, bytes] = FILES, **changes: object) -> Manifest:
    manifest = Manifest(
        pack="acme.orders",
        base="1.0.0",
        collections={"customers": "schemas/customer-1.0.0.json"},
        distribution="acme-orders",
        distribution_version="1.4.0",
        sequence=14,
        migrations=(SPLIT_NAME,),
        files={name: sha256(content).hexdigest() for name, content in sorted(files.items())},
    )
    return replace(manifest, **changes)


def origin_of(manifest: Manifest, **changes: object) -> PackOrigin:
    origin = PackOrigin(
        entry_point=manifest.pack,
        module="acme_orders.pack",
        distribution=manifest.distribution,
        distribution_version=manifest.distribution_version,
        root=PurePosixPath("/srv/app/site-packages/acme_orders/pack"),
    )
    return replace(origin, **changes)


def new_signer(algorithm: Algorithm = Algorithm.ED25519) -> FileSigner:
    return file_signer(generate_key(algorithm))


def envelope_of(statement: bytes, *signers: FileSigner) -> bytes:
    envelope = None
    for signer in signers:
        envelope = sign_statement(statement, envelope, signer)
    return envelope


@dataclass(frozen=True, kw_only=True)
class PolicyText:
    """A policy under construction; ``parse`` reads it as sealift does."""

    keys: Mapping[str, FileSigner]
    owners: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)
    grants: Sequence[str] = ('packs = ["acme.*"]\nkeys = ["release"]',)
    more: str = ""
    version: int = 7
    head: str = ""

    @property
    def text(self) -> str:
        parts = [f"version = {self.version}\n{self.head}"]
        for name, signer in self.keys.items():
            owner, bounds = self.owners.get(name, name), self.bounds.get(name, "")
            keyid = signer.public_key.keyid
            parts.append(f'[[key]]\nfile = "{name}.pem"\nkeyid = "{keyid}"\nowner = "{owner}"\n{bounds}')
        parts += [f"[[grant]]\n{grant}\n" for grant in self.grants]
        return "\n".join([*parts, self.more])

    @property
    def files(self) -> dict[str, bytes]:
        return {f"{name}.pem": signer.public_key.pem for name, signer in self.keys.items()}

    def parse(self) -> TrustPolicy:
        return TrustPolicy.parse(self.text.encode(), self.files, path="/etc/sealift/trusted_keys/policy.toml")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A pack, the policy that trusts it, and the moment: everything a verdict depends on."""

    signer: FileSigner
    manifest: Manifest
    files: Mapping[str, bytes]
    pack: Pack
    policy: TrustPolicy

    def attest(self, **circumstances: object) -> AttestedPack:
        return verify_manifest(self.pack, self.policy, **{"now": NOW, **circumstances})

    def verify(self, **circumstances: object) -> VerifiedPack:
        return verify_files(self.attest(**circumstances), self.files)


def situation(algorithm: Algorithm = Algorithm.ED25519) -> Situation:
    signer = new_signer(algorithm)
    manifest = manifest_of()
    envelope = envelope_of(statement_bytes(manifest), signer)
    pack = Pack(origin=origin_of(manifest), envelope=envelope)
    policy = PolicyText(keys={"release": signer}).parse()
    return Situation(signer=signer, manifest=manifest, files=FILES, pack=pack, policy=policy)
