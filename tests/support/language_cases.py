"""The language part of the regression corpus: one row a case, with the kind of outcome it must have.

Kinds: ``D`` refused when compiled, at the lines marked ``# !``; ``E`` an error of the document; ``R`` a result that is
refused; ``O`` works, and is harmless; ``K`` the worker ends (a limit), run only in the locked worker.
"""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import textwrap
from dataclasses import dataclass

PATH = "migrations/case.py"


@dataclass(frozen=True)
class Case:
    """One row."""

    name: str
    kind: str
    source: str
    code: str = ""
    document: bytes = b'{"a":1,"t":"text","l":[3,1,2],"d":{"k":"v"}}'
    result: bytes | None = None

    def __str__(self):
        return self.name

    @property
    def lines(self):
        return [number for number, line in enumerate(self.source.split("\n"), start=1) if line.endswith("# !")]


def migration(body, module="", members=""):
    """Return a source whose ``upgrade`` has this body; it returns the document."""
    return "\n".join(
        (
            "from sealift import Migration",
            textwrap.dedent(module).strip("\n"),
            "",
            "class Case(Migration):",
            '    version = "1.1"',
            '    collection = "c"',
            textwrap.indent(textwrap.dedent(members).strip("\n"), "    "),
            "    def upgrade(self, document):",
            textwrap.indent(textwrap.dedent(body).strip("\n"), "        ") or "        pass",
            "        return document",
        )
    )


def refused(name, body, code="", module="", members=""):
    return Case(name, "D", migration(body, module, members), code)


def raised(name, body, module="", members="", document=Case.document):
    return Case(name, "E", migration(body, module, members), "raised", document)


def rejected(name, body, code="not-json", module=""):
    return Case(name, "R", migration(body, module), code)


def fine(name, body, result=None, module="", members=""):
    return Case(name, "O", migration(body, module, members), result=result)


ATTRIBUTES = [
    refused("A01-class-walk", "x = ().__class__.__base__.__subclasses__()  # !", "LANG-013"),
    refused("A02-function-globals", "x = helper.__globals__  # !", "LANG-013", "def helper():\n    pass"),
    refused("A02-closure", "x = (lambda: document).__closure__  # !", "LANG-013"),
    refused("A02-code", "x = self.upgrade.__code__  # !", "LANG-013"),
    refused("A03-builtin-self", "x = len.__self__  # !", "LANG-013"),
    refused("A04-private", "x = document._private  # !", "LANG-013"),
    refused("A04-private-of-facade", "x = re._compiler  # !", "LANG-013", "import re"),
    refused("A05-builtins", "x = __builtins__  # !", "LANG-012"),
    refused("A06-mro", "x = str.mro()  # !", "LANG-013"),
    refused("A06-type-attribute", "x = Case.mro  # !", "LANG-013"),
    refused("A07-compatibility-character", "x = (y for y in ()).g\u1d62_frame  # !", "LANG-001"),
    refused("A08-getattr", 'x = getattr(document, "__cl" + "ass__")  # !', "LANG-011"),
    refused("A09-type", "x = type(document)  # !", "LANG-011"),
    refused("A09-object", "x = object  # !", "LANG-011"),
    refused("A09-super-as-value", "x = super  # !", "LANG-011"),
    refused("A09-super-with-arguments", "x = super(Case, self)  # !", "LANG-011"),
    refused("A09-vars", "x = vars()  # !", "LANG-011"),
    refused("A09-setattr", "setattr(document, 'x', 1)  # !", "LANG-011"),
    refused("A11-keyword-underscore", "dict(__class__=1)  # !", "LANG-012"),
    refused("A12-undeclared-member", "x = self.rates  # !", "LANG-013"),
    refused("A12-dangerous-member-of-another", "x = document.now  # !", "LANG-013"),
    raised(
        "A13-declared-name-on-another-object",
        "self = datetime.datetime\ndocument['x'] = str(self.now())",
        "import datetime",
        "def now(self):\n    return 1",
    ),
    raised(
        "A13-declared-name-through-the-class",
        "document['x'] = str(Case.helper(datetime.datetime))",
        "import datetime",
        "def now(self):\n    return 1\ndef helper(self):\n    return self.now()",
    ),
    raised(
        "A13-declared-frame-attribute",
        "document['x'] = str((y for y in ()).gi_frame)",
        members="gi_frame = 1",
    ),
]  # fmt: skip

FORMATTING = [
    refused("F01-format-field", 'x = "{0.__class__}".format(document)  # !', "LANG-013"),
    refused("F02-format-map", 'x = "{a}".format_map(document)  # !', "LANG-013"),
    refused("F03-format-as-value", "x = str.format  # !", "LANG-013"),
    refused("F03-format-in-map", 'x = list(map("{}".format, [1]))  # !', "LANG-013"),
    refused("F04-formatter", "pass", "LANG-015", "from string import Formatter  # !"),
    refused("F04-formatter-attribute", "x = string.Formatter()  # !", "LANG-013", "import string"),
    refused("F04-template", "x = string.Template('$a')  # !", "LANG-013", "import string"),
    refused("F05-dunder-in-f-string", 'x = f"{document.__class__}"  # !', "LANG-013"),
    fine("F06-conversion-and-nested-spec", 'w = 6\ndocument = {"x": f"{document[\'t\']!r:>{w + 2}}"}', b'{"x":"  \'text\'"}'),
    fine("F07-percent-mapping", 'document = {"x": "%(t)s-%(a)03d" % document}', b'{"x":"text-001"}'),
    fine("F10-format-builtin", 'document = {"x": format(1234.5, ",.2f")}', b'{"x":"1,234.50"}'),
    Case("F08-width-bomb", "K", migration('document["x"] = "%*d" % (10 ** 10, 1)')),
    Case("F08-width-bomb-f-string", "K", migration('w = 10 ** 10\ndocument["x"] = f"{1:{w}}"')),
    refused("F09-t-string", 'x = t"{document}"  # !', "LANG-002"),
]  # fmt: skip

