"""Statements inside functions, and functions themselves."""
# ruff: noqa: N802, D102 -- ast.NodeVisitor finds these methods by the names of the nodes they visit

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from sealift.worker.checking import UNKNOWN
from sealift.worker.expressions import ExpressionChecker
from sealift.worker.findings import Code
from sealift.worker.imports import AnnotationOnly, Offered, Refused
from sealift.worker.names import BUILTIN_NAMES, CLASS_PATTERNS


def facade_name(module: str) -> str:
    """Return the inner name of a facade."""
    return f"@import {module}"


LIMITS = "@limits"
"""The inner name of the exceptions that no handler gets."""
_NARROW = frozenset(name for name in BUILTIN_NAMES if name.endswith("Error") and name != "RuntimeError")
"""Exceptions that are no base of those."""


class StatementChecker(ExpressionChecker):
    """Checks statements; imports become assignments, annotations go."""

    # Assignments

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        return self.node_contents_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        return self.node_contents_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Drop the annotation; one without a value still makes the name local."""
        if node.value is None:
            node.target, node.annotation = self.visit(node.target), ast.Constant(None)
            return ast.fix_missing_locations(node)
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    # Control flow

    def visit_For(self, node: ast.For) -> ast.For:
        self.go_through(node.iter)
        return self.node_contents_visit(node)

    def visit_With(self, node: ast.With) -> None:
        self.not_allowed(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.not_allowed(node)

    def visit_Try(self, node: ast.Try) -> ast.Try:
        """Let no handler have the errors of limits: what a pack makes of them would depend on what ran before."""
        for leaving in _leaving(node.finalbody):
            message = f"a {type(leaving).__name__.lower()} in finally, which swallows exceptions"
            self.report(leaving, Code.STATEMENT, message, "the same after the try statement")
        wide = not all(handler.type and self.is_builtin(handler.type, *_NARROW) for handler in node.handlers)
        node = self.node_contents_visit(node)
        if wide:
            limits = ast.ExceptHandler(ast.Name(LIMITS, ast.Load()), None, [ast.Raise()])
            node.handlers.insert(0, ast.copy_location(limits, node.handlers[0]))
            ast.fix_missing_locations(node)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        if node.type is None:
            self.report(node, Code.STATEMENT, "a bare except", "except Exception:")
        return super().visit_ExceptHandler(node)

    # Imports

    def visit_Import(self, node: ast.Import) -> Any:
        return self.bindings(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return self.bindings(node)

    def bindings(self, node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
        """Return the assignments that an import stands for: nothing is imported at run time."""
        found = [binding for alias in node.names for binding in self._binding(node, alias)]
        return found or [ast.copy_location(ast.Pass(), node)]

    def _binding(self, node: ast.stmt, alias: ast.alias) -> Iterator[ast.stmt]:
        self.check_name(node, alias.asname or alias.name)
        match self.imports[alias]:
            case Refused(message=message, instead=instead):
                self.report(node, Code.IMPORT, message, instead)
            case AnnotationOnly():
                return
            case Offered(module=module, member=name):
                value: ast.expr = ast.Name(facade_name(module), ast.Load())
                if name is not None:
                    value = ast.Attribute(value, name, ast.Load())
                target = ast.Name(alias.asname or alias.name, ast.Store())
                yield ast.fix_missing_locations(ast.copy_location(ast.Assign([target], value), node))

    # match: captures are names that are bound, patterns read no attributes

    def visit_Match(self, node: ast.Match) -> Any:
        return self.node_contents_visit(node)

    def visit_match_case(self, node: ast.match_case) -> Any:
        return self.node_contents_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> Any:
        return self.node_contents_visit(node)

    def visit_MatchSingleton(self, node: ast.MatchSingleton) -> Any:
        return self.node_contents_visit(node)

    def visit_MatchSequence(self, node: ast.MatchSequence) -> Any:
        return self.node_contents_visit(node)

    def visit_MatchOr(self, node: ast.MatchOr) -> Any:
        return self.node_contents_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> Any:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> Any:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> Any:
        self.check_name(node, node.rest)
        return self.node_contents_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> Any:
        if not self.is_builtin(node.cls, *CLASS_PATTERNS) or node.kwd_patterns:
            message = "a class pattern other than str(), int(), dict() and the like"
            self.report(node, Code.STATEMENT, message, "if isinstance(…)")
        node = self.node_contents_visit(node)
        self.use_native(node.cls)
        return node

    # Functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.check_name(node, node.name)
        self.check_definition(node)
        self.check_function_argument_names(node)
        self._visit_defaults(node.args)
        node.returns = None
        with self.inside(node):
            node.args = self.visit(node.args)
            node.body = self._visit_body(node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self.check_function_argument_names(node)
        self._visit_defaults(node.args)
        with self.inside(node):
            node.args = self.visit(node.args)
            node.body = self.visit(node.body)
        return node

    def check_definition(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        """Refuse decorators and type parameters."""
        for decorator in node.decorator_list:
            self.report(decorator, Code.STATEMENT, "a decorator", "a function at module level, called where needed")
        if getattr(node, "type_params", None):
            self.not_allowed(node)

    def _visit_body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        visited: list[ast.stmt] = []
        for statement in body:
            result = self.visit(statement)
            visited += result if isinstance(result, list) else [result] if result is not None else []
        return visited

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        """Drop the annotations; the defaults are evaluated, and were visited, outside."""
        for argument in ast.walk(node):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return node

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *filter(None, arguments.kw_defaults)):
            if not self._is_constant(default):
                message = "a default argument that is computed"
                self.report(default, Code.DEFAULT, message, "None, and compute it inside the function")
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether a default cannot change: module-level names are read-only, others live as long as their function."""
        match node:
            case ast.Constant() | ast.Name():
                return True
            case ast.UnaryOp(operand=operand):
                return self._is_constant(operand)
            case ast.Tuple(elts=parts):
                return all(map(self._is_constant, parts))
            case _:
                return self.resolve(node) is not UNKNOWN


def _leaving(body: Sequence[ast.stmt], loop: ast.For | ast.While | None = None) -> Iterator[ast.stmt]:
    """Yield what leaves a body other than by its end: ``break`` and ``continue`` only if their loop is around it."""
    for node in body:
        match node:
            case ast.Return():
                yield node
            case ast.Break() | ast.Continue() if loop is None:
                yield node
            case ast.FunctionDef() | ast.ClassDef():
                pass
            case ast.For() | ast.While():
                yield from _leaving(node.body, node)
                yield from _leaving(node.orelse, loop)
            case _:
                yield from _leaving(_bodies(node), loop)


def _bodies(node: ast.AST) -> list[ast.stmt]:
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            found.append(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            found += child.body
    return found
