"""What touches the world: a few small protocols that the executor and the manager are written against."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealift.errors.run import Finding
from sealift.model.batch import Changes, Checkpoint, DocumentError, Key, KeyRange, Page
from sealift.model.history import HistoryEntry
from sealift.model.limits import Limits
from sealift.model.migration import Direction
from sealift.model.room import Room


class Clock(Protocol):
    """The time, passed in so that expiry can be tested."""

    def __call__(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a collection's documents are: ``None`` means the default of the contract (§5)."""

    table: str | None = None
    key: tuple[str, ...] = ()
    document: str | None = None
    validation: str | None = None
    """Which of its documents are checked; ``None``: as the run says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock."""

    operator: str
    host: str
    pid: int
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write, as long as no later one was given out: ``token`` only ever goes up."""

    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedDocument:
    """A document that a migration could not take over, with its original bytes."""

    number: int
    run: str
    pack: str
    version: str
    direction: Direction
    collection: str
    key: Key
    document: bytes
    error: DocumentError
    digest: str
    at: str


class Collection(Protocol):
    """The documents of one bound collection."""

    @property
    def name(self) -> str:
        """The logical name."""
        ...

    def count(self) -> int:
        """Return how many documents there are."""
        ...

    def read(self, *, after: Key | None, until: Key | None, rows: int, max_bytes: int) -> Page:
        """Return the next documents in key order: at most ``rows``, and no more than ``max_bytes`` beyond the first.

        ``after`` is exclusive, ``until`` inclusive. An empty page means there are no more. Never OFFSET.
        """
        ...

    def get(self, keys: Sequence[Key]) -> Page:
        """Return the documents that still exist among these keys, as they are now."""
        ...

    def cut(self, *, after: Key | None, rows: int) -> Iterator[Key]:
        """Yield the key of every ``rows``-th document beyond ``after``, in key order: where ranges can end."""
        ...


class Transaction(Protocol):
    """One unit of work: all of it is committed together, or none. Made by ``Store.transaction``."""

    def replace(self, collection: Collection, changes: Changes) -> Sequence[Key]:
        """Write the documents back that are still as they were read; return the keys of those that are not."""
        ...

    def delete(self, collection: Collection, changes: Changes) -> Sequence[Key]:
        """Remove the documents that are still as they were read; return the keys of those that are not."""
        ...

    def insert(self, collection: Collection, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Add documents; a key that exists is refused with its value."""
        ...

    def checkpoint(self, run: str, checkpoint: Checkpoint) -> None:
        """Replace the run's progress row."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """Do something in part: when the store refuses a document inside, that part is undone, and the rest stands."""
        ...

    def settle(self, collection: Collection, changes: Changes) -> None:
        """Have checked now, of what was just written, what would be checked at the end; refused as by ``replace``.

        What is only right together with what is still to be written is refused, too.
        """
        ...

    def lay_out(self, run: str, ranges: Sequence[KeyRange]) -> None:
        """Cut the run into these ranges; it had none before."""
        ...

    def claim(self, run: str, runner: str) -> KeyRange | None:
        """Lease the first open range that no runner of this lease has; ``None`` when there is none left.

        A range that was leased under an earlier lease is free: its runner cannot write any more.
        """
        ...

    def advance(self, run: str, part: KeyRange, runner: str) -> None:
        """Replace state and progress of a range that this runner has; raises LeaseLostError if it has it no more."""
        ...

    def set_aside(self, document: QuarantinedDocument) -> None:
        """Add a document to the quarantine (its ``number`` is given by the store)."""
        ...

    def release(self, numbers: Sequence[int]) -> None:
        """Remove documents from the quarantine."""
        ...

    def archive(self, digest: str, pack: str, envelope: bytes, files: Mapping[str, bytes]) -> None:
        """Keep the signed bytes of a pack, once per digest."""
        ...

    def append(self, entry: HistoryEntry) -> HistoryEntry:
        """Seal the entry to the head of the chain and store it; return it as stored."""
        ...


class Store(Protocol):
    """A database with documents, and sealift's own tables beside them."""

    @property
    def label(self) -> str:
        """The address without its password."""
        ...

    @property
    def writes_apart(self) -> bool:
        """Whether writing in a thread of its own gains time: true where the driver mostly waits for a server."""
        ...

    @property
    def writes_side_by_side(self) -> bool:
        """Whether several transactions can write documents at the same time."""
        ...

    def beside(self) -> "Store":
        """Open the same database again, for a runner with connections of its own."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...

    def prepare(self) -> None:
        """Make or upgrade sealift's own tables; refuses those of a newer sealift."""
        ...

    def room(self) -> Room | None:
        """Return how much the store can still grow; ``None`` where nobody says: on a server, or in memory."""
        ...

    def lock(
        self, holder: Holder, *, timeout: float, waiting: Callable[[Holder | None], None]
    ) -> AbstractContextManager[Lease]:
        """Be the only runner. Waits ``timeout`` seconds, calling ``waiting`` once when it has to; then LockedError."""
        ...

    def request_stop(self) -> None:
        """Ask whoever holds the newest lease to stop; a later runner is not meant, and does not hear it."""
        ...

    def stop_requested(self, lease: Lease) -> bool:
        """Say whether the holder of this lease was asked to stop."""
        ...

    def entries(self) -> Sequence[HistoryEntry]:
        """Return the history, oldest first; empty when sealift's tables do not exist."""
        ...

    def recorded_head(self) -> tuple[int, str]:
        """Return number and hash of the newest entry as noted apart from the history: shows entries cut off its end."""
        ...

    def progress(self, run: str) -> Checkpoint:
        """Return how far the run came: for a run cut into ranges, their sums, and no key."""
        ...

    def ranges(self, run: str) -> Sequence[KeyRange]:
        """Return the ranges the run is cut into, in key order; empty if it is not."""
        ...

    def collections(self) -> Sequence[str]:
        """Return the names of the tables documents could be in."""
        ...

    def collection(self, name: str, binding: Binding) -> Collection:
        """Bind a collection; raises CollectionError when there is no such table, key or document column."""
        ...

    def create_collection(self, name: str, binding: Binding, *, integer_key: bool) -> Collection:
        """Make the table that ``load`` needs: columns ``key`` and ``document``."""
        ...

    def transaction(self, lease: Lease) -> AbstractContextManager[Transaction]:
        """Begin; commit on leaving, roll back on an exception; raises LeaseLostError when the lease was overtaken."""
        ...

    def quarantined(self) -> Sequence[QuarantinedDocument]:
        """Return what was set aside, oldest first."""
        ...

    def archived(self, digest: str) -> tuple[bytes, Mapping[str, bytes]] | None:
        """Return the envelope and files of the pack with this digest, if it is in the archive."""
        ...

    def archived_digests(self) -> Mapping[str, str]:
        """Return the pack of every archived digest, newest last."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a worker is to run: one migration of one verified pack, one way."""

    pack: str
    digest: str
    files: Mapping[str, bytes]
    """The verified sources (``migrations/*.py``) of the pack."""
    path: str
    class_name: str
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """What the worker says of the unit once it is compiled: which of the optional methods the class has."""

    methods: frozenset[str]


