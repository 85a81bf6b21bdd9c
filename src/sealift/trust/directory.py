"""The directory of trusted keys: read once, and only if nobody else could have written to it.

Like sshd's StrictModes, with the reason told to the user: the directory, its files and every directory above must
belong to root or to the user sealift runs as, and be writable by nobody else. A read-only mount counts as not writable,
and names beginning with ``.`` are not looked at: that is how Kubernetes mounts a ConfigMap.
"""

import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sealift.errors.trust_policy import (
    KeyDirUnsafeError,
    KeyFileRejectedError,
    NoTrustedKeysError,
    PrivateKeyLeakedError,
    StrayKeyFileError,
)
from sealift.trust.keys import holds_private_key

POLICY_FILE = "policy.toml"

_READMES = frozenset({"README", "README.md", "README.txt"})
_FILE_LIMIT = 256 * 1024
_COUNT_LIMIT = 1000
_LINK_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the directory holds."""

    policy: bytes | None
    keys: Mapping[str, bytes]
    """Every ``*.pem`` file by its name."""
    warnings: tuple[str, ...] = ()


def read_directory(directory: Path) -> Listing:
    """Check and read the directory.

    Raises NoTrustedKeysError, KeyDirUnsafeError, PrivateKeyLeakedError, StrayKeyFileError, KeyFileRejectedError.
    """
    if not directory.is_dir():
        problem = "is not a directory" if directory.exists() else "does not exist"
        raise NoTrustedKeysError(directory=str(directory), problem=problem)
    check_path(directory)
    files = {name: _read(directory / name) for name in _names(directory)}
    policy = files.pop(POLICY_FILE, None)
    _refuse_strays(files, directory)
    warnings = () if hasattr(os, "geteuid") else ("permissions of the trusted keys are not checked on this system",)
    return Listing(
        policy=policy, keys={name: files[name] for name in files if name.endswith(".pem")}, warnings=warnings
    )  # fmt: skip


def _names(directory: Path) -> list[str]:
    names = sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    if len(names) > _COUNT_LIMIT:
        raise NoTrustedKeysError(directory=str(directory), problem=f"holds more than {_COUNT_LIMIT} files")
    return names


def _refuse_strays(files: Mapping[str, bytes], directory: Path) -> None:
    for name, content in files.items():
        if holds_private_key(content) and name not in _READMES:
            raise PrivateKeyLeakedError(file=str(directory / name))
    for name in files:
        if not name.endswith(".pem") and name not in _READMES:
            raise StrayKeyFileError(file=name, policy=str(directory / POLICY_FILE))


def _read(path: Path) -> bytes:
    try:
        check_path(path)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise KeyFileRejectedError(file=str(path), problem=f"it cannot be opened: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StrayKeyFileError(file=path.name, policy=str(path.parent / POLICY_FILE))
        content = _content(descriptor)
    finally:
        os.close(descriptor)
    if len(content) > _FILE_LIMIT:
        raise KeyFileRejectedError(file=str(path), problem=f"it has more than {_FILE_LIMIT} bytes")
    return content


def _content(descriptor: int) -> bytes:
    chunks, size = [], 0
    while size <= _FILE_LIMIT and (chunk := os.read(descriptor, _FILE_LIMIT + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def check_path(path: Path) -> None:
    """Check everything that leads to the path, links included; raises KeyDirUnsafeError, or OSError if it is not there.

    The path itself may be writable by its owner only. Directories above may also be sticky and root's, such as /tmp, or
    writable by a group that has no other member than their owner, as many systems set up home directories.
    """
    if not hasattr(os, "geteuid"):
        return
    end = os.path.realpath(path)
    for place, status in _walk(path.absolute()):
        _check_owner(place, status)
        if not stat.S_ISLNK(status.st_mode):
            _check_mode(place, status, is_parent=place != end)


def _check_owner(place: str, status: os.stat_result) -> None:
    if status.st_uid not in {0, os.geteuid()}:
        problem = f"belongs to user {status.st_uid} (expected {os.geteuid()} or root)"
        raise KeyDirUnsafeError(path=place, problem=problem, command=f"chown {os.geteuid()} {shlex.quote(place)}")


def _check_mode(place: str, status: os.stat_result, *, is_parent: bool) -> None:
    shared = status.st_mode & 0o022
    if not shared or _is_read_only(place):
        return
    if is_parent and (_is_sticky(status) or (shared == stat.S_IWGRP and _is_private_group(status))):
        return
    who = "anyone" if shared & stat.S_IWOTH else "its group"
    problem = (
        f"can be written by {who} (mode {stat.S_IMODE(status.st_mode):04o}, expected no write bit but the owner's)"
    )
    raise KeyDirUnsafeError(path=place, problem=problem, command=f"chmod go-w {shlex.quote(place)}")


def _is_read_only(place: str) -> bool:
    return bool(os.statvfs(place).f_flag & os.ST_RDONLY)


def _is_sticky(status: os.stat_result) -> bool:
    return status.st_uid == 0 and bool(status.st_mode & stat.S_ISVTX)


def _is_private_group(status: os.stat_result) -> bool:
    from grp import getgrgid
    from pwd import getpwuid

    try:
        group, owner = getgrgid(status.st_gid), getpwuid(status.st_uid)
    except KeyError:
        return False
    same = group.gr_name == owner.pw_name and owner.pw_gid == status.st_gid
    return same and set(group.gr_mem) <= {owner.pw_name}


def _walk(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every directory, link and file that is passed on the way, as the kernel passes them."""
    current, pending, links = os.sep, list(path.parts[1:]), 0
    yield current, os.lstat(current)
    while pending:
        part = pending.pop(0)
        if part == os.pardir:
            current = os.path.dirname(current)  # noqa: PTH120 - plain text all along
            continue
        place = os.path.join(current, part)  # noqa: PTH118 - plain text all along
        status = os.lstat(place)
        yield place, status
        if not stat.S_ISLNK(status.st_mode):
            current = place
            continue
        links += 1
        if links > _LINK_LIMIT:
            raise KeyDirUnsafeError(path=place, problem="is a loop of links", command=f"rm {shlex.quote(place)}")
        target = os.readlink(place)  # noqa: PTH115 - plain text all along
        pending = [part for part in PurePosixPath(target).parts if part != os.sep] + pending
        current = os.sep if target.startswith(os.sep) else current
