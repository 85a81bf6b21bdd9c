"""Findings in the migrations of a pack project: exit status 1."""

from typing import ClassVar

from sealift.errors.pack import PackFinding, Severity


class SourceInvalidFinding(PackFinding):
    """A migration is not valid Python source.

    Sources are UTF-8 text that the running Python can parse.
    """

    code: ClassVar[str] = "PACK-010"
    problem: str

    def message(self) -> str:
        """Say what the parser says."""
        return f"not valid Python: {self.problem}"

    def hint(self) -> str:
        """Say what is read."""
        return "correct the line; sources are read as UTF-8"


class NotLiteralFinding(PackFinding):
    """A class attribute of a migration is computed.

    ``version``, ``collection``, ``schema``, ``depends_on``, ``atomic`` and ``loses`` are read without running the
    code, so each must be a literal, and stand once, in the body of the class.
    """

    code: ClassVar[str] = "PACK-011"
    class_name: str
    attribute: str
    problem: str

    def message(self) -> str:
        """Name class and attribute."""
        return f"{self.class_name}.{self.attribute}: {self.problem}"

    def hint(self) -> str:
        """Say what to write."""
        return f"write the value of {self.attribute} itself, once, as a literal"


class AttributeMissingFinding(PackFinding):
    """A migration lacks an attribute that it must have.

    Every migration names the data ``version`` it leads to and the ``collection`` whose documents it changes.
    """

    code: ClassVar[str] = "PACK-012"
    class_name: str
    attribute: str

    def message(self) -> str:
        """Name class and attribute."""
        return f"{self.class_name} has no {self.attribute}"

    def hint(self) -> str:
        """Say what to write."""
        example = {"version": '"1.1.0"', "collection": '"customers"'}.get(self.attribute, "..")
        return f"add {self.attribute} = {example} to the class"


class AttributeInvalidFinding(PackFinding):
    """A class attribute of a migration is of the wrong kind.

    ``version`` is a PEP 440 version in its normal form, ``collection`` and ``schema`` are texts, ``depends_on`` is a
    tuple of requirements such as ``acme.core>=2.0,<3``, ``atomic`` is ``True`` or ``False``, ``loses`` a tuple of
    member names.
    """

    code: ClassVar[str] = "PACK-013"
    class_name: str
    attribute: str
    got: str
    expected: str

    def message(self) -> str:
        """Say what it is and what it must be."""
        return f"{self.class_name}.{self.attribute}: got {self.got} (expected {self.expected})"

    def hint(self) -> str:
        """Say what to write."""
        return f"write {self.expected}"


class DuplicateVersionFinding(PackFinding):
    """Two migrations of the pack lead to one version.

    The order within a pack is the order of versions, so every migration needs its own.
    """

    code: ClassVar[str] = "PACK-014"
    class_name: str
    version: str
    other: str
    """Where the first one stands."""

    def message(self) -> str:
        """Name both."""
        return f"{self.class_name} leads to {self.version}, and so does {self.other}"

    def hint(self) -> str:
        """Say what to do."""
        return "give one of them another version"


class UnknownCollectionFinding(PackFinding):
    """A migration changes a collection that ``pack.toml`` does not name.

    Every collection has its table ``[collections.NAME]``, if only an empty one.
    """

    code: ClassVar[str] = "PACK-015"
    class_name: str
    collection: str
    near: str | None

    def message(self) -> str:
        """Name class and collection."""
        return f"{self.class_name}: pack.toml has no collection {self.collection!r}"

    def hint(self) -> str:
        """Say which one was meant."""
        return f"did you mean {self.near!r}?" if self.near else f"add [collections.{self.collection}] to pack.toml"


class VersionUnreachableFinding(PackFinding):
    """A migration's version does not come after the base.

    The pack begins at ``base``; a version that is not higher would never be reached.
    """

    code: ClassVar[str] = "PACK-018"
    class_name: str
    version: str
    base: str

    def message(self) -> str:
        """Give both versions."""
        return f"{self.class_name} leads to {self.version}, which is not above base {self.base}"

    def hint(self) -> str:
        """Say what to do."""
        return "give it a higher version, or lower base in pack.toml"


class NoUpgradeFinding(PackFinding):
    """A migration does not define ``upgrade``.

    A migration is a class with a method ``upgrade(self, document)`` that returns the document.
    """

    code: ClassVar[str] = "PACK-019"
    class_name: str

    def message(self) -> str:
        """Name the class."""
        return f"{self.class_name} does not define upgrade"

    def hint(self) -> str:
        """Say what to write."""
        return "add def upgrade(self, document): ... return document"


class MisspeltNameFinding(PackFinding):
    """A name in a migration looks like one that sealift would read, but is none.

    Constants and helper methods may have any name; this one is close enough to an attribute or a hook to be a slip.
    """

    code: ClassVar[str] = "PACK-020"
    severity: ClassVar[Severity] = Severity.WARNING
    class_name: str
    name: str
    near: str

    def message(self) -> str:
        """Name both."""
        return f"{self.class_name}.{self.name} is not read by sealift"

    def hint(self) -> str:
        """Say which one was meant."""
        return f"did you mean {self.near!r}?"


class IrreversibleFinding(PackFinding):
    """A migration has no ``downgrade``.

    It can still be released: plans show that it cannot be taken back.
    """

    code: ClassVar[str] = "PACK-024"
    severity: ClassVar[Severity] = Severity.WARNING
    class_name: str

    def message(self) -> str:
        """Name the class."""
        return f"{self.class_name} cannot be taken back: it does not define downgrade"

    def hint(self) -> str:
        """Say what to write."""
        return "add def downgrade(self, document), and name what it cannot give back in loses = (..,)"


class NoMigrationFinding(PackFinding):
    """A file below ``migrations/`` holds no migration that is found.

    A migration is a class at the top level of the file that derives from ``sealift.Migration``, directly or through a
    class of the same file.
    """

    code: ClassVar[str] = "PACK-025"
    severity: ClassVar[Severity] = Severity.WARNING
    problem: str

    def message(self) -> str:
        """Say what was found instead."""
        return self.problem

    def hint(self) -> str:
        """Say what to write."""
        return "write 'from sealift import Migration' and class Name(Migration): at the top level of the file"
