"""sealift as a peer: its packs are signed and installed for real, into an environment of their own."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.peers import HERE
from harness.runs import Runner

PACKS = ("pack_orders", "pack_heavy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An interpreter that finds sealift, its dependencies and the packs, and whom it trusts."""

    python: Path
    trusted_keys: Path

    def command(self, *words, verb):
        """Return a function from a database to the command line."""

        def command(database):
            where = ["--database", database.url, "--trusted-keys", str(self.trusted_keys)]
            return [str(self.python), "-P", "-m", "sealift", *where, verb, *words]

        return command


def install(folder):
    """Make the environment; raises CalledProcessError when a verb of sealift fails."""
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    purelib = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)}))
    (purelib / "parent.pth").write_text("".join(f"{entry}\n" for entry in parents()), encoding="utf-8")
    trusted_keys = folder / "trusted_keys"

    def sealift(*words):
        subprocess.run([python, "-P", "-m", "sealift", *map(str, words)], check=True, capture_output=True, cwd=folder)

    sealift("keygen", "bench", "--out", folder)
    sealift("--trusted-keys", trusted_keys, "trust", "init")
    sealift("--trusted-keys", trusted_keys, "trust", "add", folder / "bench.pem", "--packs", "bench.*")
    for pack in PACKS:
        project = folder / pack
        shutil.copytree(HERE / pack, project, ignore=shutil.ignore_patterns("__pycache__"))
        sealift("sign", project, "--key", folder / "bench.key")
        with zipfile.ZipFile(build(project, folder)) as wheel:
            wheel.extractall(purelib)
    return Installation(python=python, trusted_keys=trusted_keys)


def parents():
    """Return where this interpreter finds packages, and where it finds sealift if that is elsewhere (editable)."""
    import sealift

    entries = {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return sorted(entries | {str(Path(sealift.__file__).parents[1])})


def build(project, folder):
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(project)).build(directory=str(folder / "wheels"), versions=["standard"])
    return wheel


def runners(kind, installation, heavy_share):
    """Return sealift's runners, by name."""
    orders = installation.command
    found = [
        Runner(name="sealift", command=orders("--yes", "bench.orders", verb="upgrade")),
        Runner(name="sealift-nothing", command=orders("--yes", "bench.orders", verb="upgrade"), template="sealift"),
        Runner(
            name="sealift-downgrade",
            command=orders("--yes", "bench.orders@base", verb="downgrade"),
            template="sealift",
            expects="loaded",
        ),
        Runner(
            name="sealift-dry-run",
            command=orders("--yes", "--dry-run", "bench.orders", verb="upgrade"),
            expects="loaded",
        ),
        heavy(installation, 1, heavy_share),
        heavy(installation, 2, heavy_share),
    ]
    if kind == "postgresql":
        words = ("--yes", "--workers", "2", "bench.orders")
        found.append(Runner(name="sealift-workers-2", command=orders(*words, verb="upgrade")))
    return {runner.name: runner for runner in found}


def heavy(installation, workers, share):
    words = ("--yes", "--workers", str(workers), "bench.heavy")
    return Runner(
        name=f"heavy-workers-{workers}",
        command=installation.command(*words, verb="upgrade"),
        share=share,
        expects="heavy",
    )


def forget_key(folder):
    """Remove the private key once everything is signed."""
    with suppress(FileNotFoundError):
        (folder / "bench.key").unlink()
