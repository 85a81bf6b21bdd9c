"""From what the source of a migration says to the facts of the manifest, or to findings."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from sealift.errors.pack import PackFinding
from sealift.errors.pack_project import SchemaMissingFinding
from sealift.errors.pack_source import (
    AttributeInvalidFinding,
    AttributeMissingFinding,
    DuplicateVersionFinding,
    IrreversibleFinding,
    MisspeltNameFinding,
    NoUpgradeFinding,
    UnknownCollectionFinding,
    VersionUnreachableFinding,
)
from sealift.model.migration import Grant, MigrationInfo
from sealift.packs.pack_toml import PackToml
from sealift.packs.requirements import merged, requirement_problem, version_problem
from sealift.packs.sources import ATTRIBUTES, ClassSource
from sealift.packs.toml_file import nearest

HOOKS = (
    "pre_upgrade", "post_upgrade", "pre_downgrade", "post_downgrade", "pre_validate", "post_validate",
)  # fmt: skip
_KNOWN = (*ATTRIBUTES, "upgrade", "downgrade", "validate", *HOOKS)
_EXPECTED = {
    "collection": "a text such as 'customers'",
    "schema": "the path of a schema inside the pack",
    "atomic": "True or False",
    "depends_on": "a tuple of requirements such as ('acme.core>=2.0,<3',)",
    "loses": "a tuple of member names such as ('note',)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredMigration:
    """A sound migration: what the manifest will say of it, and what only its author needs."""

    info: MigrationInfo
    loses: tuple[str, ...]
    """Members that ``downgrade`` cannot give back."""
    methods: frozenset[str]
    file: str
    """As shown."""
    line: int
    """Of its version."""


def declare(
    classes: Sequence[ClassSource], toml: PackToml, files: Collection[str]
) -> tuple[Sequence[DeclaredMigration], Sequence[PackFinding]]:
    """Return the migrations in order of their versions, and every finding. One with an error is left out."""
    findings: list[PackFinding] = []
    declared: list[DeclaredMigration] = []
    for source in classes:
        reader = _Reader(source, toml, files)
        found = reader.read()
        findings.extend(reader.findings)
        if found is not None:
            declared.append(found)
    findings.extend(_out_of_order(declared, toml.base))
    return sorted(declared, key=lambda migration: Version(migration.info.version)), findings


def _out_of_order(declared: Sequence[DeclaredMigration], base: str) -> Iterator[PackFinding]:
    first: dict[Version, DeclaredMigration] = {}
    for migration in declared:
        version = Version(migration.info.version)
        other = first.setdefault(version, migration)
        if other is not migration:
            yield DuplicateVersionFinding(
                file=migration.file,
                line=migration.line,
                class_name=migration.info.class_name,
                version=migration.info.version,
                other=f"{other.info.class_name} ({other.file}:{other.line})",
            )
        if base and version <= Version(base):
            yield VersionUnreachableFinding(
                file=migration.file,
                line=migration.line,
                class_name=migration.info.class_name,
                version=migration.info.version,
                base=base,
            )


class _Reader:
    """Reads one class."""

    def __init__(self, source: ClassSource, toml: PackToml, files: Collection[str]) -> None:
        self._source = source
        self._toml = toml
        self._files = files
        self.findings: list[PackFinding] = []

    def read(self) -> DeclaredMigration | None:
        version, collection = self._version(), self._collection()
        schema, depends_on = self._schema(), self._texts("depends_on")
        self._check_requirements(depends_on)
        loses, atomic = self._texts("loses"), self._atomic()
        self._check_methods()
        if self._is_broken() or version is None or collection is None:
            return None
        info = MigrationInfo(
            version=version,
            path=self._source.path,
            class_name=self._source.name,
            collection=collection,
            depends_on=merged(self._toml.requires, depends_on),
            schema=schema,
            reversible="downgrade" in self._source.methods,
            atomic=atomic,
            grants=(Grant(collection=collection, access=("update",)),),
        )
        return DeclaredMigration(
            info=info,
            loses=loses,
            methods=self._source.methods,
            file=self._source.file,
            line=self._source.attributes["version"].line,
        )

    def _is_broken(self) -> bool:
        return bool(self._source.unreadable) or any(
            not isinstance(finding, MisspeltNameFinding | IrreversibleFinding) for finding in self.findings
        )

    def _place(self, attribute: str | None = None) -> Mapping[str, int]:
        literal = self._source.attributes.get(attribute or "")
        place = literal or self._source
        return {"line": place.line, "column": place.column}

    def _missing(self, attribute: str) -> None:
        if attribute not in self._source.unreadable:
            self.findings.append(
                AttributeMissingFinding(
                    file=self._source.file, **self._place(), class_name=self._source.name, attribute=attribute
                )
            )

    def _wrong(self, attribute: str, got: object, expected: str) -> None:
        self.findings.append(
            AttributeInvalidFinding(
                file=self._source.file,
                **self._place(attribute),
                class_name=self._source.name,
                attribute=attribute,
                got=repr(got)[:200],
                expected=expected,
            )
        )

    def _value(self, attribute: str, default: object = None) -> object:
        literal = self._source.attributes.get(attribute)
        return default if literal is None else literal.value

    def _version(self) -> str | None:
        value = self._value("version")
        if value is None:
            self._missing("version")
            return None
        problem = version_problem(value)
        if problem is not None:
            self._wrong("version", value, problem)
        return str(value) if problem is None else None

    def _collection(self) -> str | None:
        value = self._value("collection")
        if value is None:
            self._missing("collection")
        elif not isinstance(value, str):
            self._wrong("collection", value, _EXPECTED["collection"])
        elif value not in self._toml.collections:
            self.findings.append(
                UnknownCollectionFinding(
                    file=self._source.file,
                    **self._place("collection"),
                    class_name=self._source.name,
                    collection=value,
                    near=nearest(value, tuple(self._toml.collections)),
                )
            )
        return value if isinstance(value, str) else None

    def _schema(self) -> str | None:
        value = self._value("schema")
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong("schema", value, _EXPECTED["schema"])
            return None
        finding = missing_schema(value, self._files, self._source.file, self._place("schema"))
        if finding is not None:
            self.findings.append(finding)
        return value

    def _texts(self, attribute: str) -> tuple[str, ...]:
        value = self._value(attribute, ())
        if not isinstance(value, tuple | list) or not all(isinstance(item, str) for item in value):
            self._wrong(attribute, value, _EXPECTED[attribute])
            return ()
        return tuple(value)

    def _check_requirements(self, requirements: tuple[str, ...]) -> None:
        for one in requirements:
            problem = requirement_problem(one, own=self._toml.name)
            if problem is not None:
                self._wrong("depends_on", one, problem)

    def _atomic(self) -> bool:
        value = self._value("atomic", default=False)
        if not isinstance(value, bool):
            self._wrong("atomic", value, _EXPECTED["atomic"])
        return value is True

    def _check_methods(self) -> None:
        place, name = self._place(), self._source.name
        if "upgrade" not in self._source.methods:
            self.findings.append(NoUpgradeFinding(file=self._source.file, **place, class_name=name))
        elif "downgrade" not in self._source.methods:
            self.findings.append(IrreversibleFinding(file=self._source.file, **place, class_name=name))
        for own, (line, column) in self._source.names.items():
            near = None if own in _KNOWN else nearest(own, _KNOWN, cutoff=0.85)
            if near is not None and near not in self._source.names:
                self.findings.append(
                    MisspeltNameFinding(
                        file=self._source.file, line=line, column=column, class_name=name, name=own, near=near
                    )
                )


def missing_schema(
    path: str, files: Collection[str], file: str, place: Mapping[str, int]
) -> SchemaMissingFinding | None:
    """Return the finding for a schema that is not among the files of the pack."""
    if path in files and path.endswith(".json"):
        return None
    near = nearest(path, tuple(name for name in files if name.endswith(".json")))
    return SchemaMissingFinding(file=file, path=path, near=near, **place)
