"""What every store does the same way: own tables, history, leases, transactions."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from sealift.errors.store import TablesMissingError
from sealift.errors.store_documents import DocumentRefusedError, KeyMissingError
from sealift.model.batch import Changes, Checkpoint, Key, KeyRange, Page
from sealift.model.history import GENESIS, HistoryEntry
from sealift.model.room import Room
from sealift.ports import Binding, Collection, Holder, Lease, QuarantinedDocument, Store
from sealift.stores.bookkeeping import Bookkeeping
from sealift.stores.connection import Connection
from sealift.stores.fencing import check_lease, next_lease
from sealift.stores.layout import Layout, Table, choose_layout, is_own, missing
from sealift.stores.ranges import Ranges
from sealift.stores.tables import LAYOUTS, bring_up, layout_version
from sealift.stores.waiting import LockRequest


class DocumentTable(ABC):
    """A bound collection: read through the store's reading connection, written through its writing one."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @property
    def name(self) -> str:
        """The logical name."""
        return self.layout.collection

    @abstractmethod
    def count(self) -> int:
        """Return how many documents there are."""

    @abstractmethod
    def read(self, *, after: Key | None, until: Key | None, rows: int, max_bytes: int) -> Page:
        """Return the next documents in key order."""

    @abstractmethod
    def get(self, keys: Sequence[Key]) -> Page:
        """Return the documents that still exist among these keys, in the order of the keys given."""

    @abstractmethod
    def cut(self, *, after: Key | None, rows: int) -> Iterator[Key]:
        """Yield the key of every ``rows``-th document beyond ``after``, in key order."""

    @abstractmethod
    def write_back(self, changes: Changes) -> Sequence[Key]:
        """Write what is still as it was read, inside the open transaction; return the keys of the rest."""

    @abstractmethod
    def remove(self, changes: Changes) -> Sequence[Key]:
        """Delete what is still as it was read, inside the open transaction; return the keys of the rest."""

    @abstractmethod
    def add(self, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Insert documents inside the open transaction; return how many."""


Settle = Callable[[DocumentTable, Sequence[Key]], None]


class SqlTransaction:
    """The open transaction of a store (``ports.Transaction``)."""

    __slots__ = ("_books", "_connection", "_ranges", "_settle", "written")

    def __init__(self, connection: Connection, books: Bookkeeping, ranges: Ranges, *, settle: Settle) -> None:
        self._connection = connection
        self._books = books
        self._ranges = ranges
        self._settle = settle
        self.written: str | None = None
        """The collection written last: whose constraints it will be that refuse the end."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Do something in part, behind a savepoint; any other error ends the whole transaction."""
        self._connection.change("SAVEPOINT sealift_attempt")
        try:
            yield
        except DocumentRefusedError:
            self._connection.change("ROLLBACK TO SAVEPOINT sealift_attempt")
            raise
        self._connection.change("RELEASE SAVEPOINT sealift_attempt")

    def replace(self, collection: Collection, changes: Changes) -> Sequence[Key]:
        """Write documents back; return the keys of those that were changed by somebody else."""
        self.written = collection.name
        return _table(collection).write_back(changes) if changes else ()

    def settle(self, collection: Collection, changes: Changes) -> None:
        """Have checked now, of what was just written, what would be checked at the end."""
        self._settle(_table(collection), changes.keys)

    def delete(self, collection: Collection, changes: Changes) -> Sequence[Key]:
        """Remove documents; return the keys of those that were changed by somebody else."""
        self.written = collection.name
        return _table(collection).remove(changes) if changes else ()

    def insert(self, collection: Collection, documents: Iterable[tuple[Key, bytes]]) -> int:
        """Add documents; raises DuplicateKeyError."""
        self.written = collection.name
        return _table(collection).add(documents)

    def checkpoint(self, run: str, checkpoint: Checkpoint) -> None:
        """Replace the run's progress row."""
        self._books.checkpoint(run, checkpoint)

    def lay_out(self, run: str, ranges: Sequence[KeyRange]) -> None:
        """Cut the run into these ranges."""
        self._ranges.lay_out(run, ranges)

    def claim(self, run: str, runner: str) -> KeyRange | None:
        """Lease the first open range that no runner of this lease has."""
        return self._ranges.claim(run, runner)

    def advance(self, run: str, part: KeyRange, runner: str) -> None:
        """Replace state and progress of a range; raises LeaseLostError."""
        self._ranges.advance(run, part, runner)

    def set_aside(self, document: QuarantinedDocument) -> None:
        """Add a document to the quarantine."""
        self._books.set_aside(document)

    def release(self, numbers: Sequence[int]) -> None:
        """Remove documents from the quarantine."""
        self._books.release(numbers)

    def archive(self, digest: str, pack: str, envelope: bytes, files: Mapping[str, bytes]) -> None:
        """Keep the signed bytes of a pack, once per digest."""
        self._books.archive(digest, pack, envelope, files)

    def append(self, entry: HistoryEntry) -> HistoryEntry:
        """Seal the entry to the head of the chain and store it."""
        return self._books.append(entry)


def _table(collection: Collection) -> DocumentTable:
    if not isinstance(collection, DocumentTable):
        message = f"{collection!r} was not bound by a store"
        raise TypeError(message)
    return collection


class SqlStore(ABC):
    """A database behind two connections: one reads, one writes, so that pages are read ahead of the transaction."""

    writes_apart = False
    """An embedded database takes the interpreter's lock again for every row: a second thread would wait, not work."""
    writes_side_by_side = False
    """Whether several transactions can write documents at the same time."""
    skip_locked = ""
    """SQL clause that locks the row it reads and passes over rows that are locked."""
    row_lock = ""
    """SQL clause that locks the row it reads until the end; SQLite needs none, its writers exclude each other."""

    def __init__(self, *, label: str, reader: Connection, writer: Connection, types: Mapping[str, str]) -> None:
        self._label = label
        self._reader = reader
        self._writer = writer
        self._types = types
        self._turn = threading.RLock()
        self._prepared = False

    @property
    def label(self) -> str:
        """The address without its password."""
        return self._label

    def close(self) -> None:
        """Let go of every connection."""
        self._writer.close()
        self._reader.close()

    def prepare(self) -> None:
        """Make or upgrade sealift's own tables in one transaction; raises NewerTablesError."""
        if self._has_tables(self._reader) and layout_version(self._reader, self._label) == len(LAYOUTS):
            return
        with self._turn, self._writing():
            self._serialise()
            bring_up(self._writer, url=self._label, types=self._types, exist=lambda: self._has_tables(self._writer))

    @contextmanager
    def lock(self, holder: Holder, *, timeout: float, waiting: Callable[[Holder | None], None]) -> Iterator[Lease]:
        """Be the only runner, with a lease that no earlier runner's transaction survives."""
        self.prepare()
        request = LockRequest(label=self._label, holder=holder, timeout=timeout, waiting=waiting)
        with self._alone(request):
            with self._turn, self._writing():
                lease = next_lease(self._writer)
            yield lease

    @contextmanager
    def transaction(self, lease: Lease) -> Iterator[SqlTransaction]:
        """Begin; commit on leaving, roll back on an exception; raises LeaseLostError."""
        with self._turn:
            self._require_tables()
            ranges = Ranges(self._writer, self._label, locking=self.skip_locked, lease=lease)
            books = Bookkeeping(self._writer, self._label)
            transaction = SqlTransaction(self._writer, books, ranges, settle=self._settle)
            with self._writing(lambda: transaction.written):
                self._check(lease)
                yield transaction

    def request_stop(self) -> None:
        """Ask whoever holds the newest lease to stop; a later runner is not meant, and does not hear it."""
        with self._turn, self._writing():
            self._require_tables()
            self._writer.change(
                "UPDATE sealift_meta SET content = (SELECT content FROM sealift_meta WHERE name = 'token') "
                "WHERE name = 'stop'"
            )

    def stop_requested(self, lease: Lease) -> bool:
        """Say whether the holder of this lease was asked to stop."""
        rows = self._reader.query("SELECT content FROM sealift_meta WHERE name = 'stop'")
        return bool(rows) and rows[0][0] == str(lease.token)

    def entries(self) -> Sequence[HistoryEntry]:
        """Return the history, oldest first."""
        return books.entries() if (books := self._books()) else ()

    def recorded_head(self) -> tuple[int, str]:
        """Return number and hash of the newest entry as noted apart from the history: shows entries cut off its end."""
        return books.head() if (books := self._books()) else (0, GENESIS)

    def progress(self, run: str) -> Checkpoint:
        """Return how far the run came."""
        return books.progress(run) if (books := self._books()) else Checkpoint()

    def ranges(self, run: str) -> Sequence[KeyRange]:
        """Return the ranges the run is cut into."""
        return books.ranges(run) if (books := self._books()) else ()

    def quarantined(self) -> Sequence[QuarantinedDocument]:
        """Return what was set aside, oldest first."""
        return books.quarantined() if (books := self._books()) else ()

    def archived(self, digest: str) -> tuple[bytes, Mapping[str, bytes]] | None:
        """Return the envelope and files of the pack with this digest."""
        return books.archived(digest) if (books := self._books()) else None

    def archived_digests(self) -> Mapping[str, str]:
        """Return the pack of every archived digest, newest last."""
        return books.archived_digests() if (books := self._books()) else {}

    def room(self) -> Room | None:
        """Return how much the store can still grow; a server's disk cannot be asked without a superuser's rights."""
        return None

    def collections(self) -> Sequence[str]:
        """Return the names of the tables documents could be in, sorted."""
        return sorted(name for name in self._table_names() if not is_own(name))

    def collection(self, name: str, binding: Binding) -> DocumentTable:
        """Bind a collection; raises CollectionError leaves."""
        wanted = binding.table or name
        table = None if is_own(wanted) else self._describe(wanted)
        if table is None:
            raise missing(name, wanted, self.collections())
        layout = choose_layout(name, table, binding)
        # Pages by key would pass such rows over in silence.
        if any(column.nullable for column in layout.key) and self._has_null_keys(layout):
            raise KeyMissingError(collection=name, table=table.name, reason="some rows have NULL as their key")
        return self._bind(layout)

    @abstractmethod
    def beside(self) -> Store:
        """Open the same database again, for a runner with connections of its own."""

    @abstractmethod
    def create_collection(self, name: str, binding: Binding, *, integer_key: bool) -> DocumentTable:
        """Make the table that ``load`` needs; raises CollectionExistsError."""

    @abstractmethod
    def _alone(self, request: LockRequest) -> AbstractContextManager[None]:
        """Keep other runners out; raises LockedError."""

    @abstractmethod
    def _has_tables(self, connection: Connection) -> bool:
        """Say whether sealift's own tables exist."""

    @abstractmethod
    def _table_names(self) -> Iterable[str]:
        """Return the names of all tables."""

    @abstractmethod
    def _describe(self, name: str) -> Table | None:
        """Return the table's description, or ``None``."""

    @abstractmethod
    def _has_null_keys(self, layout: Layout) -> bool:
        """Say whether any row has NULL in a nullable column of the key."""

    @abstractmethod
    def _bind(self, layout: Layout) -> DocumentTable:
        """Return the collection of the layout."""

    def _settle(self, table: DocumentTable, keys: Sequence[Key]) -> None:  # noqa: B027 - some check everything at once
        """Check what the database would check at the end of the transaction; raises DocumentRefusedError."""

    def _serialise(self) -> None:  # noqa: B027 - most databases need nothing here
        """Let one ``prepare`` at a time pass, where beginning a transaction does not do it."""

    def _require_tables(self) -> None:
        self._prepared = self._prepared or self._has_tables(self._reader)
        if not self._prepared:
            raise TablesMissingError(url=self._label)

    def _check(self, lease: Lease) -> None:
        check_lease(self._writer, lease, self._label, locking=self.row_lock)

    @contextmanager
    def _writing(self, written: Callable[[], str | None] = lambda: None) -> Iterator[None]:
        self._writer.begin()
        try:
            yield
            self._writer.commit(written())
        except BaseException:
            self._writer.rollback()
            raise

    def _books(self) -> Bookkeeping | None:
        if not self._has_tables(self._reader):
            return None
        layout_version(self._reader, self._label)
        return Bookkeeping(self._reader, self._label)
