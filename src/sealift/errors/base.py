"""The root of the error tree: what every error of sealift carries."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, field
from enum import IntEnum
from typing import Any, ClassVar, dataclass_transform, get_origin


class ExitStatus(IntEnum):
    """The exit codes of the command, one for each family of causes."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    CONFLICT = 4
    REFUSED = 5
    LOCKED = 6
    INTERRUPTED = 7


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
class SealiftError(Exception):
    """A cause that a person can act on.

    A leaf declares its facts as a dataclass does, and they are its keyword arguments; ``code`` is stable and has a
    section in ``docs/reference/errors.md``, ``message`` says who, where, what was expected and found, and ``hint`` how
    to mend it.

    The dataclass decorator is not used: it compiles several methods for each class, which for a hundred classes is a
    third of the start-up time of every command.
    """

    code: ClassVar[str] = "SEALIFT-000"
    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
    _facts: ClassVar[Mapping[str, Any]] = {}
    """Each fact's default, or MISSING, in order of declaration."""

    def __init_subclass__(cls) -> None:
        own = {name: cls.__dict__.get(name, MISSING) for name, kind in cls.__annotations__.items() if _is_fact(kind)}
        cls._facts = {**cls._facts, **own}

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        unknown = facts.keys() - self._facts.keys()
        missing = [name for name, default in self._facts.items() if default is MISSING and name not in facts]
        if unknown or missing:
            message = f"{type(self).__name__}: unknown facts {sorted(unknown)}, missing facts {missing}"
            raise TypeError(message)
        for name, default in self._facts.items():
            setattr(self, name, facts[name] if name in facts else _made(default))

    def message(self) -> str:
        """Say in one sentence: subject, what happened, got and expected."""
        raise NotImplementedError

    def hint(self) -> str | None:
        """Say how to mend it, as an instruction; ``None`` only where nothing can be done."""
        return None

    def context(self) -> Mapping[str, str]:
        """Return where it happened, by a word each, for lines below the message that shall not repeat it."""
        return {}

    def details(self) -> Mapping[str, Any]:
        """Return the facts as JSON-safe values, in the order of their declaration."""
        return {name: _plain(getattr(self, name)) for name in self._facts}

    def __str__(self) -> str:
        return self.message()


def _is_fact(kind: Any) -> bool:
    return kind is not ClassVar and get_origin(kind) is not ClassVar


def _made(default: Any) -> Any:
    """Return a default; those that are made anew each time are written with ``field(default_factory=…)``."""
    if isinstance(default, Field):
        return default.default if default.default_factory is MISSING else default.default_factory()
    return default


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return str(value)
