"""Members that a migration reads or writes, held against the schema that its documents satisfy."""

from collections.abc import Iterator
from typing import Any

from sealift.errors.base import SealiftError
from sealift.errors.pack import PackFinding
from sealift.errors.pack_lint import AbsentMemberFinding, UnnamedMemberFinding
from sealift.errors.pack_names import OverwrittenMemberFinding
from sealift.execution.adoption import schemas_at
from sealift.execution.bound_schema import bound_schema
from sealift.execution.named_members import NamedMembers, named_members
from sealift.model.pack import Manifest
from sealift.packs.declared import DeclaredMigration
from sealift.packs.member_moves import moves
from sealift.packs.member_reads import member_reads
from sealift.packs.project import Project
from sealift.packs.toml_file import nearest


def misused_members(project: Project, manifest: Manifest) -> Iterator[PackFinding]:
    """Yield what is taken for granted and the schema does not have, and what is overwritten though it has it."""
    versions = [manifest.base, *(info.version for info in manifest.migrations)]
    for migration in project.migrations:
        info = migration.info
        before = versions[versions.index(info.version) - 1]
        schema = schemas_at(manifest, before).get(info.collection)
        yield from _absent(project, migration, "upgrade", schema)
        yield from _absent(project, migration, "downgrade", info.schema)
        yield from _overwritten(project, migration, schema)


def _members(project: Project, schema: str | None) -> NamedMembers | None:
    try:
        return None if schema is None else named_members(bound_schema(project.files, schema))
    except SealiftError:
        return None  # a finding of its own


def _absent(project: Project, migration: DeclaredMigration, method: str, schema: str | None) -> Iterator[PackFinding]:
    members, info = _members(project, schema), migration.info
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


def _overwritten(project: Project, migration: DeclaredMigration, schema: str | None) -> Iterator[PackFinding]:
    members, info = _members(project, schema), migration.info
    known = members.names - set(migration.loses) if members else frozenset()
    for move in moves(project.files[info.path], info.class_name, "upgrade"):
        if move.member in known:
            yield OverwrittenMemberFinding(
                file=str(project.root / info.path),
                line=move.line,
                column=move.column,
                class_name=info.class_name,
                member=move.member,
                source=move.source,
                schema=schema or "",
            )
