"""What the bookkeeping needs of a database connection: named parameters and nothing else."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

Row = tuple[Any, ...]
Parameters = Mapping[str, object]
NO_PARAMETERS: Parameters = MappingProxyType({})


class Connection(Protocol):
    """One database connection. Statements name their parameters ``:name``; driver errors become StoreError leaves."""

    def query(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        """Run a statement that returns rows; text comes back as ``str``, binary as ``bytes``."""
        ...

    def change(self, sql: str, parameters: Parameters = NO_PARAMETERS) -> int:
        """Run a statement that returns no rows; say how many rows it touched."""
        ...

    def begin(self) -> None:
        """Begin a transaction that may write."""
        ...

    def commit(self, collection: str | None = None) -> None:
        """Make it last; a constraint that is checked only now is a DocumentRefusedError of the collection."""
        ...

    def rollback(self) -> None:
        """Undo it; does nothing, and never fails, when none is open or the connection is gone."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
