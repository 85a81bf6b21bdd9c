"""Whether a document can have changed since it was read, told without comparing it."""

from collections.abc import Collection

from sealift.model.batch import Key
from sealift.stores.sqlite_connection import SqliteConnection


class SqliteWitness:
    """Vouches for pages of documents that nobody can have changed since they were read.

    SQLite tells each connection whether any other one committed (``PRAGMA data_version``,
    https://www.sqlite.org/pragma.html#pragma_data_version), in this process or another. What the writing connection
    itself wrote it does not tell, so a page is vouched for only in its turn: pages that follow each other hold
    different documents, and writing one leaves the next ones as they were. Everything else ends that (a page read
    again, or written twice, documents written in any other way), and is compared as it is written.
    """

    def __init__(self, writer: SqliteConnection) -> None:
        self._writer = writer
        self._version = -1
        self._page = 0
        self._first = 1
        """The first page that may still be vouched for; every page before it was written, or may have changed."""
        self._end: tuple[str, Key] | None = None

    def reading(self, table: str, after: Key | None) -> int:
        """Note that a page is about to be read; return the number that it is asked about by, which is positive."""
        version = self._data_version()
        follows = after is not None and (table, after) == self._end
        if not follows or version != self._version:
            self.disturbed()
        self._version, self._end = version, None
        self._page += 1
        return self._page

    def read(self, table: str, last: Key) -> None:
        """Note where the page ended."""
        self._end = (table, last)

    def disturbed(self) -> None:
        """Vouch for nothing that was read so far."""
        self._first = self._page + 1

    def vouches(self, pages: Collection[object]) -> bool:
        """Say whether these documents, all of them, are what was read; asked in the transaction that writes them."""
        page = next(iter(pages)) if len(pages) == 1 else None
        if not isinstance(page, int) or page < self._first or self._data_version() != self._version:
            self.disturbed()
            return False
        self._first = page + 1
        return True

    def _data_version(self) -> int:
        ((version,),) = self._writer.query("PRAGMA data_version")
        return int(str(version))
