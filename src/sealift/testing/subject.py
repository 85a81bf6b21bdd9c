"""The pack under test: its project, the manifest it would be signed with, and its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from packaging.version import Version

from sealift.assembly.development import unsigned_pack
from sealift.execution.adoption import schemas_at
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.names import BASE
from sealift.model.pack import Manifest, VerifiedPack
from sealift.model.plan import Step
from sealift.packs.declared import DeclaredMigration
from sealift.packs.project import Project
from sealift.trust.verification import verify_files


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A pack as its author has it: sound, signed or not. ``files`` are the bytes that are tested."""

    project: Project
    pack: VerifiedPack

    @classmethod
    def open(cls, directory: Path, *, now: datetime) -> Self:
        """Read a project; raises ProjectNotFoundError, or ProjectInvalidError when it has errors."""
        return cls.of(Project.open(directory), now=now)

    @classmethod
    def of(cls, project: Project, *, now: datetime) -> Self:
        """Make it from a project that was read; raises ProjectInvalidError when it has errors."""
        return cls(project=project, pack=verify_files(unsigned_pack(project, now=now), project.files))

    @property
    def name(self) -> str:
        """The pack's name."""
        return self.project.name

    @property
    def manifest(self) -> Manifest:
        """What would be signed."""
        return self.pack.manifest

    @property
    def root(self) -> Path:
        """The pack folder."""
        return self.project.root

    @property
    def newest(self) -> str:
        """The version its last migration leads to."""
        return self.manifest.migrations[-1].version if self.manifest.migrations else self.manifest.base

    @property
    def migrations(self) -> Sequence[MigrationInfo]:
        """In order of their versions."""
        return self.manifest.migrations

    def declared(self, info: MigrationInfo) -> DeclaredMigration:
        """Return what only the author's side knows of a migration."""
        return next(one for one in self.project.migrations if one.info.version == info.version)

    def version(self, text: str) -> str:
        """Return a version as the manifest writes it; raises ValueError with those there are."""
        if text == BASE:
            return self.manifest.base
        known = self.versions
        for one in known:
            if Version(one) == Version(text):
                return one
        message = f"{self.name} has no version {text!r} (there are {', '.join(known)})"
        raise ValueError(message)

    @property
    def versions(self) -> Sequence[str]:
        """The base and every migration's version, in order."""
        return (self.manifest.base, *(info.version for info in self.migrations))

    def before(self, info: MigrationInfo) -> str:
        """Return the version right before a migration."""
        return self.versions[self.versions.index(info.version) - 1]

    def schema_before(self, info: MigrationInfo) -> str | None:
        """Return the schema that documents satisfy before a migration."""
        return schemas_at(self.manifest, self.before(info)).get(info.collection)

    def step(self, info: MigrationInfo, direction: Direction) -> Step:
        """Return one migration one way, as a plan would have it."""
        before = self.before(info)
        ends = (before, info.version) if direction is Direction.UPGRADE else (info.version, before)
        return Step(
            pack=self.name,
            direction=direction,
            migration=info,
            from_version=ends[0],
            to_version=ends[1],
            digest=self.pack.attested.digest,
            reason="it is tested",
            schema_before=self.schema_before(info),
        )

    def way(self, start: str, end: str, collection: str | None = None) -> Sequence[Step]:
        """Return the steps between two versions; only those of a collection, if one is named."""
        first, last = self.versions.index(start), self.versions.index(end)
        low, high = min(first, last), max(first, last)
        chosen = [info for info in self.migrations[low:high] if collection in {None, info.collection}]
        if first <= last:
            return [self.step(info, Direction.UPGRADE) for info in chosen]
        return [self.step(info, Direction.DOWNGRADE) for info in reversed(chosen)]