FRAMES = [
    refused("G01-generator-frame", "x = (y for y in ()).gi_frame  # !", "LANG-013"),
    refused("G01-generator-code", "x = (y for y in ()).gi_code  # !", "LANG-013"),
    refused("G01-generator-yieldfrom", "x = (y for y in ()).gi_yieldfrom  # !", "LANG-013"),
    refused("G02-send", "x = (y for y in ()).send(None)  # !", "LANG-013"),
    refused("G02-throw", "x = (y for y in ()).throw(ValueError)  # !", "LANG-013"),
    refused("G03-async-function", "pass", "LANG-010", "async def f():  # !\n    pass"),
    refused("G03-async-method", "pass", "LANG-010", "", "async def f(self):  # !\n    pass"),
    refused("G03-await", "async def f():  # !\n    await x", "LANG-010"),
    refused("G03-async-comprehension", "x = [y async for y in document]  # !", "LANG-010"),
    refused("G04-f-back", "x = document.f_back  # !", "LANG-013"),
    Case(
        "G05-finally-without-end", "K",
        migration("for x in f():\n    break", "def f():\n    try:\n        yield 1\n    finally:\n        while True:\n            pass"),
    ),
]  # fmt: skip

EXCEPTIONS = [
    refused("E01-attribute-error-obj", "try:\n    pass\nexcept AttributeError as e:\n    x = e.obj  # !", "LANG-013"),
    refused("E02-name", "try:\n    pass\nexcept Exception as e:\n    x = e.name  # !", "LANG-013"),
    refused("E02-path", "try:\n    pass\nexcept Exception as e:\n    x = e.path  # !", "LANG-013"),
    refused("E03-traceback", "try:\n    pass\nexcept Exception as e:\n    x = e.__traceback__  # !", "LANG-013"),
    refused("E03-context", "try:\n    pass\nexcept Exception as e:\n    x = e.__context__  # !", "LANG-013"),
    refused("E03-with-traceback", "raise ValueError().with_traceback(None)  # !", "LANG-013"),
    refused("E04-add-note", "ValueError().add_note('x')  # !", "LANG-013"),
    refused("E04-writing-args", "e = ValueError()\ne.args = ()  # !", "LANG-014"),
    refused("E05-except-star", "try:  # !\n    pass\nexcept* ValueError:\n    pass", "LANG-010"),
    refused("E06-bare-except", "try:\n    pass\nexcept:  # !\n    pass", "LANG-010"),
    refused("E07-base-exception", "try:\n    pass\nexcept BaseException:  # !\n    pass", "LANG-011"),
    refused("E07-system-exit", "raise SystemExit  # !", "LANG-011"),
    refused("E07-keyboard-interrupt", "raise KeyboardInterrupt  # !", "LANG-011"),
    Case("E11-swallowed-memory-error", "E", migration("try:\n    x = 'a' * 10 ** 13\nexcept Exception:\n    pass"), "memory"),
    Case("E11-swallowed-in-a-tuple", "E", migration("try:\n    x = 'a' * 10 ** 13\nexcept (KeyError, Exception) as e:\n    pass\nelse:\n    pass"), "memory"),
    raised("E08-long-message", "raise ValueError('x' * 50_000_000)"),
    raised("E09-document-as-message", "raise ValueError(document)"),
    raised("E10-facade-raises", "re.compile('(')", "import re"),
    refused("E12-except-without-parentheses", "try:\n    pass\nexcept ValueError, KeyError:  # !\n    pass", "LANG-002"),
    fine("E13-try-except-else-finally", "try:\n    x = {}['a']\nexcept (KeyError, IndexError) as e:\n    document = {'e': str(e)}\nelse:\n    pass\nfinally:\n    document['f'] = 1", b'{"e":"\'a\'","f":1}'),
    fine("E14-raise-from", "try:\n    try:\n        {}['a']\n    except KeyError as e:\n        raise ValueError('x') from e\nexcept ValueError as e:\n    document = {'e': e.args[0]}", b'{"e":"x"}'),
]  # fmt: skip

