"""Names that are other ones once they were written, normalised and read again."""

import json
import unicodedata
from collections.abc import Iterable, Iterator

from sealift.errors.pack import PackFinding
from sealift.errors.pack_names import (
    DistributionNameFinding,
    NotComposedFinding,
    TwinCollectionsFinding,
    TwinNamesFinding,
)
from sealift.errors.pack_project import TomlInvalidFinding
from sealift.packs.claims import normalised
from sealift.packs.json_names import json_names
from sealift.packs.pack_toml import PACK_TOML
from sealift.packs.project import Project
from sealift.packs.pyproject import PYPROJECT
from sealift.packs.source_names import source_names
from sealift.packs.toml_file import parse_toml
from sealift.packs.written_names import WrittenName


def unstable_names(project: Project) -> Iterator[PackFinding]:
    """Yield a finding for each name that does not stay itself; a file that cannot be read has a finding of its own."""
    yield from _distribution(project)
    yield from _collections(project)
    for path, data in project.files.items():
        file = str(project.root / path)
        if path.endswith(".py"):
            names = _of_source(data)
            yield from _not_composed(file, names)
            yield from _twins(file, [name for name in names if name.holder])
        elif path.endswith(".json"):
            names = _of_json(path, data)
            yield from _not_composed(file, names)
            yield from _twins(file, [name for name in names if _holds_members(path, name)])


def _distribution(project: Project) -> Iterator[DistributionNameFinding]:
    path = project.directory / PYPROJECT
    file = parse_toml(path, path.read_bytes()) if path.is_file() else None
    if file is None or isinstance(file, TomlInvalidFinding):
        return
    name = file.content.get("project", {}).get("name", "")
    if isinstance(name, str) and name != normalised(name):
        line = file.line_of("project", "name")
        yield DistributionNameFinding(file=str(path), line=line, name=name, normal=normalised(name))


def _collections(project: Project) -> Iterator[TwinCollectionsFinding]:
    path = project.root / PACK_TOML
    file = parse_toml(path, project.files.get(PACK_TOML, b""))
    first: dict[str, str] = {}
    for name in project.collections:
        other = first.setdefault(name.casefold(), name)
        if other != name and not isinstance(file, TomlInvalidFinding):
            line = file.line_of("collections", name)
            yield TwinCollectionsFinding(file=str(path), line=line, name=name, other=other)


def _of_source(data: bytes) -> list[WrittenName]:
    try:
        return list(source_names(data))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _of_json(path: str, data: bytes) -> list[WrittenName]:
    """Return the names in a schema, or those of the documents of an example."""
    try:
        text = data.decode("utf-8")
        json.loads(text)
    except (ValueError, RecursionError):
        return []
    names = list(json_names(text))
    return names if path.startswith("schemas/") else [name for name in names if name.way[-1:] != ("required",)]


def _holds_members(path: str, name: WrittenName) -> bool:
    """Say whether the object it stands in is one of a document, or names the members of one."""
    return (
        name.way[-1:] == ("properties",) if path.startswith("schemas/") else name.way[:1] in {("before",), ("after",)}
    )


def _not_composed(file: str, names: Iterable[WrittenName]) -> Iterator[NotComposedFinding]:
    for name in names:
        normal = unicodedata.normalize("NFC", name.name)
        if name.name != normal and not name.escaped:
            yield NotComposedFinding(
                file=file,
                line=name.line,
                column=name.column,
                what="the member",
                name=ascii(name.name),
                normal=normal,
            )


def _twins(file: str, names: Iterable[WrittenName]) -> Iterator[TwinNamesFinding]:
    first: dict[tuple[int, str], WrittenName] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.name).casefold())
        other = first.setdefault((name.holder, folded), name)
        if other.name != name.name:
            yield TwinNamesFinding(
                file=file,
                line=name.line,
                column=name.column,
                name=_shown(name),
                other=_shown(other),
                line_of_other=other.line,
            )


def _shown(name: WrittenName) -> str:
    return repr(name.name) if name.name == unicodedata.normalize("NFC", name.name) else ascii(name.name)
