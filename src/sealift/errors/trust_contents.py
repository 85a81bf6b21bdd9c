"""Verification refused: exit status 5. A pack's contents, its identity, and its place among its releases."""

from typing import ClassVar

from sealift.errors.trust import TrustError, shorten

_REINSTALL = "Install the release again; if the pack is yours, sign it again after every change."


class FileTamperedError(TrustError):
    """A file of the pack is not what was signed.

    Its sha256 differs from the one in the manifest. When only the line endings differ, an editor or a checkout turned
    them: keep them out with ``* -text`` in ``.gitattributes``. Otherwise install the release again.
    """

    code: ClassVar[str] = "TRUST-030"
    file: str
    got: str
    expected: str
    only_line_endings: bool = False
    others: tuple[str, ...] = ()

    def message(self) -> str:
        """Give both digests."""
        endings = "; only the line endings differ" if self.only_line_endings else ""
        more = f" (and {len(self.others)} more: {', '.join(self.others)})" if self.others else ""
        return (
            f"changed file: {self.file} of {self.subject}: sha256 is {shorten(self.got)}, "
            f"signed as {shorten(self.expected)}{endings}{more}"
        )

    def remedy(self) -> str:
        """Say how to get the signed bytes back."""
        return _REINSTALL


class IdentityMismatchError(TrustError):
    """The pack was signed under another name than it is installed under.

    The manifest binds the pack's name, and the name and version of the distribution that carries it; the entry point
    and the installed distribution must be the same. The wheel was renamed, or wrapped around somebody else's pack.
    """

    code: ClassVar[str] = "TRUST-040"
    field: str
    got: str
    expected: str

    def message(self) -> str:
        """Say which name is installed, and which was signed."""
        return f"identity mismatch: {self.field} of {self.subject} is {self.got!r} (signed as {self.expected!r})"

    def remedy(self) -> str:
        """Say what to install."""
        return f"Install the distribution that was signed ({self.expected}) and remove this one."


class PackRollbackError(TrustError):
    """An older release of the pack than one that was seen before.

    The manifest's ``sequence`` goes up with every release; the history, or a ``[[floor]]`` of the policy, names a
    higher one. Install the newest release. If you mean to go back: ``sealift trust reset-sequence PACK --to N --reason
    TEXT``, which is written to the history.
    """

    code: ClassVar[str] = "TRUST-050"
    got: int
    expected: int
    source: str
    """Who knows of the newer release: ``history`` or ``policy``."""

    def message(self) -> str:
        """Give both numbers."""
        return (
            f"rollback: {self.subject} has sequence {self.got}, and the {self.source} asks for {self.expected} at least"
        )

    def remedy(self) -> str:
        """Say how to go forward, or back knowingly."""
        if self.source == "policy":
            return "Install the newest release, or lower the [[floor]] in the policy if you mean to go back."
        back = f"sealift trust reset-sequence PACK --to {self.got} --reason TEXT"
        return f"Install the newest release; if you mean to go back: {back}."


class PackEquivocationError(TrustError):
    """Two different manifests with one sequence number, both genuinely signed.

    An honest release process never makes them: somebody signed two different contents as the same release. Keep both
    and ask the publisher which one is right, before anything runs.
    """

    code: ClassVar[str] = "TRUST-051"
    sequence: int
    got: str
    expected: str

    def message(self) -> str:
        """Give both digests in full."""
        return (
            f"equivocation: two manifests of {self.subject} have sequence {self.sequence}: "
            f"{self.got} here, {self.expected} in the history"
        )

    def remedy(self) -> str:
        """Say whom to ask."""
        return "Keep both releases and ask the publisher which digest is genuine; a new release needs a new sequence."


class SourceRejectedError(TrustError):
    """A source file could be read in two ways.

    Coding cookies, byte order marks, carriage returns, form feeds, control and bidirectional characters and non-ASCII
    identifiers make a reviewer see other code than the compiler. They are refused, in signed files too. Remove them,
    write such characters in strings as escapes, and sign again.
    """

    code: ClassVar[str] = "TRUST-070"
    file: str
    line: int
    problem: str

    def message(self) -> str:
        """Give file and line."""
        return f"ambiguous source: {self.file}:{self.line} of {self.subject}: {self.problem}"

    def remedy(self) -> str:
        """Say how to write it instead."""
        return "Save the file as plain UTF-8 with LF line ends, write special characters as escapes, and sign it again."
