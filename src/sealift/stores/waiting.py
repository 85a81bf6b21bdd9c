"""Waiting for a lock: bounded, with one word to the user about who holds it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sealift.errors.store import LockedError
from sealift.ports import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """Who wants the lock of which store, and for how long it may wait."""

    label: str
    holder: Holder
    timeout: float
    """Seconds."""
    waiting: Callable[[Holder | None], None]

    @property
    def note(self) -> str:
        """What the holder leaves at the lock; ``read_note`` is its inverse."""
        return json.dumps(asdict(self.holder))

    def wait(self, attempt: Callable[[], bool], other: Callable[[], Holder | None], *, every: float) -> None:
        """Attempt until it works; raises LockedError, naming the other holder, when the time has run out."""
        deadline = time.monotonic() + self.timeout
        if attempt():
            return
        self.waiting(other())
        while not attempt():
            if time.monotonic() >= deadline:
                raise self._locked(other())
            time.sleep(every)

    def _locked(self, other: Holder | None) -> LockedError:
        facts = asdict(other) if other else {}
        return LockedError(url=self.label, timeout=self.timeout, **facts)


def read_note(note: str) -> Holder | None:
    """Read what a holder left at the lock; ``None`` if it is nothing readable."""
    try:
        return Holder(**json.loads(note))
    except (ValueError, TypeError):
        return None
