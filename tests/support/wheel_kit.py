"""Real wheels of a new pack project: built by hatchling, spoilt member by member, installed by pip."""

import base64
import hashlib
import io
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sealift.packs.scaffold import create_project

INFO = "acme_orders-1.1.0.dist-info"
PACK = "acme_orders/pack"


def new_project(directory: Path, name: str = "acme.orders") -> Path:
    """Return a new project with an envelope of the right name in it (nothing in these tests looks into it)."""
    create_project(name, directory)
    (directory / name.replace(".", "_") / "pack" / "pack.dsse.json").write_bytes(b'{"payload": ""}\n')
    return directory


def build(project: Path) -> Path:
    """Build the project's wheel with the backend it names and return it."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=project, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = (project / "dist").glob("*.whl")
    return wheel


def members_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def record(members: Mapping[str, bytes], path: str = f"{INFO}/RECORD") -> bytes:
    """Return the RECORD that an honest builder would write for these members."""
    lines = []
    for name, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},," if name == path else f"{name},sha256={digest},{len(content)}")
    return ("\n".join(lines) + "\n").encode()


def write_wheel(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a wheel of these members whose RECORD is right."""
    members = {name: content for name, content in members.items() if not name.endswith("/RECORD")}
    path.parent.mkdir(parents=True, exist_ok=True)
    info = "-".join(path.name.split("-")[:2]) + ".dist-info/RECORD"
    members[info] = b""
    members[info] = record(members, info)
    path.write_bytes(zipped(members))
    return path


def zipped(members: Mapping[str, bytes], adjust: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    """Return an archive of the members; ``adjust`` may change each member's header."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2020, 2, 2, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            adjust(info)
            archive.writestr(info, content)
    return held.getvalue()


def pip_install(wheel: Path, target: Path) -> None:
    """Install the wheel into a directory that becomes a site-packages root."""
    _pip("install", "--no-deps", "--no-index", "--target", str(target), str(wheel))


def pip_install_editable(project: Path, directory: Path) -> Path:
    """Install the project editable into a new virtual environment; returns its site-packages."""
    venv.create(directory, with_pip=False)
    (site,) = directory.glob("lib/python*/site-packages")
    # The backend is borrowed from the environment of the tests.
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    python = ("--python", str(directory / "bin" / "python"))
    _pip(*python, "install", "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(project))
    return site


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def dist_info(root: Path, name: str, entries: str, version: str = "1.0.0", metadata: str | None = None) -> Path:
    """Write a dist-info directory by hand, as an attacker would."""
    directory = root / f"{name}-{version}.dist-info"
    directory.mkdir(parents=True)
    text = metadata if metadata is not None else f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n\n"
    (directory / "METADATA").write_text(text, encoding="utf-8")
    (directory / "entry_points.txt").write_text(entries, encoding="utf-8")
    return directory
