"""Databases at work: what fails while a run is under way."""

from typing import ClassVar

from sealift.errors.store import StoreError

_MIB = 1 << 20

# While running: exit status 1.


class StoreFailedError(StoreError):
    """The database refused an operation.

    Cause: as the database says.
    Remedy: mend that cause and repeat the command; what was committed is whole.
    """

    code: ClassVar[str] = "STORE-040"
    url: str
    reason: str

    def message(self) -> str:
        """Repeat what the database said."""
        return f"{self.url}: {self._happened()} ({self.reason})"

    def hint(self) -> str | None:
        """Say how to go on."""
        return "mend the cause and repeat the command: it goes on after the last committed batch"

    def _happened(self) -> str:
        return "the database refused an operation"


class StoreFullError(StoreFailedError):
    """The disk, or the space the database may use, is full.

    Cause: no room for the documents or the journal. The batch was rolled back.
    Remedy: make room and repeat the command.
    """

    code: ClassVar[str] = "STORE-041"

    def _happened(self) -> str:
        return "the disk is full"

    def hint(self) -> str:
        """Say how to go on."""
        return "make room and repeat the command: it goes on after the last committed batch"


class StoreRoomError(StoreError):
    """The file system has too little room for what the step would write, so it was not begun.

    Cause: the documents grow, the journal needs its share, and a step that is one transaction needs room for all of its
    documents twice. sealift tried the migration on a sample to find out. The estimate is low: pages and indexes are
    not counted. Nothing was written.
    Remedy: make room; leave ``--atomic`` out; or, where free space says little (a file system that compresses), set
    ``check_free_space = false``: a disk that fills up after all costs the batch under way, and the run resumes.
    """

    code: ClassVar[str] = "STORE-045"
    url: str
    place: str
    free: int
    needed: int

    def message(self) -> str:
        """Say how much there is, and how much it takes."""
        found, expected = (f"{amount / _MIB:.1f} MiB" for amount in (self.free, self.needed))
        return f"{self.url}: too little room in {self.place} (got {found} free, expected at least {expected})"

    def hint(self) -> str:
        """Say how to go on."""
        return "make room and repeat the command; nothing was written (check_free_space = false leaves the check out)"


class ConnectionLostError(StoreFailedError):
    """The connection to the database broke.

    Cause: the server was restarted or ended the connection, or the network failed. The open transaction was rolled
    back, or, if it broke during the commit, either all or nothing of it was written.
    Remedy: sealift tries again by itself; if it gave up, check the server and repeat the command.
    """

    code: ClassVar[str] = "STORE-042"
    transient: ClassVar[bool] = True

    def _happened(self) -> str:
        return "the connection was lost"


class StoreBusyError(StoreFailedError):
    """Something else kept a row or the whole database locked for too long, or won a conflict.

    Cause: another program writes at the same time: a long transaction, a deadlock, a serialisation conflict.
    Remedy: sealift tries again by itself; if it gave up, end the other transaction and repeat the command.
    """

    code: ClassVar[str] = "STORE-043"
    transient: ClassVar[bool] = True

    def _happened(self) -> str:
        return "another program holds a lock"


class StoreReadOnlyError(StoreFailedError):
    """The database may be read, not written.

    Cause: permissions of the file or its folder, missing privileges of the user, or a standby server.
    Remedy: use an account and an address that may write, or grant the privileges the message names.
    """

    code: ClassVar[str] = "STORE-044"

    def _happened(self) -> str:
        return "no permission"

    def hint(self) -> str:
        """Say what is needed."""
        return "grant the rights to read and write the documents and to make tables, or use an account that has them"
