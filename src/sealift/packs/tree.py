"""Reading files below a directory so that nothing but a plain file of a bounded size is ever read.

Every component is opened on its own, relative to the one before and without following links (openat with O_NOFOLLOW),
so that neither a link nor a directory that is exchanged meanwhile leads elsewhere; O_NONBLOCK keeps a pipe from
blocking, and the descriptor that was checked is the one that is read.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto

FILE_LIMIT = 1024 * 1024
"""Bytes of one file."""
PACK_LIMIT = 16 * 1024 * 1024
"""Bytes of all files of a pack."""
COUNT_LIMIT = 2000
"""Files of a pack."""
DEPTH_LIMIT = 8
"""Levels of directories in a pack."""

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_DIRECTORY = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class NodeKind(Enum):
    """What a directory entry is."""

    FILE = auto()
    DIRECTORY = auto()
    OTHER = auto()
    """A link, device, pipe or socket."""


class UnsafeNodeError(Exception):
    """Something in the tree is of a kind or size that is not read; the message says which rule."""


@dataclass(frozen=True, slots=True)
class Node:
    """One entry of a directory below the root."""

    path: str
    """Components joined by ``/``."""
    kind: NodeKind


def open_below(anchor: str, components: tuple[str, ...]) -> int:
    """Open the directory that the components lead to from ``anchor``, following no link below ``anchor``.

    The caller closes the descriptor. Raises UnsafeNodeError, and FileNotFoundError when a component does not exist.
    """
    return _descend(os.open(anchor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), components)


def _descend(descriptor: int, components: Sequence[str]) -> int:
    """Replace the descriptor of a directory by that of one below; it is closed in any case."""
    for component in components:
        try:
            below = _open(component, _DIRECTORY, descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


@contextmanager
def opened(anchor: str, components: tuple[str, ...]) -> Iterator[int]:
    """Open like ``open_below`` and close at the end."""
    descriptor = open_below(anchor, components)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_below(directory: int, path: str, limit: int = FILE_LIMIT) -> bytes:
    """Return the bytes of a plain file below an open directory.

    Raises UnsafeNodeError for anything else and for more than ``limit`` bytes, FileNotFoundError when it is missing.
    """
    *parents, name = path.split("/")
    if not all(is_component(component) for component in (*parents, name)):
        message = "it does not stay below its directory"
        raise UnsafeNodeError(message)
    if parents:
        with _descended(directory, parents) as parent:
            descriptor = _open(name, _FILE, parent)
    else:
        descriptor = _open(name, _FILE, directory)
    try:
        return read_descriptor(descriptor, limit)
    finally:
        os.close(descriptor)


def is_component(name: str) -> bool:
    """Say whether the name stays in its directory."""
    return name not in {"", ".", ".."} and "/" not in name and "\0" not in name


def walk(directory: int) -> Iterator[Node]:
    """Yield every entry below an open directory, sorted, descending into directories but following no link.

    Raises UnsafeNodeError when there is more than a pack may have.
    """
    yield from _walk(directory, "", 1)


def _walk(directory: int, prefix: str, depth: int) -> Iterator[Node]:
    if depth > DEPTH_LIMIT:
        message = f"{prefix.rstrip('/')}: more than {DEPTH_LIMIT} levels of directories"
        raise UnsafeNodeError(message)
    for name, kind in _entries(directory):
        yield Node(prefix + name, kind)
        if kind is NodeKind.DIRECTORY:
            # A directory that vanished or became a link since it was listed has nothing to list.
            with suppress(FileNotFoundError), _descended(directory, [name]) as below:
                yield from _walk(below, f"{prefix}{name}/", depth + 1)


def _entries(directory: int) -> list[tuple[str, NodeKind]]:
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            found.append((entry.name, _kind(entry)))
            if len(found) > COUNT_LIMIT:
                message = f"more than {COUNT_LIMIT} entries in one directory"
                raise UnsafeNodeError(message)
    return sorted(found, key=lambda item: item[0])


def _kind(entry: os.DirEntry[str]) -> NodeKind:
    if entry.is_symlink():
        return NodeKind.OTHER
    if entry.is_dir(follow_symlinks=False):
        return NodeKind.DIRECTORY
    return NodeKind.FILE if entry.is_file(follow_symlinks=False) else NodeKind.OTHER


@contextmanager
def _descended(directory: int, components: Sequence[str]) -> Iterator[int]:
    descriptor = _descend(os.dup(directory), components)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str, flags: int, directory: int) -> int:
    try:
        return os.open(name, flags, dir_fd=directory)
    except FileNotFoundError:
        raise
    except OSError as error:
        # O_NOFOLLOW answers ELOOP for a link, with O_DIRECTORY ENOTDIR; ENXIO is a socket.
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            message = "it is a symbolic link"
        elif error.errno == errno.ENOTDIR:
            message = f"{name} is not a directory, or a symbolic link to one"
        else:
            message = error.strerror or "it cannot be opened"
        raise UnsafeNodeError(message) from error


def read_descriptor(descriptor: int, limit: int) -> bytes:
    """Return the bytes of an open plain file; raises UnsafeNodeError for anything else and for more than ``limit``."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        message = "it is not a plain file"
        raise UnsafeNodeError(message)
    chunks: list[bytes] = []
    left = limit + 1
    # The size is counted while reading: a file can grow after fstat.
    while left > 0 and status.st_size <= limit:
        chunk = os.read(descriptor, min(left, max(status.st_size + 1, 4096)))
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        left -= len(chunk)
    message = f"it is larger than {limit} bytes"
    raise UnsafeNodeError(message)
