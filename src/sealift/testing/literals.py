"""The literals in a migration's source: what its code compares with is what makes a document rare."""

import ast
import warnings
from collections.abc import Mapping, Sequence

Literal = str | int | float | None


def literals_of(source: bytes) -> Mapping[type, Sequence[Literal]]:
    """Return the constants of a source by their JSON type, without docstrings; nothing is run."""
    tree = _parsed(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: dict[type, dict[Literal, None]] = {str: {}, int: {}, float: {}}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in skipped and type(node.value) in found:
            found[type(node.value)][node.value] = None  # type: ignore[index]  # its type was just looked up
    numbers = dict.fromkeys([*found[int], *(near for one in found[int] for near in _near(one))])
    return {str: list(found[str]), int: list(numbers), float: list(found[float])}


def refusals_in(source: bytes) -> frozenset[int]:
    """Return the lines on which a source refuses a document: ``raise ValueError(…)``, as the contract has it."""
    return frozenset(
        line
        for node in ast.walk(_parsed(source))
        if isinstance(node, ast.Raise) and _is_value_error(node.exc)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )


def _is_value_error(raised: ast.expr | None) -> bool:
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id == "ValueError"


def _parsed(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _near(number: Literal) -> Sequence[int]:
    """Return the neighbours of a bound: ``if count > 100`` has its mistake at 100 or at 101."""
    return (number - 1, number + 1) if isinstance(number, int) else ()
