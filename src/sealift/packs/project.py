"""A pack on its author's side: a project with ``pyproject.toml``, or its pack folder; none of it is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Self

from sealift.errors.pack import PackFinding, ProjectInvalidError, ProjectNotFoundError, Severity
from sealift.errors.pack_project import (
    DistributionFinding,
    EntryPointFinding,
    FileUnsignableFinding,
    JsonInvalidFinding,
)
from sealift.model.pack import PackOrigin
from sealift.packs.declared import DeclaredMigration, declare, missing_schema
from sealift.packs.examples import Example, read_examples
from sealift.packs.folder import Folder, parse_json, read_folder
from sealift.packs.pack_toml import PACK_TOML, PackToml, read_pack_toml
from sealift.packs.pyproject import PYPROJECT, PyProject, read_pyproject
from sealift.packs.sources import ClassSource, read_classes
from sealift.packs.tree import UnsafeNodeError

_LEVELS_ABOVE = 6
"""How far above a pack folder its ``pyproject.toml`` is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that can be known of a pack before it is built, and everything that is wrong with it.

    ``files`` are the bytes that the findings were made from: what is hashed and signed afterwards is what was checked.
    """

    directory: Path
    """As it was named."""
    root: Path
    """The pack folder."""
    name: str
    base: str
    collections: Mapping[str, str | None]
    distribution: str
    """Normalised; empty when there is no ``pyproject.toml``."""
    distribution_version: str
    module: str
    migrations: Sequence[DeclaredMigration]
    """Those without errors, in order of their versions."""
    examples: Sequence[Example]
    files: Mapping[str, bytes] = field(repr=False)
    """Every file of the pack by its path, without the envelope."""
    envelope: bytes | None = field(repr=False)
    findings: Sequence[PackFinding]
    """By file, line and column."""

    @property
    def errors(self) -> Sequence[PackFinding]:
        """The findings that stop a release."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def origin(self) -> PackOrigin:
        """Where the pack lies, for reading and verifying it in place like an installed one."""
        root = self.root.resolve()
        return PackOrigin(
            entry_point=self.name,
            module=self.module if leads_to(self.module, root) else "",
            distribution=self.distribution,
            distribution_version=self.distribution_version,
            root=root,
            editable=True,
        )

    @classmethod
    def open(cls, directory: Path, *, dist_version: str | None = None) -> Self:
        """Read a project or a pack folder; ``dist_version`` stands for a version that the build computes.

        Raises ProjectNotFoundError when there is none; everything else that is wrong is a finding.
        """
        pyproject, pyproject_findings, root = _locate(directory, dist_version)
        folder = _read(directory, root)
        toml, toml_findings = read_pack_toml(root / PACK_TOML, folder.files.get(PACK_TOML, b""))
        classes, class_findings = _classes(root, folder.files)
        migrations, migration_findings = declare(classes, toml, folder.files)
        versions = (toml.base, *(migration.info.version for migration in migrations))
        examples, example_findings = read_examples(root, folder.files, toml.collections, versions)
        findings = [
            *pyproject_findings,
            *_identity(pyproject, toml, directory, root),
            *folder.findings,
            *toml_findings,
            *_schemas(root, toml, folder.files),
            *class_findings,
            *migration_findings,
            *example_findings,
        ]
        return cls(
            directory=directory,
            root=root,
            name=toml.name,
            base=toml.base,
            collections=toml.collections,
            distribution=pyproject.distribution,
            distribution_version=pyproject.version,
            module=pyproject.module,
            migrations=migrations,
            examples=examples,
            files=folder.files,
            envelope=folder.envelope,
            findings=sorted(findings, key=lambda finding: (finding.file, finding.line, finding.column, finding.code)),
        )

    def require_sound(self) -> None:
        """Raise ProjectInvalidError when there is an error among the findings."""
        if self.errors:
            raise ProjectInvalidError(directory=str(self.directory), findings=self.errors)


