"""Findings of ``sealift lint`` about names that do not survive writing, normalising and reading: exit status 1."""

from typing import ClassVar

from sealift.errors.pack import PackFinding, Severity


class NotComposedFinding(PackFinding):
    r"""A name of a member is not in its normal form (Unicode NFC).

    Two names can look alike and be different: ``é`` is one character, or an ``e`` followed by an accent. Editors, file
    systems and version control turn the second into the first, and the member is not found any more. Where stores
    really hold the second, write it with escapes (``e\u0301``), so that it can be seen and nothing turns it.
    """

    code: ClassVar[str] = "PACK-026"
    what: str
    name: str
    """As it is written, with escapes for all but ASCII."""
    normal: str

    def message(self) -> str:
        return f"{self.what} {self.name} is not in its normal form (Unicode NFC), so that it is another name once saved"

    def hint(self) -> str:
        return f"write {self.normal!r}; if documents really have it the other way, write the escapes: {self.name}"


class TwinNamesFinding(PackFinding):
    """Two members of one object differ only by case, or by how an accent is written.

    They are two members, but people, other programs and some databases take them for one. Rename one of them.
    """

    code: ClassVar[str] = "PACK-027"
    severity: ClassVar[Severity] = Severity.WARNING
    name: str
    other: str
    line_of_other: int

    def message(self) -> str:
        return f"the members {self.other} (line {self.line_of_other}) and {self.name} of one object are easily confused"

    def hint(self) -> str:
        return "rename one of them, so that they differ by more than case or the writing of an accent"


class TwinCollectionsFinding(PackFinding):
    """Two collections of a pack differ only by case.

    Each has a table of its name unless the operator binds it to another one, and SQLite knows no difference between
    ``Customers`` and ``customers``: the migrations of both would change the same documents.
    """

    code: ClassVar[str] = "PACK-028"
    name: str
    other: str

    def message(self) -> str:
        return f"the collections {self.other!r} and {self.name!r} are one table where names are compared without case"

    def hint(self) -> str:
        return f"give {self.name!r} a name of its own"


class OverwrittenMemberFinding(PackFinding):
    """An upgrade gives a member the name of another one that documents may have already.

    The schema before the migration names both, so that the second one's value is lost where a document has it. Move it
    elsewhere first, use a new name, or name it in ``loses`` if it is meant to go.
    """

    code: ClassVar[str] = "PACK-029"
    class_name: str
    member: str
    source: str
    schema: str

    def message(self) -> str:
        return (
            f"{self.class_name}.upgrade moves {self.source!r} to {self.member!r}, which {self.schema} names already: "
            "its value would be overwritten"
        )

    def hint(self) -> str:
        return f"use another name, keep document[{self.member!r}] first, or add loses = ({self.member!r},) to the class"


class DistributionNameFinding(PackFinding):
    """The distribution's name is not in its normal form (PEP 503).

    Package indexes, wheels, hash lines and the signature write the normal form: lower case, with ``-`` for ``_``, ``.``
    and runs of them. Writing another one in ``pyproject.toml`` only hides what operators will see.
    """

    code: ClassVar[str] = "PACK-039"
    severity: ClassVar[Severity] = Severity.WARNING
    name: str
    normal: str

    def message(self) -> str:
        return f"the distribution is called {self.name!r}, which is {self.normal!r} in its normal form (PEP 503)"

    def hint(self) -> str:
        return f'write name = "{self.normal}"'
