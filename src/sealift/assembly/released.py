"""What was signed before, held against what the project says now."""

from collections.abc import Iterator

from packaging.version import Version

from sealift.assembly.development import signed_manifest
from sealift.errors.pack import PackFinding
from sealift.errors.pack_lint import LateVersionFinding, WithdrawnVersionFinding
from sealift.packs.pack_toml import PACK_TOML
from sealift.packs.project import Project


def against_the_release(project: Project) -> Iterator[PackFinding]:
    """Yield migrations that stores would never run, and versions that stores may be at and that are gone.

    The envelope is read, not verified: it is the author's own.
    """
    signed = signed_manifest(project)
    if signed is None or signed.pack != project.name:
        return
    released = [info.version for info in signed.migrations]
    newest = released[-1] if released else signed.base
    present = {migration.info.version for migration in project.migrations}
    for version in released:
        if version not in present:
            yield WithdrawnVersionFinding(file=str(project.root / PACK_TOML), version=version)
    for migration in project.migrations:
        version = migration.info.version
        if version not in released and Version(version) < Version(newest):
            yield LateVersionFinding(
                file=migration.file,
                line=migration.line,
                class_name=migration.info.class_name,
                version=version,
                newest=newest,
            )
