"""Sources that can only make JSON: found by reading them, so that their results need not be decoded again.

Documents are made of dicts with string keys, lists, strings, numbers, booleans and ``None``. A source *stays plain* if
every construct in it, given such values, gives such values: a list of what is allowed, and whatever is not on it makes
the answer no. Two things escape this view and are looked for in every result: numbers that are not finite, which the
encoder writes as ``null``, and the type of the result itself.
"""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sealift.worker.facades.facade import words

_BUILTINS = words("abs all any bool chr float int len list max min ord repr round sorted str sum")
_FOLDS = words("all any len list max min sorted sum")
"""Those that go through a single argument; two arguments of ``max`` are values, one of which it returns."""
_METHODS = words(
    # of strings; ``partition`` gives a tuple and is allowed where that is taken apart
    "capitalize casefold center count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace "
    "istitle isupper join ljust lower lstrip removeprefix removesuffix replace rfind rindex rjust rsplit rstrip split "
    "splitlines startswith strip swapcase title upper zfill "
    # of lists, dicts and numbers; not ``update`` or ``fromkeys``, which take any keys
    "append bit_length clear copy extend get insert is_integer pop remove reverse sort"
)
_PAIRS = words("items")
_TRIPLES = words("partition rpartition")
_VIEWS = words("keys values")
_OPERATORS = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.BitAnd,
    ast.BitXor,
    ast.LShift,
    ast.RShift,
)
"""Not ``**``, which can give a complex number; ``|`` only where it does not assign, for ``|=`` takes pairs."""


class _OutsideError(Exception):
    """Something that is not on the list."""


def stays_plain(tree: ast.Module) -> bool:
    """Say whether every function of a module, given JSON values, only makes JSON values."""
    try:
        _Module(tree).check()
    except (_OutsideError, RecursionError):
        return False
    return True


class _Module:
    """What a module's functions may refer to."""

    def __init__(self, tree: ast.Module) -> None:
        self._body = tree.body
        self.functions = {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}
        self.constants: set[str] = set()
        self.bound = set(_bound_names(tree))

    def check(self) -> None:
        """Raise _OutsideError at the first thing that is not on the list."""
        for part in self._body:
            match part:
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case ast.ImportFrom(module="sealift"):
                    pass
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | int() | None)):
                    self.constants.add(name)
                case ast.FunctionDef():
                    _Function(self, part, frozenset()).check()
                case ast.ClassDef():
                    self._class(part)
                case _:
                    raise _OutsideError

    def _class(self, node: ast.ClassDef) -> None:
        methods = frozenset(part.name for part in node.body if isinstance(part, ast.FunctionDef))
        for part in node.body:
            match part:
                case ast.FunctionDef():
                    _Function(self, part, methods).check()
                case ast.Expr(value=ast.Constant()) | ast.Assign() | ast.AnnAssign() | ast.Pass():
                    # Attributes cannot be read: ``self`` may only be called on.
                    pass
                case _:
                    raise _OutsideError


