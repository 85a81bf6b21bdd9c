"""What is known of installed packs from an earlier call, for verbs that only look.

Kept are results that follow from bytes alone: what a dist-info announces, what a signed statement says, and which keys'
signatures over it are valid. They hold as long as every file they were read from is known again
(``sealift.packs.watching``). Identity, policy, expiry, revocation, thresholds, floors and history are judged anew each
time, as is which packs are installed. What was recalled can be shown and never run: it holds no envelope and no files,
and every verb that writes verifies everything itself (``docs/explanation/decisions/0014-what-is-recalled.md``).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from sealift.model.pack import PackOrigin
from sealift.packs.claims import Claim, claim_of
from sealift.packs.reading import read_pack
from sealift.packs.watching import identities, settled, watched
from sealift.trust.policy import TrustPolicy
from sealift.trust.signatures import Found
from sealift.trust.verification import Genuine, read_genuine

if TYPE_CHECKING:
    from sealift.assembly.facts_file import Fact, FactsFile

WORTHWHILE = 50
"""Packs; fewer are verified sooner than a file is read."""


class Knowledge:
    """Recalls at the beginning, learns what is new, keeps it at the end."""

    def __init__(
        self, file: "FactsFile", *, now: Callable[[], float] = time.time, worthwhile: int = WORTHWHILE
    ) -> None:
        self._file, self._now, self._worthwhile = file, now, worthwhile
        self._facts: dict[str, Fact] = {}
        self._origins: dict[str, PackOrigin] = {}
        self._signers: dict[tuple[str, ...], Found] = {}
        self._changed = False

    def recall(self) -> Mapping[str, Claim]:
        """Return the claims, by dist-info directory, whose files are still those that were read."""
        facts = self._file.read()
        self._facts = {fact.directory: fact for fact in facts if _holds(fact)}
        self._changed = len(self._facts) != len(facts)
        return {directory: self._claim(fact) for directory, fact in self._facts.items()}

    def genuine(self, origin: PackOrigin, directory: str | None, policy: TrustPolicy) -> Genuine:
        """Return what the pack's envelope proves: recalled, or read and checked now. Raises leaves of TrustError."""
        fact = self._facts.get(directory or "")
        if fact is not None and self._origins[fact.directory] is origin:
            found = self._found(fact.keyids, policy)
            if found is not None:
                return Genuine(envelope=b"", digest=fact.digest, manifest=fact.manifest, found=found)
        return self._learnt(origin, directory, policy)

    def keep(self, directories: Sequence[str]) -> None:
        """Write down what is known now of these dist-info directories, if that has changed."""
        here = [self._facts[directory] for directory in directories if directory in self._facts]
        if len(here) >= self._worthwhile and (self._changed or len(here) != len(self._facts)):
            self._file.write(here)

    def _found(self, keyids: tuple[str, ...], policy: TrustPolicy) -> Found | None:
        """Return who signed; ``None`` when one of them is not among the keys, which then have to be tried."""
        if keyids not in self._signers and all(keyid in policy.keys for keyid in keyids):
            self._signers[keyids] = Found(keys=tuple(policy.keys[keyid] for keyid in keyids), discounted=())
        return self._signers.get(keyids)

    def _learnt(self, origin: PackOrigin, directory: str | None, policy: TrustPolicy) -> Genuine:
        """Read and check the envelope. What the files are known by is taken first, so that no later edit is missed."""
        if not directory or origin.editable:
            return read_genuine(read_pack(origin), policy)
        moment, known = self._now(), watched(directory, origin)
        claim, genuine = claim_of(directory), read_genuine(read_pack(origin), policy)
        certain = known is not None and settled(known, moment) and not genuine.found.discounted
        if known is not None and certain and claim is not None and claim.verdict == origin:
            self._facts[directory] = _fact(claim, origin, known, genuine)
            self._origins[directory] = origin
            self._changed = True
        return genuine

    def _claim(self, fact: "Fact") -> Claim:
        origin = PackOrigin(
            entry_point=fact.name,
            module=fact.module,
            distribution=fact.distribution,
            distribution_version=fact.version,
            root=PurePath(fact.root),
        )
        self._origins[fact.directory] = origin
        return Claim(fact.name, fact.project, fact.shown, origin, fact.directory)


def _holds(fact: "Fact") -> bool:
    return identities(fact.directory, fact.root, fact.module) == fact.identities


def _fact(claim: Claim, origin: PackOrigin, known: list[int], genuine: Genuine) -> "Fact":
    from sealift.assembly.facts_file import Fact

    return Fact(
        directory=claim.directory,
        identities=known,
        name=origin.entry_point,
        module=origin.module,
        distribution=origin.distribution,
        version=origin.distribution_version,
        project=claim.project,
        shown=claim.shown,
        root=str(origin.root),
        digest=genuine.digest,
        keyids=tuple(key.keyid for key in genuine.found.keys),
        manifest=genuine.manifest,
    )
