"""Migrations read from source text without running it: which classes there are, and what their literals say."""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealift.errors.pack import PackFinding
from sealift.errors.pack_source import NoMigrationFinding, NotLiteralFinding, SourceInvalidFinding

ATTRIBUTES = ("version", "collection", "schema", "depends_on", "atomic", "loses")
"""The class attributes that sealift reads."""

_PACKAGE = "sealift"
_BASE = "Migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """The value of a class attribute and where it stands."""

    value: Any
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSource:
    """A class that derives from Migration, as it is written."""

    name: str
    path: str
    """Inside the pack."""
    file: str
    """As shown."""
    line: int
    column: int
    attributes: Mapping[str, Literal]
    """What is readable of ``ATTRIBUTES``, also from bases in the same file."""
    unreadable: frozenset[str]
    """Attributes that are there but are no literals: there is a finding for each."""
    methods: frozenset[str]
    """Methods of the class and of its bases in the same file."""
    names: Mapping[str, tuple[int, int]]
    """Everything that the body of the class itself defines, with line and column."""


def read_classes(root: Path, path: str, data: bytes) -> tuple[Sequence[ClassSource], Sequence[PackFinding]]:
    """Return the migrations of one file in order, and what is wrong with the file. Nothing is executed."""
    shown = str(root / path)
    tree = _parse(shown, data)
    if isinstance(tree, SourceInvalidFinding):
        return (), [tree]
    reader = _Reader(shown, path, tree)
    found = reader.migrations()
    return found, reader.findings if found else [*reader.findings, *_nothing(shown, tree)]


def _parse(shown: str, data: bytes) -> ast.Module | SourceInvalidFinding:
    try:
        text = data.decode("utf-8")
        with warnings.catch_warnings():
            # Invalid escapes and the like are the author's matter, and no reason to write to our stderr.
            warnings.simplefilter("ignore")
            return ast.parse(text, filename=shown)
    except UnicodeDecodeError as error:
        return SourceInvalidFinding(file=shown, line=data.count(b"\n", 0, error.start) + 1, problem="it is not UTF-8")
    except SyntaxError as error:
        return SourceInvalidFinding(
            file=shown, line=error.lineno or 1, column=max(error.offset or 1, 1), problem=error.msg
        )
    except (ValueError, RecursionError, MemoryError) as error:
        # NUL bytes, and nesting beyond what the parser can hold.
        return SourceInvalidFinding(file=shown, problem=str(error) or "it is nested too deeply")


def _nothing(shown: str, tree: ast.Module) -> Iterator[NoMigrationFinding]:
    """Say why a file without migrations may be a slip."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and {"version", "upgrade"} <= set(_own_names(node)):
            yield NoMigrationFinding(
                file=shown,
                line=node.lineno,
                column=node.col_offset + 1,
                problem=f"{node.name} looks like a migration, but is not found as one",
            )
            return
    yield NoMigrationFinding(file=shown, problem="the file holds no migration")


