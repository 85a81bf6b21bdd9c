"""A lock between processes that the operating system lets go of when its holder dies."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sealift.errors.store_running import StoreReadOnlyError
from sealift.ports import Holder
from sealift.stores.waiting import LockRequest, read_note

POLL_SECONDS = 0.05
_NOTE_BYTES = 4096


@contextmanager
def file_lock(path: Path, request: LockRequest) -> Iterator[None]:
    """Hold an exclusive ``flock`` on the file; raises LockedError.

    The file stays behind, unlocked: removing it would let two runners lock two different files of one name. What is
    written in it only describes the holder, so an old or copied file blocks nobody.
    """
    # Not inherited by programs that are started (PEP 446), so a surviving worker cannot keep the lock.
    file = _open(path, request.label)
    try:
        request.wait(partial(_try, file), partial(_holder, file), every=POLL_SECONDS)
        _describe(file, request.note)
        yield
    finally:
        os.close(file)


def _open(path: Path, label: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise StoreReadOnlyError(url=label, reason=f"{path}: {error.strerror}") from error


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return False
        raise
    return True


def _describe(file: int, note: str) -> None:
    # Only a description: a full disk must not stop a run here.
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, note.encode(), 0)


def _holder(file: int) -> Holder | None:
    return read_note(os.pread(file, _NOTE_BYTES, 0).decode(errors="replace"))
