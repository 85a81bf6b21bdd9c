"""A method of a class, found in the source of a migration; nothing is run."""

import ast
import warnings
from collections.abc import Mapping


def parsed(source: bytes) -> ast.Module:
    """Return the tree of a source; what Python warns of is the author's matter, and no reason to write to stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def method_of(source: bytes, class_name: str, method: str) -> ast.FunctionDef | None:
    """Return the method of the class, or of its nearest base in the same file that has it.

    Only one that takes nothing but the document is returned.
    """
    tree = parsed(source)
    classes: Mapping[str, ast.ClassDef] = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    seen: set[str] = set()
    while class_name in classes and class_name not in seen:
        seen.add(class_name)
        for node in classes[class_name].body:
            if isinstance(node, ast.FunctionDef) and node.name == method:
                return node if len(node.args.args) == 2 else None  # noqa: PLR2004 - self and the document
        class_name = next((base.id for base in classes[class_name].bases if isinstance(base, ast.Name)), "")
    return None


def is_name(node: ast.expr, name: str) -> bool:
    """Say whether an expression is this very name."""
    return isinstance(node, ast.Name) and node.id == name
