"""Names, attributes, calls, comprehensions: what an expression may read."""
# ruff: noqa: N802, D102 -- ast.NodeVisitor finds these methods by the names of the nodes they visit

import ast
import builtins
from datetime import datetime
from typing import Any

from sealift.worker.checking import UNKNOWN, Checker
from sealift.worker.declarations import Declared
from sealift.worker.facades import Facade
from sealift.worker.facades.facade import words
from sealift.worker.findings import Code
from sealift.worker.imports import missing_member, module_of
from sealift.worker.members import member
from sealift.worker.names import ATTRIBUTES, BUILTIN_NAMES, LEFT_OUT_ATTRIBUTES, LEFT_OUT_NAMES, STAND_INS
from sealift.worker.scopes import Comprehension, Kind
from sealift.worker.stable_sets import FETCHED

CHECKED_SET = "@checked set"
_GOES_THROUGH = frozenset(words("all any dict enumerate filter frozenset iter len list map set sorted sum tuple zip"))
_METHODS_GO_THROUGH = frozenset(
    words("difference extend intersection isdisjoint issubset issuperset join union update")
)
"""What takes the items out of an iterable and keeps nothing else of it."""


def native(name: str) -> str:
    """Return the inner name of the real class behind a stand-in, for where it is only tested with."""
    return f"@{name}"


def called(name: str) -> str:
    """Return the inner name of what a stand-in is where it is called."""
    return f"@call {name}"


def method(name: str) -> str:
    """Return the inner name of the function that fetches a method of ``stable_sets.FETCHED``."""
    return f"@method {name}"


