"""Sets whose order is the same in every run: their elements hash by what they are, not by where they lie in memory.

Functions, classes, iterators, exceptions and NaN hash by their address. So elements are looked at wherever they come
into a set: by a display or a comprehension, by ``set`` and ``frozenset``, by the methods in ``SET_METHODS``. Operators
only combine sets that were looked at; for the keys and items of a dict, which they also take, ``view_method`` gives
views that look, too. Where a set is read, nothing has to be done.
"""

import datetime as dt
import decimal
import re
import types
import uuid
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView
from typing import Any

from sealift.worker.exact import ExactFloat, PreciseFloat
from sealift.worker.faults import article
from sealift.worker.none_hash import is_settled

_SURE = frozenset(
    {
        str, bytes, int, bool, ExactFloat, PreciseFloat, re.Pattern, uuid.UUID, dt.date, dt.datetime, dt.time,
        dt.timedelta, dt.timezone, type(dt.date.min.isocalendar()),
    }
)  # fmt: skip
_NUMBERS = frozenset({float, decimal.Decimal})
"""All of their values but NaN."""
_BY_NONE = frozenset({types.NoneType, range})
"""Their hash is that of ``None``, or computed from it."""
_COLLECTIONS = frozenset({tuple, frozenset, decimal.DecimalTuple})


def checked(elements: Any) -> Any:
    """Return a set if its order cannot differ between runs, else raise TypeError."""
    if not _SURE.issuperset(map(type, elements)):
        for element in elements:
            require_stable(element)
    return elements


def require_stable(element: object) -> None:
    """Raise TypeError if the hash of a value can differ between runs."""
    kind = type(element)
    if kind in _SURE or (kind in _BY_NONE and is_settled()):
        return
    if kind in _COLLECTIONS:
        for part in element:  # type: ignore[attr-defined]  # it is a tuple or a frozenset
            require_stable(part)
    elif kind not in _NUMBERS or element != element:  # noqa: PLR0124  # only NaN differs from itself
        hash(element)  # if it has none, Python says so
        name = "NaN" if kind in _NUMBERS else article(element)
        message = f"a set with {name} in it has another order in every run; use a list, or the keys of a dict"
        raise TypeError(message)


def make_set(*values: Iterable[Any]) -> set[Any]:
    """``set(…)``."""
    return checked(set(*values))  # type: ignore[no-any-return]  # what goes in comes out


def make_frozenset(*values: Iterable[Any]) -> frozenset[Any]:
    """``frozenset(…)``."""
    return checked(frozenset(*values))  # type: ignore[no-any-return]  # what goes in comes out


# Methods through which elements come into a set

_Method = Callable[..., Any]


def _looking(kind: type, name: str) -> _Method:
    """Return an unbound method that looks at the elements it takes in; sets among the arguments need no look."""
    method: _Method = getattr(kind, name)

    def look(owner: Any, *values: Any) -> Any:
        return method(owner, *(value if type(value) in _SETS else checked(list(value)) for value in values))

    return look


def _add(owner: set[Any], element: object) -> None:
    if type(element) not in _SURE:
        require_stable(element)
    owner.add(element)


_SETS = frozenset({set, frozenset})
_TAKING_IN = ("update", "union", "symmetric_difference", "symmetric_difference_update")
SET_METHODS: dict[str, _Method] = {"add": _add, **{name: _looking(set, name) for name in _TAKING_IN}}
"""The methods of sets that take elements in."""
FROZENSET_METHODS: dict[str, _Method] = {
    name: _looking(frozenset, name) for name in ("union", "symmetric_difference")
}  # fmt: skip
_OWN: dict[type, dict[str, _Method]] = {set: SET_METHODS, frozenset: FROZENSET_METHODS}


def _fetching(name: str) -> Callable[[Any], _Method]:
    def fetch(owner: Any) -> Any:
        methods = _OWN.get(type(owner))
        if methods is None or name not in methods:
            return getattr(owner, name)
        return types.MethodType(methods[name], owner)

    return fetch


# Keys and items of a dict


class _Looking:
    __slots__ = ()

    @classmethod
    def _from_iterable(cls, values: Iterable[Any]) -> set[Any]:
        return make_set(values)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(list(self))  # type: ignore[call-overload]  # it is mixed into views


class Keys(_Looking, KeysView[Any]):
    """``dict.keys()`` with operators that look at the sets they make."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"dict_keys({list(self)!r})"


class Items(_Looking, ItemsView[Any, Any]):
    """``dict.items()`` with operators that look at the sets they make."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"dict_items({list(self)!r})"


# In messages they are what they stand for.
Keys.__name__ = Keys.__qualname__ = "dict_keys"
Items.__name__ = Items.__qualname__ = "dict_items"


def _viewing(name: str, view: type) -> Callable[[Any], _Method]:
    def fetch(owner: Any) -> Any:
        if not isinstance(owner, dict | types.MappingProxyType):
            return getattr(owner, name)
        return lambda: view(owner)

    return fetch


FETCHED: dict[str, Callable[[Any], _Method]] = {
    **{name: _fetching(name) for name in SET_METHODS},
    "keys": _viewing("keys", Keys),
    "items": _viewing("items", Items),
}
"""By the name of an attribute: a function that returns it from a value of any kind, and looks where that is a set."""