def _locate(directory: Path, dist_version: str | None) -> tuple[PyProject, Sequence[PackFinding], Path]:
    """Return what ``pyproject.toml`` says, its findings, and the pack folder."""
    if (directory / PYPROJECT).is_file():
        pyproject, findings = _pyproject(directory / PYPROJECT, dist_version)
        return pyproject, findings, _folder_of(directory, pyproject, findings)
    if not (directory / PACK_TOML).is_file():
        raise ProjectNotFoundError(directory=str(directory), problem=f"there is neither {PYPROJECT} nor {PACK_TOML}")
    for above in list(directory.resolve().parents)[:_LEVELS_ABOVE]:
        if (above / PYPROJECT).is_file():
            pyproject, findings = _pyproject(above / PYPROJECT, dist_version)
            return pyproject, findings, directory
    missing = DistributionFinding(file=str(directory / PACK_TOML), problem=f"there is no {PYPROJECT} above the pack")
    return PyProject(), [missing], directory


def _pyproject(path: Path, dist_version: str | None) -> tuple[PyProject, Sequence[PackFinding]]:
    return read_pyproject(path, path.read_bytes(), dist_version=dist_version)


def _folder_of(directory: Path, pyproject: PyProject, findings: Sequence[PackFinding]) -> Path:
    if not pyproject.module:
        raise next(
            iter(findings),
            ProjectNotFoundError(directory=str(directory), problem=f"{PYPROJECT} announces no pack"),
        )
    inside = Path(*pyproject.module.split("."))
    for root in (directory / "src" / inside, directory / inside):
        if (root / PACK_TOML).is_file():
            return root
    problem = f"{PYPROJECT} announces {inside}, and there is no {inside / PACK_TOML}"
    raise ProjectNotFoundError(directory=str(directory), problem=problem)


def _read(directory: Path, root: Path) -> Folder:
    try:
        return read_folder(root)
    except (OSError, UnsafeNodeError) as error:
        raise ProjectNotFoundError(directory=str(directory), problem=f"{root} cannot be read: {error}") from error


def _identity(pyproject: PyProject, toml: PackToml, directory: Path, root: Path) -> Sequence[PackFinding]:
    """Hold the entry point to the pack's name and to the folder that was named."""
    if not pyproject.module:
        return ()
    instead = f'"{toml.name or "acme.orders"}" = "{pyproject.module}"'
    if toml.name and pyproject.entry_point != toml.name:
        problem = f"its name is {pyproject.entry_point!r}, the pack's in {PACK_TOML} is {toml.name!r}"
    elif not leads_to(pyproject.module, root.resolve()):
        problem = f"it leads to {pyproject.module!r}, not to {root}"
    else:
        return ()
    return [EntryPointFinding(file=str(_pyproject_above(directory)), problem=problem, instead=instead)]


def leads_to(module: str, root: PurePath) -> bool:
    """Say whether the folder's path ends in the components of the dotted name."""
    components = tuple(module.split("."))
    return root.parts[-len(components) :] == components


def _pyproject_above(directory: Path) -> Path:
    for above in (directory, *directory.resolve().parents):
        if (above / PYPROJECT).is_file():
            return above / PYPROJECT
    return directory / PYPROJECT


def _schemas(root: Path, toml: PackToml, files: Mapping[str, bytes]) -> Sequence[PackFinding]:
    """Check the schemas at base, and that every schema file is JSON."""
    findings: list[PackFinding] = []
    for name, path in toml.collections.items():
        if path is not None and toml.source is not None:
            place = {"line": toml.source.line_of("collections", name, "schema"), "column": 1}
            missing = missing_schema(path, files, str(root / PACK_TOML), place)
            findings.extend([missing] if missing else [])
    for path, data in files.items():
        if path.startswith("schemas/") and path.endswith(".json"):
            findings.extend(_schema_problem(root / path, data))
    return findings


def _schema_problem(path: Path, data: bytes) -> Sequence[PackFinding]:
    value = parse_json(path, data)
    if isinstance(value, JsonInvalidFinding):
        return [value]
    if not isinstance(value, dict | bool):
        return [JsonInvalidFinding(file=str(path), problem="a schema is an object or a boolean")]
    return ()


def _classes(root: Path, files: Mapping[str, bytes]) -> tuple[Sequence[ClassSource], Sequence[PackFinding]]:
    classes: list[ClassSource] = []
    findings: list[PackFinding] = []
    for path, data in files.items():
        if path.endswith(".py"):
            found, wrong = read_classes(root, path, data)
            classes.extend(found)
            findings.extend(wrong if path.startswith("migrations/") or found else ())
    if not (root / "migrations").is_dir() and not classes:
        findings.append(FileUnsignableFinding(file=str(root), problem="there is no folder migrations/"))
    return classes, findings