CLASSES = [
    refused("C01-class-without-base", "pass", "LANG-016", "class Other:  # !\n    pass"),
    refused("C01-class-of-builtin", "pass", "LANG-016", "class Other(dict):  # !\n    pass"),
    refused("C01-class-with-two-bases", "pass", "LANG-016", "class Other(Migration, dict):  # !\n    pass"),
    refused("C01-class-in-function", "class Other(Migration):  # !\n    pass", "LANG-016"),
    refused("C01-class-in-class", "pass", "LANG-016", "", "class Inner:  # !\n    pass"),
    refused("C01-exception-class", "pass", "LANG-016", "class Wrong(ValueError):  # !\n    pass"),
    Case("C01-rebound-base", "D", "from sealift import Migration\nMigration = dict  # !\nclass Case(Migration):  # !\n    pass", "LANG-018"),
    refused("C01-statement-in-class", "pass", "LANG-016", "", "for x in ():  # !\n    pass"),
    refused("C02-metaclass", "pass", "LANG-016", "class Other(Migration, metaclass=dict):  # !\n    pass"),
    refused("C03-eq", "pass", "LANG-012", "", "def __eq__(self, other):  # !\n    return True"),
    refused("C03-lt", "pass", "LANG-012", "", "def __lt__(self, other):  # !\n    return True"),
    refused("C03-contains", "pass", "LANG-012", "", "def __contains__(self, other):  # !\n    return True"),
    refused("C03-init", "pass", "LANG-012", "", "def __init__(self):  # !\n    pass"),
    refused("C03-dunder-attribute", "pass", "LANG-012", "", "__slots__ = ()  # !"),
    refused("C04-attribute-assignment", "document.x = 1  # !", "LANG-014"),
    refused("C04-self-assignment", "self.x = 1  # !", "LANG-014"),
    refused("C04-class-assignment", "Case.x = 1  # !", "LANG-014"),
    refused("C04-attribute-deletion", "del self.x  # !", "LANG-014"),
    refused("C04-attribute-augmented", "self.x += 1  # !", "LANG-014"),
    refused("C04-attribute-for-target", "for self.x in []:  # !\n    pass", "LANG-014"),
    refused("C04-attribute-unpacked", "a, self.x = 1, 2  # !", "LANG-014"),
    refused("C05-property", "pass", "LANG-010", "", "@property  # !\ndef x(self):\n    return 1"),
    refused("C05-classmethod", "pass", "LANG-010", "", "@classmethod  # !\ndef x(self):\n    return 1"),
    refused("C05-property-as-call", "pass", "LANG-011", "", "x = property(len)  # !"),
    raised("C06-item-of-string", "document['t'][0] = 'x'"),
    raised("C06-item-of-tuple", "x = (1, 2)\nx[0] = 1"),
    raised("C06-item-of-range", "x = range(3)\nx[0] = 1"),
    raised("C06-item-of-bytes", "x = b'abc'\nx[0] = 1"),
    refused("C07-namedtuple", "pass", "LANG-015", "from collections import namedtuple  # !"),
    refused("C07-type-call", "x = type('X', (), {})  # !", "LANG-011"),
    refused("C07-dataclass", "pass", "LANG-015", "from dataclasses import dataclass  # !"),
    refused("C08-computed-schema", "pass", "LANG-016", "", 'schema = "a" + "b"  # !'),
    refused("C09-method-without-self", "pass", "LANG-016", "", "def helper(x):  # !\n    return x"),
    refused("C10-lambda-attribute-as-method", "pass", "LANG-019", "", "helper = lambda self: self  # !"),
    Case(
        "C11-super", "O",
        'from sealift import Migration\nclass Base(Migration):\n    word = "x"\n    def upgrade(self, document):\n        return {"w": self.word}\n'
        'class Case(Base):\n    word = "y"\n    def upgrade(self, document):\n        document = super().upgrade(document)\n'
        '        document["v"] = super().word\n        return document\n',
        result=b'{"w":"y","v":"x"}',
    ),
]  # fmt: skip

CALLBACKS = [
    raised("K01-sort-key-changes-list", "def key(x):\n    document['l'].append(1)\n    return x\ndocument['l'].sort(key=key)"),
    raised("K02-recursive-sort-key", "def key(x):\n    return sorted([x], key=key)\nsorted([1], key=key)"),
    raised("K03-sub-callback-returns-number", "re.sub('t', lambda m: 1, document['t'])", "import re"),
    raised("K04-dict-changed-while-iterated", "for key in document:\n    document[key + 'x'] = 1"),
    Case("K05-endless-iter", "K", migration("for x in iter(lambda: 1, 2):\n    pass")),
]  # fmt: skip

_GUARDS = (
    ("positional-only", "def f(_getattr_, /):  # !\n    pass"),
    ("positional", "def f(_getattr_):  # !\n    pass"),
    ("keyword-only", "def f(*, _getattr_):  # !\n    pass"),
    ("star", "def f(*_getattr_):  # !\n    pass"),
    ("double-star", "def f(**_getattr_):  # !\n    pass"),
    ("lambda", "f = lambda _getattr_: 1  # !"),
    ("lambda-positional-only", "f = lambda __import__, /: 1  # !"),
    ("walrus", "(_getattr_ := 1)  # !"),
    ("comprehension-target", "x = [1 for _getattr_ in ()]  # !"),
    ("for-target", "for __builtins__ in ():  # !\n    pass"),
    ("except-as", "try:\n    pass\nexcept Exception as _getattr_:  # !\n    pass"),
    ("import-as", "import re as _getattr_  # !"),
    ("from-import-as", "from re import sub as __import__  # !"),
    ("def", "def _getattr_():  # !\n    pass"),
    ("match-capture", "match document:\n    case _getattr_:  # !\n        pass"),
    ("match-star", "match document:\n    case [*_getattr_]:  # !\n        pass"),
    ("match-rest", "match document:\n    case {**_getattr_}:  # !\n        pass"),
    ("assignment", "_getattr_ = 1  # !"),
    ("deletion", "del __builtins__  # !"),
    ("unpacking", "a, [_getattr_, *__import__] = 1, [2]  # !"),
    ("annotation", "_getattr_: int = 1  # !"),
    ("build-class", "__build_class__ = 1  # !"),
    ("print", "print = 1  # !"),
)  # fmt: skip

