"""Collections and documents: what cannot be bound, read or taken."""

from collections.abc import Sequence
from typing import ClassVar

from sealift.errors.base import ExitStatus
from sealift.errors.store import StoreError

# Binding of collections: exit status 2.


class CollectionError(StoreError):
    """A collection cannot be bound to a table."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE
    collection: str
    table: str


class CollectionMissingError(CollectionError):
    """There is no table for the collection.

    Cause: the table has another name than the collection, lies in another schema, or does not exist.
    Remedy: bind the collection in the settings: ``[tool.sealift.collections.NAME]`` with ``table = "…"``.
    """

    code: ClassVar[str] = "STORE-020"
    existing: Sequence[str]
    similar: str | None = None

    def message(self) -> str:
        """Name what there is."""
        there = ", ".join(self.existing) or "no tables at all"
        return f"collection {self.collection}: the store has no table {self.table} (got {there})"

    def hint(self) -> str:
        """Suggest the nearest name, and say how to bind."""
        meant = f"did you mean {self.similar}? " if self.similar else ""
        return f'{meant}bind it with [tool.sealift.collections.{self.collection}] table = "NAME" in sealift.toml'


class KeyMissingError(CollectionError):
    """The table has no primary key that pages could follow.

    Cause: without a unique key a run could neither resume nor write a document back to its own row.
    Remedy: give the table a primary key, or bind columns that have a unique index: ``key = "column"``.
    """

    code: ClassVar[str] = "STORE-021"
    reason: str

    def message(self) -> str:
        """Say what was looked for."""
        return f"collection {self.collection}: table {self.table} has no usable key ({self.reason})"

    def hint(self) -> str:
        """Say how to bind a key."""
        return f'add a primary key, or bind unique columns: [tool.sealift.collections.{self.collection}] key = "COLUMN"'


class ColumnMissingError(CollectionError):
    """The binding names a column that the table does not have.

    Cause: a typing error in ``key`` or ``document``, or the table was changed.
    Remedy: correct the binding.
    """

    code: ClassVar[str] = "STORE-022"
    column: str
    existing: Sequence[str]

    def message(self) -> str:
        """Name the columns there are."""
        there = ", ".join(self.existing)
        return f"collection {self.collection}: table {self.table} has no column {self.column} (got {there})"

    def hint(self) -> str:
        """Say where the name stands."""
        return f"correct key or document in [tool.sealift.collections.{self.collection}]"


class DocumentColumnError(CollectionError):
    """It is not clear which column holds the documents, or that column cannot hold any.

    Cause: several JSON columns, or a ``document`` binding to a column that is neither JSON nor text.
    Remedy: bind the right one: ``document = "column"``.
    """

    code: ClassVar[str] = "STORE-023"
    columns: Sequence[str]
    reason: str

    def message(self) -> str:
        """Name the candidates."""
        there = ", ".join(self.columns)
        return f"collection {self.collection}: table {self.table}: {self.reason} (got {there})"

    def hint(self) -> str:
        """Say how to bind the document column."""
        return f'name it: [tool.sealift.collections.{self.collection}] document = "COLUMN"'


class ColumnTypeError(CollectionError):
    """A column has a type that cannot be a key or a member of a document.

    Cause: binary columns have no JSON form; floating-point and binary keys cannot be followed or kept exactly.
    Remedy: bind another key or a document column, or leave the table to a migration of its own.
    """

    code: ClassVar[str] = "STORE-024"
    column: str
    type: str
    reason: str

    def message(self) -> str:
        """Name the column and its type."""
        return f"collection {self.collection}: column {self.table}.{self.column} of type {self.type}: {self.reason}"

    def hint(self) -> str:
        """Say what can be bound instead."""
        return f"bind another key or document column in [tool.sealift.collections.{self.collection}]"


class CollectionExistsError(CollectionError):
    """A table that was to be made exists already.

    Cause: ``load`` found a table of this name that it cannot write documents to.
    Remedy: choose another collection, or bind its columns.
    """

    code: ClassVar[str] = "STORE-025"

    def message(self) -> str:
        """Name the table."""
        return f"collection {self.collection}: the table {self.table} exists already"

    def hint(self) -> str:
        """Say what to choose."""
        return "choose another name with --collection, or bind the existing table's key and document columns"


class CollationError(CollectionError):
    """The order of the table's text key cannot be relied on.

    Cause: the key's collation holds different texts for equal, or the server's operating system sorts otherwise than
    when the index was made (PostgreSQL warns of a collation version mismatch), so that pages could skip documents.
    Remedy: run ``REINDEX`` and ``ALTER DATABASE … REFRESH COLLATION VERSION``, or give the key ``COLLATE "C"``.
    """

    code: ClassVar[str] = "STORE-026"
    column: str
    collation: str
    reason: str

    def message(self) -> str:
        """Name the column and its collation."""
        return (
            f"collection {self.collection}: key {self.table}.{self.column}: "
            f"collation {self.collation} cannot be followed ({self.reason})"
        )

    def hint(self) -> str:
        """Say how to mend the order."""
        return 'reindex and refresh the collation version, or declare the key COLLATE "C"'


# Documents: exit status 1.


class DuplicateKeyError(StoreError):
    """A document with this key exists already.

    Cause: two input lines have the same key, or the collection has such a document from before.
    Remedy: remove the line or the document, or choose another member for the key.
    """

    code: ClassVar[str] = "STORE-030"
    collection: str
    key: str

    def message(self) -> str:
        """Name the key."""
        return f"collection {self.collection}: there is a document with the key {self.key} already"

    def hint(self) -> str:
        """Say what to change."""
        return "remove one of the two, or choose the member that is unique with --key"


class DocumentRefusedError(StoreError):
    """The table cannot take the document.

    Cause: the row is the document, and a member has no column, does not fit its column, or would change the key; or
    a constraint or trigger of the table refuses the text. Nothing of the batch was written.
    Remedy: change the migration so that its result fits the table, or bind a document column.
    """

    code: ClassVar[str] = "STORE-031"
    collection: str
    reason: str
    key: str | None = None
    """The document's key, if the store said which one it refused."""

    def message(self) -> str:
        """Name the document, if it is known, and the reason."""
        which = f"document {self.key}" if self.key is not None else "a document"
        return f"collection {self.collection}: {which} was refused ({self.reason})"

    def hint(self) -> str:
        """Say what has to fit."""
        return "make the migration's result fit the table's columns and constraints"


class UnreadableRowError(StoreError):
    """A row holds a value that is no key or no JSON.

    Cause: a binary, floating-point or undecodable value in a key column, or in a row that is read as a document.
    Remedy: correct the row, or bind other columns.
    """

    code: ClassVar[str] = "STORE-032"
    collection: str
    column: str
    reason: str

    def message(self) -> str:
        """Name the column."""
        return f"collection {self.collection}: column {self.column} holds a value that cannot be read ({self.reason})"

    def hint(self) -> str:
        """Say what to correct."""
        return f"correct the value, or bind other columns in [tool.sealift.collections.{self.collection}]"