class _Function:
    """One function; ``methods`` are those of its class."""

    def __init__(self, module: _Module, node: ast.FunctionDef, methods: frozenset[str]) -> None:
        self._module = module
        self._node = node
        self._methods = methods
        names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
        self._self = names.pop(0) if methods and names else ""
        self._known = set(names)

    def check(self) -> None:
        arguments = self._node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
            raise _OutsideError
        if self._node.decorator_list:
            raise _OutsideError
        # A name that is bound anywhere in a function is the function's own everywhere in it.
        self._known |= set(_own_names(self._node.body))
        self._known.discard(self._self)
        self._statements(self._node.body)

    def _statements(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=value):
                self._value(value)
            case ast.Return(value=value):
                self._optional(value)
            case ast.Assign(targets=[target], value=value):
                self._assignment(target, value)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assignment(target, value)
            case ast.AugAssign(target=target, op=operator, value=value) if isinstance(operator, _OPERATORS):
                self._target(target)
                self._value(value)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._target(target)
            case ast.Raise(exc=ast.Call(func=ast.Name(), args=values, keywords=[]), cause=None):
                self._values(values)
            case ast.Pass() | ast.Break() | ast.Continue():
                pass
            case _:
                self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=other) | ast.While(test=test, body=body, orelse=other):
                self._value(test)
                self._statements([*body, *other])
            case ast.For(target=target, iter=iterable, body=body, orelse=other):
                self._loop(target, iterable)
                self._statements([*body, *other])
            case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
                if any(handler.name for handler in handlers):
                    raise _OutsideError
                self._statements([*body, *(part for handler in handlers for part in handler.body), *other, *last])
            case _:
                raise _OutsideError

    def _assignment(self, target: ast.expr, value: ast.expr) -> None:
        self._target(target)
        match target, value:
            case ast.Tuple(), ast.Call(func=ast.Attribute(value=receiver, attr=name), args=values, keywords=[]) if (
                name in _TRIPLES
            ):
                self._values([receiver, *values])
            case ast.Tuple(), ast.Tuple(elts=values):
                self._values(values)
            case _:
                self._value(value)

    def _target(self, target: ast.expr) -> None:
        match target:
            case ast.Name():
                pass
            case ast.Subscript(value=holder, slice=ast.Constant(value=str())):
                self._value(holder)
            case ast.Tuple(elts=parts):
                for part in parts:
                    if isinstance(part, ast.Tuple):
                        raise _OutsideError
                    self._target(part)
            case _:
                raise _OutsideError

    def _loop(self, target: ast.expr, iterable: ast.expr) -> None:
        match target, iterable:
            case ast.Tuple(), ast.Call(func=ast.Attribute(value=receiver, attr=name), args=[], keywords=[]) if (
                name in _PAIRS
            ):
                self._value(receiver)
            case ast.Tuple(), ast.Call(func=ast.Name(id="enumerate" | "zip" as name), args=values, keywords=[]):
                self._builtin(name)
                for value in values:
                    self._iterable(value)
            case _:
                self._iterable(iterable)
        match target:
            case ast.Name():
                pass
            case ast.Tuple(elts=parts) if all(isinstance(part, ast.Name) for part in parts):
                pass
            case _:
                raise _OutsideError

    def _iterable(self, node: ast.expr) -> None:
        """Check what is only gone through, never kept."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=values, keywords=[]):
                self._builtin("range")
                self._values(values)
            case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=[], keywords=[]) if name in _VIEWS:
                self._value(receiver)
            case ast.Tuple(elts=values):
                self._values(values)
            case ast.GeneratorExp(elt=element, generators=generators):
                self._comprehension(element, generators)
            case _:
                self._value(node)

    def _values(self, nodes: Sequence[ast.expr]) -> None:
        for node in nodes:
            self._value(node)

    def _optional(self, node: ast.expr | None) -> None:
        if node is not None:
            self._value(node)

    def _value(self, node: ast.expr) -> None:
        """Check something whose value may be kept."""
        match node:
            case ast.Constant(value=str() | int() | float() | None):
                pass
            case ast.Name(id=name):
                if name not in self._known and (name not in self._module.constants):
                    raise _OutsideError
            case ast.List(elts=values) | ast.BoolOp(values=values) | ast.JoinedStr(values=values):
                self._values(values)
            case ast.Dict(keys=keys, values=values):
                if not all(key is None or _is_text(key) for key in keys):
                    raise _OutsideError
                self._values(values)
            case ast.UnaryOp(operand=value):
                self._value(value)
            case ast.IfExp(test=test, body=body, orelse=other):
                self._values([test, body, other])
            case ast.FormattedValue(value=value, format_spec=form):
                self._value(value)
                self._optional(form)
            case _:
                self._operation(node)

    def _operation(self, node: ast.expr) -> None:
        match node:
            case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, (*_OPERATORS, ast.BitOr)):
                self._values([left, right])
            case ast.Compare(left=left, comparators=others):
                self._value(left)
                for other in others:
                    self._iterable(ast.Tuple(other.elts) if isinstance(other, ast.Set) else other)
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
                self._value(value)
                for bound in (lower, upper, step):
                    self._optional(bound)
            case ast.Subscript(value=value, slice=index):
                self._values([value, index])
            case ast.ListComp(elt=element, generators=generators):
                self._comprehension(element, generators)
            case ast.Call(func=function, args=values, keywords=keywords):
                self._call(function, values, keywords)
            case _:
                raise _OutsideError

    def _call(self, function: ast.expr, values: list[ast.expr], keywords: list[ast.keyword]) -> None:
        if any(keyword.arg is None for keyword in keywords):
            raise _OutsideError
        self._values([keyword.value for keyword in keywords])
        match function:
            case ast.Name(id="isinstance"):
                self._builtin("isinstance")
                self._values(values[:1])
            case ast.Name(id=name) if name in self._module.functions and name not in self._known:
                self._values(values)
            case ast.Name(id=name) if name in _BUILTINS:
                self._builtin(name)
                if len(values) == 1 and name in _FOLDS:
                    self._iterable(values[0])
                else:
                    self._values(values)
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name == self._self and method in self._methods:
                self._values(values)
            case ast.Attribute(value=receiver, attr="setdefault") if values and _is_text(values[0]):
                self._values([receiver, *values])
            case ast.Attribute(value=receiver, attr=method) if method in _METHODS:
                self._value(receiver)
                for value in values:
                    self._iterable(value) if method in {"join", "extend"} else self._value(value)
            case _:
                raise _OutsideError

    def _builtin(self, name: str) -> None:
        """Raise _OutsideError if the name could be something else than the builtin."""
        if name in self._module.bound or name in self._known:
            raise _OutsideError

    def _comprehension(self, element: ast.expr, generators: list[ast.comprehension]) -> None:
        with self._inner(generators):
            for generator in generators:
                self._loop(generator.target, generator.iter)
                self._values(generator.ifs)
            self._value(element)

    @contextmanager
    def _inner(self, generators: list[ast.comprehension]) -> Iterator[None]:
        """Know a comprehension's names inside it only."""
        before = self._known
        self._known = before | {
            node.id for part in generators for node in ast.walk(part.target) if isinstance(node, ast.Name)
        }
        yield
        self._known = before


def _bound_names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that is bound anywhere."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name
            case _:
                pass


def _own_names(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements bind; comprehensions keep theirs."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if not isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
