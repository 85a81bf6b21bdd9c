"""Packs that are looked at before anybody installs them: wheels, projects, and what is installed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sealift.assembly.inventory import Inventory
from sealift.errors.plan import UnknownPackError
from sealift.model.pack import VerifiedPack
from sealift.packs.project import Project
from sealift.packs.reading import read_files, read_pack
from sealift.packs.wheels import open_wheel, require_wheel
from sealift.trust.verification import verify_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One pack that passed every check."""

    subject: str
    """What was named: a pack, a wheel or a directory."""
    pack: VerifiedPack
    warnings: tuple[str, ...] = ()
    """What the operator should know of this one besides the pack's own warnings."""


def verify_subjects(inventory: Inventory, subjects: Sequence[str]) -> Sequence[Checked]:
    """Check packs, wheels and directories completely (none named: every installed pack); runs and installs nothing.

    Raises NotAWheelError for a file that is none, UnknownPackError, else the first refusal.
    """
    return [_verify(inventory, subject) for subject in subjects or _installed(inventory)]


def _installed(inventory: Inventory) -> list[str]:
    inventory.require(inventory.refused)
    return list(inventory.attested)


def _verify(inventory: Inventory, subject: str) -> Checked:
    path = Path(subject)
    if path.is_file() or path.suffix == ".whl" or ("/" in subject and not path.exists()):
        wheel = open_wheel(require_wheel(path))
        attested = inventory.attest(wheel.pack)
        warnings = tuple(
            f"{wheel.filename}: {name} holds code that nobody signed; sealift never imports it, other programs could"
            for name in wheel.unsigned_code
        )
        return Checked(subject=subject, pack=verify_files(attested, wheel.files), warnings=warnings)
    if path.is_dir():
        return Checked(subject=subject, pack=_directory(inventory, path))
    inventory.require([subject])
    if subject not in inventory.attested:
        raise UnknownPackError(pack=subject)
    return Checked(subject=subject, pack=inventory.verify(inventory.attested[subject]))


def _directory(inventory: Inventory, path: Path) -> VerifiedPack:
    origin = Project.open(path).origin
    attested = inventory.attest(read_pack(origin))
    return verify_files(attested, read_files(origin, frozenset(attested.manifest.files)))
