"""The language: what a source may contain, checked at compile time so that it runs at native speed.

Built on RestrictedPython's transformer, of which it keeps the refusal of unknown node types and the checks of bound
names. Unlike it, nothing is rewritten into guarded calls: attributes are checked against an allow-list here, once.
"""

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from RestrictedPython.transformer import FORBIDDEN_FUNC_NAMES, RestrictingNodeTransformer

from sealift.worker.declarations import MANIFEST_NAMES, Declared, declared_classes, is_literal
from sealift.worker.facades import Facade
from sealift.worker.facades.migration import Migration
from sealift.worker.findings import Code, Finding
from sealift.worker.imports import AnnotationOnly, Offered, Refused, import_targets, missing_member, module_of
from sealift.worker.members import member
from sealift.worker.names import (
    ATTRIBUTES,
    BUILTIN_NAMES,
    CLASS_PATTERNS,
    LEFT_OUT_ATTRIBUTES,
    LEFT_OUT_NAMES,
    STAND_INS,
)
from sealift.worker.refusals import STATEMENTS
from sealift.worker.scopes import Comprehension, Kind, Scope, ScopeBuilder
from sealift.worker.type_aliases import annotation_names

FREEZE = "@freeze"
FREEZE_DATA = "@freeze_data"
"""Names in the compiled module that no source can spell."""


def native(name: str) -> str:
    """Return the inner name of the real class behind a stand-in, for where it is only called or tested with."""
    return f"@{name}"


def facade_name(module: str) -> str:
    """Return the inner name of a facade."""
    return f"@import {module}"


class _Unknown:
    """The result of resolving an expression whose value is not known at compile time."""


_UNKNOWN = _Unknown()


