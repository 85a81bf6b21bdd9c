"""A migration: the class an author writes, and what the manifest says of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

Document = dict[str, Any]


class Direction(StrEnum):
    """Which way a step leads."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


class Migration:
    """Base class of a pack's migrations: documents of one collection, from one data version to the next.

    A subclass names its ``version`` and ``collection`` and defines ``upgrade``; without ``downgrade`` the step is
    irreversible. Attributes must be literals: they are read without running the code. The class has no behaviour of
    its own, so that it can be tested with plain pytest.
    """

    version: ClassVar[str]
    """The data version that ``upgrade`` leads to (PEP 440)."""
    collection: ClassVar[str]
    """The logical name of the documents it changes."""
    schema: ClassVar[str | None] = None
    """Path, inside the pack, of the JSON Schema that documents satisfy after ``upgrade``."""
    depends_on: ClassVar[tuple[str, ...]] = ()
    """Requirements on other packs' data versions, such as ``acme.core>=2.0,<3`` (PEP 440 specifiers)."""
    atomic: ClassVar[bool] = False
    """Whether the whole step is one transaction instead of one a batch."""
    loses: ClassVar[tuple[str, ...]] = ()
    """Members that ``downgrade`` cannot give back."""

    def upgrade(self, document: Document) -> Document:
        """Return the document at ``version``; the argument may be changed and returned."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a migration may do to a collection; access is a subset of ``update``, ``create``, ``delete``."""

    collection: str
    access: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationInfo:
    """What the signed manifest says of one migration; planning needs nothing else."""

    version: str
    path: str
    class_name: str
    collection: str
    depends_on: tuple[str, ...] = ()
    schema: str | None = None
    reversible: bool = False
    atomic: bool = False
    grants: tuple[Grant, ...] = ()
