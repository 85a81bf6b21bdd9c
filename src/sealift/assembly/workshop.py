"""What a run is done with, made from settings."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sealift.config import Settings
from sealift.errors.config import BadSettingError
from sealift.execution.journal import Author
from sealift.model.limits import MIB, Limits
from sealift.ports import Holder

if TYPE_CHECKING:
    from sealift.execution.options import RunOptions
    from sealift.execution.validation import ValidationPolicy
    from sealift.execution.validators import Validators


def utc_now() -> datetime:
    """Return the time now, aware, in UTC."""
    return datetime.now(UTC)


def stamp(when: datetime) -> str:
    """Return a time as the history writes it."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def author_of(settings: Settings, version: str) -> Author:
    """Return who runs this process."""
    import socket

    return Author(operator=settings.operator or _login(), host=socket.gethostname(), sealift_version=version)


def holder_of(author: Author, now: Callable[[], datetime]) -> Holder:
    """Return what the lock says of this process."""
    return Holder(operator=author.operator, host=author.host, pid=os.getpid(), since=stamp(now()))


def options_of(settings: Settings, *, atomic: bool = False) -> "RunOptions":
    """Return the options of a run."""
    from sealift.execution.options import OnError, RunOptions

    limits = replace(Limits(), memory_bytes=settings.worker_memory_mib * MIB, wall_seconds=settings.worker_seconds)
    return RunOptions(
        on_error=OnError(settings.on_error),
        workers=settings.workers,
        atomic=atomic,
        batch_rows=settings.batch_rows,
        quarantine_limit=settings.quarantine_limit,
        check_free_space=settings.check_free_space,
        validation=_policy(settings.validation, "validation"),
        validation_of={
            name: _policy(binding.validation, f"collections.{name}.validation")
            for name, binding in settings.collections.items()
            if binding.validation is not None
        },
        limits=limits,
    )


def validators_for(settings: Settings) -> "Validators":
    """Return what makes the validators of one run.

    Under ``validation = all`` nothing is checked twice. Otherwise only changed documents are checked, and looking for
    what was seen before costs more than it saves.
    """
    from sealift.execution.incremental import Seen
    from sealift.execution.validators import Validators

    policies = [settings.validation, *(binding.validation for binding in settings.collections.values())]
    return Validators(Seen() if "all" in policies else None)


def _policy(text: str, setting: str) -> "ValidationPolicy":
    from sealift.execution.validation import ValidationPolicy

    try:
        return ValidationPolicy.parse(text)
    except ValueError:
        expected = "all, changed, sample:RATE (such as sample:0.01) or off"
        raise BadSettingError(source="settings", setting=setting, found=repr(text), expected=expected) from None


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"