BINDING = [
    *(refused(f"N01-{name}", body, "LANG-012") for name, body in _GUARDS),
    refused("N01-type-parameter", "def f[T]():  # !\n    pass", "LANG-002"),
    refused("N01-class", "pass", "LANG-012", "class _getattr_(Migration):  # !\n    pass"),
    refused("N01-module-level", "pass", "LANG-012", "__builtins__ = 1  # !"),
    fine("N02-walrus-in-comprehension", "document = {'x': [y for z in document['l'] if (y := z * 2) > 2], 'y': y}", b'{"x":[6,4],"y":4}'),
    refused("N03-decorator", "@len  # !\ndef f():\n    pass", "LANG-010"),
    refused("N04-mutable-default", "pass", "LANG-017", "def f(x=[]):  # !\n    pass"),
    refused("N04-computed-default", "pass", "LANG-017", "def f(x=len('a')):  # !\n    pass"),
    refused("N04-lambda-default", "f = lambda x={}: x  # !", "LANG-017"),
    refused("N04-keyword-default", "pass", "LANG-017", "def f(*, x={}):  # !\n    pass"),
    fine(
        "N05-unpacking",
        """
        a, b = 1, 2
        [c, d] = 3, 4
        (e, (f, *g)), h = [(5, (6, 7, 8)), 9]
        for i, [j, k] in [(1, [2, 3])]:
            pass
        l = [*g, *(x for x, y in [(1, 2)])]
        def star(*args, **kw):
            return [*args, *kw]
        a, b = b, a
        document = {"x": [a, b, c, d, e, f, g, h, i, j, k, l, star(*l, **{"z": 1})], **{"y": 1}}
        """,
        b'{"x":[2,1,3,4,5,6,[7,8],9,1,2,3,[7,8,1],[7,8,1,"z"]],"y":1}',
    ),
    refused("N06-global", "global x  # !", "LANG-010"),
    refused("N06-nonlocal", "x = 1\ndef f():\n    nonlocal x  # !\n    x = 2", "LANG-010"),
    fine("N07-match", "match document:\n    case {'a': int(n), 'd': {'k': str(s)}, **rest} if n:\n        document = {'n': n, 's': s, 'r': len(rest)}", b'{"n":1,"s":"v","r":2}'),
    refused("N07-match-class-keywords", "match document:\n    case str(upper=x):  # !\n        pass", "LANG-010"),
    refused("N07-match-other-class", "match document:\n    case Case():  # !\n        pass", "LANG-010"),
    refused("N07-match-attribute", "match document:\n    case document.now:  # !\n        pass", "LANG-013"),
    fine("N08-annotated-variable", "x: int = 1\ny: 'anything'\ndocument = {'x': x}", b'{"x":1}'),
    refused("N09-undefined", "x = docment  # !", "LANG-011"),
    refused("N09-class-name-as-builtin", "x = word  # !", "LANG-011", "", "word = 1"),
]  # fmt: skip

IMPORTS = [
    *(
        refused(f"I01-{line.replace(' ', '-')}", "pass", "LANG-015", f"{line}  # !")
        for line in (
            "import os", "import sys", "from os import path", "import os.path", "import os.path as p", "from . import x",
            "from .. import x", "from .x import y", "from re import *", "from __future__ import division",
            "import importlib", "import operator", "import functools", "from functools import partial", "import time",
            "import random", "import subprocess", "import socket", "import ctypes", "import builtins", "import gc",
            "import pickle", "import enum", "import statistics", "import fractions", "import html", "import zlib",
            "import sealift.worker", "from sealift.worker import jail", "from sealift import MigrationManager",
            "import collections.abc", "from collections.abc import sys", "import encodings", "import pathlib, re",
        )
    ),
    refused("I01-inside-a-function", "import os  # !", "LANG-015"),
    refused("I02-json-codecs", "x = json.codecs  # !", "LANG-013", "import json"),
    refused("I02-json-decoder", "pass", "LANG-015", "from json import decoder  # !"),
    refused("I02-re-enum", "x = re.enum  # !", "LANG-013", "import re"),
    refused("I02-datetime-sys", "x = datetime.sys  # !", "LANG-013", "import datetime"),
    refused("I02-from-datetime-sys", "pass", "LANG-015", "from datetime import sys  # !"),
    refused("I02-collections-abc", "x = collections.abc.sys  # !", "LANG-013", "import collections"),
    refused("I02-uuid-os", "x = uuid.os  # !", "LANG-013", "import uuid"),
    refused("I02-base64-struct", "x = base64.struct  # !", "LANG-013", "import base64"),
    refused("I02-through-an-alias", "m = re\nx = m.enum  # !", "LANG-013", "import re"),
    refused("I02-math-factorial", "x = math.factorial(9)  # !", "LANG-013", "import math"),
    refused("I04-eval-call", "eval('1')  # !", "LANG-011"),
    refused("I04-exec-call", "exec('1')  # !", "LANG-011"),
    refused("I04-compile-call", "compile('1', '', 'eval')  # !", "LANG-011"),
    refused("I04-open-call", "open('x')  # !", "LANG-011"),
    refused("I04-eval-as-name", "x = [eval][0]  # !", "LANG-011"),
    refused("I04-open-as-name", "x = open  # !", "LANG-011"),
    refused("I04-input", "input()  # !", "LANG-011"),
    refused("I05-breakpoint", "breakpoint()  # !", "LANG-011"),
    refused("I05-print", "print(document)  # !", "LANG-011"),
    refused("I06-lazy-import", "pass", "LANG-002", "lazy import re  # !"),
    refused("I08-write-to-facade", "math.pi = 3  # !", "LANG-014", "import math"),
    refused("I08-write-to-facade-class", "datetime.date.max = 3  # !", "LANG-014", "import datetime"),
    refused("I08-delete-from-facade", "del math.pi  # !", "LANG-014", "import math"),
    raised("I08-item-of-facade", "math['pi'] = 3", "import math"),
    raised("I09-regex-debug", "re.compile('a', 128)", "import re"),
    raised("I10-json-reads-nan", "json.loads('[NaN]')", "import json"),
    raised("I10-json-writes-nan", "json.dumps([float('nan')])", "import json"),
    raised("I10-json-argument", "json.dumps([], cls=dict)", "import json"),
    raised("I09-regex-locale", "re.compile(b'a', 4)", "import re"),
]  # fmt: skip

