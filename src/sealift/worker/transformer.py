"""The language: what a source may contain, checked at compile time so that it runs at native speed.

Built on RestrictedPython's transformer, of which it keeps the refusal of unknown node types and the checks of bound
names. Unlike it, nothing is rewritten into guarded calls: attributes are checked against an allow-list here, once.
This module has the outermost part, modules and classes; ``statements``, ``expressions`` and ``checking`` the others.
"""
# ruff: noqa: N802 -- ast.NodeVisitor finds these methods by the names of the nodes they visit

import ast

from sealift.worker.declarations import MANIFEST_NAMES, is_literal, target_names
from sealift.worker.facades.migration import Migration
from sealift.worker.findings import Code
from sealift.worker.members import member
from sealift.worker.statements import StatementChecker

FREEZE = "@freeze"
FREEZE_DATA = "@freeze_data"
"""Names in the compiled module that no source can spell."""

Assignment = ast.Assign | ast.AnnAssign


class PackTransformer(StatementChecker):
    """Checks a module and makes it ready to compile; ``findings`` must be empty afterwards."""

    # Module level

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Check and rewrite a whole source."""
        for name, nodes in self.scope.bound.items():
            for again in nodes[1:]:
                self.report(again, Code.MODULE_LEVEL, f"{name} is bound twice at module level", "another name")
        node.body = [made for statement in node.body for made in self._module_statement(statement)]
        return node

    def _module_statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return [node]
            case ast.Import() | ast.ImportFrom():
                return self.bindings(node)
            case ast.FunctionDef():
                return [self.visit_FunctionDef(node)]
            case ast.ClassDef():
                return [self._class(node)]
            case ast.Assign() | ast.AnnAssign():
                return self._constant(node, FREEZE)
            case ast.AsyncFunctionDef() | ast.Global() | ast.With():
                self.not_allowed(node)
            case _:
                message = "a statement that runs when the module is loaded"
                self.report(node, Code.MODULE_LEVEL, message, "a constant, or a function that is called")
                self.visit(node)
        return []

    def _constant(self, node: Assignment, freeze: str) -> list[ast.stmt]:
        """``NAME = value``: the value is made read-only when the module is loaded."""
        names = target_names(node)
        if node.value is None or (names and self.annotation_only.issuperset(names)):
            return []
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not all(map(_is_plain, targets)):
            self.report(node, Code.MODULE_LEVEL, "an assignment to something other than names", "NAME = value")
        if isinstance(node.value, ast.Starred):  # in the call below it would mean something
            self.report(node.value, Code.SYNTAX, "a starred expression outside a list or tuple", "[*values]")
        call = ast.Call(ast.Name(freeze, ast.Load()), [self.visit(node.value)], [])
        assign = ast.Assign([self.visit(target) for target in targets], call)
        return [ast.fix_missing_locations(ast.copy_location(assign, node))]

    # Classes: module level, one base, attributes and plain methods

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Refuse a class anywhere but at module level."""
        self.report(node, Code.CLASS, "a class inside a function or class", "a class at module level")

    def _class(self, node: ast.ClassDef) -> ast.ClassDef:
        self.check_name(node, node.name)
        self.check_definition(node)
        if len(node.bases) != 1 or node.keywords or not self._is_base(node.bases[0]):
            message = f"the class {node.name} does not derive from Migration alone"
            self.report(node, Code.CLASS, message, f"class {node.name}(Migration):")
        node.bases = [self.visit(base) for base in node.bases]
        self.declared = self.classes[node.name]
        with self.inside(node):
            node.body = [made for part in node.body for made in self._class_statement(part)] or [ast.Pass()]
        self.declared = None
        return ast.fix_missing_locations(node)

    def _is_base(self, node: ast.expr) -> bool:
        return self.resolve(node) is Migration or (isinstance(node, ast.Name) and node.id in self.classes)

    def _class_statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return [node]
            case ast.FunctionDef():
                return [self._method(node)]
            case ast.Assign() | ast.AnnAssign():
                self._check_literal(node)
                return self._constant(node, FREEZE_DATA)
            case ast.AsyncFunctionDef():
                self.not_allowed(node)
            case _:
                self.report(node, Code.CLASS, "a statement other than attributes and methods in a class", "a method")
        return []

    def _check_literal(self, node: Assignment) -> None:
        for name in sorted(MANIFEST_NAMES.intersection(target_names(node))):
            if node.value is not None and not is_literal(node.value):
                instead = f"{name} = the value itself: it is read without running code"
                self.report(node.value, Code.CLASS, f"{name} is not a literal", instead)

    def _method(self, node: ast.FunctionDef) -> ast.FunctionDef:
        first = next(iter((*node.args.posonlyargs, *node.args.args)), None)
        if self.declared is not None and first is not None and first.arg == "self":
            self.selves[self.scopes[node]] = self.declared
        else:
            message = f"the first argument of {node.name} is not self"
            self.report(node, Code.CLASS, message, f"def {node.name}(self, …):")
        node = self.visit_FunctionDef(node)
        node.name = member(node.name)
        return node


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_plain, node.elts))
    return isinstance(node, ast.Name)
