"""JSON Schemas of packs that cannot be used. Codes PACK-04x."""

from typing import ClassVar

from sealift.errors.pack import PackError


class SchemaError(PackError):
    """A JSON Schema of a pack cannot be used."""

    file: str
    pointer: str = ""
    """JSON pointer (RFC 6901) into the file."""

    @property
    def place(self) -> str:
        """File and pointer, ``schemas/a.json#/properties/x``."""
        return f"{self.file}#{self.pointer}" if self.pointer else self.file


class SchemaMissingError(SchemaError):
    """The pack names a schema file that it does not contain.

    Add the file to the pack's ``schemas/`` folder, or correct its name in the migration or in ``pack.toml``.
    """

    code: ClassVar[str] = "PACK-040"

    def message(self) -> str:
        """Name the file."""
        return f"{self.file}: no such file in the pack"

    def hint(self) -> str:
        """Say what to add."""
        return "add the file to the pack, or correct its name in the migration or in pack.toml"


class SchemaSyntaxError(SchemaError):
    """A schema file is not strict JSON.

    It must be UTF-8, one JSON object or boolean, without duplicate keys, NaN or comments, and at most 1 MiB.
    """

    code: ClassVar[str] = "PACK-041"
    problem: str

    def message(self) -> str:
        """Say what is wrong."""
        return f"{self.file}: not a JSON Schema: {self.problem}"

    def hint(self) -> str:
        """Say what is expected."""
        return "write one JSON object in UTF-8, each key once"


class SchemaInvalidError(SchemaError):
    """A schema breaks the rules of its draft: it does not satisfy the meta-schema.

    Correct the keyword that is named. Without ``$schema`` the draft is 2020-12.
    """

    code: ClassVar[str] = "PACK-042"
    problem: str

    def message(self) -> str:
        """Say what is wrong where."""
        return f"{self.place}: not a valid schema: {self.problem}"

    def hint(self) -> str:
        """Say where the rules are."""
        return "see the draft named by $schema; without it, https://json-schema.org/draft/2020-12"


class SchemaReferenceError(SchemaError):
    """A ``$ref`` leads to nothing.

    References are relative to the file they stand in, such as ``address.json#/$defs/street``, and stay in the pack.
    """

    code: ClassVar[str] = "PACK-043"
    reference: str

    def message(self) -> str:
        """Name the reference."""
        return f"{self.place}: the reference {self.reference!r} leads to nothing in the pack"

    def hint(self) -> str:
        """Say how references are read."""
        return "references are relative to the file they stand in: 'other.json#/$defs/name' or '#/$defs/name'"


class RemoteReferenceError(SchemaError):
    """A ``$ref`` leads out of the pack.

    Nothing is ever fetched: what is signed must be all there is. Copy the schema into the pack.
    """

    code: ClassVar[str] = "PACK-044"
    reference: str

    def message(self) -> str:
        """Name the reference."""
        return f"{self.place}: the reference {self.reference!r} leads out of the pack, and nothing is ever fetched"

    def hint(self) -> str:
        """Say what to do instead."""
        return "copy the schema into the pack's schemas/ folder and refer to the copy"


class SchemaPatternError(SchemaError):
    """A regular expression in a schema cannot be run in linear time, or is none.

    Patterns run in an engine without backtracking, so that no document can hang the host: look-around and
    back-references are not offered, and a pattern may not grow beyond about 10 MB when it is compiled.
    """

    code: ClassVar[str] = "PACK-045"
    pattern: str

    def message(self) -> str:
        """Name the pattern."""
        return f"{self.place}: the pattern {self.pattern!r} cannot be used"

    def hint(self) -> str:
        """Say what is not offered."""
        return "write it without look-around and back-references (allOf with two patterns often does)"


class SchemaCostError(SchemaError):
    """A schema would evaluate one place of a document too often.

    References that fan out at every level multiply: thirty levels of two are a billion evaluations. No document may
    hold the host up, so such schemas are refused before they run.
    """

    code: ClassVar[str] = "PACK-046"
    evaluations: str
    limit: int

    def message(self) -> str:
        """Say how many evaluations there could be."""
        return f"{self.place}: one value could be evaluated {self.evaluations} (at most {self.limit} times)"

    def hint(self) -> str:
        """Say what multiplies."""
        return (
            "do not refer to the same definition from several branches that all apply to one value, level after level"
        )


class SchemaDraftError(SchemaError):
    """A schema names a draft that sealift does not know.

    Known are draft-04, draft-06, draft-07, 2019-09 and 2020-12.
    """

    code: ClassVar[str] = "PACK-047"
    draft: str

    def message(self) -> str:
        """Name the draft."""
        return f"{self.place}: $schema is {self.draft!r}, which is no draft that can be checked"

    def hint(self) -> str:
        """Name the newest."""
        return "use https://json-schema.org/draft/2020-12/schema, or leave $schema out"
