"""How strongly a worker is isolated: measured, never assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class IsolationLevel(StrEnum):
    """What stands between a pack's code and the machine; ``at_least`` orders them."""

    FULL = "full"
    """seccomp, Landlock and resource limits."""
    KERNEL = "kernel"
    """seccomp and resource limits; the kernel has no Landlock."""
    PROCESS = "process"
    """A process of its own with the limits the system has: protects against mistakes only."""
    NONE = "none"
    """Nothing was measured to hold."""

    def at_least(self, other: "IsolationLevel") -> bool:
        """Return whether this level is as strong as the other."""
        order = list(IsolationLevel)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What was measured for one worker, before a byte of a pack was sent to it."""

    level: IsolationLevel
    reasons: tuple[str, ...] = ()
    """Why it is not the strongest level; empty at ``full``."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What each step of the lock-down reported, such as the Landlock ABI."""
