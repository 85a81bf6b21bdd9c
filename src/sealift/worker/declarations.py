"""What the classes of a source declare, read from the tree."""

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard

from sealift.worker.facades.migration import INHERITED

MANIFEST_NAMES = frozenset({"version", "collection", "schema", "depends_on", "atomic", "loses"})
"""Class attributes that the signed manifest carries: they are read without running code, so they are literals."""


class Declared(NamedTuple):
    """One class: its own members, and the class of the same file it derives from."""

    name: str
    members: frozenset[str]
    methods: Mapping[str, ast.FunctionDef]
    base: "Declared | None"

    def has(self, name: str) -> bool:
        """Whether ``self.name`` is declared here or further up."""
        return name in self.members or self.inherits(name)

    def inherits(self, name: str) -> bool:
        """Whether ``super()`` has this name."""
        return self.base.has(name) if self.base else name in INHERITED

    def method(self, name: str) -> ast.FunctionDef | None:
        """Return the method that ``self.name`` is, if it is one."""
        if name in self.members or self.base is None:
            return self.methods.get(name)
        return self.base.method(name)


def declared_classes(tree: ast.Module) -> dict[str, Declared]:
    """Return the classes of a module by their names."""
    classes: dict[str, Declared] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            base = next((classes.get(base.id) for base in node.bases if isinstance(base, ast.Name)), None)
            methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
            classes[node.name] = Declared(node.name, frozenset(_members(node)), methods, base)
    return classes


def _members(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        match part:
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign() | ast.AnnAssign() if part.value is not None:
                yield from target_names(part)


def target_names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """Return the names that an assignment binds, those in tuples included."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [part.id for target in targets for part in ast.walk(target) if _is_stored(part)]


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def is_literal(node: ast.expr) -> bool:
    """Whether a value can be read without running code."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
