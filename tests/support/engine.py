"""The engine on real packs and real stores: signed, installed under a root of their own, run by real workers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sample_pack import people, write_jsonl, write_pack
from sealift.assembly.signing import Draft, read_signer
from sealift.config import Settings
from sealift.manager import MigrationManager
from sealift.trust.editing import add_key
from sealift.trust.keyfiles import write_key_pair

COLLECTION = "people"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A store with people at base, and a folder of installed packs."""

    folder: Path
    database: str
    settings: dict = field(default_factory=dict)

    @property
    def roots(self) -> Path:
        return self.folder / "site"

    @property
    def keys(self) -> Path:
        return self.folder / "trusted_keys"

    def manager(self, **changes) -> MigrationManager:
        values = {"pack_roots": (str(self.roots),), "operator": "tester", **self.settings, **changes}
        return MigrationManager(
            settings=Settings.of(database=self.database, trusted_keys=str(self.keys), **values), create=True
        )

    def install(self, *, pack: str = "acme.people", version: str = "1.1.0", files=None) -> Path:
        """Sign a pack and put it where an installer would; returns its folder."""
        project = self.folder / f"project-{pack}-{version}"
        write_pack(project, pack=pack, version=version, files=files)
        key = self.folder / "release.key"
        if not key.exists():
            write_key_pair("release", self.folder)
            add_key(self.keys, self.folder / "release.pem", ["acme.*"], owner="acme")
        kept = self.folder / f"{pack}.dsse.json"
        module = pack.replace(".", "_")
        if kept.exists():
            shutil.copy(kept, project / module / "pack" / "pack.dsse.json")
        signed = Draft.of(project).sign([read_signer(key, lambda _: b"")])
        shutil.copy(signed.envelope, kept)
        return self._unpack(project, pack, version)

    def _unpack(self, project: Path, pack: str, version: str) -> Path:
        module, distribution = pack.replace(".", "_"), pack.replace(".", "-")
        self.uninstall(pack)
        shutil.copytree(project / module, self.roots / module)
        info = self.roots / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[sealift.packs]\n{pack} = {module}.pack\n")
        (info / "RECORD").write_text("")
        return self.roots / module / "pack"

    def uninstall(self, pack: str) -> None:
        module = pack.replace(".", "_")
        shutil.rmtree(self.roots / module, ignore_errors=True)
        for info in self.roots.glob(f"{module}-*.dist-info"):
            shutil.rmtree(info)

    def load(self, documents: Sequence[dict] | int = 10, collection: str = COLLECTION) -> None:
        rows = people(documents) if isinstance(documents, int) else documents
        file = write_jsonl(self.folder / f"{collection}.jsonl", list(rows))
        with self.manager() as manager:
            manager.operations.load(file, collection=collection, member=None, told=lambda _: None)

    def dump(self, collection: str = COLLECTION) -> list[bytes]:
        out = self.folder / "dump.jsonl"
        with self.manager() as manager:
            manager.operations.dump_to(collection, out)
        return out.read_bytes().splitlines()

    def upgrade(self, *targets: str, **changes):
        with self.manager(**changes) as manager:
            return manager.upgrade(*targets)

    def downgrade(self, *targets: str, **changes):
        with self.manager(**changes) as manager:
            return manager.downgrade(*targets)

    @property
    def environ(self) -> dict[str, str]:
        names = {"DATABASE": self.database, "TRUSTED_KEYS": str(self.keys), "PACK_ROOTS": str(self.roots)}
        return {**os.environ, **{f"SEALIFT_{name}": value for name, value in names.items()}}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "sealift", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str, status: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, f"exit {process.returncode}, expected {status}\n{out}{err}"
        return out + err

    def execute_script(self, sql: str) -> None:
        """Change the store's own tables, as an application's set-up would; makes the file if there is none."""
        if self.database.startswith("sqlite"):
            Path(self.database.partition(":///")[2]).touch()
        self.execute(sql)

    def execute(self, sql: str, *parameters) -> None:
        """Write to the store as an application would."""
        if self.database.startswith("sqlite"):
            import sqlite3
            from contextlib import closing

            with closing(sqlite3.connect(self.database.partition(":///")[2], timeout=30)) as connection:
                connection.execute(sql, parameters)
                connection.commit()
        else:
            import psycopg

            with psycopg.connect(self.database) as connection:
                connection.execute(sql.replace("?", "%s"), parameters)
