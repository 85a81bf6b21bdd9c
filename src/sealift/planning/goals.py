"""From targets, as the operator writes them, to positions on the packs' lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sealift.errors.plan import (
    ConflictingTargetsError,
    MissingTargetError,
    UnknownPackError,
    UnknownVersionError,
    WrongDirectionError,
)
from sealift.model.migration import Direction
from sealift.model.names import BASE, Target
from sealift.planning.chain import Chain, Presence
from sealift.planning.standing import check_standing
from sealift.planning.versions import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a pack was asked to go."""

    position: int
    target: Target

    @property
    def reason(self) -> str:
        """Why the pack moves, as a sentence."""
        if self.target.version is None:
            return f"the newest version of {self.target.pack}"
        return f"asked for {self.target}"


def goals(
    chains: Mapping[str, Chain], targets: Sequence[Target], direction: Direction | None, reader: Reader
) -> dict[str, Goal]:
    """Return where each target leads; without targets an upgrade takes every installed pack to its newest version.

    Raises the leaves of exit status 2 for targets that cannot be meant, and those of status 4 for a targeted pack
    whose store is not where its manifest could lead on from.
    """
    if not targets:
        targets = _all(chains, direction)
    found: dict[str, Goal] = {}
    for target in sorted(set(targets), key=str):
        if target.pack in found:
            asked = tuple(str(one) for one in (found[target.pack].target, target))
            raise ConflictingTargetsError(pack=target.pack, versions=asked)
        found[target.pack] = _goal(chains, target, direction, reader)
    return found


def _all(chains: Mapping[str, Chain], direction: Direction | None) -> Sequence[Target]:
    if direction is Direction.DOWNGRADE:
        raise MissingTargetError
    return [Target(pack=chain.pack) for chain in chains.values() if chain.presence is Presence.INSTALLED]


def _goal(chains: Mapping[str, Chain], target: Target, direction: Direction | None, reader: Reader) -> Goal:
    chain = chains.get(target.pack)
    if chain is None or chain.presence is Presence.UNKNOWN:
        raise _unknown_pack(chains, target)
    if target.version is None and direction is Direction.DOWNGRADE:
        raise MissingTargetError(pack=target.pack, current=chain.current)
    start = check_standing(chain)
    position = _position(chain, target, start, reader)
    _check_direction(chain, target, start, position, direction)
    return Goal(position=position, target=target)


def _unknown_pack(chains: Mapping[str, Chain], target: Target) -> UnknownPackError:
    names = [chain.pack for chain in chains.values() if chain.presence is not Presence.UNKNOWN]
    similar = tuple(get_close_matches(target.pack, names))
    return UnknownPackError(pack=target.pack, similar=similar, orphaned=target.pack in chains)


def _position(chain: Chain, target: Target, start: float, reader: Reader) -> int:
    steps = target.steps
    if target.version is None:
        return chain.newest
    if target.version == BASE:
        return 0
    if steps is not None:
        # A half-done step counts as one step either way: it can be finished or taken back.
        position = (math.floor(start) if steps > 0 else math.ceil(start)) + steps
        found = position if 0 <= position <= chain.newest else None
    else:
        found = chain.position(reader.version(target.version, chain.pack, "target"))
    if found is None:
        raise _unknown_version(chain, target.version)
    return found


def _unknown_version(chain: Chain, version: str) -> UnknownVersionError:
    similar = () if version[:1] in "+-" else tuple(get_close_matches(version, chain.texts))
    return UnknownVersionError(pack=chain.pack, version=version, versions=(BASE, *chain.texts), similar=similar)


def _check_direction(chain: Chain, target: Target, start: float, position: int, direction: Direction | None) -> None:
    orphan_up = chain.presence is Presence.ORPHANED and position > start
    if orphan_up and position > math.ceil(start):
        raise UnknownPackError(pack=chain.pack, orphaned=True)
    wrong = (direction is Direction.UPGRADE and position < start) or (
        direction is Direction.DOWNGRADE and position > start
    )
    if wrong and direction is not None:
        asked = direction.value
        version = chain.texts[position] if target.version is None or target.steps is not None else target.version
        raise WrongDirectionError(pack=chain.pack, version=version, current=_place(chain, start), asked=asked)


def _place(chain: Chain, start: float) -> str:
    if start == math.floor(start):
        return chain.current
    return f"half-way between {chain.texts[math.floor(start)]} and {chain.texts[math.ceil(start)]}"