TEXT = [
    Case("T01-cookie", "D", "# coding: utf-7  # !\n", "LANG-001"),
    Case("T01-cookie-second-line", "D", "# x\n# -*- coding: unicode_escape -*-  # !\n", "LANG-001"),
    Case("T02-carriage-return", "D", migration("# a comment\rimport os  # !"), "LANG-001"),
    Case("T03-form-feed", "D", migration("x = 1\f  # !"), "LANG-001"),
    Case("T03-byte-order-mark", "D", "\ufeffx = 1  # !\n", "LANG-001"),
    Case("T03-nul", "D", migration("x = '\0'  # !"), "LANG-001"),
    Case("T03-vertical-tab", "D", migration("x = '\x0b'  # !"), "LANG-001"),
    Case("T03-escape", "D", migration("x = '\x1b[31m'  # !"), "LANG-001"),
    *(
        Case(f"T04-bidi-{ord(mark):04x}", "D", migration(f"x = 'a{mark}b'  # !"), "LANG-001")
        for mark in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    ),
    Case("T04-line-separator", "D", migration("# a\u2028import os  # !"), "LANG-001"),
    Case("T04-lone-surrogate", "D", migration("x = '\ud800'  # !"), "LANG-001"),
    Case("T05-ligature", "D", migration("ﬁ = 1  # !"), "LANG-001"),
    Case("T05-accent", "D", migration("é = 1  # !"), "LANG-001"),
    Case("T05-greek-keyword-argument", "D", migration("dict(\u03b1=1)  # !"), "LANG-001"),
    Case("T05-in-f-string", "D", migration("x = f'{ﬁnd}'  # !"), ""),
    Case("T06-too-large", "D", "#" * 1_100_000, "LANG-003"),
    Case("T06-too-large-in-bytes", "D", "#" + "é" * 600_000, "LANG-003"),
    Case("T07-nested-parentheses", "D", "x = " + "(" * 5000 + ")" * 5000, ""),
    Case("T07-long-chain", "D", "x = a" + ".b" * 20_000, ""),
    Case("T07-many-operands", "D", "x = " + "+".join("1" * 200_000), ""),
    Case("T07-deep-indentation", "D", "\n".join(" " * n + "if 1:" for n in range(200)), ""),
    Case("T07-many-unary", "D", "x = " + "-" * 50_000 + "1", ""),
    Case("T07-deep-list", "D", "x = " + "[" * 190 + "]" * 190 + ".y" * 5000, ""),
    Case("T08-syntax-error", "D", "x = = 1  # !", "LANG-002"),
    Case("T09-module-loop", "D", "while True:  # !\n    pass", "LANG-018"),
    Case("T09-module-if", "D", "if 1:  # !\n    x = 1", "LANG-018"),
    Case("T09-module-call", "D", "len('a')  # !", "LANG-018"),
    Case("T10-return-outside", "D", migration("", "def f():\n    pass") + "\nreturn 1  # !", "LANG-018"),
    Case("T11-nested-quotes-of-3.12", "O", migration("document = {'x': f\"{document['t']}\"}"), result=b'{"x":"text"}'),
    Case("T12-type-statement", "D", "type X = int  # !", "LANG-002"),
]  # fmt: skip

RESOURCES = [
    Case("R01-busy-loop", "K", migration("while True:\n    pass")),
    Case("R02-swallowing-loop", "K", migration("while True:\n    try:\n        raise ValueError\n    except Exception:\n        pass")),
    Case("R03-big-power", "K", migration("x = 3 ** 10 ** 9")),
    Case("R04-backtracking", "K", migration("re.match('(a+)+$', 'a' * 40 + 'b')", "import re")),
    Case("R05-list-growth", "K", migration("x = [0]\nwhile True:\n    x = x + x")),
    Case("R05-string-growth", "K", migration("x = 'a' * 10 ** 10")),
    Case("R05-shift", "K", migration("x = 1 << 10 ** 11")),
    Case("R05-replace", "K", migration("x = ('a' * 10 ** 6).replace('a', 'a' * 10 ** 5)")),
    raised("R06-long-integer", "x = int('1' * 10_000_000)"),
    raised("R07-recursion", "def f():\n    return f()\nf()"),
    fine("R08-deep-tuple", "x = ()\nfor _ in range(300_000):\n    x = (x,)\ndocument = {'x': len(x)}", b'{"x":1}'),
    Case("R09-module-level-work", "K", migration("pass", "X = sum(range(10 ** 11))")),
    Case("R11-large-result", "K", migration("document['x'] = 'a' * 300_000_000")),
    Case("V11-shared-nodes", "K", migration("x = 'a'\nfor _ in range(8):\n    x = [x] * 100\ndocument['x'] = x")),
]  # fmt: skip

