"""Verification refused: exit status 5. Where a pack lies, and what lies there besides it."""

from typing import ClassVar

from sealift.errors.trust import TrustError

_REINSTALL = "Install the release again with plain files (pip does; uv with --link-mode copy or hardlink)."


class ExtraFileError(TrustError):
    """Something lies in the pack folder that the signature does not cover.

    Every file of a pack is signed; there is no list of names that are let pass, except the ``.pyc`` files that
    installers write beside signed sources, which are never read. Install the release again, or delete the file if you
    know where it came from. If the pack is yours, sign it again after adding a file.
    """

    code: ClassVar[str] = "TRUST-031"
    files: tuple[str, ...]
    """Inside the pack folder, sorted; directories end in a slash."""

    def message(self) -> str:
        """List the files."""
        return f"unsigned file: {self.subject} holds {', '.join(self.files)} (expected the signed files only)"

    def remedy(self) -> str:
        """Say how to get back to what was signed."""
        return "Install the release again, or delete the file if you know where it came from."


class FileMissingError(TrustError):
    """A file that the signature covers is not there, or the pack folder itself is missing.

    The installation is damaged, or the wheel was built without the file. Install the release again; if the wheel
    itself lacks the file, its publisher must build it anew.
    """

    code: ClassVar[str] = "TRUST-032"
    file: str

    def message(self) -> str:
        """Name the file."""
        return f"missing file: {self.subject} has no {self.file} (expected because it was signed)"

    def remedy(self) -> str:
        """Say how to get it back."""
        return "Install the release again; if its wheel lacks the file, its publisher must build it anew."


class UnsafeFileError(TrustError):
    """A file or directory of the pack is of a kind or a size that is never read.

    Symbolic links, devices, pipes and sockets are refused wherever they stand in a pack, and so are files above
    1 MiB, packs above 16 MiB and packs of more than 2,000 files. Installers that link instead of copying must be told
    to copy (``uv pip install --link-mode copy``; hard links are accepted).
    """

    code: ClassVar[str] = "TRUST-033"
    file: str
    problem: str

    def message(self) -> str:
        """Name the file and the rule that it breaks."""
        return f"unsafe file: {self.file} of {self.subject} is not read: {self.problem}"

    def remedy(self) -> str:
        """Say how to get plain files."""
        return _REINSTALL


class AmbiguousPackError(TrustError):
    """More than one installed distribution claims one pack, or one distribution is installed twice.

    Which of them Python would find depends on the order of directories, so none is used. Uninstall the one that you
    did not mean; a leftover ``dist-info`` directory of an interrupted installation can be deleted.
    """

    code: ClassVar[str] = "TRUST-041"
    claims: tuple[str, ...]
    """Each claim: distribution, version and the directory that makes it."""

    def message(self) -> str:
        """List every claim."""
        return f"ambiguous pack: {self.subject} is claimed {len(self.claims)} times: {'; '.join(self.claims)}"

    def remedy(self) -> str:
        """Say what to remove."""
        return "Uninstall all but the one you mean, or delete the stale dist-info directory."


class UntrustedLocationError(TrustError):
    """A pack lies where packs are not accepted from.

    Packs are taken from the site-packages directories of the running interpreter and from configured roots only: not
    from the working directory, not from ``PYTHONPATH``, not from zip archives and eggs, and editable installations
    only in a development environment. Install the pack as a wheel.
    """

    code: ClassVar[str] = "TRUST-042"
    problem: str

    def message(self) -> str:
        """Say where the pack lies and why it is not taken from there."""
        place = f" in {self.place}" if self.place and self.pack else ""
        return f"untrusted location: {self.subject}{place}: {self.problem}"

    def remedy(self) -> str:
        """Say where packs are accepted from."""
        return "Install the pack as a wheel into site-packages (pip install --no-deps --only-binary :all:)."


class ArchivedUnsignedError(TrustError):
    """A pack was run unsigned in development, is not installed any more, and may not be taken from the archive here.

    The store keeps a copy of what ran, but nobody signed it. With ``environment = "development"`` and
    ``allow_unsigned`` naming the pack, the copy is taken whose digest the history names; in production never.
    """

    code: ClassVar[str] = "TRUST-043"

    def message(self) -> str:
        """Say which pack, and where it is."""
        return (
            f"unsigned archive: {self.subject} ran unsigned and is not installed; its copy in the store is unsigned too"
        )

    def remedy(self) -> str:
        """Say how to get to it in development."""
        return (
            f'Install the pack again (pip install -e), or set environment = "development" and allow_unsigned = '
            f'["{self.pack}"] where no real data is at stake.'
        )


class WheelRejectedError(TrustError):
    """A wheel carries something besides its pack, or is not a plain wheel.

    Installing a wheel can run code before anything was checked: ``.pth`` files, scripts, other entry points, second
    distributions. A pack's wheel holds its import package (the pack folder, and ``__init__.py`` files around it) and
    its ``dist-info``, and nothing else. Do not install it; ask its publisher for a clean one. A source distribution is
    always refused: installing it runs its build.
    """

    code: ClassVar[str] = "TRUST-060"
    member: str
    """The member of the archive that is wrong; empty when it is the archive itself."""
    problem: str

    def message(self) -> str:
        """Name the wheel, the member and the rule."""
        member = f"{self.member}: " if self.member else ""
        return f"wheel rejected: {self.place}: {member}{self.problem}"

    def remedy(self) -> str:
        """Warn against installing it."""
        return "Do not install this file; ask its publisher for a wheel that carries the pack and nothing else."
