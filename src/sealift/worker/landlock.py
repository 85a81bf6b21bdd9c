"""Landlock by its raw system calls: every right that the kernel knows is handled, and no rule grants any.

Source: ``Documentation/userspace-api/landlock.rst`` of Linux 6.18. The numbers are the same on every architecture.
"""

import ctypes
import errno
import os
import struct
from typing import Final

CREATE_RULESET: Final = 444
RESTRICT_SELF: Final = 446
VERSION: Final = 1
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights on files by the ABI that brought them: thirteen at first, then refer, truncate, device ioctl."""
_CONNECT_AND_BIND = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
_NETWORK_ABI, _SCOPES_ABI = 4, 6
_ABSENT = {errno.ENOSYS, errno.EOPNOTSUPP}


def ruleset(abi: int) -> bytes:
    """Return ``struct landlock_ruleset_attr`` in the size that this ABI knows."""
    files = _FILES[max(level for level in _FILES if level <= abi)]
    fields = [files]
    if abi >= _NETWORK_ABI:
        fields.append(_CONNECT_AND_BIND)
    if abi >= _SCOPES_ABI:
        fields.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    return struct.pack(f"<{len(fields)}Q", *fields)


def abi_version(libc: ctypes.CDLL) -> int:
    """Return the kernel's Landlock ABI, 0 when it has none or has it switched off."""
    version = int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION)))
    if version >= 0:
        return version
    number = ctypes.get_errno()
    if number in _ABSENT:
        return 0
    raise OSError(number, f"landlock_create_ruleset: {os.strerror(number)}")


def restrict(libc: ctypes.CDLL, abi: int) -> None:
    """Take every right from this process for good; needs ``no_new_privs``. Raises OSError."""
    attributes = ruleset(abi)
    descriptor = int(libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset failed")
    try:
        if libc.syscall(RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0)) != 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self failed")
    finally:
        os.close(descriptor)
