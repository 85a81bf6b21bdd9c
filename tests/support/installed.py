"""The product as its users have it: an installed wheel, the real command, an empty virtual environment."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTRIES = ROOT / "docs" / "examples" / "countries"

_PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A virtual environment with sealift installed as a wheel, and a folder to call it in."""

    environment: Path
    directory: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        return str(self.environment / "bin" / "python")

    @property
    def command(self) -> str:
        return str(self.environment / "bin" / "sealift")

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
        return {**kept, **pip, **self.variables}

    def sealift(self, *arguments: str | Path, status: int = 0, **options) -> subprocess.CompletedProcess:
        """Call the command and insist on its exit status."""
        done = subprocess.run(
            [self.command, *map(str, arguments)],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        shown = f"sealift {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
        assert done.returncode == status, f"exit {done.returncode}, expected {status}: {shown}"
        assert "Traceback" not in done.stderr, shown
        return done

    def json(self, *arguments: str | Path, status: int = 0) -> dict:
        """Call the command with ``--format json``; return the one object on stdout."""
        return json.loads(self.sealift("--format", "json", *arguments, status=status).stdout)

    def start(self, *arguments: str | Path) -> subprocess.Popen:
        """Start the command and do not wait."""
        return subprocess.Popen(
            [self.command, *map(str, arguments)],
            cwd=self.directory,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pip(self, *arguments: str | Path) -> None:
        subprocess.run([self.python, *_PIP, *map(str, arguments)], check=True, env=self.environ)


def build_wheel(project: Path, out: Path) -> Path:
    """Build a wheel from a copy of a project with the backend that the tests have."""
    copy = out / f"source-{project.name}"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "*.egg-info")
    shutil.copytree(project, copy, ignore=ignored, dirs_exist_ok=True)
    wheels = out / f"wheel-{project.name}"
    command = [sys.executable, *_PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, copy]
    subprocess.run(command, check=True)
    (wheel,) = wheels.glob("*.whl")
    return wheel


def base_environment(shared: Path) -> Path:
    """Make the environment once for all test processes: sealift's wheel and what it needs, from the package index."""
    environment = shared / "environment"
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (environment / "ready").exists():
            shutil.rmtree(environment, ignore_errors=True)
            venv.create(environment, with_pip=True)
            wheel = build_wheel_of_sealift(shared)
            subprocess.run([environment / "bin" / "python", *_PIP, "install", wheel], check=True)
            (environment / "ready").touch()
    return environment


def build_wheel_of_sealift(out: Path) -> Path:
    """Build sealift's own wheel from this checkout."""
    wheels = out / "wheel-sealift"
    command = [sys.executable, *_PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT]
    subprocess.run(command, check=True)
    (wheel,) = wheels.glob("sealift-*.whl")
    return wheel


def fresh_environment(base: Path, directory: Path) -> Path:
    """Make an environment of its own from the base one, by hard links: pip replaces files, it writes into none."""
    environment = directory / "venv"
    subprocess.run(["cp", "-al", base, environment], check=True)
    for script in (environment / "bin").iterdir():
        text = script.read_bytes() if not script.is_symlink() else b""
        if text.startswith(b"#!"):
            script.unlink()
            script.write_bytes(text.replace(str(base).encode(), str(environment).encode()))
            script.chmod(0o755)
    return environment


def lines(path: Path) -> Sequence[bytes]:
    return path.read_bytes().splitlines()
