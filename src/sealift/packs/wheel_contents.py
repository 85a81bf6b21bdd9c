"""Which files of a pack the wheel would miss, as ``pyproject.toml`` configures hatchling or setuptools.

Other build backends are left alone: ``sealift verify`` on the wheel tells what is not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from sealift.errors.pack_lint import WheelMissesFinding
from sealift.errors.pack_project import TomlInvalidFinding
from sealift.packs.project import Project
from sealift.packs.pyproject import PYPROJECT
from sealift.packs.toml_file import TomlFile, parse_toml

_SHOWN = 5


def missed_files(project: Project) -> Sequence[WheelMissesFinding]:
    """Return a finding for each setting that leaves files of the pack out of the wheel."""
    path = project.directory / PYPROJECT
    if not path.is_file() or not project.module:
        return ()
    file = parse_toml(path, path.read_bytes())
    if isinstance(file, TomlInvalidFinding):
        return ()
    backend = str(_table(file.content, "build-system").get("build-backend", "setuptools.build_meta"))
    if backend.startswith("hatchling"):
        return list(_hatchling(project, file))
    if backend.startswith("setuptools"):
        return list(_setuptools(project, file))
    return ()


def _table(content: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = content.get(name, {})
        content = inner if isinstance(inner, dict) else {}
    return content


def _texts(value: Any) -> Sequence[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else ()


def _finding(file: TomlFile, way: Sequence[str], paths: Sequence[str], instead: str) -> WheelMissesFinding:
    return WheelMissesFinding(
        file=file.shown,
        line=file.line_of(*way),
        paths=tuple(paths[:_SHOWN]),
        setting=".".join(way),
        instead=instead,
    )


# hatchling: https://hatch.pypa.io/latest/config/build/


def _hatchling(project: Project, file: TomlFile) -> Iterator[WheelMissesFinding]:
    way = ("tool", "hatch", "build", "targets", "wheel")
    target = _table(file.content, *way)
    folder = _inside(project)
    files = {f"{folder}/{path}": path for path in project.files}
    chosen = _texts(target.get("packages")) or _texts(target.get("only-include")) or _texts(target.get("include"))
    top = project.module.partition(".")[0]
    if not chosen:
        found = project.distribution.replace("-", "_") == top and _is_package(project, folder)
        if not found and not target.get("force-include"):
            yield _finding(file, way, list(project.files), f'packages = ["{_package(folder, top)}"]')
    elif not any(_holds(one.strip("/"), name) for one in chosen for name in files):
        yield _finding(file, (*way, "packages"), list(project.files), f'packages = ["{_package(folder, top)}"]')
    for where in (way[:3], way):
        excluded = _texts(_table(file.content, *where).get("exclude"))
        gone = [path for name, path in files.items() if any(_matches(one, name) for one in excluded)]
        if gone:
            yield _finding(file, (*where, "exclude"), gone, "an exclude that leaves the pack folder alone")


def _is_package(project: Project, folder: str) -> bool:
    """Say whether hatchling finds the folder by itself: one named like the distribution, with ``__init__.py``."""
    depth = 1 + folder.startswith("src/")
    return Path(project.directory, *Path(folder).parts[:depth], "__init__.py").is_file()


def _package(folder: str, top: str) -> str:
    return f"src/{top}" if folder.startswith("src/") else top


def _inside(project: Project) -> str:
    return project.root.relative_to(project.directory).as_posix()


def _holds(chosen: str, name: str) -> bool:
    return chosen in {"", "."} or name.startswith(f"{chosen}/") or _matches(chosen, name)


def _matches(pattern: str, name: str) -> bool:
    """Match like a line of .gitignore, as far as patterns of projects go: a name anywhere, or a path from the top."""
    plain = pattern.strip("/")
    if pattern.startswith("!") or not plain:
        return False
    if "/" not in plain:
        return any(fnmatch(part, plain) for part in Path(name).parts)
    plain = plain.removesuffix("/**").removesuffix("/*")
    return fnmatch(name, plain) or fnmatch(name, f"{plain}/*")


# setuptools: https://setuptools.pypa.io/en/latest/userguide/datafiles.html


def _setuptools(project: Project, file: TomlFile) -> Iterator[WheelMissesFinding]:
    way = ("tool", "setuptools", "package-data")
    table = _table(file.content, *way)
    package = project.module
    data = [path for path in project.files if not path.endswith(".py")]
    missed = [path for path in data if not any(_covered(*line, package, path) for line in table.items())]
    if missed:
        top, _, rest = package.partition(".")
        inner = f"{rest.replace('.', '/')}/**/*" if rest else "**/*"
        yield _finding(file, way, missed, f'[tool.setuptools.package-data] {top} = ["{inner}"]')


def _covered(key: str, patterns: Any, package: str, path: str) -> bool:
    """Say whether a line of package-data, whose patterns are relative to its package, covers a file of the pack."""
    if key in {"*", ""}:
        return any(fnmatch(Path(path).name, one) for one in _texts(patterns))
    if package != key and not package.startswith(f"{key}."):
        return False
    inside = package.removeprefix(key).strip(".").replace(".", "/")
    name = f"{inside}/{path}".strip("/")
    return any(fnmatch(name, one.replace("**/", "*")) for one in _texts(patterns))
