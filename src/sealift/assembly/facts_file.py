"""The file in which facts about installed packs are kept between calls: read only if nobody else can have written it.

One line that names format, program and roots with the SHA-256 of the rest, then one JSON array. Whatever is odd about
the file, the folder or a way that leads there, there is no file: nothing is ever reported, and nothing depends on it.
"""

import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sealift import __version__
from sealift.errors.base import SealiftError
from sealift.model.pack import Manifest
from sealift.trust.directory import check_path

FORMAT = "sealift-facts 1"
LIMIT = 64 * 1024 * 1024
"""Bytes of the file."""

_PRIVATE = 0o077
_READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_ABANDONED_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What was read of one installed pack, and what its files were known by at that moment."""

    directory: str
    """The dist-info directory."""
    identities: list[int]
    """Of everything the other members rest on (``sealift.packs.watching``)."""
    name: str
    module: str
    distribution: str
    version: str
    project: str
    shown: str
    root: str
    digest: str
    """Digest of the signed payload that the manifest is."""
    keyids: tuple[str, ...]
    """The keys, by fingerprint, whose signatures over it are valid. Whether they may sign is decided each time."""
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFile:
    """The file for the packs below these roots."""

    folder: Path
    roots: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return f"packs-{sha256(repr(self.roots).encode()).hexdigest()[:16]}.json"

    def read(self) -> Sequence[Fact]:
        """Return the facts; none when there is no file that can be relied on."""
        if not hasattr(os, "geteuid"):
            return ()
        try:
            check_path(self.folder)
            with _opened(self.folder) as folder:
                head, _, body = _content(folder, self.name).partition(b"\n")
        except (OSError, SealiftError):
            return ()
        return _decoded(body) if body and head == self._head(body) else ()

    def write(self, facts: Sequence[Fact]) -> None:
        """Replace the file at once; where that is not possible, leave everything as it is."""
        if not hasattr(os, "geteuid"):
            return
        import msgspec

        body = msgspec.json.encode(facts, enc_hook=dict)
        with suppress(OSError, SealiftError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_path(self.folder)
            with _opened(self.folder) as folder:
                _replace(folder, self.name, self._head(body) + b"\n" + body)

    def _head(self, body: bytes) -> bytes:
        """Return the line that a file with this content begins with, written by this very program for these roots."""
        words = [FORMAT, __version__, sys.version, *self.roots, sha256(body).hexdigest()]
        return repr(words).encode()


def _decoded(body: bytes) -> Sequence[Fact]:
    import msgspec

    try:
        return msgspec.json.decode(body, type=list[Fact])
    except (msgspec.MsgspecError, RecursionError):
        return ()


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, _READ | os.O_DIRECTORY)
    try:
        _check(os.fstat(descriptor), stat.S_IFDIR)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, kind: int) -> None:
    """Raise PermissionError unless it is of this kind, ours, and nobody else's business."""
    if stat.S_IFMT(status.st_mode) != kind or status.st_uid != os.geteuid() or status.st_mode & _PRIVATE:
        raise PermissionError


def _content(folder: int, name: str) -> bytes:
    descriptor = os.open(name, _READ, dir_fd=folder)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        _check(status, stat.S_IFREG)
        return file.read(LIMIT) if status.st_size < LIMIT else b""


def _replace(folder: int, name: str, content: bytes) -> None:
    """Write beside and rename. Two processes at once: the second leaves it to the first."""
    beside = f"{name}.new"
    _clear(folder, beside)
    descriptor = os.open(beside, _WRITE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise


def _clear(folder: int, beside: str) -> None:
    """Remove what a writer left behind that was killed."""
    with suppress(FileNotFoundError):
        if time.time() - os.lstat(beside, dir_fd=folder).st_ctime > _ABANDONED_SECONDS:
            os.unlink(beside, dir_fd=folder)
