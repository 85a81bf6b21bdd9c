"""A new pack project that lints, passes its tests and builds at once."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sealift import __version__
from sealift.errors.pack import ScaffoldRefusedError
from sealift.model.names import is_pack_name
from sealift.packs.members import is_taken

_TEMPLATES = Path(__file__).parent / "templates"

_PLACES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "gitattributes": ".gitattributes",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "workflow.yml": ".github/workflows/pack.yml",
    "pack.toml": "@MODULE@/pack/pack.toml",
    "split_name.py": "@MODULE@/pack/migrations/split_name.py",
    "customer-1.0.0.json": "@MODULE@/pack/schemas/customer-1.0.0.json",
    "customer-1.1.0.json": "@MODULE@/pack/schemas/customer-1.1.0.json",
    "split-name.json": "@MODULE@/pack/examples/split-name.json",
    "test_pack.py": "tests/test_pack.py",
}
"""Each template and the file that is made of it."""


def create_project(name: str, directory: Path) -> Sequence[Path]:
    """Write a project for a pack of this name and return the files that were written.

    Nothing is overwritten. Raises ScaffoldRefusedError for a bad name, or a directory that is not empty.
    """
    if not is_pack_name(name):
        raise ScaffoldRefusedError(target=name, problem="it is no pack name (lower-case letters, digits, _ and dots)")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ScaffoldRefusedError(target=str(directory), problem="it exists and is not an empty directory")
    words = _words(name)
    written = []
    for template, place in _PLACES.items():
        text = (_TEMPLATES / f"{template}.tmpl").read_text(encoding="utf-8")
        path = directory / _filled(place, words)
        _write(path, _filled(text, words))
        written.append(path)
    return written


def _words(name: str) -> Mapping[str, str]:
    module = re.sub(r"[._]+", "_", name).strip("_")
    if is_taken(module):
        module = f"{module}_pack"
    distribution = module.replace("_", "-")
    return {"PACK": name, "MODULE": module, "DISTRIBUTION": distribution, "VERSION": __version__}


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise ScaffoldRefusedError(target=str(path), problem=error.strerror or "it cannot be written") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
