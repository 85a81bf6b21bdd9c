"""Module constants that cannot change: what one document leaves behind must not reach the next."""

import datetime as dt
import decimal
import re
import types
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any, Never


class ConstantError(TypeError):
    """A value at module level that can change and has no read-only form."""


def _refuse(kind: str) -> Never:
    message = f"a module constant is read-only; change a copy of it: copy.deepcopy(CONSTANT) or {kind}(CONSTANT)"
    raise TypeError(message)


class FrozenList(list[Any]):
    """A list to read: equal to the plain list, and copied into one."""

    __slots__ = ()

    def _read_only(self, *_: object, **__: object) -> Never:
        _refuse("list")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _read_only
    append = extend = insert = pop = remove = clear = sort = reverse = _read_only

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: object) -> list[Any]:
        return [thawed(item) for item in self]


class FrozenDict(dict[Any, Any]):
    """A dict to read: equal to the plain dict, and copied into one."""

    __slots__ = ()

    def _read_only(self, *_: object, **__: object) -> Never:
        _refuse("dict")

    __setitem__ = __delitem__ = __ior__ = _read_only
    pop = popitem = setdefault = update = clear = _read_only

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: object) -> dict[Any, Any]:
        return {key: thawed(value) for key, value in self.items()}


# In messages of Python they are what they stand for: "unsupported operand type(s) for +: 'dict' and 'int'".
FrozenList.__name__ = FrozenList.__qualname__ = "list"
FrozenDict.__name__ = FrozenDict.__qualname__ = "dict"


def thawed(value: Any) -> Any:
    """Return a plain, deep copy of what ``freeze`` made."""
    match value:
        case FrozenList():
            return [thawed(item) for item in value]
        case FrozenDict():
            return {key: thawed(item) for key, item in value.items()}
        case tuple():
            return tuple(thawed(item) for item in value)
        case _:
            return value


_IMMUTABLE = (
    types.NoneType, bool, int, float, str, bytes, range, slice, types.EllipsisType,
    decimal.Decimal, dt.date, dt.time, dt.datetime, dt.timedelta, dt.timezone,
    zoneinfo.ZoneInfo, uuid.UUID, re.Pattern, FrozenList, FrozenDict, types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)  # fmt: skip


def freeze(value: Any) -> Any:
    """Return the value in a form that cannot change; raises ConstantError for what has none."""
    kind = type(value)
    if kind in _IMMUTABLE or isinstance(value, type) or getattr(kind, "__sealift_constant__", False):
        return value
    if kind is list:
        return FrozenList(freeze(item) for item in value)
    if kind is dict:
        return FrozenDict((freeze(key), freeze(item)) for key, item in value.items())
    if kind is tuple:
        return tuple(freeze(item) for item in value)
    if kind in (set, frozenset):
        return frozenset(freeze(item) for item in value)
    if _is_stateless_function(value):
        return value
    message = f"a value of type {kind.__name__} can change, so it cannot be a module constant"
    raise ConstantError(message)


def freeze_data(value: Any) -> Any:
    """Freeze a class attribute: like ``freeze``, and no functions, which would turn into methods."""
    if callable(value):
        message = "a class attribute is data; write the function as a method or at module level"
        raise ConstantError(message)
    return freeze(value)


def _is_stateless_function(value: object) -> bool:
    """Whether a value is a function without state: none in its closure, its defaults, or the object it is bound to."""
    match value:
        case types.FunctionType():
            defaults = (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values())
            return value.__closure__ is None and _all_immutable(defaults)
        case types.BuiltinFunctionType():
            owner = value.__self__
            return isinstance(owner, types.ModuleType | type) or type(owner) in _IMMUTABLE
        case _:
            return False


def _all_immutable(values: Iterable[object]) -> bool:
    for value in values:
        try:
            frozen = freeze(value)
        except ConstantError:
            return False
        if frozen is not value and frozen != value:
            return False
        if type(value) in (list, dict, set):
            return False
    return True
