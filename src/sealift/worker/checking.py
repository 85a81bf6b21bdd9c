"""What every part of the language check needs: where we are, what a name is, how a finding is made."""

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from RestrictedPython.transformer import FORBIDDEN_FUNC_NAMES, RestrictingNodeTransformer

from sealift.worker.declarations import Declared, declared_classes
from sealift.worker.facades import Facade
from sealift.worker.findings import Code, Finding
from sealift.worker.imports import Offered, import_targets
from sealift.worker.names import BUILTIN_NAMES, STAND_INS
from sealift.worker.refusals import PLAIN, STATEMENTS
from sealift.worker.scopes import Scope, ScopeBuilder
from sealift.worker.type_aliases import annotation_names

MOST_FINDINGS = 500
"""Findings of one source after which no more are collected."""

UNKNOWN = object()
"""The result of resolving an expression whose value is not known at compile time."""


class Checker(RestrictingNodeTransformer):
    """RestrictedPython's transformer with our findings, scopes and values; it still refuses what it does not know."""

    def __init__(self, path: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__()
        self.findings: dict[Finding, None] = {}
        """In the order they were made; each once."""
        self.classes: Mapping[str, Declared] = declared_classes(tree)
        self.members = frozenset(name for declared in self.classes.values() for name in declared.members)
        """The names that any class of the file declares."""
        self.imports = import_targets(tree)
        self.annotation_only = annotation_names(tree, self.imports)
        self.scopes = ScopeBuilder().build(tree)
        self.scope = self.scopes[tree]
        self.declared: Declared | None = None
        """The class whose body is being checked."""
        self.selves: dict[Scope, Declared] = {}
        """The scopes of methods: ``self`` bound there is an instance of this class."""
        self.gone_through: set[ast.Attribute] = set()
        """Where ``keys`` or ``items`` of a dict are only gone through."""
        self._path = path
        self._lines = lines

    @property
    def imported(self) -> frozenset[str]:
        """The modules of which something is imported."""
        return frozenset(target.module for target in self.imports.values() if isinstance(target, Offered))

    # Findings

    def report(self, node: ast.AST, code: Code, message: str, instead: str) -> None:
        """Add a finding at a node."""
        if len(self.findings) < MOST_FINDINGS:
            line = getattr(node, "lineno", 0)
            column = self._column(line, getattr(node, "col_offset", 0))
            finding = Finding(path=self._path, line=line, column=column, code=code, message=message, instead=instead)
            self.findings[finding] = None

    def _column(self, line: int, offset: int) -> int:
        if not 0 < line <= len(self._lines):
            return 0
        return len(self._lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1

    def error(self, node: ast.AST, info: str) -> None:
        """Record what RestrictedPython's own checks find."""
        self.report(node, Code.STATEMENT, info, PLAIN)

    def not_allowed(self, node: ast.AST) -> None:
        """Refuse a kind of node, with what to write instead where that is known."""
        kind = type(node).__name__
        message, instead = STATEMENTS.get(kind, (f"{kind} is not offered", PLAIN))
        self.report(node, Code.STATEMENT, message, instead)

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # the signature is RestrictedPython's
        """Refuse to bind names that Python or RestrictedPython give a meaning to."""
        if name is None:
            return
        self.check_spelling(node, name)
        if name.endswith("__roles__") or name in FORBIDDEN_FUNC_NAMES:
            self.report(node, Code.RESERVED, f"the name {name} is reserved", "another name")

    def check_spelling(self, node: ast.AST, name: str) -> None:
        """Refuse ``__dunder__`` and ``_guard_`` names; a helper may be called ``_helper``."""
        if name.startswith("__") or (len(name) > 1 and name.startswith("_") and name.endswith("_")):
            self.report(node, Code.RESERVED, f"the name {name} is reserved", "a name without these underscores")
        if not name.isascii():
            self.report(node, Code.TEXT, f"the identifier {name!r} is not ASCII", "a name of ASCII letters")

    # Where we are, and what is known there

    @contextmanager
    def inside(self, node: ast.AST) -> Iterator[None]:
        """Be in the scope that a node opens."""
        outer = self.scope
        self.scope = self.scopes[node]
        yield
        self.scope = outer

    def is_builtin(self, node: ast.expr, *names: str) -> bool:
        """Whether an expression is one of these builtins, not something else of that name."""
        return isinstance(node, ast.Name) and node.id in names and self.scope.lookup(node.id) is None

    def resolve(self, node: ast.expr) -> object:
        """Return the builtin, facade or member of a facade that an expression is, else UNKNOWN."""
        match node:
            case ast.Name(id=name):
                return self._resolve_name(name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.resolve(value)
                return vars(owner).get(attribute, UNKNOWN) if isinstance(owner, Facade) else UNKNOWN
            case _:
                return UNKNOWN

    def _resolve_name(self, name: str) -> object:
        scope = self.scope.lookup(name)
        if scope is None:
            return STAND_INS.get(name) or (getattr(builtins, name) if name in BUILTIN_NAMES else UNKNOWN)
        match scope.bound[name]:
            case [ast.alias() as alias]:
                target = self.imports.get(alias)
                return target.value if isinstance(target, Offered) else UNKNOWN
            case _:
                return UNKNOWN
