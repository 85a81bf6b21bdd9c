"""What the imports of a source mean: parts of facades, names for annotations, or a refusal."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from sealift.worker.facades import FACADES, LEFT_OUT_MODULES, OFFERS, Facade

ANNOTATION_MODULES = frozenset({"typing", "typing_extensions", "collections.abc"})
"""Modules whose names may stand in annotations; annotations are not evaluated, so nothing is imported."""


class Offered(NamedTuple):
    """The import binds this object, which is the member of this module (the facade itself, if there is no member)."""

    module: str
    member: str | None
    value: object


class AnnotationOnly:
    """The import binds nothing; the name may stand in annotations."""

    __slots__ = ()


class Refused(NamedTuple):
    """The import is not offered."""

    message: str
    instead: str


Target = Offered | AnnotationOnly | Refused


def import_targets(tree: ast.AST) -> dict[ast.alias, Target]:
    """Return what each imported name of a tree is."""
    return {alias: target for node in ast.walk(tree) for alias, target in _targets(node)}


def _targets(node: ast.AST) -> Iterator[tuple[ast.alias, Target]]:
    match node:
        case ast.Import():
            for alias in node.names:
                yield alias, _module(alias)
        case ast.ImportFrom(level=0, module=str(module)):
            for alias in node.names:
                yield alias, _member(module, alias.name)
        case ast.ImportFrom():
            for alias in node.names:
                yield alias, Refused("a relative import", "the function in this file: each file stands alone")


def _module(alias: ast.alias) -> Target:
    if alias.name in FACADES:
        return Offered(alias.name, None, FACADES[alias.name])
    if alias.name in ANNOTATION_MODULES and ("." not in alias.name or alias.asname):
        return AnnotationOnly()
    return _missing_module(alias.name)


def _member(module: str, name: str) -> Target:
    if module == "__future__" and name == "annotations":
        return AnnotationOnly()
    if name == "*":
        return Refused("an import of *", f"from {module} import the names you use")
    if module in ANNOTATION_MODULES and not name.startswith("_"):
        return AnnotationOnly() if name[0].isupper() or module == "typing" else missing_member(module, name)
    if module not in FACADES:
        return _missing_module(module)
    members = vars(FACADES[module])
    return Offered(module, name, members[name]) if name in members else missing_member(module, name)


def missing_member(module: str, name: str) -> Refused:
    """Return the refusal of a member that a module has not."""
    offer = OFFERS.get(module)
    if offer is None:
        return Refused(f"{module}.{name} is not offered", f"the names of {module} for annotations")
    instead = offer.left_out.get(name) or f"one of: {', '.join(sorted(offer.members))}"
    return Refused(f"{module}.{name} is not offered", instead)


def module_of(facade: Facade) -> str:
    """Return the name of the module that a facade stands for."""
    return next(name for name, value in FACADES.items() if value is facade)


def _missing_module(module: str) -> Refused:
    instead = LEFT_OUT_MODULES.get(module.partition(".")[0]) or f"one of: {', '.join(sorted(FACADES))}"
    return Refused(f"the module {module} is not offered", instead)
