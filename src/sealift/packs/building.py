"""From a sound project to the manifest that is signed."""

import hashlib
from types import MappingProxyType

from sealift.model.pack import Manifest
from sealift.packs.project import Project


def build_manifest(project: Project, *, sequence: int) -> Manifest:
    """Return the manifest of the project's files as they were read.

    Raises ProjectInvalidError when the project has errors, and ValueError when ``sequence`` is below 1.
    """
    project.require_sound()
    if sequence < 1:
        message = f"sequence {sequence} is below 1"
        raise ValueError(message)
    return Manifest(
        pack=project.name,
        base=project.base,
        collections=MappingProxyType(dict(project.collections)),
        distribution=project.distribution,
        distribution_version=project.distribution_version,
        sequence=sequence,
        migrations=tuple(migration.info for migration in project.migrations),
        files=MappingProxyType(
            {path: hashlib.sha256(data).hexdigest() for path, data in sorted(project.files.items())}
        ),
    )


def next_sequence(project: Project, previous: Manifest | None) -> int:
    """Return the sequence of the next release: the last one's if nothing it signs has changed, else one higher.

    ``previous`` is the manifest in the envelope that lies in the pack folder, if there is one. The same contents keep
    their sequence, so that a second signature can be added to the same statement.
    """
    if previous is None:
        return 1
    unchanged = build_manifest(project, sequence=previous.sequence) == previous
    return previous.sequence if unchanged else previous.sequence + 1