_NOT_JSON = (
    ("V01-nan", "float('nan')"), ("V02-infinity", "1e308 * 10"), ("V02-minus-infinity", "-float('inf')"),
    ("V05-surrogate", "'\\ud800'"), ("V07-set", "{1}"), ("V07-frozenset", "frozenset([1])"), ("V07-bytes", "b'x'"),
    ("V07-decimal", "decimal.Decimal('1.10')"), ("V07-date", "datetime.date(2020, 1, 2)"),
    ("V07-datetime", "datetime.datetime(2020, 1, 2)"), ("V07-time", "datetime.time(1)"),
    ("V07-timedelta", "datetime.timedelta(1)"), ("V07-uuid", "uuid.NAMESPACE_DNS"), ("V07-generator", "(x for x in ())"),
    ("V07-function", "len"), ("V07-lambda", "lambda: 1"), ("V07-exception-class", "ValueError"),
    ("V07-exception", "ValueError()"), ("V07-ellipsis", "..."), ("V07-complex", "1j"), ("V07-tuple", "(1, 2)"),
    ("V07-empty-tuple", "()"), ("V07-nested-tuple", "[{'x': (1,)}]"), ("V07-ordered-dict", "collections.OrderedDict(a=1)"),
    ("V07-default-dict", "collections.defaultdict(list)"), ("V07-counter", "[collections.Counter('a')]"),
    ("V07-deque", "collections.deque([1])"), ("V07-range", "range(3)"), ("V07-keys", "document.keys()"),
    ("V07-map", "map(str, [])"), ("V07-slice", "slice(1)"), ("V07-class", "str"), ("V07-stand-in", "[dict]"),
    ("V07-migration", "self"), ("V07-pattern", "re.compile('a')"), ("V07-match", "re.match('a', 'a')"),
    ("V07-facade", "re"), ("V07-time-zone", "datetime.timezone.utc"), ("V07-decimal-tuple", "decimal.Decimal(1).as_tuple()"),
    ("V07-hash", "hashlib.sha256(b'')"),
    ("V05-surrogate-key", "{'\\ud800': 1}"), ("V06-integer-key", "{1: 2}"), ("V06-float-key", "{1.5: 2}"),
    ("V06-none-key", "{None: 2}"), ("V06-bool-key", "{True: 2}"), ("V06-tuple-key", "{(1,): 2}"),
    ("V04-huge-integer", "10 ** 5000"),
)  # fmt: skip
_ALL = "import collections, datetime, decimal, hashlib, re, uuid"

RESULTS = [
    *(rejected(name, f"document['x'] = {value}", module=_ALL) for name, value in _NOT_JSON),
    *(
        rejected(f"{name}-plain", f"document['x'] = {value}", module="import datetime, decimal, hashlib, re, uuid")
        for name, value in _NOT_JSON
        if "collections" not in value
    ),
    rejected("V08-none", "return None", "returned-none"),
    rejected("V08-missing-return", "document = None", "returned-none"),
    rejected("V08-list", "return [document]"),
    rejected("V08-string", "return 'x'"),
    rejected("V08-true", "return True"),
    rejected("V08-ordered-dict", "return collections.OrderedDict(document)", module=_ALL),
    rejected("V09-self-reference", "document['x'] = document", "limit"),
    rejected("V09-list-self-reference", "x = []\nx.append(x)\ndocument['x'] = x", "limit"),
    rejected("V10-depth-201", "x = []\nfor _ in range(199):\n    x = [x]\ndocument['x'] = x", "limit"),
    rejected("V10-depth-5000", "x = []\nfor _ in range(5000):\n    x = [x]\ndocument['x'] = x", "limit"),
    rejected("V12-long-string", "document['x'] = 'a' * 40_000_000", "limit"),
    fine("V10-depth-200", "x = []\nfor _ in range(198):\n    x = [x]\ndocument = {'x': x}", b'{"x":' + b"[" * 199 + b"]" * 199 + b"}"),
    fine("V03-beyond-2-53", "document = {'x': 2 ** 53 + 1, 'y': -(2 ** 63), 'z': 2 ** 64, 'w': 10 ** 30}",
         b'{"x":9007199254740993,"y":-9223372036854775808,"z":18446744073709551616,"w":1000000000000000000000000000000}'),
    fine("V13-shared", "x = {'a': [1]}\ndocument = {'x': x, 'y': [x, x]}", b'{"x":{"a":[1]},"y":[{"a":[1]},{"a":[1]}]}'),
    fine("V14-one-and-one-point-nought", "document = {'x': 1, 'y': 1.0, 'z': -0.0, 'b': True}", b'{"x":1,"y":1.0,"z":-0.0,"b":true}'),
    fine("V14-nul-character", "document = {'x': 'a\\0b'}", b'{"x":"a\\u0000b"}'),
    fine("V14-constant-in-result", "document = {'x': TABLE, 'y': NAMES}", b'{"x":{"a":[1,2]},"y":["n"]}', "TABLE = {'a': [1, 2]}\nNAMES = ['n']"),
]  # fmt: skip

