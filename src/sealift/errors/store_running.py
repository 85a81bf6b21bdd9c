"""Databases at work: what fails while a run is under way."""

from typing import ClassVar

from sealift.errors.store import StoreError

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
