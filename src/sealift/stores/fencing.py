"""The fencing token: the one number that says who may write.

A lease's token is checked inside every transaction. Its upper bits count the leases given out, its lower bits are
random, so that two runners never hold equal tokens even when a backup set the counter back.
"""

import secrets

from sealift.errors.store import LeaseLostError
from sealift.ports import Lease
from sealift.stores.connection import Connection

_RANDOM_BITS = 32
_READ = "SELECT content FROM sealift_meta WHERE name = 'token'"


def next_lease(connection: Connection) -> Lease:
    """Give out the next lease, inside the caller's transaction; every earlier one is no longer valid."""
    current = int(connection.query(_READ)[0][0])
    token = ((current >> _RANDOM_BITS) + 1 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    connection.change("UPDATE sealift_meta SET content = :token WHERE name = 'token'", {"token": str(token)})
    return Lease(token=token)


def check_lease(connection: Connection, lease: Lease, url: str, *, locking: str) -> None:
    """Raise LeaseLostError unless the lease is the newest.

    ``locking`` is the clause that keeps the token as it is until the transaction ends, where the database needs one.
    """
    rows = connection.query(_READ + locking)
    if not rows or rows[0][0] != str(lease.token):
        raise LeaseLostError(url=url, token=lease.token)


def hold_lease(connection: Connection, lease: Lease, url: str) -> None:
    """Do the same by writing the token over itself: for databases without a known locking clause."""
    sql = "UPDATE sealift_meta SET content = :token WHERE name = 'token' AND content = :token"
    connection.change(sql, {"token": str(lease.token)})
    check_lease(connection, lease, url, locking="")
