"""From a pack's source to methods that can be called: check, compile, load, look up the class."""

import _strptime  # type: ignore[import-not-found]  # noqa: F401  # datetime.strptime looks for it among the loaded modules
import ast
import builtins
import codecs
import hashlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from tokenize import TokenError
from types import CodeType
from typing import Any

from sealift.worker.declarations import Declared
from sealift.worker.expressions import CHECKED_SET, called, method, native
from sealift.worker.facades import FACADES
from sealift.worker.facades.dates import ZONES
from sealift.worker.facades.facade import words
from sealift.worker.failure import FRAME_PREFIX, pack_frames
from sealift.worker.faults import require_json
from sealift.worker.findings import Code, Finding, RefusedError
from sealift.worker.frozen import ConstantError, freeze, freeze_data
from sealift.worker.members import METHODS, member, spelled
from sealift.worker.names import BUILTIN_NAMES, CALLED, STAND_INS
from sealift.worker.plainness import stays_plain
from sealift.worker.source import check_identifiers, check_text
from sealift.worker.stable_sets import FETCHED, checked
from sealift.worker.statements import LIMITS, facade_name
from sealift.worker.transformer import FREEZE, FREEZE_DATA, PackTransformer

__all__ = ["CompiledUnit", "Finding", "RefusedError", "check_source", "compile_unit", "preload"]

PYTHON = (3, 11)
"""The syntax of the language, on every Python: what 3.12 and later add is refused everywhere."""

CODE_NAME = "<pack>"
"""The file name of code while it is compiled: CPython opens the named file when it reports a syntax error."""

_CODECS = words(
    "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be ascii latin-1 cp1252 iso8859-15 cp437 cp850"
)
_COMPUTABLE = "a value that can be computed without a document"
_TOO_COMPLEX = "the source is nested too deeply or too long to compile"


class CompiledUnit:
    """One class of one source, loaded. Holds no state of documents."""

    def __init__(self, declared: Declared, path: str, members: type, *, exact: bool, plain: bool = False) -> None:
        self._path = path
        self.plain = plain
        """Whether the methods can only make JSON of JSON: then results need not be decoded to be compared."""
        instance = members()
        self._functions = dict(_methods(declared, instance, exact=exact))
        self.methods = frozenset(self._functions)
        """Which of the methods in ``members.METHODS`` the class has, itself or inherited in the file."""

    def function(self, method: str) -> Callable[[Any], Any]:
        """Return a method as a function of one argument; raises KeyError when the class has none of this name."""
        return self._functions[method]

    def call(self, method: str, argument: Any) -> Any:
        """Call a method; what the pack raises goes through."""
        return self._functions[method](argument)


def _methods(declared: Declared, instance: object, *, exact: bool) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    for name in METHODS:
        definition = declared.method(name)
        if definition is None:
            continue
        method = getattr(instance, member(name))
        if len(definition.args.posonlyargs) + len(definition.args.args) == 1 and definition.args.vararg is None:
            yield name, partial(_without_argument, method)
        elif exact and name in {"upgrade", "downgrade"}:
            yield name, partial(_exact, method)
        else:
            yield name, method


def _without_argument(method: Callable[[], Any], _: object) -> Any:
    return method()


def _exact(method: Callable[[Any], Any], document: Any) -> Any:
    """Only a unit that imports ``collections`` can return its dicts, which the encoder would take for plain ones."""
    result = method(document)
    require_json(result)
    return result


def check_source(path: str, text: str) -> list[Finding]:
    """Return every finding of a source without running any of it; empty means that it is in the language."""
    return _prepare(path, text)[0]


def compile_unit(sources: Mapping[str, str], path: str, class_name: str) -> CompiledUnit:
    """Load one class of one source; raises RefusedError with every finding.

    Nothing of the pack can be seen from outside the unit, and units share nothing.
    """
    if path not in sources:
        raise RefusedError([_whole(path, Code.MISSING, "there is no such file in the pack", "the path of a file")])
    findings, code, classes, imported = _prepare(path, sources[path])
    if findings or code is None:
        raise RefusedError(findings)
    if class_name not in classes:
        message = f"there is no class {class_name} (found: {', '.join(classes) or 'none'})"
        raise RefusedError([_whole(path, Code.MISSING, message, f"class {class_name}(Migration):")])
    namespace = _load(path, code)
    plain = stays_plain(ast.parse(sources[path], CODE_NAME, feature_version=PYTHON))
    return CompiledUnit(classes[class_name], path, namespace[class_name], exact="collections" in imported, plain=plain)


_Prepared = tuple[list[Finding], CodeType | None, Mapping[str, Declared], frozenset[str]]


def _prepare(path: str, text: str) -> _Prepared:
    nothing: Mapping[str, Declared] = {}
    findings = check_text(path, text)
    if findings:
        return findings, None, nothing, frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is no reason to write to the standard error
            return _checked(path, text)
    except SyntaxError as error:
        finding = Finding(
            path=path,
            line=error.lineno or 0,
            column=error.offset or 0,
            code=Code.SYNTAX,
            message=error.msg or "invalid",
            instead="what Python 3.11 can read",
        )
    except (RecursionError, MemoryError, ValueError, OverflowError, TokenError):
        finding = _whole(path, Code.TOO_COMPLEX, _TOO_COMPLEX, "shorter expressions and functions")
    return [finding], None, nothing, frozenset()


