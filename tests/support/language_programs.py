"""Hypothesis strategies for programs of the language, and two ways to run them: as a pack, and as plain Python."""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import textwrap

from hypothesis import strategies as st

from sealift.worker.compiler import check_source, compile_unit

MODULE = """
import math, re, json, copy, itertools
from collections import Counter, defaultdict
from decimal import Decimal
NUMBERS = [3, 1, 2]
TABLE = {"a": 1, "b": [2, 3]}
FLAT = {"m": 1, "n": "x"}
WORDS = ("x", "yy", "zzz")
PATTERN = re.compile("[a-c]+")

def helper(x, y=2, *rest, z=None, **more):
    return [x, y, len(rest), z, sorted(more)]

def numbers(n):
    for i in range(n):
        yield i * i
"""

NAMES = ["a", "b", "c", "d"]

literals = st.one_of(
    st.integers(-9, 9).map(repr),
    st.sampled_from(["1.5", "-0.25", "True", "False", "None", "''", "'ab'", "'b,c d'", "[]", "{}", "[1, 2, 3]", "{'a': 1}", "(1, 2)",
                     "NUMBERS[0]", "list(NUMBERS)", "TABLE.get('a')", "'a' in TABLE", "copy.deepcopy(TABLE)", "WORDS", "set('aab')",
                     "Decimal('1.10')", "range(4)", "NUMBERS + [9]", "TABLE['b'][1:]"]),
)  # fmt: skip
names = st.sampled_from(NAMES)
operators = st.sampled_from(["+", "-", "*", "//", "%", "/", "&", "|", "^"])
comparisons = st.sampled_from(["<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not"])
methods = st.sampled_from(
    [
        "upper()",
        "lower()",
        "split()",
        "strip()",
        "keys()",
        "values()",
        "items()",
        "copy()",
        "sort()",
        "reverse()",
        "pop()",
        "clear()",
        "isdigit()",
        "title()",
        "bit_length()",
        "count(1)",
        "index(1)",
        "append(1)",
        "extend([1,2])",
        "insert(0,5)",
        "get('a')",
        "get('z',3)",
        "setdefault('k',[])",
        "update({'q':1})",
        "add(1)",
        "union({1})",
        "union('ab')",
        "update('ab')",
        "symmetric_difference([1, 'a'])",
        "keys() - {'a'}",
        "keys() | [1, 'z']",
        "items() & [('a', 1)]",
        "items() ^ {1}",
        "isdisjoint('a')",
        "join(['p','q'])",
        "replace('a','z')",
        "startswith('a')",
        "find('b')",
        "zfill(4)",
        "partition(',')",
        "normalize()",
        "quantize(Decimal('1'))",
        "remove(1)",
        "discard(1)",
        "encode()",
        "isalpha()",
        "splitlines()",
        "casefold()",
        "is_integer()",
    ]
)
builtin_calls = st.sampled_from(
    [
        "len",
        "str",
        "repr",
        "sorted",
        "sum",
        "list",
        "tuple",
        "set",
        "dict",
        "bool",
        "int",
        "float",
        "abs",
        "min",
        "max",
        "any",
        "all",
        "reversed",
        "enumerate",
        "round",
        "type_name",
        "helper",
        "PATTERN.findall",
        "json.dumps",
        "math.floor",
        "Counter",
        "iter",
    ]
)


def expressions():
    """Return expressions that always end, of any type."""
    return st.recursive(
        st.one_of(literals, names),
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, operators, inner),
            st.builds("({} {} {})".format, inner, comparisons, inner),
            st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
            st.builds("({} {})".format, st.sampled_from(["not", "-", "+", "~"]), inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({}).{}".format, inner, methods),
            st.builds("({})[{}]".format, inner, inner),
            st.builds("({})[{}:{}]".format, inner, st.sampled_from(["", "1", "-2"]), st.sampled_from(["", "2", "-1"])),
            st.builds("{}({})".format, builtin_calls, inner),
            st.builds(
                "isinstance({}, {})".format,
                inner,
                st.sampled_from(["int", "(str, list)", "dict", "list | dict", "Counter"]),
            ),
            st.builds("[{0}, *{1}]".format, inner, st.sampled_from(["NUMBERS", "'ab'", "[]"])),
            st.builds("{{{0!r}: {1}, **FLAT}}".format, st.sampled_from("xyz"), inner),
            st.builds("[{} for {} in {}]".format, inner, names, inner),
            st.builds("[{0} for {1} in {2} if (w := {1})]".format, inner, names, inner),
            st.builds("{{str({0}): {1} for {0} in {2}}}".format, names, inner, inner),
            st.builds("sum({} for {} in numbers(3))".format, inner, names),
            st.builds("{{{0}, {1}}}".format, inner, inner),
            st.builds("{{{0} for {1} in {2}}}".format, inner, names, inner),
            st.builds("frozenset({})".format, inner),
            st.builds(
                "(lambda x, y={}: {})({})".format,
                st.sampled_from(["1", "None"]),
                st.sampled_from(["x", "[x, y]"]),
                inner,
            ),
            st.builds("helper({}, *[1], z={}, q=1)".format, inner, inner),
            st.builds("f'{{{}!r:>8}}{{{}}}'".format, names, names),
            st.builds("'%s|%r' % ({}, {})".format, inner, inner),
            st.builds("sorted({}, key=lambda x: str(x))".format, inner),
            st.builds("list(map(str, {}))".format, inner),
            st.builds("list(zip({}, numbers(2)))".format, inner),
        ),
        max_leaves=6,
    )


