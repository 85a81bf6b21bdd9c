"""Which names are bound where: Python's scoping rules on a tree, so that a parameter ``date`` is not the import."""
# ruff: noqa: D102 -- ast.NodeVisitor finds these methods by the names of the nodes they visit

import ast
from collections import defaultdict
from enum import Enum, auto
from typing import Self


class Kind(Enum):
    """What makes a scope."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    COMPREHENSION = auto()


class Scope:
    """The names bound by one module, class, function or comprehension."""

    __slots__ = ("bound", "kind", "parent")

    def __init__(self, kind: Kind, parent: Self | None = None) -> None:
        self.kind = kind
        self.parent = parent
        self.bound: dict[str, list[ast.AST]] = defaultdict(list)
        """For each name the nodes that bind it: an ``ast.alias`` for an import, a definition, an argument, …"""

    def lookup(self, name: str) -> Self | None:
        """Return the scope in which a name read here is bound, or ``None``: then it is a builtin, or unknown."""
        if name in self.bound:
            return self
        scope = self.parent
        while scope is not None and (scope.kind is Kind.CLASS or name not in scope.bound):
            scope = scope.parent
        return scope

    def function(self) -> Self:
        """Return the scope that a walrus binds in."""
        scope = self
        while scope.kind is Kind.COMPREHENSION and scope.parent is not None:
            scope = scope.parent
        return scope


Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class ScopeBuilder(ast.NodeVisitor):
    """Builds the scopes of a module. Annotations bind and read nothing."""

    def __init__(self) -> None:
        self.scopes: dict[ast.AST, Scope] = {}
        self._scope = Scope(Kind.MODULE)

    def build(self, tree: ast.Module) -> dict[ast.AST, Scope]:
        """Return the scopes by the nodes that open them."""
        self.scopes[tree] = self._scope
        for statement in tree.body:
            self.visit(statement)
        return self.scopes

    def _bind(self, name: str | None, node: ast.AST) -> None:
        if name is not None:
            self._scope.bound[name].append(node)

    def _inside(self, opener: ast.AST, kind: Kind, *parts: ast.AST) -> None:
        outer = self._scope
        self._scope = self.scopes.setdefault(opener, Scope(kind, outer))
        for part in parts:
            self.visit(part)
        self._scope = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._bind(node.name, node)
        for default in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        self._inside(node, Kind.FUNCTION, *_arguments(node.args), *node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        self._inside(node, Kind.FUNCTION, *_arguments(node.args), node.body)

    def visit_arg(self, node: ast.arg) -> None:
        self._bind(node.arg, node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self._inside(node, Kind.CLASS, *node.body)

    def _visit_comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        parts = [first.target, *first.ifs, *others]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(node, Kind.COMPREHENSION, *filter(None, parts))

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._visit_comprehension(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._scope.function().bound[node.target.id].append(node.target)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id, node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], alias)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name, alias)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._bind(node.name, node)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._bind(node.name, node)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self._bind(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._bind(node.rest, node)
        self.generic_visit(node)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return several + [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
