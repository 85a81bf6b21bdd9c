"""What an operator does besides running plans: documents in and out, adoption, quarantine, looking."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from sealift.assembly.inventory import Inventory
from sealift.assembly.request import parse_target
from sealift.assembly.upkeep import decision, tampered
from sealift.assembly.workshop import holder_of, utc_now
from sealift.config import Settings
from sealift.errors.adoption import AlreadyAdoptedError, UnknownQuarantineError
from sealift.errors.config import BadSettingError, BadTargetError
from sealift.errors.history import HistoryTamperedError
from sealift.errors.plan import UnknownPackError, UnknownVersionError
from sealift.errors.store import LockedError
from sealift.execution import transfer
from sealift.execution.adoption import Sampled, check_sample
from sealift.execution.journal import Author
from sealift.execution.quarantine import Retried, retry
from sealift.execution.validators import Validators
from sealift.execution.workshop import Workshop
from sealift.model.history import EntryKind, MigrationHistory
from sealift.model.names import BASE
from sealift.model.pack import Manifest, VerifiedPack
from sealift.model.plan import Plan
from sealift.ports import Binding, Collection, Lease, QuarantinedDocument, Store
from sealift.trust.admission import Purpose
from sealift.trust.rollback import RESET_NOTE, Seen, seen_releases
from sealift.trust.terms import COLLECTION

Told = Callable[[str], None]
OWN_TABLES = "sealift_"


class Manager(Protocol):
    """What the operations need of the manager."""

    @property
    def store(self) -> Store:
        """The store."""
        ...

    def history(self) -> MigrationHistory:
        """Return everything that happened."""
        ...

    def inventory(self, purpose: Purpose = ...) -> Inventory:
        """Return the packs within reach."""
        ...

    def only_runner(self, told: Told) -> AbstractContextManager[Lease]:
        """Hold the lock."""
        ...

    def shop(self, lease: Lease) -> Workshop:
        """Return what steps are done with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """One operation a method; those that write hold the lock."""

    manager: Manager
    settings: Settings
    author: Author
    now: Callable[[], str]

    def load(self, path: Path, *, collection: str, member: str | None, told: Told) -> int:
        """Insert the documents of a JSON Lines file, all or none; return how many."""
        _check_collection(collection)
        _check_table(self._binding(collection).table or collection)
        file = transfer.DocumentFile(path=path, member=member)
        file.survey()  # a broken file is refused before a store is made for it
        with self.manager.only_runner(told) as lease:
            return transfer.load(
                self.manager.store, lease, file, collection=collection, binding=self._binding(collection)
            )

    def dump(self, collection: str, file: BinaryIO) -> int:
        """Write the documents of a collection to an open file; return how many."""
        return transfer.write_lines(file, transfer.dump(self._collection(collection)))

    def dump_to(self, collection: str, path: Path) -> int:
        """Write the documents of a collection to a file that appears when it is complete; return how many."""
        return transfer.dump_to(path, self._collection(collection))

    def count(self, plan: Plan) -> Mapping[str, int]:
        """Return how many documents each collection of the plan has."""
        names = dict.fromkeys(step.migration.collection for step in plan.steps)
        return {name: self._collection(name).count() for name in names}

    def verified_history(self) -> MigrationHistory:
        """Return the history if its chain is whole; raises HistoryTamperedError."""
        history = self.manager.history()
        broken = history.broken_link()
        if broken is not None:
            raise tampered(broken)
        number, head = self.manager.store.recorded_head()
        if head != history.head:
            raise HistoryTamperedError(number=number, expected=head, found=history.head)
        return history

    def cancel(self) -> LockedError | None:
        """Ask the run that holds the lock to stop after its batch; return who holds it, or ``None`` if nobody does."""
        holder = holder_of(self.author, utc_now)
        try:
            with self.manager.store.lock(holder, timeout=0, waiting=lambda _: None):
                return None
        except LockedError as error:
            self.manager.store.request_stop()
            return error

    def baseline(self, text: str, told: Told) -> Sampled:
        """Record that the store is at a version, after looking at a sample; return how large it was."""
        target = parse_target(text)
        if target.version is None or target.steps is not None:
            raise BadTargetError(target=text, reason="baseline needs a version, such as acme.orders@1.1.0")
        pack = self._to_adopt(target.pack)
        with self.manager.only_runner(told) as lease:
            history = self.manager.history()
            if target.pack in history.versions or history.open_run(target.pack):
                current = history.versions.get(target.pack, BASE)
                raise AlreadyAdoptedError(pack=target.pack, version=current)
            version = _version(pack.manifest, target.version)
            sampled = check_sample(self.manager.store, pack, version, self.settings.collections, Validators())
            note = f"baseline: {sampled}"
            entry = decision(EntryKind.BASELINE, self.author, self.now(), pack=target.pack, version=version, note=note)
            attested = pack.attested
            signers = tuple(signer.keyid for signer in attested.signers)
            with self.manager.store.transaction(lease) as transaction:
                transaction.archive(attested.digest, target.pack, attested.envelope, pack.files)
                transaction.append(
                    replace(entry, digest=attested.digest, sequence=attested.recorded_sequence, signers=signers)
                )
        return sampled

    def _to_adopt(self, pack: str) -> VerifiedPack:
        """Verify a pack before anything is written, the lock included."""
        inventory = self.manager.inventory(Purpose.NEW_WORK)
        inventory.require([pack])
        if pack not in inventory.attested:
            raise UnknownPackError(pack=pack)
        return inventory.verify(inventory.attested[pack])

    def reset_sequence(self, pack: str, to: int, reason: str, told: Told) -> int:
        """Set back the highest sequence that this store has seen of a pack; return what it was.

        From then on releases from ``to`` upwards are accepted, ``to`` itself with any manifest. The decision stays in
        the history with its reason. Raises BadSettingError for a pack without release, or a number above its highest.
        """
        with self.manager.only_runner(told) as lease:
            seen = seen_releases(self.manager.history().entries)
            _check_reset(seen, pack, to)
            entry = decision(EntryKind.TRUST, self.author, self.now(), pack=pack, note=RESET_NOTE + reason)
            with self.manager.store.transaction(lease) as transaction:
                transaction.append(replace(entry, sequence=to))
        return seen[pack].sequence

    def quarantined(self) -> Sequence[QuarantinedDocument]:
        """Return the documents that were set aside, oldest first."""
        return self.manager.store.quarantined()

    def retry_quarantined(self, numbers: Sequence[int], told: Told) -> Iterator[Retried]:
        """Take documents the rest of the way (none named: all of them)."""
        with self.manager.only_runner(told) as lease:
            items = self._chosen(numbers)
            inventory = self.manager.inventory(Purpose.TAKE_BACK)  # a release that was applied may go on, no other
            known = {**inventory.orphans, **inventory.attested}
            inventory.require(item.pack for item in items)
            packs = {pack: inventory.verify(known[pack]) for pack in {item.pack for item in items} if pack in known}
            yield from retry(self.manager.shop(lease), items, packs, inventory.history.versions)

    def drop_quarantined(self, numbers: Sequence[int], told: Told) -> int:
        """Forget that documents were set aside; they stay in their tables as they are. Return how many."""
        with self.manager.only_runner(told) as lease:
            items = self._chosen(numbers)
            with self.manager.store.transaction(lease) as transaction:
                transaction.release([item.number for item in items])
                for item in items:
                    note = f"dropped from quarantine: {item.collection} {item.key}: {item.error.message}"
                    transaction.append(
                        decision(EntryKind.QUARANTINE, self.author, self.now(), pack=item.pack, note=note)
                    )
        return len(items)

    def _chosen(self, numbers: Sequence[int]) -> Sequence[QuarantinedDocument]:
        items = self.manager.store.quarantined()
        missing = sorted(set(numbers) - {item.number for item in items})
        if missing:
            raise UnknownQuarantineError(numbers=missing)
        return [item for item in items if not numbers or item.number in numbers]

    def _binding(self, collection: str) -> Binding:
        return self.settings.collections.get(collection, Binding())

    def _collection(self, name: str) -> Collection:
        _check_collection(name)
        return self.manager.store.collection(name, self._binding(name))