def _checked(path: str, text: str) -> _Prepared:
    tree = ast.parse(text, CODE_NAME, feature_version=PYTHON)
    findings = check_identifiers(path, text)
    transformer = PackTransformer(path, text.split("\n"), tree)
    tree = transformer.visit(tree)
    findings += transformer.findings
    if findings:
        return (
            sorted(findings, key=lambda finding: (finding.line, finding.column)),
            None,
            transformer.classes,
            frozenset(),
        )
    code = compile(ast.fix_missing_locations(tree), CODE_NAME, "exec", dont_inherit=True, optimize=0)
    return [], _named(code, FRAME_PREFIX + path), transformer.classes, transformer.imported


def _position(finding: Finding) -> tuple[int, int]:
    return finding.line, finding.column


def _named(code: CodeType, name: str) -> CodeType:
    """Give code the name of its source, and its functions the names their author wrote."""
    constants = tuple(_named(value, name) if isinstance(value, CodeType) else value for value in code.co_consts)
    qualified = ".".join(map(spelled, code.co_qualname.split(".")))
    return code.replace(co_filename=name, co_consts=constants, co_name=spelled(code.co_name), co_qualname=qualified)


def _load(path: str, code: CodeType) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "pack", "__builtins__": _builtins()}
    try:
        exec(code, namespace)  # noqa: S102  # compiled by us, in a process that is locked
    except ConstantError as error:
        finding = _at(path, error, Code.CONSTANT, str(error), "texts, numbers, tuples, lists, dicts or sets of them")
    except Exception as error:  # noqa: BLE001  # whatever the pack's constants raise is a finding
        finding = _at(path, error, Code.RAISED, f"{type(error).__name__}: {str(error)[:200]}", _COMPUTABLE)
    else:
        return namespace
    raise RefusedError([finding])


def _at(path: str, error: Exception, code: Code, message: str, instead: str) -> Finding:
    lines = [line for _, line in pack_frames(error)]
    return Finding(path=path, line=lines[-1] if lines else 0, column=0, code=code, message=message, instead=instead)


def _whole(path: str, code: Code, message: str, instead: str) -> Finding:
    return Finding(path=path, line=0, column=0, code=code, message=message, instead=instead)


def _builtins() -> dict[str, object]:
    return {
        **{name: getattr(builtins, name) for name in BUILTIN_NAMES},
        **STAND_INS,
        **{native(name): getattr(builtins, name) for name in STAND_INS},
        **{called(name): function for name, function in CALLED.items()},
        **{method(name): fetch for name, fetch in FETCHED.items()},
        CHECKED_SET: checked,
        LIMITS: (MemoryError, RecursionError),
        **{facade_name(module): facade for module, facade in FACADES.items()},
        FREEZE: freeze,
        FREEZE_DATA: freeze_data,
        "super": super,
        "__build_class__": builtins.__build_class__,
        "__import__": _import,
    }


def _import(name: str, *_: object) -> types.SimpleNamespace:
    """Answer the imports that C code does in a pack's name; the pack itself has none, they became assignments.

    ``datetime.strptime`` imports ``_strptime``, ``strftime`` imports ``time``, ``Pattern.sub`` imports ``re``. They
    look into ``sys.modules`` themselves afterwards, so that what is returned here is never used, and holds nothing.
    """
    if name in sys.modules:
        return types.SimpleNamespace()
    message = f"{name} cannot be imported here"
    raise ImportError(message)


def preload() -> None:
    """Import and warm everything that needs a file, before the process is locked."""
    warnings.simplefilter("ignore")  # a warning would be written to a closed descriptor, which ends the worker
    for name in _CODECS:
        codecs.lookup(name)
    ZONES.load()
    hashlib.sha256(b"").hexdigest()
    unit = compile_unit({"warm": _WARM}, "warm", "Warm")
    unit.call("upgrade", {"time": "2000-01-01T00:00:00", "name": "a-b"})


_WARM = """
from __future__ import annotations
import base64, copy, datetime, decimal, hashlib, itertools, json, re, textwrap, unicodedata, uuid, zoneinfo
from sealift import Migration
class Warm(Migration):
    def upgrade(self, document):
        time = datetime.datetime.strptime(document["time"], "%Y-%m-%dT%H:%M:%S")
        time.strftime("%Y"), time.isoformat(), str(decimal.Decimal("1.10").quantize(decimal.Decimal("1.0")))
        re.sub(r"(a)-(?P<b>b)", r"\\\\2", document["name"])
        json.loads(json.dumps(document, indent=1)), copy.deepcopy(document)
        uuid.uuid5(uuid.NAMESPACE_DNS, "a"), uuid.uuid3(uuid.NAMESPACE_DNS, "a")
        hashlib.new("md5", b"").hexdigest(), unicodedata.normalize("NFC", "a"), textwrap.wrap("a b", 10)
        base64.b64decode(base64.b64encode(b"a"))
        try:
            zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(time)
        except KeyError:
            pass
        return document
"""