class PackTransformer(RestrictingNodeTransformer):  # type: ignore[misc]  # RestrictedPython's types are not followed
    """Checks a module and makes it ready to compile; ``findings`` must be empty afterwards."""

    def __init__(self, path: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.classes: Mapping[str, Declared] = declared_classes(tree)
        self._path = path
        self._lines = lines
        self._imports = import_targets(tree)
        self._scopes = ScopeBuilder().build(tree)
        self._scope = self._scopes[tree]
        self._annotation_only = annotation_names(tree, self._imports)
        self._members = frozenset(name for declared in self.classes.values() for name in declared.members)
        self._class: Declared | None = None
        self._selves: dict[Scope, Declared] = {}
        self._permitted: set[ast.Attribute] = set()

    @property
    def imported(self) -> frozenset[str]:
        """The modules of which something is imported."""
        return frozenset(target.module for target in self._imports.values() if isinstance(target, Offered))

    # Reporting

    def report(self, node: ast.AST, code: Code, message: str, instead: str | None = None) -> None:
        """Add a finding at a node."""
        line = getattr(node, "lineno", 0)
        column = self._column(line, getattr(node, "col_offset", 0))
        finding = Finding(path=self._path, line=line, column=column, code=code, message=message, instead=instead)
        if finding not in self.findings:
            self.findings.append(finding)

    def _column(self, line: int, offset: int) -> int:
        if not 0 < line <= len(self._lines):
            return 0
        return len(self._lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1

    def error(self, node: ast.AST, info: str) -> None:
        """Record what RestrictedPython's own checks find."""
        self.report(node, Code.STATEMENT, info)

    def not_allowed(self, node: ast.AST) -> None:
        """Refuse a kind of node, with what to write instead where that is known."""
        kind = type(node).__name__
        message, instead = STATEMENTS.get(kind, (f"{kind} is not offered", None))
        self.report(node, Code.STATEMENT, message, instead)

    # Scopes and values known at compile time

    @contextmanager
    def _inside(self, node: ast.AST) -> Iterator[None]:
        outer = self._scope
        self._scope = self._scopes[node]
        yield
        self._scope = outer

    def _resolve(self, node: ast.expr) -> object:
        match node:
            case ast.Name(id=name):
                return self._resolve_name(name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self._resolve(value)
                return vars(owner).get(attribute, _UNKNOWN) if isinstance(owner, Facade) else _UNKNOWN
            case _:
                return _UNKNOWN

    def _resolve_name(self, name: str) -> object:
        scope = self._scope.lookup(name)
        if scope is None:
            return STAND_INS.get(name) or (getattr(builtins, name) if name in BUILTIN_NAMES else _UNKNOWN)
        match scope.bound[name]:
            case [ast.alias() as alias]:
                target = self._imports.get(alias)
                return target.value if isinstance(target, Offered) else _UNKNOWN
            case _:
                return _UNKNOWN

    def _is_builtin(self, node: ast.expr, *names: str) -> bool:
        return isinstance(node, ast.Name) and node.id in names and self._scope.lookup(node.id) is None

    # Names

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # the signature is RestrictedPython's
        """Refuse to bind names that Python or RestrictedPython give a meaning to."""
        if name is None:
            return
        self._check_spelling(node, name)
        if name.endswith("__roles__") or name in FORBIDDEN_FUNC_NAMES:
            self.report(node, Code.RESERVED, f"the name {name} is reserved", "another name")

    def _check_spelling(self, node: ast.AST, name: str) -> None:
        if name.startswith("__") or (len(name) > 1 and name.startswith("_") and name.endswith("_")):
            self.report(node, Code.RESERVED, f"the name {name} is reserved", "a name without these underscores")
        if not name.isascii():
            self.report(node, Code.TEXT, f"the identifier {name!r} is not ASCII")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if not isinstance(node.ctx, ast.Load):
            self.check_name(node, node.id)
            return self._renamed_member(node)
        self._check_spelling(node, node.id)
        scope = self._scope.lookup(node.id)
        if scope is None:
            self._check_builtin(node)
        elif scope.kind is Kind.MODULE and node.id in self._annotation_only:
            self.report(node, Code.NAME, f"{node.id} is a name for annotations only")
        return self._renamed_member(node)

    def _renamed_member(self, node: ast.Name) -> ast.Name:
        if self._scope.kind is Kind.CLASS and node.id in self._scope.bound:
            node.id = member(node.id)
        return node

    def _check_builtin(self, node: ast.Name) -> None:
        name = node.id
        if name in BUILTIN_NAMES or name.startswith("__"):
            return
        if name in LEFT_OUT_NAMES:
            self.report(node, Code.NAME, f"{name} is not offered", LEFT_OUT_NAMES[name])
        elif self._class is not None and self._class.has(name):
            self.report(node, Code.NAME, f"{name} is not defined", f"self.{name}")
        elif hasattr(builtins, name):
            self.report(node, Code.NAME, f"{name} is not offered")
        else:
            self.report(node, Code.NAME, f"{name} is not defined")

    # Attributes

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        if not isinstance(node.ctx, ast.Load):
            self.report(
                node,
                Code.ATTRIBUTE_WRITE,
                f"writing the attribute {node.attr}",
                "document[key] = value, or a local variable",
            )
            node.value = self.visit(node.value)
            return node
        if self._is_super(node.value):
            return self._super_member(node)
        owner, declared = self._resolve(node.value), self._declared(node.value)
        node.value = self.visit(node.value)
        if declared is not None:
            return self._own_member(node, declared)
        if owner is not _UNKNOWN:
            self._check_known(node, owner)
        elif node.attr in ATTRIBUTES:
            pass
        elif node.attr in self._members:
            node.attr = member(node.attr)
        else:
            self._refuse_attribute(node)
        return node

    def _is_super(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Call) and not node.args and not node.keywords and self._is_builtin(node.func, "super")
        )

    def _super_member(self, node: ast.Attribute) -> ast.Attribute:
        if self._class is None or self._scope not in self._selves:
            self.report(node, Code.NAME, "super() outside a method", "super().method(…), directly in a method")
        elif not self._class.inherits(node.attr):
            self.report(node, Code.ATTRIBUTE, f"no base of {self._class.name} declares {node.attr}")
        node.attr = member(node.attr)
        return node

    def _declared(self, node: ast.expr) -> Declared | None:
        """Return the class whose members ``node.…`` reads, when ``node`` is ``self`` or a class of this file."""
        if not isinstance(node, ast.Name):
            return None
        scope = self._scope.lookup(node.id)
        if scope is not None and node.id == "self" and scope in self._selves:
            return self._selves[scope]
        if scope is not None and scope.kind is Kind.MODULE and isinstance(scope.bound[node.id][0], ast.ClassDef):
            return self.classes.get(node.id)
        return None

    def _own_member(self, node: ast.Attribute, declared: Declared) -> ast.Attribute:
        if not declared.has(node.attr):
            self.report(
                node,
                Code.ATTRIBUTE,
                f"{declared.name} does not declare {node.attr}",
                f"{node.attr} = … in the class body",
            )
        node.attr = member(node.attr)
        return node

    def _check_known(self, node: ast.Attribute, owner: object) -> None:
        if isinstance(owner, Facade):
            if node.attr not in vars(owner):
                refused = missing_member(module_of(owner), node.attr)
                self.report(node, Code.ATTRIBUTE, refused.message, refused.instead)
        elif node in self._permitted:
            return
        elif node.attr not in ATTRIBUTES:
            self._refuse_attribute(node)
        elif not hasattr(owner, node.attr):
            name = getattr(owner, "__name__", type(owner).__name__)
            instead = f"value.{node.attr}(…)" if owner in STAND_INS.values() else None
            self.report(node, Code.ATTRIBUTE, f"{name} has no attribute {node.attr} here", instead)

    def _refuse_attribute(self, node: ast.Attribute) -> None:
        instead = LEFT_OUT_ATTRIBUTES.get(node.attr)
        if node.attr.startswith("_"):
            self.report(node, Code.ATTRIBUTE, f"the attribute {node.attr} begins with an underscore", instead)
        else:
            self.report(node, Code.ATTRIBUTE, f"the attribute {node.attr} is not offered", instead)

    # Calls

    def visit_Call(self, node: ast.Call) -> ast.Call:
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg.startswith("_"):
                self.report(node, Code.RESERVED, f"the argument {keyword.arg} begins with an underscore")
        if self._has_time_zone(node):
            self._permitted.add(node.func)
        is_test = self._is_builtin(node.func, "isinstance") and len(node.args) == 2  # noqa: PLR2004  # (value, classes)
        is_class = self._is_builtin(node.func, *STAND_INS)
        node = self.node_contents_visit(node)
        if is_class:
            self._use_native(node.func)
        if is_test:
            self._use_native(node.args[1])
        return node

    def _has_time_zone(self, node: ast.Call) -> bool:
        """``fromtimestamp`` with a time zone does not depend on the local one."""
        return (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "fromtimestamp"
            and self._resolve(node.func.value) is datetime
            and (len(node.args) > 1 or any(keyword.arg == "tz" for keyword in node.keywords))
        )

    def _use_native(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name) if self._is_builtin(node, *STAND_INS):
                node.id = native(name)
            case ast.Tuple(elts=parts):
                for part in parts:
                    self._use_native(part)
            case ast.BinOp(left=left, right=right, op=ast.BitOr()):
                self._use_native(left)
                self._use_native(right)

    # Expressions that RestrictedPython rewrites or that open scopes

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        return self.node_contents_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.NamedExpr:
        if self._scope.function().kind is not Kind.FUNCTION:
            self.report(node, Code.MODULE_LEVEL, "an assignment expression outside a function", "name = value")
        return super().visit_NamedExpr(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        if node.is_async:
            self.report(node.target, Code.STATEMENT, "an asynchronous comprehension", "a plain comprehension")
        return self.node_contents_visit(node)

    def _visit_comprehension(self, node: Comprehension) -> Comprehension:
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        iterated, first.iter = first.iter, ast.Constant(None)
        with self._inside(node):
            getattr(super(), f"visit_{type(node).__name__}")(node)
        first.iter = iterated
        return node

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        return self._visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        return self._visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._visit_comprehension(node)

    def visit_TemplateStr(self, node: ast.AST) -> None:
        self.not_allowed(node)

    visit_Interpolation = visit_TemplateStr

    # Statements

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        return self.node_contents_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        return self.node_contents_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Annotations are not evaluated; one without a value still makes the name local."""
        if node.value is None:
            node.target, node.annotation = self.visit(node.target), ast.Constant(None)
            return node
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_For(self, node: ast.For) -> ast.For:
        return self.node_contents_visit(node)

    def visit_With(self, node: ast.With) -> None:
        self.not_allowed(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.not_allowed(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        if node.type is None:
            self.report(node, Code.STATEMENT, "a bare except", "except Exception:")
        return super().visit_ExceptHandler(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
        bindings = [binding for alias in node.names for binding in self._binding(node, alias)]
        return bindings or [ast.copy_location(ast.Pass(), node)]

    visit_ImportFrom = visit_Import

    def _binding(self, node: ast.stmt, alias: ast.alias) -> Iterator[ast.stmt]:
        self.check_name(node, alias.asname or alias.name)
        match self._imports[alias]:
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

    # match

    def visit_Match(self, node: ast.Match) -> Any:
        return self.node_contents_visit(node)

    visit_match_case = visit_MatchValue = visit_MatchSingleton = visit_MatchSequence = visit_MatchOr = visit_Match

    def visit_MatchAs(self, node: ast.MatchAs) -> Any:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> Any:
        self.check_name(node, node.rest)
        return self.node_contents_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> Any:
        """A class pattern may test the class; its keywords would read attributes."""
        if not self._is_builtin(node.cls, *CLASS_PATTERNS) or node.kwd_patterns:
            self.report(node, Code.STATEMENT, "a class pattern other than str(), int(), dict() …", "if isinstance(…)")
        node = self.node_contents_visit(node)
        self._use_native(node.cls)
        return node

    # Functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.check_name(node, node.name)
        self._check_definition(node)
        self.check_function_argument_names(node)
        self._visit_defaults(node.args)
        node.returns = None
        with self._inside(node):
            node.args = self.visit(node.args)
            node.body = self._visit_body(node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self.check_function_argument_names(node)
        self._visit_defaults(node.args)
        with self._inside(node):
            node.args = self.visit(node.args)
            node.body = self.visit(node.body)
        return node

    def _check_definition(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.report(
                decorator, Code.STATEMENT, "a decorator", "a function at module level, called where it is needed"
            )
        if getattr(node, "type_params", None):
            self.not_allowed(node)

    def _visit_body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        visited: list[ast.stmt] = []
        for statement in body:
            result = self.visit(statement)
            visited += result if isinstance(result, list) else [result] if result is not None else []
        return visited

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        """Visit the arguments; their defaults are evaluated, and were visited, outside."""
        for argument in ast.walk(node):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return node

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *filter(None, arguments.kw_defaults)):
            if not self._is_constant(default):
                self.report(
                    default,
                    Code.DEFAULT,
                    "a default argument that is computed",
                    "None, and compute it inside the function",
                )
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]

    def _is_constant(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant() | ast.Name():
                return True
            case ast.UnaryOp(operand=operand):
                return self._is_constant(operand)
            case ast.Tuple(elts=parts):
                return all(map(self._is_constant, parts))
            case _:
                return self._resolve(node) is not _UNKNOWN

    # Module level

    def visit_Module(self, node: ast.Module) -> ast.Module:
        for name, nodes in self._scope.bound.items():
            for again in nodes[1:]:
                self.report(again, Code.MODULE_LEVEL, f"{name} is bound twice at module level", "another name")
        body: list[ast.stmt] = []
        for statement in node.body:
            body += self._visit_module_statement(statement)
        node.body = body
        return node

    def _visit_module_statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return [node]
            case ast.Import() | ast.ImportFrom():
                return self.visit_Import(node)
            case ast.FunctionDef():
                return [self.visit_FunctionDef(node)]
            case ast.ClassDef():
                return [self._visit_class(node)]
            case ast.Assign() | ast.AnnAssign():
                return self._visit_constant(node, FREEZE)
            case ast.AsyncFunctionDef():
                self.not_allowed(node)
            case _:
                message = "a statement that runs when the module is loaded"
                self.report(node, Code.MODULE_LEVEL, message, "a constant, or a function that is called")
                self.visit(node)
        return []

    def _visit_constant(self, node: ast.Assign | ast.AnnAssign, freeze: str) -> list[ast.stmt]:
        """``NAME = value``: the value is made read-only when the module is loaded."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None or all(
            isinstance(target, ast.Name) and target.id in self._annotation_only for target in targets
        ):
            return []
        if not all(map(_is_plain_target, targets)):
            self.report(node, Code.MODULE_LEVEL, "an assignment to something other than names", "NAME = value")
        value = self.visit(node.value)
        call = ast.Call(ast.Name(freeze, ast.Load()), [value], [])
        assign = ast.Assign([self.visit(target) for target in targets], call)
        return [ast.fix_missing_locations(ast.copy_location(assign, node))]

    # Classes

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.report(node, Code.CLASS, "a class inside a function or class", "a class at module level")

    def _visit_class(self, node: ast.ClassDef) -> ast.ClassDef:
        self.check_name(node, node.name)
        self._check_definition(node)
        if len(node.bases) != 1 or node.keywords or not self._is_base(node.bases[0]):
            self.report(
                node,
                Code.CLASS,
                f"the class {node.name} does not derive from Migration alone",
                f"class {node.name}(Migration):",
            )
        node.bases = [self.visit(base) for base in node.bases]
        self._class = self.classes[node.name]
        with self._inside(node):
            node.body = [made for part in node.body for made in self._visit_class_statement(part)] or [ast.Pass()]
        self._class = None
        return ast.fix_missing_locations(node)

    def _is_base(self, node: ast.expr) -> bool:
        if self._resolve(node) is Migration:
            return True
        return isinstance(node, ast.Name) and node.id in self.classes and self.classes[node.id].name == node.id

    def _visit_class_statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return [node]
            case ast.FunctionDef():
                return [self._visit_method(node)]
            case ast.Assign() | ast.AnnAssign():
                self._check_literal(node)
                return self._visit_constant(node, FREEZE_DATA)
            case ast.AsyncFunctionDef():
                self.not_allowed(node)
            case _:
                self.report(node, Code.CLASS, "a statement other than attributes and methods in a class", "a method")
        return []

    def _check_literal(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name) and target.id in MANIFEST_NAMES]
        if names and node.value is not None and not is_literal(node.value):
            self.report(
                node.value,
                Code.CLASS,
                f"{names[0]} is not a literal",
                f"{names[0]} = the value itself: it is read without running code",
            )

    def _visit_method(self, node: ast.FunctionDef) -> ast.FunctionDef:
        positional = [*node.args.posonlyargs, *node.args.args]
        if self._class is not None and positional and positional[0].arg == "self":
            self._selves[self._scopes[node]] = self._class
        else:
            self.report(
                node, Code.CLASS, f"the first argument of {node.name} is not self", f"def {node.name}(self, …):"
            )
        node = self.visit_FunctionDef(node)
        node.name = member(node.name)
        return node


def _is_plain_target(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_plain_target, node.elts))
    return isinstance(node, ast.Name)
