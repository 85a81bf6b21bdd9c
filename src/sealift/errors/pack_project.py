"""Findings in pack.toml, pyproject.toml and the files of a pack: exit status 1."""

from typing import ClassVar

from sealift.errors.pack import PackFinding


class TomlInvalidFinding(PackFinding):
    """A TOML file cannot be read.

    ``pack.toml`` and ``pyproject.toml`` are UTF-8 text in TOML 1.0. The line is where reading stopped.
    """

    code: ClassVar[str] = "PACK-002"
    problem: str

    def message(self) -> str:
        """Say what the reader says."""
        return f"not valid TOML: {self.problem}"

    def hint(self) -> str:
        """Say what TOML is."""
        return "write TOML 1.0 in UTF-8 (https://toml.io)"


class UnknownKeyFinding(PackFinding):
    """``pack.toml`` has a key that sealift does not know.

    A misspelt key would be lost silently, so every unknown one is refused.
    """

    code: ClassVar[str] = "PACK-003"
    key: str
    near: str | None
    """The known key that looks most like it."""
    known: tuple[str, ...]

    def message(self) -> str:
        """Name the key and those that exist."""
        return f"unknown key {self.key!r} (expected one of {', '.join(self.known)})"

    def hint(self) -> str:
        """Say which one was meant."""
        return f"did you mean {self.near!r}?" if self.near else "remove it"


class ValueInvalidFinding(PackFinding):
    """A value in ``pack.toml`` is missing or of another kind than it must be.

    ``name`` is the pack's name, ``base`` the PEP 440 version of the data before the first migration, ``requires`` a
    list of requirements such as ``acme.core>=2.0,<3``, and each ``[collections.NAME]`` has at most a ``schema``.
    """

    code: ClassVar[str] = "PACK-004"
    key: str
    got: str
    expected: str

    def message(self) -> str:
        """Name the key, what it is and what it must be."""
        return f"{self.key}: got {self.got} (expected {self.expected})"

    def hint(self) -> str:
        """Say what to write."""
        return f"write {self.expected} for {self.key}"


class EntryPointFinding(PackFinding):
    """``pyproject.toml`` does not announce the pack as it is.

    ``[project.entry-points."sealift.packs"]`` must have exactly one line: the pack's name as in ``pack.toml``, and
    the dotted name of its folder, for instance ``"acme.orders" = "acme_orders.pack"``.
    """

    code: ClassVar[str] = "PACK-005"
    problem: str
    instead: str

    def message(self) -> str:
        """Say what is wrong with it."""
        return f"entry point: {self.problem}"

    def hint(self) -> str:
        """Say what to write."""
        return f'under [project.entry-points."sealift.packs"] write {self.instead}'


class DistributionFinding(PackFinding):
    """Name or version of the distribution cannot be read from ``pyproject.toml``.

    The signature binds both, so they must be known before the wheel is built: static texts under ``[project]``. A
    version that the build computes can be given with ``--dist-version``.
    """

    code: ClassVar[str] = "PACK-006"
    problem: str

    def message(self) -> str:
        """Say which is missing."""
        return f"distribution: {self.problem}"

    def hint(self) -> str:
        """Say how to give it."""
        return "write name and version as texts under [project], or give the version with --dist-version"


class SchemaMissingFinding(PackFinding):
    """A schema is named that is not in the pack.

    Schemas are files of the pack, named by their path inside the pack folder, such as
    ``schemas/customer-1.1.0.json``; nothing is fetched from anywhere.
    """

    code: ClassVar[str] = "PACK-016"
    path: str
    near: str | None

    def message(self) -> str:
        """Name the file."""
        return f"schema {self.path!r} is not in the pack (expected a .json file below the pack folder)"

    def hint(self) -> str:
        """Say which one was meant."""
        return f"did you mean {self.near!r}?" if self.near else "add the file, or leave the schema out"


class JsonInvalidFinding(PackFinding):
    """A JSON file of the pack cannot be read.

    Schemas and examples are JSON in UTF-8, without NaN, Infinity and without a member that is there twice. A schema is
    an object (or a boolean).
    """

    code: ClassVar[str] = "PACK-017"
    problem: str

    def message(self) -> str:
        """Say what the reader says."""
        return f"not usable: {self.problem}"

    def hint(self) -> str:
        """Say what to write."""
        return "write plain JSON in UTF-8"


class PathUnsignableFinding(PackFinding):
    """A file's name cannot stand in a signed manifest.

    Paths in a pack mean the same file on every system: lower-case ASCII letters, digits, ``.``, ``_`` and ``-``, not
    beginning with ``.`` or ``-``, not ending in ``.``, at most six levels, no device names of Windows. Editor files and
    caches belong outside the pack folder, because a file that is not signed is refused.
    """

    code: ClassVar[str] = "PACK-021"
    problem: str
    near: str | None = None
    """A name that could be signed."""

    def message(self) -> str:
        """Name the rule."""
        return f"cannot be signed: its path {self.problem}"

    def hint(self) -> str:
        """Say what to do."""
        return f"rename it{f' to {self.near!r}' if self.near else ''}, or move it out of the pack folder"


class FileUnsignableFinding(PackFinding):
    """A file of the pack is of a kind or a size that is never read.

    Links, devices and pipes are refused, and so are files above 1 MiB, packs above 16 MiB or of more than 2,000 files.
    """

    code: ClassVar[str] = "PACK-022"
    problem: str

    def message(self) -> str:
        """Name the rule."""
        return f"cannot be signed: {self.problem}"

    def hint(self) -> str:
        """Say what to do."""
        return "replace it by a plain file of at most 1 MiB, or move it out of the pack folder"


class ExampleInvalidFinding(PackFinding):
    """An example is not in the format.

    An example is a JSON object with exactly the members ``collection``, ``from``, ``to``, ``before`` and ``after``:
    the document at the version ``from``, and what it is at the version ``to``.
    """

    code: ClassVar[str] = "PACK-023"
    problem: str

    def message(self) -> str:
        """Say which member is wrong."""
        return f"example: {self.problem}"

    def hint(self) -> str:
        """Show the format."""
        return 'write {"collection": .., "from": VERSION, "to": VERSION, "before": {..}, "after": {..}}'
