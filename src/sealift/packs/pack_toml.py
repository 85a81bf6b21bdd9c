"""``pack.toml``: the name of a pack, its base, what it requires and its collections. Strict."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealift.errors.pack import PackFinding
from sealift.errors.pack_project import TomlInvalidFinding, UnknownKeyFinding, ValueInvalidFinding
from sealift.model.names import is_pack_name
from sealift.packs.requirements import merged, requirement_problem, version_problem
from sealift.packs.toml_file import TomlFile, nearest, parse_toml

PACK_TOML = "pack.toml"

_KEYS = ("name", "base", "requires", "collections")
_COLLECTION_KEYS = ("schema",)
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackToml:
    """What ``pack.toml`` says; where it says it wrongly, the value is empty and there is a finding."""

    name: str = ""
    base: str = ""
    requires: tuple[str, ...] = ()
    """Requirements of every migration of the pack."""
    collections: Mapping[str, str | None] = field(default_factory=dict)
    """Each collection's schema at base, as a path inside the pack."""
    source: TomlFile | None = None


def read_pack_toml(path: Path, data: bytes) -> tuple[PackToml, Sequence[PackFinding]]:
    """Return what the file says, and everything that is wrong with it."""
    file = parse_toml(path, data)
    if isinstance(file, TomlInvalidFinding):
        return PackToml(), [file]
    reader = _Reader(file)
    return reader.read(), reader.findings


class _Reader:
    """Reads one file, collecting what is wrong."""

    def __init__(self, file: TomlFile) -> None:
        self._file = file
        self.findings: list[PackFinding] = []

    def read(self) -> PackToml:
        content = self._file.content
        self._refuse_unknown(content, _KEYS)
        name = self._name(content.get("name"))
        return PackToml(
            name=name,
            base=self._base(content.get("base")),
            requires=self._requires(content.get("requires", []), name),
            collections=self._collections(content.get("collections", {})),
            source=self._file,
        )

    def _refuse_unknown(self, table: Mapping[str, Any], known: tuple[str, ...], *above: str) -> None:
        self.findings.extend(
            UnknownKeyFinding(
                file=self._file.shown,
                line=self._file.line_of(*above, key),
                key=".".join((*above, key)),
                near=nearest(key, known),
                known=known,
            )
            for key in table
            if key not in known
        )

    def _wrong(self, got: object, expected: str, *keys: str) -> None:
        self.findings.append(
            ValueInvalidFinding(
                file=self._file.shown,
                line=self._file.line_of(*keys),
                key=".".join(keys),
                got="nothing" if got is None else repr(got)[:200],
                expected=expected,
            )
        )

    def _name(self, value: object) -> str:
        if isinstance(value, str) and is_pack_name(value):
            return value
        self._wrong(value, "a pack name such as 'acme.orders' (lower-case letters, digits, _ and dots)", "name")
        return ""

    def _base(self, value: object) -> str:
        problem = version_problem(value)
        if problem is not None:
            self._wrong(value, problem, "base")
            return ""
        return str(value)

    def _requires(self, value: object, own: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._wrong(value, "a list of requirements such as ['acme.core>=2.0,<3']", "requires")
            return ()
        for one in value:
            problem = requirement_problem(one, own=own)
            if problem is not None:
                self._wrong(one, problem, "requires")
        return merged(tuple(one for one in value if requirement_problem(one) is None))

    def _collections(self, value: object) -> Mapping[str, str | None]:
        if not isinstance(value, dict) or not value:
            self._wrong(value or None, "at least one table [collections.NAME]", "collections")
            return {}
        return {name: self._collection(name, table) for name, table in value.items()}

    def _collection(self, name: str, table: object) -> str | None:
        if _COLLECTION.fullmatch(name) is None:
            self._wrong(name, "a name of letters, digits, '_', '.' and '-'", "collections", name)
        if not isinstance(table, dict):
            self._wrong(table, "a table with at most a schema", "collections", name)
            return None
        self._refuse_unknown(table, _COLLECTION_KEYS, "collections", name)
        schema = table.get("schema")
        if schema is not None and not isinstance(schema, str):
            self._wrong(schema, "the path of a schema inside the pack", "collections", name, "schema")
            return None
        return schema
