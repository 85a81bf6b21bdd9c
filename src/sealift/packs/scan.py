"""Looking through directories of installed distributions for those that announce packs; nothing is judged here."""

import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sealift.packs.entries import GROUP_BYTES

DIST_INFO = ".dist-info"
TEXT_LIMIT = 256 * 1024
"""Bytes that are read of ``entry_points.txt``, METADATA and ``direct_url.json``; only the beginning matters."""

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Candidate(NamedTuple):
    """A directory that mentions the group, and the text that does."""

    directory: str
    entry_points: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What lies in one root."""

    root: str
    """Resolved: the directories below it are read without following links."""
    projects: tuple[str, ...]
    """Names of all dist-info directories, also of distributions without packs."""
    candidates: tuple[Candidate, ...]
    eggs: tuple[str, ...]
    """Paths of eggs that mention the group."""
    known: tuple[str, ...] = ()
    """dist-info directories that the caller knows already; they were not opened."""


def scan(root: str, known: Container[str] = ()) -> Scan:
    """List what lies in the root, opening no directory that is ``known``. A root that does not exist is empty."""
    real = os.path.realpath(root)
    try:
        with os.scandir(real) as directory:
            names = sorted(entry.name for entry in directory)
    except (FileNotFoundError, NotADirectoryError):
        names = []
    projects = tuple([name for name in names if name.endswith(DIST_INFO)])
    directories = [f"{real}/{name}" for name in projects]
    return Scan(
        root=real,
        projects=projects,
        candidates=tuple(_candidates(directory for directory in directories if directory not in known)),
        eggs=tuple(egg for egg in _eggs(real, names) if _egg_has_packs(egg)),
        known=tuple([directory for directory in directories if directory in known]),
    )


def _candidates(directories: Iterable[str]) -> Iterator[Candidate]:
    for directory in directories:
        text = read_text(f"{directory}/entry_points.txt")
        if text is not None and GROUP_BYTES in text:
            yield Candidate(directory, text)


def read_text(path: str) -> bytes | None:
    """Return the beginning of a small file, or ``None`` when there is no such file. Never waits for a pipe."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    try:
        return os.read(descriptor, TEXT_LIMIT)
    except OSError:
        # A directory or a device: not a text that announces a pack.
        return None
    finally:
        os.close(descriptor)


def _eggs(root: str, names: list[str]) -> Iterator[str]:
    return (f"{root}/{name}" for name in names if name.endswith((".egg", ".egg-info")))


def _egg_has_packs(path: str) -> bool:
    if Path(path).is_dir():
        return any(GROUP_BYTES in (read_text(f"{path}/{inner}entry_points.txt") or b"") for inner in ("", "EGG-INFO/"))
    return path.endswith(".egg") and _archive_has_packs(path)


def _archive_has_packs(path: str) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive, archive.open("EGG-INFO/entry_points.txt") as text:
            return GROUP_BYTES in text.read(TEXT_LIMIT)
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False
