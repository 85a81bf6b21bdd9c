"""The operator's hooks: called in the host, with the failure rules of the contract."""

from collections.abc import Callable
from typing import Protocol

from sealift.errors.documents import PreHookError
from sealift.model.events import EventNotice, MigrationEvent

Hook = Callable[[EventNotice], object]


class Subscribers(Protocol):
    """Who wants to be told of an event."""

    def of(self, event: MigrationEvent) -> tuple[Hook, ...]:
        """Return the hooks of this event, in order of registration."""
        ...


class Hooks:
    """The hooks registered on a manager."""

    def __init__(self) -> None:
        self._hooks: dict[MigrationEvent, list[Hook]] = {}

    def add(self, event: MigrationEvent, hook: Hook) -> None:
        """Register a hook for an event."""
        self._hooks.setdefault(event, []).append(hook)

    def of(self, event: MigrationEvent) -> tuple[Hook, ...]:
        """Return the hooks of this event, in order of registration."""
        return tuple(self._hooks.get(event, ()))


def tell_before(subscribers: Subscribers, notice: EventNotice) -> None:
    """Call the ``PRE_`` hooks; the first that raises stops the step with PreHookError."""
    for hook in subscribers.of(notice.event):
        try:
            hook(notice)
        except Exception as error:
            raise PreHookError(migration=notice.migration, event=notice.event, reason=_reason(error)) from error


def tell_after(subscribers: Subscribers, notice: EventNotice) -> tuple[str, ...]:
    """Call every ``POST_`` hook; return what those that failed said, since a failure undoes nothing."""
    failures = []
    for hook in subscribers.of(notice.event):
        try:
            hook(notice)
        except Exception as error:  # noqa: BLE001 - the operator's code may raise anything, and the rest must be told
            failures.append(f"{notice.event}: {_reason(error)}")
    return tuple(failures)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
