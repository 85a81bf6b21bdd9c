"""The parts of a pack project's ``pyproject.toml`` that the signature binds: distribution, version, entry point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealift.errors.pack import PackFinding
from sealift.errors.pack_project import DistributionFinding, EntryPointFinding, TomlInvalidFinding
from sealift.packs.claims import is_module, normalised
from sealift.packs.entries import GROUP
from sealift.packs.requirements import version_problem
from sealift.packs.toml_file import TomlFile, parse_toml

PYPROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PyProject:
    """What ``pyproject.toml`` says of the distribution; empty where there is a finding."""

    distribution: str = ""
    """Normalised (PEP 503)."""
    version: str = ""
    entry_point: str = ""
    module: str = ""


def read_pyproject(path: Path, data: bytes, *, dist_version: str | None) -> tuple[PyProject, Sequence[PackFinding]]:
    """Return what the file says, and everything that is wrong with it; ``dist_version`` stands for a computed one."""
    file = parse_toml(path, data)
    if isinstance(file, TomlInvalidFinding):
        return PyProject(), [file]
    project = _table(file.content.get("project"))
    findings: list[PackFinding] = []
    name, version = project.get("name"), dist_version or project.get("version")
    if not isinstance(name, str) or not name:
        findings.append(_distribution(file, "[project] has no name", "name"))
    problem = version_problem(version)
    if problem is not None:
        key = "version" if version is not None else "dynamic"
        findings.append(_distribution(file, _version_problem(project, version, problem), key))
    entry_point, module = _entry_point(file, project, findings)
    return (
        PyProject(
            distribution=normalised(name) if isinstance(name, str) else "",
            version=str(version) if problem is None else "",
            entry_point=entry_point,
            module=module,
        ),
        findings,
    )


def _version_problem(project: Mapping[str, Any], version: object, problem: str) -> str:
    if version is None and "version" in project.get("dynamic", ()):
        return "the version is computed by the build (dynamic)"
    return "[project] has no version" if version is None else f"version is {version!r} (expected {problem})"


def _distribution(file: TomlFile, problem: str, key: str) -> DistributionFinding:
    return DistributionFinding(file=file.shown, line=file.line_of("project", key), problem=problem)


def _entry_point(file: TomlFile, project: Mapping[str, Any], findings: list[PackFinding]) -> tuple[str, str]:
    points = _table(_table(project.get("entry-points")).get(GROUP))
    found = [(name, value) for name, value in points.items() if isinstance(value, str)]
    if len(points) != 1 or len(found) != 1:
        problem = f"there are {len(points)} packs (expected one)" if points else "there is none"
    elif not is_module(found[0][1]):
        problem = f"{found[0][1]!r} is not the dotted name of a folder"
    else:
        return found[0]
    line = file.line_of("project", "entry-points", GROUP)
    findings.append(
        EntryPointFinding(file=file.shown, line=line, problem=problem, instead='"acme.orders" = "acme_orders.pack"')
    )
    return "", ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
