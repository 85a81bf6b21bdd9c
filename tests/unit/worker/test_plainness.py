"""Sources that can only make JSON are told from others, and documents taken together give what each gives alone."""

import ast
import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language_programs import expressions
from sealift.worker.codec import Codec
from sealift.worker.compiler import RefusedError, compile_unit
from sealift.worker.plainness import stays_plain

CODEC = Codec(depth=40, document_bytes=1 << 16)
RAWS = [
    b'{"a":"x y","b":[1,2],"c":{"m":1.5},"d":null}',
    b'{"a":"1","b":[],"c":{},"d":-0.0}',
    b'{"a":"\xc3\xa9","b":["p",["q"]],"c":{"k":{"1":2}},"d":1e300}',
    b'{"a": "blank", "b":[3], "c":{"m":9}, "d": true}',
]


def unit(body, module=""):
    source = f"from sealift import Migration\n{module}\n\nclass M(Migration):\n    def upgrade(self, document):\n"
    source += textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    return compile_unit({"m.py": source}, "m.py", "M")


def alone(made, raws):
    return [CODEC.transform(raw, made.function("upgrade")) for raw in raws]


def together(made, raws):
    outcomes = CODEC.transform_many(raws, made.function("upgrade"), plain=made.plain)
    if outcomes is None:
        return alone(made, raws)
    return [alone(made, [raw])[0] if one is ... else one for raw, one in zip(raws, outcomes, strict=True)]


PLAIN = [
    'first, _, last = document.pop("a").partition(" ")\ndocument["n"] = {"f": first, "l": last}\nreturn document',
    'document["t"] = sum([item for item in document["b"] if item])\nreturn document',
    'document["t"] = max(document["b"], default=0)\ndel document["c"]\nreturn document',
    'for key, value in document["c"].items():\n    document["last"] = [key, value]\nreturn document',
    'return {**document, "n": round(document["d"] * 100), "s": f"{document[\'a\']!r:>9}"}',
    'x, y = 1, "z"\ndocument["x"], document["y"] = y, x\nreturn document',
    'document["b"].append(len(document["a"]))\ndocument.setdefault("z", []).extend(range(3))\nreturn document',
    'if document.get("d") is None or document["a"] in ("x", "y"):\n    raise ValueError("no")\nreturn document',
    'try:\n    document["n"] = int(document["a"])\nexcept ValueError:\n    document["n"] = 0\nreturn document',
    'document["k"] = sorted(document.keys())\nreturn document',
    'document["z"] = [[i, x] for i, x in enumerate(document["b"])]\nreturn document',
]
NOT_PLAIN = [
    'document["t"] = (1, 2)\nreturn document',
    'document["t"] = document["a"].partition(" ")\nreturn document',
    'document["t"] = max((1, 2), (0, 3))\nreturn document',
    'document["t"] = max([(1, 2), (0, 3)])\nreturn document',
    'document["t"] = {1: 2}\nreturn document',
    'document["c"][1] = 2\nreturn document',
    'x = document["c"]\nx[len(x)] = 2\nreturn document',
    'document["t"] = {x: x for x in [1, 2]}\nreturn document',
    'document["t"] = dict([[1, 2]])\nreturn document',
    'document["c"].update([[1, 2]])\nreturn document',
    'x = document["c"]\nx |= [[1, 2]]\nreturn document',
    'document["c"].setdefault(1, 2)\nreturn document',
    'document["t"] = {1, 2}\nreturn document',
    'document["t"] = set("ab")\nreturn document',
    'document["t"] = tuple("ab")\nreturn document',
    'document["t"] = "ab".encode()\nreturn document',
    'document["t"] = [pair for pair in document["c"].items()]\nreturn document',
    'document["t"] = list(document["c"].items())\nreturn document',
    'document["t"] = [pair for pair in zip([1], [2])]\nreturn document',
    'document["t"] = divmod(7, 2)\nreturn document',
    'document["t"] = document["c"].popitem()\nreturn document',
    'document["t"] = (-8) ** 0.5\nreturn document',
    'document["t"] = [(yes, no) for yes in [1] for no in [2]]\nreturn document',
    'document["t"] = (lambda: (1,))()\nreturn document',
    'document["t"] = 1 if document["b"] else ()\nreturn document',
    'document["t"] = document["b"] and (1,)\nreturn document',
    'x = y = (1, 2)\ndocument["t"] = x\nreturn document',
    'document["t"] = self.pair\nreturn document',
    'document["t"] = self.version\nreturn document',
    'try:\n    int("x")\nexcept ValueError as error:\n    document["t"] = error.args\nreturn document',
    'document["t"] = (x := (1,))\nreturn document',
    'document["t"] = sum([(1,), (2,)], ())\nreturn document',
    'document["t"] = 3 + 0j\nreturn document',
]


