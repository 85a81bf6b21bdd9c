"""Row D03: nothing a pack computes depends on where an object lies in memory, whatever way it takes to its text."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sealift
from language_cases import PATH, migration
from sealift.model.batch import DocumentError
from sealift.model.limits import MIB, Limits
from sealift.model.migration import Direction
from sealift.ports import Unit
from sealift.sandbox import open_cage
from sealift.sandbox.forkserver import environment
from sealift.worker.compiler import check_source

LIMITS = Limits(wall_seconds=20.0, memory_bytes=512 * MIB)
IMPORTS = "import base64, collections, copy, datetime, decimal, hashlib, itertools, json, re, textwrap, uuid"
HELPERS = """
def helper():
    return 1

def numbers():
    yield 1

def said(value):
    return hashlib.sha256(str(value).encode()).hexdigest()
"""
MEMBERS = """
def method(self):
    return 1
"""

TEXTS = {
    "str": "str(value)",
    "str-mapped": "''.join(map(str, [value]))",
    "str-as-value": "[text(value) for text in [str]]",
    "str-as-key": "sorted([value, value], key=str)",
    "repr": "repr(value)",
    "repr-as-key": "max([value], key=repr)",
    "format": "format(value)",
    "format-mapped": "list(map(format, [value]))",
    "f-string": "f'{value}'",
    "f-string-r": "f'{value!r}'",
    "f-string-a": "f'{value!a}'",
    "f-string-wide": "f'{value!s:>60}'",
    "percent-s": "'%s' % (value,)",
    "percent-r": "'%r' % (value,)",
    "percent-a": "'%a' % (value,)",
    "percent-mapping": "'%(x)s' % {'x': value}",
    "bytes-percent-a": "b'%a' % (value,)",
    "in-a-list": "str([value])",
    "in-a-tuple": "str((1, value))",
    "in-a-dict": "str({'x': value})",
    "as-a-key": "str({value: 1})",
    "in-values": "str({'x': value}.values())",
    "in-items": 'f"{dict(x=value).items()}"',
    "deep": "str([[[{'x': [value]}]]])",
    "in-a-deque": "str(collections.deque([value]))",
    "in-an-ordered-dict": "str(collections.OrderedDict(x=value))",
    "in-an-exception": "str(ValueError(value))",
    "in-two-arguments": "str(ValueError(1, value))",
    "repr-of-an-exception": "repr(ValueError(value))",
    "digest": "said(value)",
    "uuid": "str(uuid.uuid5(uuid.NAMESPACE_URL, str(value)))",
    "length": "len(str(value))",
    "json-default": "json.dumps({'x': value}, default=str)",
    "json-default-repr": "json.dumps([value], default=repr)",
    "replacement": "re.sub('a', lambda match: str(value), 'a')",
    "truth": "'7f' in str(value)",
}
"""Ways to a text; ``value`` is the object."""

OBJECTS = {
    "lambda": "(lambda: 1)",
    "function": "helper",
    "nested-function": "(lambda: (lambda: 1))()",
    "method": "self.method",
    "builtin": "len",
    "method-of-a-dict": "document.get",
    "method-of-a-text": "'a'.join",
    "keys-without-call": "document.keys",
    "set-method": "{1}.union",
    "facade-function": "hashlib.sha256",
    "digest": "hashlib.sha256(b'')",
    "blake": "hashlib.blake2b(b'')",
    "generator": "numbers()",
    "generator-expression": "(x for x in [])",
    "iterator": "iter([])",
    "dict-iterator": "iter({})",
    "sentinel-iterator": "iter(helper, 1)",
    "reversed": "reversed([1])",
    "map": "map(str, [])",
    "filter": "filter(None, [])",
    "zip": "zip([], [])",
    "enumerate": "enumerate([])",
    "chain": "itertools.chain([])",
    "groupby": "itertools.groupby([])",
    "cycle": "itertools.cycle([1])",
    "matches": "re.finditer('a', 'a')",
    "constructor": "dict.fromkeys",
    "class-method": "datetime.datetime.fromisoformat",
    "method-of-a-class": "str.upper",
    "default-factory": "collections.defaultdict(lambda: 1)",
}


def outcome(cage, body, module=""):
    files = {PATH: migration(body, IMPORTS + HELPERS + module, MEMBERS).encode()}
    unit = Unit(pack="case", digest="0", files=files, path=PATH, class_name="Case", direction=Direction.UPGRADE)
    session = cage.open(unit, LIMITS)
    try:
        session.send([b'{"a":1}'])
        return session.receive()[0]
    finally:
        session.close()


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield opened


def refused(result):
    return isinstance(result, DocumentError) and result.code == "raised" and "its address in memory" in result.message


@pytest.mark.parametrize("way", TEXTS)
def test_every_way_to_a_text_is_refused(cage, way):
    result = outcome(cage, f"value = lambda: 1\ndocument['x'] = {TEXTS[way]}")
    assert refused(result), result
    assert result.where.startswith(PATH)


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_object_without_a_text_of_its_own_is_refused(cage, kind):
    for way in ("str", "f-string-r", "in-a-list", "percent-s"):
        result = outcome(cage, f"value = {OBJECTS[kind]}\ndocument['x'] = {TEXTS[way]}")
        assert refused(result), (way, result)


def test_an_uncaught_exception_with_such_a_message_is_told_and_ends_nothing(cage):
    result = outcome(cage, "raise ValueError(helper)")
    assert isinstance(result, DocumentError)
    assert result.message.startswith("ValueError: (a message without a text: the text of a function")
    assert isinstance(outcome(cage, "{}[helper]"), DocumentError)


def test_a_handler_gets_the_same_in_every_process():
    body = "try:\n    document['x'] = said(helper)\nexcept TypeError as error:\n    document['x'] = str(error)"
    results = set()
    for _ in range(3):
        with open_cage() as cage:
            results.add(outcome(cage, body))
    (result,) = results
    assert b"its address in memory" in result


def test_a_constant_computed_from_an_address_is_refused_when_it_is_loaded(cage):
    from sealift.errors.run import UnitRefusedError

    with pytest.raises(UnitRefusedError) as caught:
        outcome(cage, "pass", "\nNAME = str(helper)\n")
    assert "its address in memory" in str(caught.value.findings)


PLAIN_TO_SEE = [
    "document['x'] = str(lambda: 1)  # !",
    "document['x'] = f'{helper}'  # !",
    "document['x'] = f'{self.method!r:>9}'  # !",
    "document['x'] = repr(self.method)  # !",
    "document['x'] = format(numbers)  # !",
    "document['x'] = str(x for x in [])  # !",
    "def inner():\n    return 1\ndocument['x'] = f'{inner}'  # !",
]


@pytest.mark.parametrize("body", PLAIN_TO_SEE)
def test_what_is_plain_to_see_is_refused_before_anything_runs(body):
    source = migration(body, IMPORTS + HELPERS, MEMBERS)
    (finding,) = check_source(PATH, source)
    assert source.split("\n")[finding.line - 1].endswith("# !")
    assert "its address in memory" in finding.message


def test_a_name_that_may_be_something_else_is_left_to_the_run():
    body = "helper = document['a']\ndocument['x'] = f'{helper}' + str(self.method())"
    assert check_source(PATH, migration(body, IMPORTS + HELPERS, MEMBERS)) == []


FINE = {
    "str(1)": "1",
    "f'{1.50} {None!r} {document}'": "1.5 None {'a': 1}",
    "repr(['a', (1, 2), {1}, {}.keys()])": "['a', (1, 2), {1}, dict_keys([])]",
    "str(int) + str(dict) + str(ValueError)": "<class 'int'><class 'dict'><class 'ValueError'>",
    "str(ValueError('a', 1)) + repr(KeyError('b'))": "('a', 1)KeyError('b')",
    "str(decimal.Decimal('1.10')) + repr(datetime.date(2020, 1, 2))": "1.10datetime.date(2020, 1, 2)",
    "str(collections.Counter('aa')) + str(collections.deque([1]))": "Counter({'a': 2})deque([1])",
    "repr(re.compile('a')) + repr(re.match('a', 'a'))": "re.compile('a')<re.Match object; span=(0, 1), match='a'>",
    "repr(range(3)) + repr(slice(1)) + repr(...)": "range(0, 3)slice(None, 1, None)Ellipsis",
    "str(uuid.NAMESPACE_DNS) + repr(datetime.timedelta(1))": (
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8datetime.timedelta(days=1)"
    ),
    "repr(self) + str(collections.defaultdict(int))": "Case()defaultdict(<class 'int'>, {})",
}


@pytest.mark.parametrize("text", FINE)
def test_a_text_of_contents_is_what_it_is_in_python(cage, text):
    assert outcome(cage, f"document = {{'x': {text}}}") == b'{"x":"%s"}' % FINE[text].encode()


# Nothing that names lead to has a text with an address in it

SETTLED = """
import re, sys
sys.path[:0] = sys.argv[1:3]
from sealift.worker import codec, compiler, stable_texts
compiler.preload()
from language_closure import reachable
found = reachable()
if sys.argv[3] == "settled":
    stable_texts.settle()
bad = []
for path, value in found:
    for text in (str, repr, ascii, format):
        try:
            said = text(value)
        except TypeError as error:
            said = ""
        if re.search(r"0x[0-9a-f]{6,}", said):
            bad.append(path)
print(len(found), len(bad))
"""


@pytest.mark.parametrize("settled", ["settled", "not"])
def test_nothing_within_reach_has_an_address_in_its_text(settled):
    source = str(Path(sealift.__path__[0]).parent)
    support = str(Path(__file__).parents[2] / "support")
    command = [sys.executable, "-c", SETTLED, source, support, settled]
    shown = subprocess.run(command, env=environment(1), capture_output=True, text=True, check=True, timeout=120)
    reached, bad = map(int, re.findall(r"\d+", shown.stdout))
    assert reached > 500
    assert (bad == 0) is (settled == "settled"), "without the guard there must be some"