def _check_collection(name: str) -> None:
    """Hold a name that was given by hand to the rule that packs are held to; raises BadSettingError."""
    if COLLECTION.fullmatch(name) is None:
        expected = "a name of ASCII letters, digits, '_', '.' and '-', at most 100, that begins with a letter or '_'"
        raise BadSettingError(source="the command line", setting="--collection", found=repr(name), expected=expected)


def _check_table(name: str) -> None:
    """Refuse to make a table that could be taken for one of sealift's own; raises BadSettingError."""
    if name.lower().startswith(OWN_TABLES):
        expected = f"a table whose name does not begin with {OWN_TABLES}, as those of sealift itself do"
        raise BadSettingError(source="load", setting="the table", found=repr(name), expected=expected)


def _check_reset(seen: Mapping[str, Seen], pack: str, to: int) -> None:
    source = "trust reset-sequence"
    if pack not in seen:
        known = ", ".join(sorted(seen)) or "none has been run yet"
        raise BadSettingError(source=source, setting="PACK", found=pack, expected=f"a pack of the history: {known}")
    highest = seen[pack].sequence
    if not 0 <= to <= highest:
        raise BadSettingError(source=source, setting="--to", found=str(to), expected=_range(highest))


def _range(highest: int) -> str:
    return f"a number from 0 to {highest}" if highest else "0, which is the highest number seen"


def _version(manifest: Manifest, version: str) -> str:
    """Return the version as the manifest writes it; ``base`` is the version before the first migration."""
    from packaging.version import Version

    if version == BASE:
        return manifest.base
    known = [manifest.base, *(migration.version for migration in manifest.migrations)]
    for each in known:
        if Version(each) == Version(version):
            return each
    raise UnknownVersionError(pack=manifest.pack, version=version, versions=tuple(known))