Outcome = bytes | DocumentError | None
"""For one document: its new text, why it failed, or ``None``: it was not changed."""


class Session(Protocol):
    """A worker that has compiled one unit. Used by one thread; every method may raise WorkerError leaves."""

    @property
    def report(self) -> UnitReport:
        """What the unit offers."""
        ...

    @property
    def isolation(self) -> str:
        """The level that was measured for this worker: ``full``, ``kernel``, ``process`` or ``none``."""
        ...

    def send(self, documents: Sequence[bytes]) -> None:
        """Put documents on their way, in frames of the right size; never blocks on an honest worker."""
        ...

    def receive(self) -> Sequence[Outcome]:
        """Return the outcomes of the oldest ``send`` that was not received: one per document, by position."""
        ...

    def hook(self, name: str, facts: Mapping[str, int | str]) -> None:
        """Run one of the pack's own ``pre_…``/``post_…`` methods in the worker; raises HookFailedError."""
        ...

    def close(self) -> None:
        """End the worker."""
        ...


class Cage(Protocol):
    """Starts workers."""

    def warm(self, digest: str) -> None:
        """Begin what workers of the pack with this digest need, without waiting for it; never raises.

        It may come before the pack is verified: nothing of the pack is read. Without it, ``open`` takes longer.
        """
        ...

    def open(self, unit: Unit, limits: Limits) -> Session:
        """Start a worker, check that it is locked, and have it compile the unit."""
        ...

    def check(self, sources: Mapping[str, str], limits: Limits, digest: str = "lint") -> Sequence[Finding]:
        """Return everything the language policy refuses in these sources, looked at in a locked worker and not run.

        ``digest`` is the pack's, if a run of it follows.
        """
        ...

    def close(self) -> None:
        """End everything that was started."""
        ...


class Validator(Protocol):
    """Checks documents against one schema."""

    def invalid(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield the position and the reason of every document that does not satisfy the schema."""
        ...
