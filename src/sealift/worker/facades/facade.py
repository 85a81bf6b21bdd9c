"""The kinds of object a pack meets in place of modules and of classes whose methods could change constants."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self


class Offer(NamedTuple):
    """The deterministic, harmless part of one module."""

    module: str
    members: Mapping[str, object]
    left_out: Mapping[str, str] = MappingProxyType({})
    """Members that authors reach for, and what to write instead."""


def words(text: str) -> list[str]:
    """Return the names in a text; a list of a hundred of them reads better so."""
    return text.split()


class Facade:
    """What ``import module`` binds: an object with the offered members, at the speed of any attribute."""

    __sealift_constant__ = True

    def __init__(self, offer: Offer) -> None:
        self.__dict__.update(offer.members)

    def __repr__(self) -> str:
        return "<module>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class StandIn(type):
    """The type of a stand-in for a class: it is called and tested like the class, and has none of its methods.

    ``list.append(CONSTANT, 1)`` would go around the read-only list; with a stand-in there is no ``list.append``.
    """

    _real: type
    _make: Callable[..., Any]

    def __call__(cls, *positional: Any, **named: Any) -> Any:
        """Make an instance of the real class."""
        return cls._make(*positional, **named)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls._real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._real)

    def __repr__(cls) -> str:
        return repr(cls._real)


def stand_in(real: type, make: Callable[..., Any] | None = None, /, **members: Callable[..., object]) -> StandIn:
    """Make the stand-in of a class, with these alternative constructors; ``make`` is called in place of the class."""
    functions = {name: staticmethod(member) for name, member in {"_make": make or real, **members}.items()}
    return StandIn(real.__name__, (), {"__slots__": (), "_real": real, **functions})
