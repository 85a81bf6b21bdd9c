"""Room on the file system that a store lies on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a store can still grow, in bytes."""

    place: str
    """The directory whose file system it is."""
    free: int
    """Left for this user."""
    size: int
    """Of the database, without its journal."""
    spare: int
    """Within the database: pages that hold nothing."""
    journal: int
    """Of the journal as it is; it is written over."""
    turnover: int | None
    """How large the journal may be before it is begun anew. ``None``: it keeps the old pages of one transaction."""
