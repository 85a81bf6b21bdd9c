"""A lock as a row with an expiry, for databases and poolers where no session belongs to us.

Only the database's own clock is read, so that the clocks of two runners are never compared. A row restored from a
backup holds no longer than one lease. A runner that stood still past its lease is stopped by the fencing token.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from sealift.errors.store import StoreError
from sealift.ports import Holder
from sealift.stores.connection import Connection
from sealift.stores.waiting import LockRequest, read_note

LEASE_SECONDS = 30.0
POLL_SECONDS = 0.2
_BEATS_A_LEASE = 4
_NAME = "lease"
_READ = "SELECT token, holder, expires FROM sealift_lock WHERE name = :name"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerms:
    """How a lease row is kept in one database."""

    clock: Callable[[Connection], int]
    """Reads the database's clock, in milliseconds since any fixed moment."""
    seconds: float = LEASE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    token: int
    holder: str
    expires: int


@contextmanager
def lease_row(connect: Callable[[], Connection], terms: LeaseTerms, request: LockRequest) -> Iterator[None]:
    """Hold the row, renewing it from a thread of its own; raises LockedError."""
    with closing(connect()) as connection:
        claim = _Claim(connection, terms, request.note)
        request.wait(claim.attempt, claim.other, every=POLL_SECONDS)
        stop = threading.Event()
        beating = threading.Thread(target=_renew, args=(connection, claim.token, terms, stop), daemon=True)
        beating.start()
        try:
            yield
        finally:
            stop.set()
            beating.join()
            _give_back(connection, claim.token)


class _Claim:
    """Attempts to get the row."""

    def __init__(self, connection: Connection, terms: LeaseTerms, note: str) -> None:
        self._connection = connection
        self._terms = terms
        self._note = note
        self.token = 0

    def attempt(self) -> bool:
        """Take the row if nobody holds it."""
        token = _take(self._connection, _read(self._connection), self._terms, self._note)
        self.token = token or 0
        return token is not None

    def other(self) -> Holder | None:
        """Return who holds it."""
        row = _read(self._connection)
        return read_note(row.holder) if row else None


def _read(connection: Connection) -> _Row | None:
    rows = connection.query(_READ, {"name": _NAME})
    return _Row(token=int(rows[0][0]), holder=rows[0][1], expires=int(rows[0][2])) if rows else None


def _take(connection: Connection, row: _Row | None, terms: LeaseTerms, note: str) -> int | None:
    now = terms.clock(connection)
    length = int(terms.seconds * 1000)
    facts = {"name": _NAME, "holder": note, "expires": now + length}
    if row is None:
        return _insert(connection, facts)
    # An end further away than a lease lasts was written under another clock, so it says nothing.
    if now < row.expires <= now + length:
        return None
    facts |= {"token": row.token + 1, "seen": row.token, "until": row.expires}
    taken = connection.change(
        "UPDATE sealift_lock SET token = :token, holder = :holder, expires = :expires "
        "WHERE name = :name AND token = :seen AND expires = :until",
        facts,
    )
    return row.token + 1 if taken == 1 else None


def _insert(connection: Connection, facts: dict[str, object]) -> int | None:
    try:
        connection.change(
            "INSERT INTO sealift_lock (name, token, holder, expires) VALUES (:name, 1, :holder, :expires)", facts
        )
    except StoreError:
        if _read(connection) is None:
            raise
        return None  # somebody else made the row first
    return 1


def _renew(connection: Connection, token: int, terms: LeaseTerms, stop: threading.Event) -> None:
    while not stop.wait(terms.seconds / _BEATS_A_LEASE):
        # A missed beat is tried again; a lease that was lost meanwhile is noticed by the next transaction's token.
        with suppress(StoreError):
            expires = terms.clock(connection) + int(terms.seconds * 1000)
            sql = "UPDATE sealift_lock SET expires = :expires WHERE name = :name AND token = :token"
            connection.change(sql, {"expires": expires, "name": _NAME, "token": token})


def _give_back(connection: Connection, token: int) -> None:
    with suppress(StoreError):
        sql = "UPDATE sealift_lock SET expires = 0 WHERE name = :name AND token = :token"
        connection.change(sql, {"name": _NAME, "token": token})
