"""``hash(None)`` on Python 3.11: the address of ``None``, which differs from run to run, and with it the order of sets.

Python 3.12 made it a constant. A worker on 3.11 does the same, before anything of a pack is there: the slot of the
type that computes the hash is pointed at a function of the interpreter that gives 0 for ``None``.
"""

import ctypes
import sys

_AFFECTED = (3, 11)
_HASH_SLOT = 15 * 8
"""Where ``tp_hash`` lies in ``PyTypeObject`` of a 64-bit CPython 3.11 (``Include/cpython/object.h``)."""


def settle() -> bool:
    """Give ``None`` the same hash in every process; return whether it has. Call before dicts with such keys exist."""
    if sys.version_info[:2] != _AFFECTED:
        return sys.version_info[:2] > _AFFECTED
    if not _is_as_expected():
        return False
    _slot(type(None)).value = _function("PyCallable_Check").value
    return is_settled()


def is_settled() -> bool:
    """Return whether ``None`` hashes alike in every process."""
    return sys.version_info[:2] > _AFFECTED or hash(None) == 0


def _is_as_expected() -> bool:
    """Whether the slot is where it should be: it must hold what all objects have, and what the interpreter exports."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8 or hasattr(sys, "gettotalrefcount"):  # noqa: PLR2004  # bytes
        return False
    if not hasattr(ctypes.pythonapi, "_Py_HashPointer"):
        return False
    address = _function("_Py_HashPointer").value
    return {_slot(type(None)).value, _slot(object).value} == {address} and _slot(str).value != address


def _slot(kind: type) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(id(kind) + _HASH_SLOT)


def _function(name: str) -> ctypes.c_void_p:
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
