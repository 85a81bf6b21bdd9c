"""Texts that are the same in every run: the text of an object that would show where it lies in memory is refused.

``str(lambda: 1)``, ``f"{value.strip}"`` and ``repr(iter([]))`` hold an address, which differs in every process, and so
would whatever a pack computes from them. All ways to a text (``str``, ``repr``, ``format``, f-strings, ``%``, the
message of an exception, a list that holds the object) end in one slot of the object's type. So that slot is filled with
a refusal, once, in the process that workers are forked from: for every type but those whose texts are known to be made
of what they hold. Texts, numbers, lists and dicts cost what they cost before.
"""

import collections
import ctypes
import datetime as dt
import decimal
import gc
import itertools
import re
import sys
import types
import zoneinfo
from collections.abc import Iterator
from typing import Never

from sealift.worker.faults import article

_REPR_SLOT = 11 * ctypes.sizeof(ctypes.c_void_p)
"""Where ``tp_repr`` lies in ``PyTypeObject`` (``Include/cpython/object.h``), which has been there since Python 3.0."""

_HOLDS_NO_ADDRESS: tuple[type, ...] = (
    str, bytes, int, bool, float, complex, types.NoneType, types.EllipsisType, types.NotImplementedType,
    list, dict, tuple, set, frozenset, range, slice, types.MappingProxyType, collections.OrderedDict,
    collections.defaultdict, collections.deque, type({}.keys()), decimal.Decimal, dt.date, dt.time, dt.datetime,
    dt.timedelta, dt.timezone, type(dt.date.min.isocalendar()), zoneinfo.ZoneInfo, re.Pattern, re.Match,
    itertools.count, itertools.repeat, type, types.GenericAlias, types.UnionType, BaseException,
)  # fmt: skip
"""Types whose text is made of the texts of what they hold; those whose ``__repr__`` is Python code are so, too."""


class _Python:
    """A class with a ``__repr__`` in Python: its slot is the one that looks the method up."""

    def __repr__(self) -> str:
        return ""


class _PythonToo:
    def __repr__(self) -> str:
        return ""


class _Inherits:
    __slots__ = ()


def refuse_address(value: object) -> Never:
    """Be the ``__repr__`` of what has no text but its address."""
    message = (
        f"the text of {article(value)} would hold its address in memory, which differs in every run; "
        "a call without its ()?"
    )
    raise TypeError(message)


def settle() -> None:
    """Refuse texts with addresses from now on, in this process; raises RuntimeError where that is not possible.

    For the fork-server alone, after everything is loaded: in another process it would break whatever prints objects.
    """
    if not _is_as_expected():
        message = f"this build of Python lays out its types in a way that is not known ({sys.version})"
        raise RuntimeError(message)
    looks_up = _slot(_Python).value
    keep = {looks_up, *(_slot(kind).value for kind in _HOLDS_NO_ADDRESS)}
    for kind in [*_types(object, set()), object]:
        if _slot(kind).value not in keep:
            _refuse(kind, looks_up)
    _check()


def _is_as_expected() -> bool:
    """Whether the slot is where it should be: alike where ``__repr__`` is, and different where it is different."""
    if sys.implementation.name != "cpython" or hasattr(sys, "gettotalrefcount"):
        return False
    alike = {kind: _slot(kind).value for kind in (_Python, object, str, int, list)}
    return (
        _slot(_PythonToo).value == alike[_Python]
        and _slot(_Inherits).value == alike[object]
        and None not in alike.values()
        and len(set(alike.values())) == len(alike)
    )


def _slot(kind: type) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(id(kind) + _REPR_SLOT)


def _types(kind: type, seen: set[type]) -> Iterator[type]:
    below: type
    for below in type.__subclasses__(kind):
        if below not in seen:
            seen.add(below)
            yield below
            yield from _types(below, seen)


def _refuse(kind: type, looks_up: int | None) -> None:
    if "__repr__" in kind.__dict__:
        (members,) = gc.get_referents(kind.__dict__)
        members["__repr__"] = refuse_address
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
    _slot(kind).value = looks_up


def _check() -> None:
    """Look whether it works: nothing is served otherwise."""
    values: list[object] = [refuse_address, len, "".join, object(), iter(()), zip()]
    for value in values:
        for text in (str, repr, format, "%s".__mod__, "{}".format):
            try:
                text([value] if text is repr else value)
            except TypeError as error:
                if "its address" in str(error):
                    continue
            message = f"the text of {type(value).__name__} could not be made to fail"
            raise RuntimeError(message)
