"""Where a requirement holds: stretches of the other pack's line."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from packaging.version import Version

from sealift.planning.chain import Chain
from sealift.planning.versions import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One requirement of one migration."""

    pack: str
    position: int
    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Neighbouring positions, ``low`` to ``high`` inclusive, at which a requirement holds."""

    low: int
    high: int

    def holds(self, position: float) -> bool:
        """Say whether the position is one of them; a half-done step never is."""
        return position == math.floor(position) and self.low <= position <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of every requirement; found once for each text, and once for lines of the same versions."""

    chains: Mapping[str, Chain]
    _known: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    _alike: dict[tuple[str, tuple[str, ...]], tuple[Window, ...]] = field(default_factory=dict)

    def of(self, requirement: Requirement) -> tuple[Window, ...]:
        """Return the windows on the other pack's line, lowest first. Several mean that there are gaps (``!=``)."""
        known = self._known.get(requirement.text)
        if known is None:
            known = self._known[requirement.text] = self._found(requirement)
        return known

    def _found(self, requirement: Requirement) -> tuple[Window, ...]:
        chain = self.chains[requirement.pack]
        key = (requirement.text.replace(requirement.pack, "", 1), chain.texts)
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = _windows(chain, requirement)
        return found

    def reachable(self, requirement: Requirement, start: float, *, falls: bool) -> tuple[Window, ...]:
        """Return the windows that a pack can be in while it moves this way from ``start``, the nearest first."""
        windows = self.of(requirement)
        if falls:
            return tuple(window for window in reversed(windows) if window.low <= math.floor(start))
        return tuple(window for window in windows if window.high >= math.ceil(start))

    def allows_current(self, requirement: Requirement, chain: Chain) -> bool:
        """Say whether the version the store is at satisfies the requirement, on the line or not."""
        return requirement.allows(Version(chain.current))


def _windows(chain: Chain, requirement: Requirement) -> tuple[Window, ...]:
    allowed = [position for position, version in enumerate(chain.versions) if requirement.allows(version)]
    found = []
    for _, run in groupby(enumerate(allowed), key=lambda pair: pair[1] - pair[0]):
        positions = [position for _, position in run]
        found.append(Window(low=positions[0], high=positions[-1]))
    return tuple(found)
