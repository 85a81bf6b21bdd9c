"""sealift as a peer: its packs are signed and installed for real, into an environment of their own."""

import compileall
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

from harness.peers import HERE
from harness.runs import PeerError, Runner

ROOT = HERE.parents[1]
PACKS = ("pack_orders", "pack_heavy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An interpreter that finds sealift, its dependencies and the packs, and whom it trusts."""

    python: Path
    purelib: Path
    trusted_keys: Path

    def command(self, *words, verb, url):
        """Return the command line of a verb on a store."""
        return self._line("--database", url, verb, *words)

    def run(self, *words):
        """Run sealift now; raises PeerError with what it said when it fails."""
        done = subprocess.run(self._line(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            message = f"sealift {words[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            raise PeerError(message)

    def _line(self, *words):
        start = [self.python, "-P", "-m", "sealift", "--trusted-keys", self.trusted_keys]
        return [str(word) for word in (*start, *words)]


def bare_environment(folder):
    """Make an environment without packs; what this interpreter has installed is found in it too."""
    base = folder / "environment"
    venv.create(base, with_pip=False, symlinks=True)
    purelib = Path(sysconfig.get_path("purelib", "venv", {"base": str(base), "platbase": str(base)}))
    (purelib / "parent.pth").write_text("".join(f"{entry}\n" for entry in parents()), encoding="utf-8")
    unpack(build(ROOT, folder), purelib)
    return Installation(python=base / "bin" / "python", purelib=purelib, trusted_keys=folder / "trusted_keys")


def install(folder):
    """Make an environment with the benchmark's packs; the key that signs them is gone afterwards."""
    installation = bare_environment(folder)
    installation.run("keygen", "bench", "--out", folder)
    installation.run("trust", "init")
    installation.run("trust", "add", folder / "bench.pem", "--packs", "bench.*")
    for pack in PACKS:
        project = folder / pack
        shutil.copytree(HERE / pack, project, ignore=shutil.ignore_patterns("__pycache__"))
        installation.run("sign", project, "--key", folder / "bench.key")
        unpack(build(project, folder), installation.purelib)
    (folder / "bench.key").unlink()
    return installation


def parents():
    """Return where this interpreter finds what sealift depends on."""
    return [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]


def build(project, folder):
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(project)).build(directory=str(folder / "wheels"), versions=["standard"])
    return wheel


def unpack(wheel, purelib):
    """Install as pip does, byte code included."""
    with zipfile.ZipFile(wheel) as content:
        content.extractall(purelib)
    compileall.compile_dir(purelib, quiet=1)


def runners(kind, installation, heavy_share):
    """Return sealift's runners, by name."""
    upgrade = verb(installation, "upgrade", "--yes", "bench.orders")
    found = [
        Runner(name="sealift", command=upgrade),
        Runner(name="sealift-nothing", command=upgrade, template="sealift"),
        Runner(
            name="sealift-downgrade",
            command=verb(installation, "downgrade", "--yes", "bench.orders@base"),
            template="sealift",
            expects="loaded",
        ),
        Runner(
            name="sealift-dry-run",
            command=verb(installation, "upgrade", "--yes", "--dry-run", "bench.orders"),
            expects="loaded",
        ),
        heavy(installation, 1, heavy_share),
        heavy(installation, 2, heavy_share),
    ]
    if kind == "postgresql":
        command = verb(installation, "upgrade", "--yes", "--workers", "2", "bench.orders")
        found.append(Runner(name="sealift-workers-2", command=command))
    return {runner.name: runner for runner in found}


def heavy(installation, workers, share):
    command = verb(installation, "upgrade", "--yes", "--workers", str(workers), "bench.heavy")
    return Runner(name=f"heavy-workers-{workers}", command=command, share=share, expects="heavy")


def verb(installation, name, *words):
    return lambda database: installation.command(*words, verb=name, url=database.url)
