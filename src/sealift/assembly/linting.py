"""Everything that can be said of a pack project without running it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealift.assembly.lint_members import misused_members
from sealift.assembly.lint_names import unstable_names
from sealift.assembly.released import against_the_release
from sealift.errors.base import SealiftError
from sealift.errors.pack import PackFinding, Severity
from sealift.errors.pack_lint import SchemaEmptyFinding
from sealift.errors.pack_project import ExampleInvalidFinding
from sealift.errors.run import Finding
from sealift.execution.adoption import schemas_at
from sealift.execution.bound_schema import bound_schema
from sealift.execution.emptiness import why_no_document
from sealift.execution.schemas import check_schema
from sealift.execution.validators import Validators
from sealift.model.limits import Limits
from sealift.model.pack import Manifest
from sealift.packs.building import build_manifest
from sealift.packs.project import Project
from sealift.packs.wheel_contents import missed_files
from sealift.ports import Cage

_SYNTAX = "LANG-002"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Remark:
    """One finding, wherever it came from."""

    file: str
    line: int
    column: int
    code: str
    severity: str
    message: str
    instead: str

    @classmethod
    def of_finding(cls, finding: PackFinding) -> "Remark":
        """Make it from what the project's reading found."""
        return cls(
            file=finding.file,
            line=finding.line,
            column=finding.column,
            code=finding.code,
            severity=finding.severity.value,
            message=finding.message(),
            instead=finding.hint() or "",
        )

    @classmethod
    def of_language(cls, root: Path, finding: Finding) -> "Remark":
        """Make it from what the language refuses."""
        return cls(
            file=str(root / finding.path),
            line=finding.line,
            column=finding.column,
            code=finding.code,
            severity=Severity.ERROR.value,
            message=finding.message,
            instead=finding.instead,
        )

    @classmethod
    def of_error(cls, file: str, error: SealiftError) -> "Remark":
        """Make it from an error about a whole file."""
        return cls(
            file=file,
            line=1,
            column=1,
            code=error.code,
            severity=Severity.ERROR.value,
            message=error.message(),
            instead=error.hint() or "",
        )

    @property
    def is_error(self) -> bool:
        """Whether it stops a release."""
        return self.severity == Severity.ERROR.value


def lint(directory: Path, cage: Cage) -> Sequence[Remark]:
    """Return every finding about a project, by file and line; nothing of it is run.

    Raises ProjectNotFoundError when there is no project, and what the cage raises when no worker can be started.
    """
    project = Project.open(directory)
    remarks = [Remark.of_finding(finding) for finding in project.findings]
    remarks.extend(_language(project, cage, broken={remark.file for remark in remarks if remark.is_error}))
    remarks.extend(_schemas(project))
    remarks.extend(map(Remark.of_finding, _across_files(project)))
    if not project.errors:
        manifest = build_manifest(project, sequence=1)
        remarks.extend(_examples(project, manifest))
        remarks.extend(map(Remark.of_finding, misused_members(project, manifest)))
    return sorted(remarks)


def _across_files(project: Project) -> Iterator[PackFinding]:
    yield from against_the_release(project)
    yield from missed_files(project)
    yield from unstable_names(project)


def _language(project: Project, cage: Cage, broken: set[str]) -> Iterator[Remark]:
    """Check the sources under the language policy, in a locked worker; a file that does not parse was named before."""
    sources = {path: data for path, data in project.files.items() if path.endswith(".py")}
    texts = {path: data.decode("utf-8", "replace") for path, data in sources.items()}
    for finding in cage.check(texts, Limits()) if texts else ():
        remark = Remark.of_language(project.root, finding)
        if not (remark.file in broken and remark.code == _SYNTAX):
            yield remark


def _schemas(project: Project) -> Iterator[Remark]:
    for path in project.files:
        if path.startswith("schemas/") and path.endswith(".json"):
            try:
                check_schema(project.files, path)
                yield from _emptiness(project, path)
            except SealiftError as error:
                yield Remark.of_error(str(project.root / path), error)


def _emptiness(project: Project, path: str) -> Iterator[Remark]:
    """Say that nothing satisfies a schema of documents; one that others refer to may be of any kind."""
    used = {*project.collections.values(), *(migration.info.schema for migration in project.migrations)}
    problem = why_no_document(bound_schema(project.files, path)) if path in used else None
    if problem is not None:
        yield Remark.of_finding(SchemaEmptyFinding(file=str(project.root / path), problem=problem))


def _examples(project: Project, manifest: Manifest) -> Iterator[Remark]:
    for example in project.examples:
        for member, version, document in (
            ("before", example.from_version, example.before),
            ("after", example.to_version, example.after),
        ):
            schema = schemas_at(manifest, version).get(example.collection)
            text = json.dumps(document, ensure_ascii=False).encode()
            for _, error in Validators().of(project.files, schema).invalid([text]):
                yield _unfit(project.root / example.path, member, version, error.message)


def _unfit(path: Path, member: str, version: str, reason: str) -> Remark:
    problem = f"{member} does not satisfy the schema at {version}: {reason}"
    return Remark.of_finding(ExampleInvalidFinding(file=str(path), problem=problem))
