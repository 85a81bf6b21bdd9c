"""Documents in and out of a store as JSON Lines, streamed, with their text kept."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sealift.errors.transfer import BadKeyError, BrokenLineError, UnreadableFileError
from sealift.model.batch import Key, Scalar
from sealift.model.limits import MIB
from sealift.ports import Binding, Collection, Lease, Store

_KEY_MEMBERS = ("id", "_id")
_PAGE_ROWS = 1000
_PAGE_BYTES = 8 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """What a first reading of a file found."""

    documents: int
    integer_keys: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A JSON Lines file, read line by line; ``member`` names the key, else ``id``, ``_id``, else the line number."""

    path: Path
    member: str | None = None

    def survey(self) -> _Survey:
        """Read every line once: refuses the first broken one, so that a load is all or nothing."""
        documents, integer = 0, True
        for key, _ in self._lines():
            documents += 1
            integer = integer and isinstance(key, int)
        return _Survey(documents=documents, integer_keys=integer)

    def rows(self, *, integer_keys: bool) -> Iterator[tuple[Key, bytes]]:
        """Yield key and text of every document; keys are texts unless all of them are integers."""
        for key, text in self._lines():
            yield (key if integer_keys else str(key),), text

    def _lines(self) -> Iterator[tuple[Scalar, bytes]]:
        import msgspec

        decoder = msgspec.json.Decoder()
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    text = line.rstrip(b"\r\n")
                    if text.strip():
                        yield self._key(_object(self.path, number, text, decoder.decode), number), text
        except OSError as error:
            raise UnreadableFileError(file=str(self.path), reason=error.strerror or str(error)) from error

    def _key(self, document: dict[str, Any], number: int) -> Scalar:
        members = (self.member,) if self.member is not None else _KEY_MEMBERS
        for member in members:
            if member in document:
                value = document[member]
                if isinstance(value, bool) or not isinstance(value, int | str):
                    raise BadKeyError(file=str(self.path), line=number, member=member, found=repr(value)[:60])
                return value
        if self.member is not None:
            raise BadKeyError(file=str(self.path), line=number, member=self.member, found="missing")
        return number


def _object(path: Path, number: int, text: bytes, decode: Callable[[bytes], Any]) -> dict[str, Any]:
    try:
        document = decode(text)
    except ValueError as error:
        if not _is_number_out_of_range(error):
            raise BrokenLineError(file=str(path), line=number, reason=str(error)) from None
        import json

        document = json.loads(text)
    if not isinstance(document, dict):
        raise BrokenLineError(file=str(path), line=number, reason=f"the line holds a {type(document).__name__}")
    return document


def _is_number_out_of_range(error: ValueError) -> bool:
    """Say whether the text is JSON all the same: 1e400 is a number, only not a binary float."""
    return "out of range" in str(error)


def load(store: Store, lease: Lease, file: DocumentFile, *, collection: str, binding: Binding) -> int:
    """Insert every document of the file, in one transaction; makes the table if it is missing.

    Returns the number of documents. Raises BrokenLineError, BadKeyError or a StoreError; then nothing was loaded.
    """
    survey = file.survey()
    table = binding.table or collection
    if table in store.collections():
        bound = store.collection(collection, binding)
    else:
        bound = store.create_collection(collection, binding, integer_key=survey.integer_keys)
    with store.transaction(lease) as transaction:
        return transaction.insert(bound, file.rows(integer_keys=survey.integer_keys))


def dump(collection: Collection) -> Iterator[bytes]:
    """Yield every document as it is stored, one line each, in key order."""
    after: Key | None = None
    while True:
        page = collection.read(after=after, until=None, rows=_PAGE_ROWS, max_bytes=_PAGE_BYTES)
        if not page.keys:
            return
        after = page.keys[-1]
        for document in page.documents:
            yield _one_line(document) + b"\n"


def dump_to(path: Path, collection: Collection) -> int:
    """Write the dump to a file, which appears only when it is complete; return the number of documents."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            count = write_lines(file, dump(collection))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UnreadableFileError(file=str(path), reason=error.strerror or str(error)) from error
    return count


def write_lines(file: BinaryIO, lines: Iterator[bytes]) -> int:
    """Write the lines, return how many."""
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007 - the last number is the result
        file.write(line)
    return count


def _one_line(document: bytes) -> bytes:
    """Return the document on one line: a line break in JSON text is white space, never part of a value."""
    if b"\n" in document or b"\r" in document:
        return document.replace(b"\r", b" ").replace(b"\n", b" ")
    return document
