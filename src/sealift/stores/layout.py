"""Which table, key and document column a collection is: decided from a description of the table, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sealift.errors.store_documents import (
    CollectionMissingError,
    ColumnMissingError,
    ColumnTypeError,
    DocumentColumnError,
    KeyMissingError,
)
from sealift.ports import Binding
from sealift.stores.tables import PREFIX


class Kind(Enum):
    """What a column can be used for."""

    INTEGER = auto()
    TEXT = auto()
    JSON = auto()
    FLOAT = auto()
    BINARY = auto()
    OTHER = auto()
    """Anything that has a text form which the database reads back: UUID, date, exact number…"""


class Strictness(Enum):
    """Whether a column's declared type binds its values."""

    TYPED = auto()
    LOOSE = auto()
    """SQLite: any value may stand in any column, and documents are often declared TEXT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, as the database describes it."""

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table, as the database describes it."""

    name: str
    schema: str | None = None
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[frozenset[str], ...] = ()
    strictness: Strictness = Strictness.TYPED

    def column(self, name: str) -> Column | None:
        """Return the column of this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the documents of a collection are: ``document`` is ``None`` when the row is the document."""

    collection: str
    table: Table
    key: tuple[Column, ...]
    document: Column | None

    @property
    def members(self) -> tuple[Column, ...]:
        """The columns that a row's document shows, the key included."""
        return tuple(column for column in self.table.columns if not column.generated)

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that a row's document may change."""
        return tuple(column for column in self.members if column not in self.key)


def missing(collection: str, table: str, existing: Sequence[str]) -> CollectionMissingError:
    """Build the error for a table that is not there, with the nearest name."""
    import difflib

    similar = difflib.get_close_matches(table, existing, n=1)
    return CollectionMissingError(
        collection=collection, table=table, existing=tuple(existing), similar=similar[0] if similar else None
    )


def is_own(table: str) -> bool:
    """Say whether the table is one of sealift's own, which no collection may be bound to."""
    return table.lower().startswith(PREFIX)


def choose_layout(collection: str, table: Table, binding: Binding) -> Layout:
    """Bind by the rules of the contract (§5); raises CollectionError leaves.

    The key: as bound, else the primary key. The document: as bound, else the one JSON column, else (SQLite) the one
    other column if it is text, else the row itself.
    """
    key = _key(collection, table, binding)
    document = _document(collection, table, key, binding)
    layout = Layout(collection=collection, table=table, key=key, document=document)
    if document is None:
        _check_members(layout)
    return layout


def _key(collection: str, table: Table, binding: Binding) -> tuple[Column, ...]:
    names = binding.key or table.primary_key
    if not names:
        raise KeyMissingError(collection=collection, table=table.name, reason="it has no primary key")
    key = tuple(_existing(collection, table, name) for name in names)
    if set(names) != set(table.primary_key) and frozenset(names) not in table.unique:
        reason = f"the columns {', '.join(names)} are not unique together"
        raise KeyMissingError(collection=collection, table=table.name, reason=reason)
    for column in key:
        if column.kind in {Kind.BINARY, Kind.FLOAT, Kind.JSON}:
            raise _unfit(collection, table, column, "a key is a number without fraction or a text")
    return key


def _document(collection: str, table: Table, key: tuple[Column, ...], binding: Binding) -> Column | None:
    if binding.document is not None:
        return _bound_document(collection, table, key, binding.document)
    others = [column for column in table.columns if column not in key]
    documents = [column for column in others if column.kind is Kind.JSON]
    if len(documents) > 1:
        names = tuple(column.name for column in documents)
        raise DocumentColumnError(
            collection=collection, table=table.name, columns=names, reason="it has several JSON columns"
        )
    if documents:
        return documents[0]
    only_text = len(others) == 1 and others[0].kind is Kind.TEXT
    return others[0] if only_text and table.strictness is Strictness.LOOSE else None


def _bound_document(collection: str, table: Table, key: tuple[Column, ...], name: str) -> Column:
    column = _existing(collection, table, name)
    loose = {Kind.BINARY, Kind.OTHER} if table.strictness is Strictness.LOOSE else set()
    if column in key or column.generated or column.kind not in {Kind.JSON, Kind.TEXT, *loose}:
        reason = "the document column is part of the key, generated, or of a type that holds no JSON text"
        raise DocumentColumnError(
            collection=collection, table=table.name, columns=(f"{name} {column.type}",), reason=reason
        )
    return column


def _check_members(layout: Layout) -> None:
    for column in layout.members:
        if column.kind is Kind.BINARY:
            reason = "a binary value cannot be a member of a document"
            raise _unfit(layout.collection, layout.table, column, reason)


def _existing(collection: str, table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        names = tuple(column.name for column in table.columns)
        raise ColumnMissingError(collection=collection, table=table.name, column=name, existing=names)
    return column


def _unfit(collection: str, table: Table, column: Column, reason: str) -> ColumnTypeError:
    return ColumnTypeError(
        collection=collection, table=table.name, column=column.name, type=column.type or "none", reason=reason
    )
