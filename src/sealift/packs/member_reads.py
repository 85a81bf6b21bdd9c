"""Which members of its document a method reads without looking first; found in the source, nothing is run."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealift.packs.methods import method_of


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
    function = method_of(source, class_name, method)
    if function is None:
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
