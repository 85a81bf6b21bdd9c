"""What a run writes into the history: one place that fills in who, where, and with which bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from sealift.model.batch import Checkpoint
from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.pack import AttestedPack
from sealift.model.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who runs this process, on which host, with which sealift."""

    operator: str
    host: str
    sealift_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Makes the entries of one run of one step."""

    step: Step
    run: str
    pack: AttestedPack
    author: Author
    isolation: str
    now: Callable[[], str]

    def entry(self, kind: EntryKind, checkpoint: Checkpoint, note: str = "") -> HistoryEntry:
        """Return an unsealed entry; the store seals it to the head of the chain."""
        return HistoryEntry(
            number=0,
            kind=kind,
            run=self.run,
            pack=self.step.pack,
            from_version=self.step.from_version,
            to_version=self.step.to_version,
            direction=self.step.direction,
            at=self.now(),
            seen=checkpoint.seen,
            changed=checkpoint.changed,
            failed=checkpoint.failed,
            digest=self.pack.digest,
            sequence=self.pack.recorded_sequence,
            signers=tuple(signer.keyid for signer in self.pack.signers),
            policy_digest=self.pack.policy_digest,
            policy_version=self.pack.policy_version,
            isolation=self.isolation,
            operator=self.author.operator,
            host=self.author.host,
            sealift_version=self.author.sealift_version,
            note=note,
        )
