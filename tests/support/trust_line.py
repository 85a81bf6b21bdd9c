"""A pack installed under a root, a policy, and a store: a verdict's whole surroundings, on disk, for the real manager.

``Line.write`` puts a situation of ``signed_packs`` where an installer and an operator would have put it.
"""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sealift.config import Settings
from sealift.manager import MigrationManager
from sealift.model.pack import Pack, PackOrigin
from sealift.sandbox import open_cage
from sealift.trust.policy import TrustPolicy
from sealift.trust.rules import PolicyMode
from sealift.trust.statement import statement_bytes
from signed_packs import NOW, Situation, envelope_of, manifest_of, origin_of

IMPORTED = "import pathlib\npathlib.Path({mark!r}).write_text(__name__)\n"
"""What runs if anybody imports the package around the pack."""
CORE = {"pack.toml": b'name = "acme.core"\nbase = "2.0.0"\n'}
"""The pack that ``acme.orders`` needs; it has no migrations."""
DOCUMENTS = [{"id": number, "name": f"First{number} Last{number}"} for number in range(1, 6)]


@dataclass
class Watch:
    """Where cages are opened: every worker that is asked for is counted, then given."""

    opened: list[str] = field(default_factory=list)
    files: list[Mapping[str, bytes]] = field(default_factory=list)

    def __call__(self, **options: object) -> "WatchedCage":
        return WatchedCage(watch=self, cage=open_cage(**options))


@dataclass
class WatchedCage:
    """The real cage, and a note of everything that goes into it."""

    watch: Watch
    cage: object

    def warm(self, digest):
        self.cage.warm(digest)

    def open(self, unit, limits):
        self.watch.opened.append(unit.path)
        self.watch.files.append(unit.files)
        return self.cage.open(unit, limits)

    def check(self, sources, limits, digest="lint"):
        self.watch.opened.append("check")
        return self.cage.check(sources, limits, digest)

    def close(self):
        self.cage.close()


@dataclass(frozen=True, kw_only=True)
class Line:
    """A folder with site-packages, trusted keys and an SQLite store."""

    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def keys(self) -> Path:
        return self.folder / "trusted_keys"

    @property
    def store(self) -> Path:
        return self.folder / "store.db"

    @property
    def mark(self) -> Path:
        return self.folder / "imported"

    @property
    def pack(self) -> Path:
        return self.site / "acme_orders" / "pack"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.store}"

    @property
    def environ(self) -> dict[str, str]:
        names = {"DATABASE": self.url, "TRUSTED_KEYS": self.keys, "PACK_ROOTS": self.site, "OPERATOR": "tester"}
        return {f"SEALIFT_{name}": str(value) for name, value in names.items()}

    def manager(self, *, now: datetime = NOW, **settings: object) -> MigrationManager:
        values = {"pack_roots": (str(self.site),), "operator": "tester", **self.settings, **settings}
        made = Settings.of(database=self.url, trusted_keys=str(self.keys), **values)
        return MigrationManager(settings=made, clock=lambda: now, create=True)

    def load(self) -> None:
        file = self.folder / "customers.jsonl"
        file.write_text("".join(json.dumps(document) + "\n" for document in DOCUMENTS))
        with self.manager() as manager:
            manager.operations.load(file, collection="customers", member=None, told=lambda _: None)

    def write(self, case: Situation) -> None:
        """Install the situation's pack and the pack that it needs, and write its policy."""
        core = manifest_of(
            CORE, pack="acme.core", base="2.0.0", collections={}, distribution="acme-core", migrations=(), sequence=1
        )
        origin = replace(origin_of(core), module="acme_core.pack")
        self.install(Pack(origin=origin, envelope=envelope_of(statement_bytes(core), case.signer)), CORE)
        self.install(case.pack, case.files)
        self.trust(case.policy)

    def install(self, pack: Pack, files: Mapping[str, bytes]) -> Path:
        """Unpack a pack as an installer would; returns its folder."""
        folder = self.site / pack.origin.module.replace(".", "/")
        shutil.rmtree(folder, ignore_errors=True)
        contents = files if pack.envelope is None else {**files, "pack.dsse.json": pack.envelope}
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder.parent / "__init__.py").write_text(IMPORTED.format(mark=str(self.mark)))
        (folder / "__init__.py").unlink(missing_ok=True)
        dist_info(self.site, pack.origin)
        return folder

    def trust(self, policy: TrustPolicy) -> None:
        """Write the directory of trusted keys."""
        shutil.rmtree(self.keys, ignore_errors=True)
        self.keys.mkdir(mode=0o755)
        for key in policy.keys.values():
            (self.keys / key.file).write_bytes(key.key.pem)
        if policy.mode is PolicyMode.WRITTEN:
            (self.keys / "policy.toml").write_text(policy_text(policy))

    def tables(self) -> str:
        """Return every table of the store with every row, as SQL."""
        with closing(sqlite3.connect(self.store)) as connection:
            return "\n".join(connection.iterdump())

    def documents(self) -> list[dict]:
        with closing(sqlite3.connect(self.store)) as connection:
            return [json.loads(row[0]) for row in connection.execute("SELECT document FROM customers ORDER BY key")]


