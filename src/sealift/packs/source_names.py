"""The names of members that the source of a migration writes out; found without running it."""

import ast
from collections.abc import Iterator

from sealift.packs.methods import parsed
from sealift.packs.written_names import WrittenName


def source_names(source: bytes) -> Iterator[WrittenName]:
    """Yield the texts in subscripts, in ``get``, ``pop``, ``setdefault``, ``in``, in dictionaries and in ``loses``.

    The keys of one dictionary share a holder; 0 is for names that stand elsewhere.
    """
    lines = source.splitlines(keepends=True)
    for number, node in enumerate(ast.walk(parsed(source)), start=1):
        for place in _names(node):
            yield _source_name(place, lines, number if isinstance(node, ast.Dict) else 0)


def _names(node: ast.AST) -> Iterator[ast.Constant]:
    match node:
        case ast.Subscript(slice=part):
            yield from _texts(part)
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[first, *_]):
            yield from _texts(first)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]):
            yield from _texts(left)
        case ast.Dict(keys=keys):
            yield from _texts(*keys)
        case ast.Assign(targets=[ast.Name(id="loses")], value=ast.Tuple(elts=names) | ast.List(elts=names)):
            yield from _texts(*names)
        case _:
            pass


def _texts(*nodes: ast.expr | None) -> Iterator[ast.Constant]:
    return (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _source_name(node: ast.Constant, lines: list[bytes], holder: int) -> WrittenName:
    line = lines[node.lineno - 1]
    above = sum(map(len, lines[node.lineno - 1 : (node.end_lineno or node.lineno) - 1]))
    written = b"".join(lines[node.lineno - 1 : node.end_lineno])[node.col_offset : above + (node.end_col_offset or 0)]
    return WrittenName(
        name=str(node.value),
        escaped=written.isascii(),
        line=node.lineno,
        column=len(line[: node.col_offset].decode()) + 1,
        way=(),
        holder=holder,
    )