class _Reader:
    """Reads the classes of one file."""

    def __init__(self, shown: str, path: str, tree: ast.Module) -> None:
        self._shown = shown
        self._path = path
        self._classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self._direct, self._packages = _imports(tree)
        self.findings: list[PackFinding] = []

    def migrations(self) -> Sequence[ClassSource]:
        """Return the classes that derive from Migration and are not only bases of others."""
        lines = {name: self._lineage(node, ()) for name, node in self._classes.items()}
        bases = {node.name for line in lines.values() for node in line[1:]}
        return [
            self._read(name, line)
            for name, line in lines.items()
            if line and (name not in bases or "version" in _own_names(self._classes[name]))
        ]

    def _lineage(self, node: ast.ClassDef, seen: tuple[str, ...]) -> list[ast.ClassDef]:
        """Return the class and its bases in this file, nearest first; empty when they do not lead to Migration."""
        found: list[ast.ClassDef] = []
        is_migration = False
        for base in node.bases:
            if self._is_migration(base):
                is_migration = True
            elif isinstance(base, ast.Name) and base.id in self._classes and base.id not in (*seen, node.name):
                above = self._lineage(self._classes[base.id], (*seen, node.name))
                is_migration = is_migration or bool(above)
                found.extend(above or [self._classes[base.id]])
        return [node, *dict.fromkeys(found)] if is_migration else []

    def _is_migration(self, base: ast.expr) -> bool:
        match base:
            case ast.Name(id=name):
                return name in self._direct
            case ast.Attribute(value=ast.Name(id=package), attr=name):
                return package in self._packages and name == _BASE
        return False

    def _read(self, name: str, lineage: Sequence[ast.ClassDef]) -> ClassSource:
        attributes: dict[str, Literal] = {}
        unreadable: set[str] = set()
        # From the farthest base to the class itself, so that the nearest definition wins.
        for node in reversed(lineage):
            found, refused = self._literals(node)
            attributes.update(found)
            unreadable = (unreadable - found.keys()) | refused
        own = lineage[0]
        return ClassSource(
            name=name,
            path=self._path,
            file=self._shown,
            line=own.lineno,
            column=own.col_offset + 1,
            attributes={key: value for key, value in attributes.items() if key not in unreadable},
            unreadable=frozenset(unreadable),
            methods=frozenset(method for node in lineage for method in _methods(node)),
            names=_own_names(own),
        )

    def _literals(self, node: ast.ClassDef) -> tuple[dict[str, Literal], set[str]]:
        found: dict[str, Literal] = {}
        refused: set[str] = set()
        for name, value, place in _assignments(node):
            if name not in ATTRIBUTES:
                continue
            literal = _literal(value)
            problem = "it is assigned twice" if name in found or name in refused else None
            if literal is None and problem is None:
                problem = "it is computed (expected a literal)"
            if literal is None or problem is not None:
                refused.add(name)
                self._refuse(node.name, name, str(problem), place)
            else:
                found[name] = literal
        return found, refused

    def _refuse(self, class_name: str, attribute: str, problem: str, place: ast.stmt) -> None:
        finding = NotLiteralFinding(
            file=self._shown,
            line=place.lineno,
            column=place.col_offset + 1,
            class_name=class_name,
            attribute=attribute,
            problem=problem,
        )
        if finding.where not in {known.where for known in self.findings}:
            self.findings.append(finding)


def _imports(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names under which the file knows Migration, and the package."""
    direct: set[str] = set()
    packages: set[str] = set()
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=module, level=0) if module == _PACKAGE:
                direct.update(alias.asname or alias.name for alias in node.names if alias.name == _BASE)
            case ast.Import():
                packages.update(alias.asname or alias.name for alias in node.names if alias.name == _PACKAGE)
    return direct, packages


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None, ast.stmt]]:
    """Yield every name that the body assigns, with the value where it is a plain one."""
    for statement in ast.walk(ast.Module(body=_without_functions(node.body), type_ignores=[])):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if statement in node.body:
                yield name, value, statement
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if statement in node.body:
                yield name, value, statement
            case ast.Assign() | ast.AugAssign() | ast.For() | ast.With():
                # Chained, unpacked, conditional or repeated: the value depends on running the code.
                for part in ast.walk(statement):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        yield part.id, None, statement


def _without_functions(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    return [node for node in body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]


def _literal(value: ast.expr | None) -> Literal | None:
    if value is None:
        return None
    try:
        return Literal(value=ast.literal_eval(value), line=value.lineno, column=value.col_offset + 1)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _methods(node: ast.ClassDef) -> Iterator[str]:
    return (item.name for item in node.body if isinstance(item, ast.FunctionDef))


def _own_names(node: ast.ClassDef) -> Mapping[str, tuple[int, int]]:
    names = {name: (place.lineno, place.col_offset + 1) for name, _, place in _assignments(node)}
    return names | {
        item.name: (item.lineno, item.col_offset + 1) for item in node.body if isinstance(item, ast.FunctionDef)
    }