@pytest.mark.parametrize("body", PLAIN)
def test_what_can_only_make_json_is_plain(body):
    made = unit(body)
    assert made.plain
    assert together(made, RAWS) == alone(made, RAWS)


def is_plain(source):
    return stays_plain(ast.parse(source))


@pytest.mark.parametrize("body", NOT_PLAIN)
def test_what_could_make_something_else_is_not_plain(body):
    source = "class M:\n    version = '1'\n    pair = (1, 2)\n    def upgrade(self, document):\n"
    assert not is_plain(source + textwrap.indent(body, " " * 8))


@pytest.mark.parametrize(
    "module",
    [
        "TABLE = (1, 2)",
        "import math",
        "from sealift import Migration as str",
        "def helper(*rest):\n    return rest",
        "def helper(x=(1,)):\n    return x",
        "def helper(x, **more):\n    return more",
        "def helper(x):\n    yield x",
        "def helper(x):\n    return (x,)",
    ],
)
def test_a_module_is_as_plain_as_its_least_plain_part(module):
    body = "\ndef upgrade(self, document):\n    document['s'] = str(1)\n    return document\n"
    assert is_plain(body)
    assert not is_plain(module + body)


def test_a_name_of_a_comprehension_is_not_known_outside_of_it():
    assert not is_plain("NAMES = 1\ndef f(d):\n    d['x'] = [t for t in d['b']]\n    d['y'] = t\n    return d")
    assert not is_plain("def f(d):\n    d['x'] = later\n    return d")
    assert not is_plain("from sealift import Migration as list\ndef f(d):\n    return {'a': list(d)}")


def test_numbers_that_are_not_finite_are_found_whoever_made_them():
    for body in ('document["t"] = 1e308 * 10', 'document["t"] = float("nan")', 'document["t"] = [float("-inf")]'):
        made = unit(body + "\nreturn document")
        assert made.plain
        assert [one.code for one in together(made, RAWS)] == ["not-json"] * len(RAWS)


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return [1]",
        'document["x"] = document\nreturn document',
        'document["x"] = "a" * 70000\nreturn document',
        'x = []\nfor _ in range(60):\n    x = [x]\ndocument["x"] = x\nreturn document',
        'document["x"] = chr(55296)\nreturn document',
        'if document["a"] == "1":\n    raise ValueError("one of them")\ndocument["n"] = 1\nreturn document',
        "return document",
        'document["x"] = "<f at 0x7f0000000000>"\nreturn document',
        'document["d"] = None\nreturn document',
    ],
)
def test_documents_together_give_what_each_gives_alone(body):
    made = unit(body)
    for raws in (RAWS, [*RAWS, b'{"a":1.10}'], [*RAWS, b"[]"], [b'{"a":"1","b":[],"c":{},"a":2}', *RAWS], [b"\xff"]):
        assert together(made, raws) == alone(made, raws)


SETUP = 'a, b, c, d = document["a"], document["b"], document["c"], document["d"]\n'


@given(
    expressions(),
    st.sampled_from(
        ["document['r'] = {}", "b.append({})", "for a in {}:\n    document['r'] = a", "x, y = {}\n    c['y'] = y"]
    ),
)
def test_no_program_is_called_plain_that_makes_something_else(expression, use):
    body = SETUP + "if True:\n    " + use.format(expression) + "\nreturn document"
    try:
        made = unit(body)
    except RefusedError:
        return
    assert together(made, RAWS) == alone(made, RAWS)
    for outcome in together(made, RAWS):
        if isinstance(outcome, bytes):
            json.loads(outcome)