def dist_info(root: Path, origin: PackOrigin) -> Path:
    """Write the metadata of a distribution that brings one pack."""
    name = origin.distribution.replace("-", "_")
    for old in root.glob(f"{name}-*.dist-info"):
        shutil.rmtree(old)
    directory = root / f"{name}-{origin.distribution_version}.dist-info"
    directory.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {origin.distribution}\nVersion: {origin.distribution_version}\n"
    (directory / "METADATA").write_text(head)
    (directory / "entry_points.txt").write_text(f"[sealift.packs]\n{origin.entry_point} = {origin.module}\n")
    (directory / "RECORD").write_text("")
    return directory


def policy_text(policy: TrustPolicy) -> str:
    """Write a policy that was read back as the file it could have been read from."""
    parts = [f"version = {policy.version}"]
    if policy.expires is not None:
        parts.append(f"expires = {policy.expires.isoformat()}")
    for key in policy.keys.values():
        bounds = {"not_before": key.not_before, "not_after": key.not_after}
        lines = [f"{name} = {moment.isoformat()}" for name, moment in bounds.items() if moment is not None]
        parts += ["[[key]]", f'file = "{key.file}"', f'keyid = "{key.keyid}"', f'owner = "{key.owner}"', *lines]
    for grant in policy.grants:
        names = [policy.keys[keyid].name for keyid in grant.keyids]
        parts += ["[[grant]]", f"packs = {json.dumps(list(grant.packs))}", f"keys = {json.dumps(names)}"]
        parts.append(f"threshold = {grant.threshold}")
    for kind, revoked in (("keyid", policy.revoked_keys), ("manifest", policy.revoked_manifests)):
        for handle, revocation in revoked.items():
            parts += ["[[revoke]]", f'{kind} = "{handle}"', f'reason = "{revocation.reason}"']
    for pack, floor in policy.floors.items():
        parts += ["[[floor]]", f'pack = "{pack}"', f"sequence = {floor.sequence}"]
    return "\n".join(parts) + "\n"


def children() -> set[str]:
    """Return the processes that this one has started and that still run."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text().split())
    return found


@contextmanager
def nothing_happens(line: Line, watch: Watch) -> Iterator[None]:
    """Insist that the store stays as it is, byte for byte, and that no code of a pack is run anywhere."""
    bytes_before, tables, processes = line.store.read_bytes(), line.tables(), children()
    modules, opened = set(sys.modules), len(watch.opened)
    files = {path.name for path in line.folder.iterdir()}
    yield
    assert line.tables() == tables
    assert line.store.read_bytes() == bytes_before
    assert {path.name for path in line.folder.iterdir()} == files
    assert watch.opened[opened:] == []
    assert not line.mark.exists()
    assert not {name for name in set(sys.modules) - modules if name.startswith("acme")}
    assert children() == processes


def planted(folder: Path, origin: PackOrigin) -> None:
    """Put a distribution that claims the pack, with a package of its own, into a folder that is no root."""
    dist_info(folder, origin)
    (folder / "acme_orders" / "pack").mkdir(parents=True)
    (folder / "acme_orders" / "__init__.py").write_text(f"raise SystemExit({os.getpid()})\n")
