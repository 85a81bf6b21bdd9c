"""Module-level names for types, such as ``Document = dict[str, Any]``: for annotations, so they are not evaluated."""

import ast
from collections.abc import Mapping

from sealift.worker.imports import AnnotationOnly, Target
from sealift.worker.names import CLASS_PATTERNS as BUILTIN_CLASSES


def annotation_names(tree: ast.Module, imports: Mapping[ast.alias, Target]) -> frozenset[str]:
    """Return the module's names that stand for types and have no value."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Import() | ast.ImportFrom():
                names |= {
                    alias.asname or alias.name for alias in node.names if isinstance(imports.get(alias), AnnotationOnly)
                }
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_type(value, names):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _is_type(value, names):
                names.add(name)
    return frozenset(names)


def _is_type(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Subscript(value=ast.Name(id=name)):
            return name in BUILTIN_CLASSES or name in names
        case ast.Attribute(value=value) | ast.Call(func=value) | ast.Subscript(value=value):
            return _is_type(value, names)
        case ast.BinOp(left=left, right=right, op=ast.BitOr()):
            return _is_type(left, names) or _is_type(right, names)
        case _:
            return False