STATE = [
    raised("S01-constant-list", "NAMES.append(1)", "NAMES = [1]"),
    raised("S01-constant-list-item", "NAMES[0] = 1", "NAMES = [1]"),
    raised("S01-constant-list-slice", "NAMES[:] = []", "NAMES = [1]"),
    raised("S01-constant-list-delete", "del NAMES[0]", "NAMES = [1]"),
    raised("S01-constant-list-augmented", "names = NAMES\nnames += [1]", "NAMES = [1]"),
    raised("S01-constant-list-multiplied", "names = NAMES\nnames *= 2", "NAMES = [1]"),
    raised("S01-constant-list-sort", "NAMES.sort()", "NAMES = [1]"),
    raised("S01-constant-dict", "TABLE['a'] = 1", "TABLE = {}"),
    raised("S01-constant-dict-update", "TABLE.update(a=1)", "TABLE = {}"),
    raised("S01-constant-dict-setdefault", "TABLE.setdefault('a', 1)", "TABLE = {}"),
    raised("S01-constant-dict-augmented", "table = TABLE\ntable |= {'a': 1}", "TABLE = {}"),
    raised("S01-constant-dict-item-augmented", "TABLE['a'] += 1", "TABLE = {'a': 1}"),
    raised("S01-constant-nested", "TABLE['a'].append(1)", "TABLE = {'a': []}"),
    raised("S01-constant-in-tuple", "PAIR[0].append(1)", "PAIR = ([], 1)"),
    raised("S01-constant-set", "NAMES.add(1)", "NAMES = {1}"),
    raised("S01-class-attribute", "self.names.append(1)", members="names = []"),
    raised("S01-class-attribute-dict", "self.table['a'] = 1", members="table = {}"),
    raised("S01-constant-by-default", "def f(x=NAMES):\n    x.append(1)\nf()", "NAMES = []"),
    refused("S01-unbound-append", "list.append(NAMES, 1)  # !", "LANG-013", "NAMES = []"),
    refused("S01-unbound-update", "dict.update(TABLE, a=1)  # !", "LANG-013", "TABLE = {}"),
    refused("S01-unbound-defaultdict-update", "defaultdict.update(TABLE, a=1)  # !", "LANG-013", "from collections import defaultdict\nTABLE = {}"),
    refused("S01-unbound-counter-clear", "collections.Counter.clear(TABLE)  # !", "LANG-013", "import collections\nTABLE = {}"),
    raised("S01-unbound-through-alias", "kind = list\nkind.append(NAMES, 1)", "NAMES = []"),
    raised("S01-unbound-through-list", "[dict][0].update(TABLE, a=1)", "TABLE = {}"),
    raised("S01-unbound-through-constant", "KINDS[0].append(NAMES, 1)", "NAMES = []\nKINDS = (list, dict)"),
    refused("S01-unbound-ordered-dict", "OrderedDict.update(TABLE, a=1)  # !", "LANG-013", "from collections import OrderedDict\nTABLE = {}"),
    refused("S01-constant-iterator", "next(ROWS)", "LANG-019", "ROWS = iter([1, 2])  # !"),
    refused("S01-constant-generator", "next(ROWS)", "LANG-019", "ROWS = (x for x in [1, 2])  # !"),
    refused("S01-constant-count", "next(IDS)", "LANG-019", "from itertools import count\nIDS = count()  # !"),
    refused("S01-constant-counter", "pass", "LANG-019", "from collections import Counter\nSEEN = Counter()  # !"),
    refused("S01-constant-default-dict", "pass", "LANG-019", "from collections import defaultdict\nSEEN = {'a': defaultdict(list)}  # !"),
    refused("S01-constant-deque", "pass", "LANG-019", "from collections import deque\nSEEN = deque()  # !"),
    refused("S01-constant-hash", "pass", "LANG-019", "import hashlib\nH = hashlib.sha256()  # !"),
    refused("S01-constant-bound-method", "ADD(1)", "LANG-019", "ADD = [].append  # !"),
    refused("S01-constant-closure", "NEXT()", "LANG-019", "def make():\n    seen = []\n    def add():\n        seen.append(1)\n        return seen\n    return add\nNEXT = make()  # !"),
    refused("S01-constant-function-with-mutable-default", "NEXT()", "LANG-019", "def make():\n    seen = []\n    return [lambda x=seen: x][0]\nNEXT = make()  # !"),
    refused("S01-constant-instance-of-a-class", "pass", "LANG-019", "class Other(Migration):\n    pass\nOTHER = Other()  # !"),
    refused("S01-constant-walrus", "pass", "LANG-018", "A = [(B := [])]  # !"),
    refused("S01-constant-twice", "pass", "LANG-018", "A = 1\nA = 2  # !"),
    refused("S01-constant-augmented", "pass", "LANG-018", "A = [1]\nA += [2]  # !"),
    refused("S01-constant-item", "pass", "LANG-018", "A = {}\nA['x'] = 1  # !"),
    refused("S02-function-attribute", "helper.seen = 1  # !", "LANG-014", "def helper():\n    pass"),
    refused("S03-mutable-default", "pass", "LANG-017", "def f(seen=[]):  # !\n    return seen"),
    refused("S03-dict-default", "pass", "LANG-017", "def f(seen={}):  # !\n    return seen"),
    refused("S05-decimal-context", "decimal.getcontext().prec = 5  # !", "", "import decimal"),
    refused("S05-decimal-setcontext", "decimal.setcontext(None)  # !", "LANG-013", "import decimal"),
    refused("S05-decimal-localcontext", "with decimal.localcontext():  # !\n    pass", "LANG-010", "import decimal"),
]  # fmt: skip

