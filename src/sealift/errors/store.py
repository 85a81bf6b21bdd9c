"""Stores, locks and own tables: what cannot be opened, waited for or understood."""

from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class StoreError(SealiftError):
    """The store refused, or holds something else than expected."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
    transient: ClassVar[bool] = False
    """Whether the same transaction may succeed when it is tried again."""


# Opening: exit status 2.


class StoreUrlError(StoreError):
    """The address of the store cannot be read.

    Cause: a typing error, or an option the driver does not know.
    Remedy: write an SQLAlchemy URL, such as ``sqlite:///data.db`` or ``postgresql://user@host/database``.
    """

    code: ClassVar[str] = "STORE-001"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    reason: str

    def message(self) -> str:
        """Say what is wrong with the address."""
        return f"{self.url}: no usable address of a store ({self.reason})"

    def hint(self) -> str:
        """Say how addresses look."""
        return "write sqlite:///path/to/file.db, postgresql://user@host/database or another SQLAlchemy URL"


class StoreMissingError(StoreError):
    """There is no store at the address.

    Cause: the SQLite file does not exist. sealift makes a new file only for ``load``.
    Remedy: correct the path (a relative one starts at the working directory), or fill a store with ``sealift load``.
    """

    code: ClassVar[str] = "STORE-002"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    path: str

    def message(self) -> str:
        """Say which file was expected."""
        return f"{self.url}: there is no store (got no file {self.path}, expected an SQLite database)"

    def hint(self) -> str:
        """Say how to get a store."""
        return "correct the address with --database, or make a store with: sealift load FILE.jsonl --collection NAME"


class StoreUnreachableError(StoreError):
    """The server does not answer, or does not let us in.

    Cause: wrong host, port, database name or password; the server is down; a firewall is in between.
    Remedy: try the address with the database's own client, then correct it or start the server.
    """

    code: ClassVar[str] = "STORE-003"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    reason: str

    def message(self) -> str:
        """Say what the driver said."""
        return f"{self.url}: cannot connect ({self.reason})"

    def hint(self) -> str:
        """Say what to check."""
        return "check host, port, database, user and password, and that the server is running"


class UnknownDialectError(StoreError):
    """Nothing installed knows this kind of database.

    Cause: the part of the address before ``://`` is misspelt, names an asynchronous driver, or its SQLAlchemy dialect
    is not installed.
    Remedy: correct the address, or install the package that brings the dialect.
    """

    code: ClassVar[str] = "STORE-004"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    dialect: str
    reason: str

    def message(self) -> str:
        """Name the dialect."""
        return f"{self.url}: cannot use a store of the kind {self.dialect!r} ({self.reason})"

    def hint(self) -> str:
        """Name what is always there."""
        return "use sqlite or postgresql, or install the package of this SQLAlchemy dialect (a synchronous driver)"


class DriverMissingError(StoreError):
    """The Python driver of the database is not installed.

    Cause: drivers of servers are optional.
    Remedy: install the package that the message names.
    """

    code: ClassVar[str] = "STORE-005"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    module: str
    install: str

    def message(self) -> str:
        """Name the module."""
        return f"{self.url}: the driver is not installed (expected the module {self.module})"

    def hint(self) -> str:
        """Give the command."""
        return f"run: pip install {self.install}"


class NotADatabaseError(StoreError):
    """The file at the address is no SQLite database, or is damaged.

    Cause: another file has this name, the file is encrypted, or it was cut off or overwritten.
    Remedy: correct the address; a damaged database is restored from a backup.
    """

    code: ClassVar[str] = "STORE-006"
    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    url: str
    reason: str

    def message(self) -> str:
        """Say what SQLite said."""
        return f"{self.url}: cannot be read as a database ({self.reason})"

    def hint(self) -> str:
        """Say what to check."""
        return "check that the address names the right file; restore a damaged database from a backup"


# Lock and lease: exit status 6.


class LockedError(StoreError):
    """Another run holds the store.

    Cause: a second ``sealift`` is at work on the same store; the message says whose, where and since when.
    Remedy: wait for it, or allow a longer ``--lock-timeout``. A lock never outlives its holder, so there is nothing to
    remove by hand.
    """

    code: ClassVar[str] = "STORE-010"
    exit_status: ClassVar[ExitStatus] = ExitStatus.LOCKED
    url: str
    timeout: float
    operator: str | None = None
    host: str | None = None
    pid: int | None = None
    since: str | None = None

    def message(self) -> str:
        """Name the holder, as far as it said who it is."""
        who = f"{self.operator}@{self.host}, process {self.pid}, since {self.since}" if self.host else "another run"
        return f"{self.url}: locked by {who} (waited {self.timeout:g} s)"

    def hint(self) -> str:
        """Say how to wait longer."""
        return "wait until that run is over and repeat the command, or wait longer with --lock-timeout SECONDS"


class LeaseLostError(StoreError):
    """The right to write was overtaken by a later run.

    Cause: this process stood still, or lost its connection, for so long that another runner took over. Nothing of the
    refused transaction was written; what was committed before is whole.
    Remedy: look at ``sealift history``; repeat the command, it resumes or finds nothing to do.
    """

    code: ClassVar[str] = "STORE-011"
    exit_status: ClassVar[ExitStatus] = ExitStatus.LOCKED
    url: str
    token: int

    def message(self) -> str:
        """Say that the lease is gone."""
        return f"{self.url}: another run took over while this one stood still (lease {self.token} is no longer valid)"

    def hint(self) -> str:
        """Say what to do."""
        return "see what the other run did with: sealift history; then repeat the command"


# Sealift's own tables: exit status 4.


class NewerTablesError(StoreError):
    """The store was last written by a newer sealift.

    Cause: sealift's own tables have a layout that this version does not know; guessing could damage the history.
    Remedy: upgrade sealift.
    """

    code: ClassVar[str] = "STORE-012"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    url: str
    found: int
    known: int

    def message(self) -> str:
        """Name both versions of the layout."""
        return f"{self.url}: sealift's tables are of a newer sealift (got layout {self.found}, expected {self.known})"

    def hint(self) -> str:
        """Say what to upgrade."""
        return "run: pip install --upgrade sealift"


class OwnTablesError(StoreError):
    """Sealift's own tables hold something that sealift never writes.

    Cause: a row was edited or removed by hand, or a restore was incomplete.
    Remedy: restore the tables whose names begin with ``sealift_`` from a backup.
    """

    code: ClassVar[str] = "STORE-013"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    url: str
    table: str
    row: str
    reason: str

    def message(self) -> str:
        """Name the row."""
        return f"{self.url}: {self.table}, row {self.row}: cannot be read ({self.reason})"

    def hint(self) -> str:
        """Say what to restore."""
        return f"restore the table {self.table} from a backup made before it was edited"


class TablesMissingError(StoreError):
    """Sealift's own tables are not there, so nothing can be written yet.

    Cause: a mistake of the calling program: ``Store.prepare`` comes before the first transaction.
    Remedy: call ``prepare``; if the tables were removed while sealift was at work, restore them.
    """

    code: ClassVar[str] = "STORE-014"
    exit_status: ClassVar[ExitStatus] = ExitStatus.CONFLICT
    url: str

    def message(self) -> str:
        """Say what is missing."""
        return f"{self.url}: sealift's own tables do not exist (expected sealift_meta)"

    def hint(self) -> str:
        """Say what to call."""
        return "call Store.prepare() first; if the tables were dropped, restore them from a backup"
