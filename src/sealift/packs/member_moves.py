"""Members of its document that a method moves to another name; found in the source, nothing is run."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sealift.packs.methods import is_name, method_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One place where a member's value goes to another name."""

    source: str
    member: str
    line: int
    column: int


def moves(source: bytes, class_name: str, method: str) -> Iterator[Move]:
    """Yield where a method writes ``document["b"] = document.pop("a")`` and never looks at ``b`` besides.

    ``document["b"] = document["a"]`` with ``del document["a"]`` is the same.
    """
    function = method_of(source, class_name, method)
    if function is None:
        return
    holder = function.args.args[1].arg
    nodes = list(ast.walk(function))
    known = {member for node in nodes for member in _looked_at(node, holder)}
    deleted = {member for node in nodes for member in _deleted(node, holder)}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(member))) as target], value=value):
                taken = set(_taken(value, holder, deleted)) if is_name(target.value, holder) else set()
                if taken and member not in {*taken, *known}:
                    yield Move(source=min(taken), member=member, line=node.lineno, column=node.col_offset + 1)
            case _:
                pass


def _taken(value: ast.expr, holder: str, deleted: Collection[str]) -> Iterator[str]:
    """Yield the members that are taken out of the document for a value."""
    for node in ast.walk(value):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="pop"), args=[ast.Constant(value=str(member)), *_]):
                if is_name(owner, holder):
                    yield member
            case ast.Subscript(value=owner, slice=ast.Constant(value=str(member))):
                if is_name(owner, holder) and member in deleted:
                    yield member
            case _:
                pass


def _deleted(node: ast.AST, holder: str) -> Iterator[str]:
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(member)), ctx=ast.Del()) if is_name(owner, holder):
            yield member
        case _:
            pass


def _looked_at(node: ast.AST, holder: str) -> Iterator[str]:
    """Yield the members that are read, asked for, taken out or deleted: their values were thought of."""
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(member)), ctx=ast.Load() | ast.Del()):
            yield from [member] if is_name(owner, holder) else []
        case ast.Call(func=ast.Attribute(value=owner), args=[ast.Constant(value=str(member)), *_]):
            yield from [member] if is_name(owner, holder) else []
        case ast.Compare(left=ast.Constant(value=str(member)), ops=[ast.In() | ast.NotIn()]):
            yield member
        case _:
            pass
