"""The validators of one run: what a schema of a pack is checked with."""

from collections.abc import Mapping

from sealift.execution.incremental import MemberGate, Remembering, Seen, member_gate
from sealift.execution.typed_gate import compile_quickly
from sealift.execution.validation import strict_validator
from sealift.ports import Validator


class Validators:
    """Makes validators; what it makes may differ in what they cost, never in what they find.

    Each is used by one thread; what they remember in ``seen`` is shared by all.
    """

    def __init__(self, seen: Seen | None = None) -> None:
        """Check everything anew; or, with ``seen``, nothing twice."""
        self._seen = seen

    def of(self, files: Mapping[str, bytes], schema: str | None) -> Validator:
        """Return the validator for a schema of a pack; without one, documents must still be strict JSON objects.

        Raises the leaves of SchemaError (exit status 1).
        """
        return strict_validator() if schema is None else compile_quickly(files, schema, seen=self._seen)

    def of_changes(
        self, files: Mapping[str, bytes], before: str | None, after: str | None, full: Validator
    ) -> MemberGate | None:
        """Return what checks only the changed members of documents that were valid before.

        ``full`` is what ``of`` returned for ``after``. ``None`` where that is faster, as a type made from the schema
        is, and where an unchanged member could become wrong.
        """
        if before is None or after is None or not isinstance(full, Remembering):
            return None
        return member_gate(files, before, after, full=full)
