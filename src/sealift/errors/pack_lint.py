"""Findings of ``sealift lint`` that look at several files at once: exit status 1."""

from typing import ClassVar

from sealift.errors.pack import PackError, PackFinding, Severity


class LateVersionFinding(PackFinding):
    """A migration comes before one that was signed already.

    The envelope in the pack folder names what was released. A store that is past a version never goes back to run a
    migration that was put in below it. Give the new migration a version above the newest released one.
    """

    code: ClassVar[str] = "PACK-032"
    class_name: str
    version: str
    newest: str

    def message(self) -> str:
        return f"{self.class_name} leads to {self.version}, which is below {self.newest}, and that was signed already"

    def hint(self) -> str:
        return f"give it a version above {self.newest}"


class WithdrawnVersionFinding(PackFinding):
    """A migration that was signed is no longer there.

    The envelope in the pack folder names what was released. Stores may be at that version, and could not be taken any
    further. Keep the migration; what it did is undone by one with a higher version.
    """

    code: ClassVar[str] = "PACK-033"
    version: str

    def message(self) -> str:
        return f"version {self.version} was signed and is no longer there; stores may be at it"

    def hint(self) -> str:
        return "bring the migration back, and undo what it did in one with a higher version"


class SchemaEmptyFinding(PackFinding):
    """No document can satisfy a schema.

    Every upgrade that ends with it would fail for every document. Only contradictions that are certain are reported,
    such as a required member that is not allowed, or a minimum above its maximum.
    """

    code: ClassVar[str] = "PACK-034"
    problem: str

    def message(self) -> str:
        return f"no document satisfies this schema: {self.problem}"

    def hint(self) -> str:
        return "mend the contradiction that is named"


class AbsentMemberFinding(PackFinding):
    """A migration reads a member that the schema before it does not allow.

    The schema closes the object and has no such member, so that reading it raises KeyError for every document. What
    stands in a ``try``, or is only read when it is there, is not reported.
    """

    code: ClassVar[str] = "PACK-035"
    class_name: str
    method: str
    member: str
    schema: str
    near: str | None

    def message(self) -> str:
        return f"{self.class_name}.{self.method} reads {self.member!r}, which {self.schema} does not allow"

    def hint(self) -> str:
        return f"did you mean {self.near!r}?" if self.near else "read a member that the schema has, or mend the schema"


class UnnamedMemberFinding(PackFinding):
    """A migration reads a member that the schema before it does not name.

    The schema is open, so that a document may have the member; but nothing says that it does, and reading it then
    raises KeyError. Name it in the schema, or read it with ``get``.
    """

    code: ClassVar[str] = "PACK-036"
    severity: ClassVar[Severity] = Severity.WARNING
    class_name: str
    method: str
    member: str
    schema: str
    near: str | None

    def message(self) -> str:
        return f"{self.class_name}.{self.method} reads {self.member!r}, which {self.schema} does not name"

    def hint(self) -> str:
        if self.near:
            return f"did you mean {self.near!r}?"
        return f"name it in the schema, or use document.get({self.member!r})"


class WheelMissesFinding(PackFinding):
    """A file of the pack would not be in the wheel.

    What is signed and not there is refused when the wheel is verified. The wheel has to carry the pack folder whole:
    with hatchling by ``packages``, with setuptools by ``package-data``.
    """

    code: ClassVar[str] = "PACK-037"
    paths: tuple[str, ...]
    """The files, inside the pack; the first of them."""
    setting: str
    instead: str

    def message(self) -> str:
        return f"the wheel would not carry {', '.join(self.paths)} ({self.setting})"

    def hint(self) -> str:
        return f"write {self.instead}"


class UnsignedReleaseError(PackError):
    """A release wheel was about to be built from a pack that is not signed as it is.

    The hatch build hook refuses it, because an operator would refuse the wheel. Sign after the last change and before
    the build. ``SEALIFT_ALLOW_UNSIGNED_BUILD=1`` lets a wheel for tests be built all the same.
    """

    code: ClassVar[str] = "PACK-038"
    directory: str
    problem: str

    def message(self) -> str:
        return f"{self.directory}: no release wheel is built: {self.problem}"

    def hint(self) -> str:
        return "run `sealift sign . --key FILE` after the last change and before the build"
