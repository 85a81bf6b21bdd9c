"""A small file system in a mount namespace of its own: nobody else sees it, and it is gone with its process."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """\
import json, os, subprocess, sys
place, files, commands = json.loads(sys.argv[1])
mount = ["mount", "-t", "tmpfs", "-o", f"size={place['size']}", "tmpfs", place["path"]]
subprocess.run(mount, check=True)
for source, target in files["in"]:
    subprocess.run(["cp", source, target], check=True)
said = []
for command in commands:
    done = subprocess.run(command, capture_output=True, text=True)
    said.append([done.returncode, done.stdout, done.stderr])
for source, target in files["out"]:
    if os.path.exists(source):
        subprocess.run(["cp", source, target], check=True)
print(json.dumps(said))
"""


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command on the small disk ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class SmallDisk:
    """A copy of an engine's SQLite store on a file system of ``size`` (as mount takes it)."""

    engine: object
    size: str

    @property
    def path(self) -> Path:
        return self.engine.folder / "small"

    def sealift(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "sealift", "--database", f"sqlite:///{self.path}/store.db", *arguments]

    def grown(self, size: str) -> list[str]:
        return ["mount", "-o", f"remount,size={size}", str(self.path)]

    def run(self, *commands: list[str]) -> list[Said]:
        """Run the commands one after the other; afterwards the store is in ``after.db``, beside ``store.db``."""
        self.path.mkdir(exist_ok=True)
        folder = self.engine.folder
        files = {
            "in": [[f"{folder}/store.db", f"{self.path}/store.db"]],
            # A full disk has no room to empty the journal into the database: both are the store.
            "out": [[f"{self.path}/store.db{end}", f"{folder}/after.db{end}"] for end in ("", "-wal")],
        }
        facts = json.dumps([{"path": str(self.path), "size": self.size}, files, commands])
        command = ["unshare", "--mount", "--map-root-user", sys.executable, "-c", PROGRAM, facts]
        done = subprocess.run(command, env=self.engine.environ, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        assert not self.path.is_mount()
        return [Said(status=status, out=out, err=err) for status, out, err in json.loads(done.stdout)]
