"""Members that a migration reads, held against the schema that its documents satisfy."""

from collections.abc import Iterator
from typing import Any

from sealift.errors.base import SealiftError
from sealift.errors.pack import PackFinding
from sealift.errors.pack_lint import AbsentMemberFinding, UnnamedMemberFinding
from sealift.execution.adoption import schemas_at
from sealift.execution.bound_schema import bound_schema
from sealift.execution.named_members import named_members
from sealift.model.pack import Manifest
from sealift.packs.declared import DeclaredMigration
from sealift.packs.member_reads import member_reads
from sealift.packs.project import Project
from sealift.packs.toml_file import nearest


def absent_members(project: Project, manifest: Manifest) -> Iterator[PackFinding]:
    """Yield a finding for each member that is taken for granted and that the schema does not have."""
    versions = [manifest.base, *(info.version for info in manifest.migrations)]
    for migration in project.migrations:
        info = migration.info
        before = versions[versions.index(info.version) - 1]
        schema = schemas_at(manifest, before).get(info.collection)
        yield from _method(project, migration, "upgrade", schema)
        yield from _method(project, migration, "downgrade", info.schema)


def _method(project: Project, migration: DeclaredMigration, method: str, schema: str | None) -> Iterator[PackFinding]:
    if schema is None:
        return
    try:
        members = named_members(bound_schema(project.files, schema))
    except SealiftError:
        return  # a finding of its own
    info = migration.info
    for read in member_reads(project.files[info.path], info.class_name, method) if members else ():
        if members is None or read.member in members.names:
            continue
        facts: dict[str, Any] = {
            "file": str(project.root / info.path),
            "line": read.line,
            "column": read.column,
            "class_name": info.class_name,
            "method": method,
            "member": read.member,
            "schema": schema,
            "near": nearest(read.member, tuple(members.names)),
        }
        yield AbsentMemberFinding(**facts) if members.closed else UnnamedMemberFinding(**facts)
