"""History, progress, quarantine and archive: the SQL is written once, for every database.

Nothing here begins or commits: that is the store's business, so that a fact is committed with its documents.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from sealift.errors.store import OwnTablesError
from sealift.model.batch import Checkpoint, DocumentError, KeyRange
from sealift.model.history import GENESIS, HistoryEntry
from sealift.model.migration import Direction
from sealift.ports import QuarantinedDocument
from sealift.stores.connection import Connection
from sealift.stores.many_entries import read_many
from sealift.stores.ranges import read_checkpoint, read_range

Value = TypeVar("Value")


class Bookkeeping:
    """sealift's own tables, which exist, seen through one connection. ``url`` is for messages."""

    __slots__ = ("_connection", "_url")

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self._url = url

    def entries(self) -> Sequence[HistoryEntry]:
        """Return the history, oldest first; raises OwnTablesError for an entry that cannot be read."""
        rows = self._connection.query("SELECT entry_no, entry FROM sealift_history ORDER BY entry_no")
        many = read_many([text for _, text in rows])
        return [self._entry(number, text) for number, text in rows] if many is None else many

    def append(self, entry: HistoryEntry) -> HistoryEntry:
        """Seal the entry to the newest one and store it; the head is also kept apart, so that cutting it off shows."""
        rows = self._connection.query(
            "SELECT entry_no, entry FROM sealift_history WHERE entry_no = (SELECT MAX(entry_no) FROM sealift_history)"
        )
        last = self._entry(*rows[0]) if rows else None
        sealed = entry.sealed(last.number + 1 if last else 1, last.hash if last else GENESIS)
        self._connection.change(
            "INSERT INTO sealift_history (entry_no, entry) VALUES (:number, :entry)",
            {"number": sealed.number, "entry": json.dumps(sealed.to_dict(), separators=(",", ":"))},
        )
        self._set("head", f"{sealed.number} {sealed.hash}")
        return sealed

    def head(self) -> tuple[int, str]:
        """Return number and hash of the entry that was appended last (0 and GENESIS before the first)."""
        number, _, digest = self._get("head").partition(" ")
        return (int(number), digest) if number else (0, GENESIS)

    def progress(self, run: str) -> Checkpoint:
        """Return how far the run came."""
        if ranges := self.ranges(run):
            return Checkpoint.total(part.progress for part in ranges)
        rows = self._connection.query("SELECT progress FROM sealift_progress WHERE run_id = :run", {"run": run})
        return self._read("sealift_progress", run, rows[0][0], read_checkpoint) if rows else Checkpoint()

    def ranges(self, run: str) -> Sequence[KeyRange]:
        """Return the ranges the run is cut into, in key order."""
        rows = self._connection.query(
            "SELECT range_no, state, facts FROM sealift_range WHERE run_id = :run ORDER BY range_no", {"run": run}
        )
        return [
            self._read("sealift_range", f"{run} {number}", facts, partial(read_range, number, state))
            for number, state, facts in rows
        ]

    def checkpoint(self, run: str, checkpoint: Checkpoint) -> None:
        """Replace the run's row."""
        facts = {"run": run, "progress": json.dumps(asdict(checkpoint), separators=(",", ":"))}
        if not self._connection.change("UPDATE sealift_progress SET progress = :progress WHERE run_id = :run", facts):
            self._connection.change("INSERT INTO sealift_progress (run_id, progress) VALUES (:run, :progress)", facts)

    def quarantined(self) -> Sequence[QuarantinedDocument]:
        """Return what was set aside, oldest first."""
        rows = self._connection.query(
            "SELECT document_no, facts, document FROM sealift_quarantine ORDER BY document_no"
        )
        return [
            self._read("sealift_quarantine", str(number), facts, partial(_aside, number, document))
            for number, facts, document in rows
        ]

    def set_aside(self, document: QuarantinedDocument) -> None:
        """Store the document under the next number; numbers are never used twice."""
        # Written over itself first: that locks it, and writers side by side take turns.
        self._connection.change("UPDATE sealift_meta SET content = content WHERE name = 'quarantined'")
        number = int(self._get("quarantined")) + 1
        self._set("quarantined", str(number))
        facts = asdict(document)
        del facts["document"], facts["number"]
        self._connection.change(
            "INSERT INTO sealift_quarantine (document_no, facts, document) VALUES (:number, :facts, :document)",
            {"number": number, "facts": json.dumps(facts), "document": document.document},
        )

    def release(self, numbers: Sequence[int]) -> None:
        """Remove documents from the quarantine; numbers that are not there are passed over."""
        for number in numbers:
            self._connection.change("DELETE FROM sealift_quarantine WHERE document_no = :number", {"number": number})

    def archive(self, digest: str, pack: str, envelope: bytes, files: Mapping[str, bytes]) -> None:
        """Keep the bytes, once per digest."""
        if self._connection.query("SELECT digest FROM sealift_archive WHERE digest = :digest", {"digest": digest}):
            return
        self._connection.change(
            "INSERT INTO sealift_archive (digest, pack, archive_no, envelope) "
            "SELECT :digest, :pack, COALESCE(MAX(archive_no), 0) + 1, :envelope FROM sealift_archive",
            {"digest": digest, "pack": pack, "envelope": envelope},
        )
        for path, content in files.items():
            self._connection.change(
                "INSERT INTO sealift_archive_file (digest, path, content) VALUES (:digest, :path, :content)",
                {"digest": digest, "path": path, "content": content},
            )

    def archived(self, digest: str) -> tuple[bytes, Mapping[str, bytes]] | None:
        """Return envelope and files of the digest."""
        facts = {"digest": digest}
        packs = self._connection.query("SELECT envelope FROM sealift_archive WHERE digest = :digest", facts)
        if not packs:
            return None
        files = self._connection.query(
            "SELECT path, content FROM sealift_archive_file WHERE digest = :digest ORDER BY path", facts
        )
        return bytes(packs[0][0]), {path: bytes(content) for path, content in files}

    def archived_digests(self) -> Mapping[str, str]:
        """Return the pack of every digest, newest last."""
        rows = self._connection.query("SELECT digest, pack FROM sealift_archive ORDER BY archive_no")
        return dict(rows)

    def _entry(self, number: int, text: str) -> HistoryEntry:
        return self._read("sealift_history", str(number), text, HistoryEntry.from_dict)

    def _read(self, table: str, row: str, text: str, build: Callable[[Any], Value]) -> Value:
        try:
            return build(json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            raise OwnTablesError(url=self._url, table=table, row=row, reason=str(error)) from error

    def _get(self, name: str) -> str:
        rows = self._connection.query("SELECT content FROM sealift_meta WHERE name = :name", {"name": name})
        if not rows:
            raise OwnTablesError(url=self._url, table="sealift_meta", row=name, reason="the row is missing")
        return str(rows[0][0])

    def _set(self, name: str, content: str) -> None:
        self._connection.change(
            "UPDATE sealift_meta SET content = :content WHERE name = :name", {"name": name, "content": content}
        )


def _aside(number: int, document: bytes, facts: Mapping[str, Any]) -> QuarantinedDocument:
    known = {
        **facts,
        "key": tuple(facts["key"]),
        "direction": Direction(facts["direction"]),
        "error": DocumentError(**facts["error"]),
    }
    return QuarantinedDocument(**known, number=number, document=bytes(document))