def indent(lines):
    return textwrap.indent("\n".join(lines), "    ")


def blocks(inner):
    return st.lists(inner, min_size=1, max_size=3).map(indent)


@st.composite
def compound(draw, inner):
    """Return a statement with blocks."""
    value, block, other, name = draw(expressions()), draw(blocks(inner)), draw(blocks(inner)), draw(names)
    return draw(
        st.sampled_from(
            [
                f"if {value}:\n{block}\nelse:\n{other}",
                f"for {name} in list({value})[:3]:\n{block}",
                f"for i, {name} in enumerate(NUMBERS):\n{block}\n    if i:\n        break\nelse:\n{other}",
                f"n = 0\nwhile n < 3:\n    n += 1\n{block}",
                f"try:\n{block}\nexcept (TypeError, KeyError) as error:\n    out.append(str(error))\nelse:\n{other}",
                f"try:\n{block}\nexcept Exception as error:\n    out.append(error.args[:0])\nfinally:\n    out.append('f')",
                f"match {value}:\n    case int() | float():\n{indent([block])}\n    case [first, *rest]:\n        out.append([first, rest])\n    case {{'a': x, **more}}:\n        out.append([x, more])\n    case str() as s if s:\n        out.append(s)\n    case _:\n{indent([other])}",
                f"def local(x, *y):\n    a = x\n{block}\n    return [x, y]\nout.append(local({value}, 1))",
            ]
        )
    )


def statements():
    """Return statements; every loop ends."""
    simple = st.one_of(
        st.builds("{} = trim({})".format, names, expressions()),
        st.builds("{}: int = trim({})".format, names, expressions()),
        st.builds("out.append({})".format, expressions()),
        st.builds("{} {}= trim({})".format, names, st.sampled_from(["+", "-", "|"]), expressions()),
        st.builds("d[{}] = trim({})".format, st.sampled_from(["'k'", "'m'"]), expressions()),
        st.builds(
            "d[{}] {}= trim({})".format, st.sampled_from(["'a'", "'k'"]), st.sampled_from(["+", "-"]), expressions()
        ),
        st.builds("a, *b = trim({})".format, expressions()),
        st.builds("(a, [b, c]) = trim({}), [1, trim({})]".format, expressions(), expressions()),
        st.builds("del d[{}]".format, st.sampled_from(["'a'", "'k'"])),
        st.builds("assert {}, 'message'".format, expressions()),
        st.builds("{} = {} = trim({})".format, names, names, expressions()),
        st.just("pass"),
    )
    return st.one_of(simple, compound(simple))


programs = st.lists(statements(), min_size=1, max_size=6).map(indent)


def source(body):
    """Return the program's function; it tells the type of what it raises, and keeps what it saw until then."""
    return f"""{MODULE}
def type_name(value):
    return "list" if isinstance(value, list) else "other"

def trim(value):
    return value if len(repr(value)) < 300 else 0

def run(document):
    out = []
    try:
        body(document, out)
    except Exception as error:
        out.append(["raised", str(error)])
    return [out, document]

def body(d, out):
    a, b, c, w = 1, "ab", [1, 2], 0
{body}
    out.append([a, b, c, w])
"""


def run_as_pack(text):
    """Run a program under the language policy."""
    entry = "from sealift import Migration\nclass Entry(Migration):\n    def validate(self, document):\n        return run(document)\n"
    assert check_source("p", text + entry) == []
    return compile_unit({"p": text + entry}, "p", "Entry").call("validate", {"a": 1, "b": [1]})


def run_as_python(text):
    """Run the same program as Python does."""
    namespace = {}
    exec(compile(text, "program", "exec"), namespace)
    return namespace["run"]({"a": 1, "b": [1]})


def plain(value, above=()):
    """Return the value with its types, and without what differs from object to object; a constant is as good as its copy."""
    if id(value) in above:
        return "contains itself"
    inside = (*above, id(value))
    match value:
        case dict():
            return {repr(key): plain(item, inside) for key, item in value.items()}
        case list() | tuple():
            name = type(value).__name__
            return [name, *(plain(item, inside) for item in value)]
        case set() | frozenset():
            return sorted(map(repr, value))
        case None | bool() | int() | float() | str() | bytes():
            return f"{type(value).__name__} {value!r}".partition(" at 0x")[0]
        case _:
            return type(value).__name__