_UNSTABLE_SETS = (
    ("display", "x = {len, 1}"), ("comprehension", "x = {f for f in [lambda: 1]}"), ("class", "x = {ValueError}"),
    ("generator", "x = {(y for y in ())}"), ("nan", "x = {float('nan')}"), ("self", "x = {self}"), ("call", "x = set([len])"),
    ("frozen", "x = frozenset([len])"), ("add", "x = set()\nx.add(len)"), ("add-as-value", "list(map(set().add, [len]))"),
    ("update", "set().update([1], [len])"), ("union", "x = {1}.union([len])"), ("union-of-frozen", "x = frozenset().union([len])"),
    ("symmetric-difference", "x = {1}.symmetric_difference([len])"), ("symmetric-difference-update", "{1}.symmetric_difference_update([len])"),
    ("unbound", "set.add(set(), len)"), ("unbound-union", "x = set.union(set(), [len])"), ("class-as-value", "x = list(map(set, [[len]]))"),
    ("default-factory", "defaultdict(set)[1].add(len)"), ("in-tuple", "x = {(1, (len,))}"), ("starred", "x = {*[len]}"),
    ("keys-or", "x = {len: 1}.keys() | {1}"), ("keys-and", "x = {len: 1}.keys() & [len]"), ("keys-minus", "x = {len: 1}.keys() - {1}"),
    ("keys-xor", "x = {1} ^ {len: 1}.keys()"), ("keys-live", "d = {}\nk = d.keys()\nd[len] = 1\nk |= {1}"), ("items", "x = {1: len}.items() | {1}"),
    ("keys-as-value", "x = [m() for m in [{len: 1}.keys]][0] | {1}"), ("set-or-keys", "x = {1}\nx |= {len: 1}.keys()"),
    ("frozen-constant", "x = self.names | {len}"), ("unhashable", "x = {1, document}"),
)  # fmt: skip

DETERMINISM = [
    refused("D01-now", "x = datetime.datetime.now()  # !", "LANG-013", "import datetime"),
    refused("D01-now-from", "x = datetime.now()  # !", "LANG-013", "from datetime import datetime"),
    refused("D01-now-renamed", "x = d.now()  # !", "LANG-013", "from datetime import datetime as d"),
    refused("D01-now-through-variable", "d = datetime.datetime\nx = d.now()  # !", "LANG-013", "import datetime"),
    refused("D01-today", "x = datetime.date.today()  # !", "LANG-013", "import datetime"),
    refused("D01-utcnow", "x = datetime.datetime.utcnow()  # !", "LANG-013", "import datetime"),
    refused("D01-fromtimestamp", "x = datetime.datetime.fromtimestamp(0)  # !", "LANG-013", "import datetime"),
    refused("D01-date-fromtimestamp", "x = datetime.date.fromtimestamp(0)  # !", "LANG-013", "import datetime"),
    refused("D01-fromtimestamp-as-value", "x = datetime.datetime.fromtimestamp  # !", "LANG-013", "import datetime"),
    fine("D01-fromtimestamp-with-zone", "document = {'x': datetime.fromtimestamp(0, tz=timezone.utc).isoformat()}", b'{"x":"1970-01-01T00:00:00+00:00"}', "from datetime import datetime, timezone"),
    refused("D02-uuid4", "x = uuid.uuid4()  # !", "LANG-013", "import uuid"),
    refused("D02-uuid1", "pass", "LANG-015", "from uuid import uuid1  # !"),
    refused("D02-getnode", "x = uuid.getnode()  # !", "LANG-013", "import uuid"),
    refused("D02-random", "pass", "LANG-015", "import random  # !"),
    refused("D02-time", "pass", "LANG-015", "import time  # !"),
    refused("D02-secrets", "pass", "LANG-015", "import secrets  # !"),
    refused("D03-id", "x = id(document)  # !", "LANG-011"),
    refused("D03-hash", "x = hash('a')  # !", "LANG-011"),
    *(raised(f"D09-set-{name}", body, "from collections import defaultdict", "names = {1}") for name, body in _UNSTABLE_SETS),
    fine("D09-set-of-what-json-has", "s = {document['a'], 'b', (1, 2.5)} | document.keys()\ns.add('c')\ns.update(document['d'].items())\ns |= {1.5}\ns ^= {'b'}\ndocument = {'n': len(s), 'c': 'c' in s, 'b': 'b' in s, 'i': ('k', 'v') in s}", b'{"n":9,"c":true,"b":false,"i":true}'),
    fine("D09-views-behave", "k, i = document.keys(), document['d'].items()\ndocument = {'k': sorted(k & {'a', 'q'}), 'l': len(k), 'r': list(reversed(k))[0], 's': repr(i), 'e': k == {'a', 't', 'l', 'd'}, 'm': k - 'ad' <= k}", b'{"k":["a"],"l":4,"r":"d","s":"dict_items([(\'k\', \'v\')])","e":true,"m":true}'),
    refused("D10-return-in-finally", "try:\n    x = 1\nfinally:\n    return document  # !", "LANG-010"),
    refused("D10-break-in-finally", "for x in []:\n    try:\n        pass\n    finally:\n        if x:\n            break  # !", "LANG-010"),
    refused("D10-continue-in-finally", "for x in []:\n    try:\n        pass\n    finally:\n        try:\n            pass\n        except ValueError:\n            continue  # !", "LANG-010"),
    fine("D10-loop-in-finally", "try:\n    pass\nfinally:\n    for x in [1, 2]:\n        if x == 1:\n            continue\n        break\n    def f():\n        return 1\ndocument = {'x': x + f()}", b'{"x":3}'),
    raised("D10-recursion-is-not-caught", "def f(n):\n    try:\n        return f(n + 1)\n    except Exception:\n        return n\ndocument['x'] = f(0)"),
    refused("D08-locale", "pass", "LANG-015", "import locale  # !"),
    refused("D08-environment", "pass", "LANG-015", "from os import environ  # !"),
]  # fmt: skip

CASES = [
    *ATTRIBUTES, *FORMATTING, *FRAMES, *EXCEPTIONS, *CLASSES, *CALLBACKS, *BINDING, *IMPORTS, *TEXT, *RESOURCES, *RESULTS,
    *STATE, *DETERMINISM,
]  # fmt: skip
