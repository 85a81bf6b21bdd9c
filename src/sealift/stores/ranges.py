"""The ranges that runs are cut into: leased by a row, so that runners of one run share the work.

A lease of a range is worth as much as the lease of the store under which it was given out (``term``): a later runner
of the store finds every range free, and what an earlier one still writes is refused by the fencing token.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sealift.errors.store import LeaseLostError
from sealift.model.batch import Checkpoint, Key, KeyRange, RangeState
from sealift.ports import Lease
from sealift.stores.connection import Connection

_FREE = (
    "SELECT range_no, state, facts FROM sealift_range "
    "WHERE run_id = :run AND state = 'open' AND term <> :term ORDER BY range_no LIMIT 1"
)


class Ranges:
    """The ranges of runs inside an open transaction, under one lease of the store."""

    __slots__ = ("_connection", "_lease", "_locking", "_url")

    def __init__(self, connection: Connection, url: str, *, locking: str, lease: Lease) -> None:
        self._connection = connection
        self._url = url
        self._locking = locking
        self._lease = lease

    def lay_out(self, run: str, ranges: Sequence[KeyRange]) -> None:
        """Store the ranges of a run that had none."""
        for part in ranges:
            self._connection.change(
                "INSERT INTO sealift_range (run_id, range_no, state, term, runner, facts) "
                "VALUES (:run, :number, :state, '', '', :facts)",
                {"run": run, "number": part.number, "state": part.state.value, "facts": _facts(part)},
            )

    def claim(self, run: str, runner: str) -> KeyRange | None:
        """Lease the first open range that is free; another one that is being leased at this moment is passed over."""
        term = str(self._lease.token)
        rows = self._connection.query(_FREE + self._locking, {"run": run, "term": term})
        if not rows:
            return None
        number, state, facts = rows[0]
        self._connection.change(
            "UPDATE sealift_range SET term = :term, runner = :runner WHERE run_id = :run AND range_no = :number",
            {"term": term, "runner": runner, "run": run, "number": number},
        )
        return read_range(number, state, json.loads(facts))

    def advance(self, run: str, part: KeyRange, runner: str) -> None:
        """Replace state and progress; raises LeaseLostError unless this runner has the range under this lease."""
        done = self._connection.change(
            "UPDATE sealift_range SET state = :state, facts = :facts "
            "WHERE run_id = :run AND range_no = :number AND term = :term AND runner = :runner",
            {
                "state": part.state.value,
                "facts": _facts(part),
                "run": run,
                "number": part.number,
                "term": str(self._lease.token),
                "runner": runner,
            },
        )
        if done != 1:
            raise LeaseLostError(url=self._url, token=self._lease.token)


def read_range(number: int, state: str, facts: Mapping[str, Any]) -> KeyRange:
    """Return the range of a row."""
    return KeyRange(
        number=number,
        lower=_key(facts["lower"]),
        upper=_key(facts["upper"]),
        state=RangeState(state),
        progress=read_checkpoint(facts["progress"]),
    )


def read_checkpoint(facts: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint of a row."""
    return Checkpoint(**{**facts, "after": _key(facts["after"])})


def _facts(part: KeyRange) -> str:
    facts = {"lower": part.lower, "upper": part.upper, "progress": asdict(part.progress)}
    return json.dumps(facts, separators=(",", ":"))


def _key(parts: Sequence[Any] | None) -> Key | None:
    return None if parts is None else tuple(parts)