class ExpressionChecker(Checker):
    """Checks expressions; attributes are compared with an allow-list and left as they are."""

    # Names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if isinstance(node.ctx, ast.Load):
            self._check_load(node)
        else:
            self.check_name(node, node.id)
        if self.scope.kind is Kind.CLASS and node.id in self.scope.bound:
            node.id = member(node.id)
        return node

    def _check_load(self, node: ast.Name) -> None:
        self.check_spelling(node, node.id)
        scope = self.scope.lookup(node.id)
        if scope is None:
            self._check_builtin(node)
        elif scope.kind is Kind.MODULE and node.id in self.annotation_only:
            self.report(node, Code.NAME, f"{node.id} is a name for annotations only", "a class such as dict or str")

    def _check_builtin(self, node: ast.Name) -> None:
        name = node.id
        if name in BUILTIN_NAMES or name.startswith("__"):
            return
        if name in LEFT_OUT_NAMES:
            self.report(node, Code.NAME, f"{name} is not offered", LEFT_OUT_NAMES[name])
        elif self.declared is not None and self.declared.has(name):
            self.report(node, Code.NAME, f"{name} is not defined", f"self.{name}")
        elif hasattr(builtins, name):
            self.report(node, Code.NAME, f"{name} is not offered", "one of the builtins that are offered")
        else:
            instead = "a name that this file defines or imports, or a builtin that is offered"
            self.report(node, Code.NAME, f"{name} is not defined", instead)

    # Attributes

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute | ast.Call:
        if not isinstance(node.ctx, ast.Load):
            message = f"writing the attribute {node.attr}"
            self.report(node, Code.ATTRIBUTE_WRITE, message, "document[key] = value, or a local variable")
            return self.node_contents_visit(node)
        if self._is_super(node.value):
            return self._super_member(node)
        owner, declared = self.resolve(node.value), self._class_of(node.value)
        node.value = self.visit(node.value)
        if declared is not None:
            return self._own_member(node, declared)
        if owner is not UNKNOWN:
            self._check_known(node, owner)
        elif node.attr not in ATTRIBUTES:
            self._check_unknown(node)
        elif node.attr in FETCHED and node not in self.gone_through:
            return ast.copy_location(ast.Call(ast.Name(method(node.attr), ast.Load()), [node.value], []), node)
        return node

    def go_through(self, node: ast.expr) -> None:
        """Note that only the items of an expression are used: keys and items of a dict need no view of their own."""
        match node:
            case ast.Call(func=ast.Attribute(attr="keys" | "items") as function, args=[], keywords=[]):
                self.gone_through.add(function)

    def _is_super(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and not (node.args or node.keywords) and self.is_builtin(node.func, "super")

    def _super_member(self, node: ast.Attribute) -> ast.Attribute:
        if self.declared is None or self.scope not in self.selves:
            self.report(node, Code.NAME, "super() outside a method", "super().method(…), directly in a method")
        elif not self.declared.inherits(node.attr):
            self.report(node, Code.ATTRIBUTE, f"no base of {self.declared.name} declares {node.attr}", "self.…")
        node.attr = member(node.attr)
        return node

    def _class_of(self, node: ast.expr) -> Declared | None:
        """Return the class whose members ``node.…`` reads, when ``node`` is ``self`` or a class of this file."""
        scope = self.scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if scope is None or not isinstance(node, ast.Name):
            return None
        if node.id == "self" and scope in self.selves:
            return self.selves[scope]
        is_class = scope.kind is Kind.MODULE and isinstance(scope.bound[node.id][0], ast.ClassDef)
        return self.classes.get(node.id) if is_class else None

    def _own_member(self, node: ast.Attribute, declared: Declared) -> ast.Attribute:
        if not declared.has(node.attr):
            instead = f"{node.attr} = … in the class body"
            self.report(node, Code.ATTRIBUTE, f"{declared.name} does not declare {node.attr}", instead)
        node.attr = member(node.attr)
        return node

    def _check_known(self, node: ast.Attribute, owner: object) -> None:
        """Check an attribute of something we know, so that a wrong one is found before any document is."""
        if isinstance(owner, Facade):
            if node.attr not in vars(owner):
                refused = missing_member(module_of(owner), node.attr)
                self.report(node, Code.ATTRIBUTE, refused.message, refused.instead)
        elif node.attr not in ATTRIBUTES:
            self._refuse_attribute(node)
        elif not hasattr(owner, node.attr):
            name = getattr(owner, "__name__", type(owner).__name__)
            instead = f"value.{node.attr}(…)" if owner in STAND_INS.values() else "an attribute that it has"
            self.report(node, Code.ATTRIBUTE, f"{name} has no attribute {node.attr} here", instead)

    def _check_unknown(self, node: ast.Attribute) -> None:
        """Let a name pass that a class of the file declares: renamed, it is that and nothing of another object."""
        if node.attr in self.members:
            node.attr = member(node.attr)
        else:
            self._refuse_attribute(node)

    def _refuse_attribute(self, node: ast.Attribute) -> None:
        reason = "begins with an underscore" if node.attr.startswith("_") else "is not offered"
        instead = LEFT_OUT_ATTRIBUTES.get(node.attr) or f"value[{node.attr!r}], if it is a member of a document"
        self.report(node, Code.ATTRIBUTE, f"the attribute {node.attr} {reason}", instead)

    # Calls

    def visit_Call(self, node: ast.Call) -> ast.Call:
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg.startswith("_"):
                message = f"the argument {keyword.arg} begins with an underscore"
                self.report(node, Code.RESERVED, message, "a name without the underscore")
        if node.args and self.is_builtin(node.func, "str", "repr", "format"):
            self._check_text(node.args[0])
        is_test = self.is_builtin(node.func, "isinstance") and len(node.args) == 2  # noqa: PLR2004  # (value, classes)
        is_class = self.is_builtin(node.func, *STAND_INS)
        if self._only_goes_through(node.func):
            for argument in node.args:
                self.go_through(argument)
        if isinstance(node.func, ast.Attribute) and self._has_time_zone(node, node.func):
            node = self._visit_around(node, node.func)
        else:
            node = self.node_contents_visit(node)
        if is_class and isinstance(node.func, ast.Name):
            node.func.id = called(node.func.id)
        if is_test:
            self.use_native(node.args[1])
        return node

    def _only_goes_through(self, function: ast.expr) -> bool:
        match function:
            case ast.Attribute(attr=name):
                return name in _METHODS_GO_THROUGH and name not in self.members
            case _:
                return self.is_builtin(function, *_GOES_THROUGH)

    def _has_time_zone(self, node: ast.Call, function: ast.Attribute) -> bool:
        """Whether this is ``fromtimestamp`` with a time zone, which does not depend on the local one."""
        return (
            function.attr == "fromtimestamp"
            and self.resolve(function.value) is datetime
            and (len(node.args) > 1 or any(keyword.arg == "tz" for keyword in node.keywords))
        )

    def _visit_around(self, node: ast.Call, function: ast.Attribute) -> ast.Call:
        function.value = self.visit(function.value)
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return node

    def use_native(self, node: ast.expr) -> None:
        """Put the real classes in place of stand-ins where they are tested with, and nothing else."""
        match node:
            case ast.Name(id=name) if self.is_builtin(node, *STAND_INS):
                node.id = native(name)
            case ast.Tuple(elts=parts):
                for part in parts:
                    self.use_native(part)
            case ast.BinOp(left=left, right=right, op=ast.BitOr()):
                self.use_native(left)
                self.use_native(right)

    # Texts: at run time every one that would hold an address is refused, see stable_texts; these are plain to see

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        self._check_text(node.value)
        return self.node_contents_visit(node)

    def _check_text(self, node: ast.expr) -> None:
        if self._is_function(node):
            message = "the text of a function or generator, which would hold its address in memory"
            self.report(node, Code.STATEMENT, message, "a call: name()")

    def _is_function(self, node: ast.expr) -> bool:
        match node:
            case ast.Lambda() | ast.GeneratorExp():
                return True
            case ast.Name(id=name):
                scope = self.scope.lookup(name)
                return scope is not None and all(isinstance(made, ast.FunctionDef) for made in scope.bound[name])
            case ast.Attribute(value=value, attr=name):
                declared = self._class_of(value)
                return declared is not None and declared.method(name) is not None
            case _:
                return False

    # Expressions that RestrictedPython rewrites, or that open scopes

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        return self.node_contents_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        if self.scope.function().kind is not Kind.FUNCTION:
            self.report(node, Code.MODULE_LEVEL, "an assignment expression outside a function", "name = value")
        return super().visit_NamedExpr(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        if node.is_async:
            self.report(node.target, Code.STATEMENT, "an asynchronous comprehension", "a plain comprehension")
        self.go_through(node.iter)
        return self.node_contents_visit(node)

    def _visit_scope(self, node: Comprehension) -> Comprehension:
        """Visit a comprehension in its scope; what it iterates first is read outside of it."""
        first = node.generators[0]
        self.go_through(first.iter)
        iterated = self.visit(first.iter)
        first.iter = ast.Constant(None)
        with self.inside(node):
            getattr(super(), f"visit_{type(node).__name__}")(node)
        first.iter = iterated
        return node

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._visit_scope(node)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        return _look_at(self._visit_scope(node))

    def visit_Set(self, node: ast.Set) -> ast.expr:
        is_sure = all(isinstance(element, ast.Constant) and element.value is not None for element in node.elts)
        node = self.node_contents_visit(node)
        return node if is_sure else _look_at(node)

    def visit_Starred(self, node: ast.Starred) -> Any:
        self.go_through(node.value)
        return super().visit_Starred(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                self.go_through(operand)
        return super().visit_Compare(node)

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        return self._visit_scope(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._visit_scope(node)

    def visit_TemplateStr(self, node: ast.AST) -> None:
        self.not_allowed(node)

    def visit_Interpolation(self, node: ast.AST) -> None:
        self.not_allowed(node)


def _look_at(node: ast.expr) -> ast.Call:
    return ast.copy_location(ast.Call(ast.Name(CHECKED_SET, ast.Load()), [node], []), node)
