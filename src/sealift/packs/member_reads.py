"""Which members of its document a method reads without looking first; found in the source, nothing is run."""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRead:
    """One place where a member is taken for granted."""

    method: str
    member: str
    line: int
    column: int


def member_reads(source: bytes, class_name: str, method: str) -> Sequence[MemberRead]:
    """Return the places where a method of a class reads ``document["x"]``, pops or deletes it.

    Left out is what stands in a ``try``, members that the method sets itself or asks for with ``in`` or ``get``, and
    methods that give another value to their argument.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    function = _function(tree, class_name, method)
    if function is None or len(function.args.args) != 2:  # noqa: PLR2004 - self and the document
        return ()
    name = function.args.args[1].arg
    nodes = list(_outside_try(function))
    if any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in nodes):
        return ()
    known = set(_asked_or_set(function, name))
    return [
        MemberRead(method=method, member=member, line=node.lineno, column=node.col_offset + 1)
        for node, member in _reads(nodes, name)
        if member not in known
    ]


def _function(tree: ast.Module, class_name: str, method: str) -> ast.FunctionDef | None:
    """Return the method of the class, or of its nearest base in the same file that has it."""
    classes: Mapping[str, ast.ClassDef] = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    seen: set[str] = set()
    while class_name in classes and class_name not in seen:
        seen.add(class_name)
        for node in classes[class_name].body:
            if isinstance(node, ast.FunctionDef) and node.name == method:
                return node
        class_name = next((base.id for base in classes[class_name].bases if isinstance(base, ast.Name)), "")
    return None


def _outside_try(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Try | ast.FunctionDef | ast.Lambda):
            yield child
            yield from _outside_try(child)


def _asked_or_set(function: ast.FunctionDef, name: str) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id=holder), slice=ast.Constant(value=str(member)), ctx=ast.Store()):
                if holder == name:
                    yield member
            case ast.Compare(left=ast.Constant(value=str(member)), ops=[ast.In() | ast.NotIn()]):
                yield member
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=holder), attr="get" | "setdefault"),
                args=[ast.Constant(value=str(member)), *_],
            ):
                if holder == name:
                    yield member
            case _:
                pass


def _reads(nodes: Sequence[ast.AST], name: str) -> Iterator[tuple[ast.expr, str]]:
    for node in nodes:
        match node:
            case ast.Subscript(
                value=ast.Name(id=holder), slice=ast.Constant(value=str(member)), ctx=ast.Load() | ast.Del()
            ):
                if holder == name:
                    yield node, member
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=holder), attr="pop"), args=[ast.Constant(value=str(member))]
            ):
                if holder == name:
                    yield node, member
            case _:
                pass
