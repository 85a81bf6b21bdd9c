"""Everything a pack can reach through names and attributes of the language, from a sample of every kind of value.

``python language_closure.py`` prints the golden text for this Python.
"""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import builtins
import sys
import types
from pathlib import Path

from sealift.worker.compiler import compile_unit, preload
from sealift.worker.facades import FACADES
from sealift.worker.facades.facade import Facade
from sealift.worker.names import ATTRIBUTES, BUILTIN_NAMES, STAND_INS

GOLDEN = Path(__file__).parent.parent / "security" / "language" / "golden"
DEPTH = 6

SAMPLES = '''
import base64, collections, copy, datetime, decimal, hashlib, itertools, json, math, re, string, textwrap
import unicodedata, uuid, zoneinfo
from sealift import Migration

LIST = [1, [2]]
DICT = {"a": {"b": [1]}}
PATTERN = re.compile("(?P<a>a)(b)?")

def helper(x=1, *rest, y=2, **more):
    """Documented."""
    return x

def generator():
    yield 1

def error(function, *arguments):
    try:
        function(*arguments)
    except Exception as caught:
        return caught

class Case(Migration):
    version = "1"
    table = {"a": [1]}
    def own(self):
        return 1
    def validate(self, document):
        now = datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
        counter = collections.Counter("aab")
        return [
            None, True, 1, 1.5, "text", b"bytes", ..., (1,), {1}, frozenset([1]), range(3), slice(1), document, [], {},
            LIST, DICT, self, Case, self.own, self.table, helper, generator, generator(), lambda: 1, (x for x in ()),
            iter([]), iter(()), iter({}), iter("a"), iter({1}), iter(range(1)), iter(lambda: 1, 1), reversed([]),
            enumerate([]), zip([]), map(str, []), filter(None, []), {}.keys(), {}.values(), {}.items(), iter({}.items()),
            document.get, "x".join, len, str.upper, dict.fromkeys, list, dict,
            now, now.date(), now.time(), now - now, now.tzinfo, datetime.timezone.utc, now.isocalendar(), now.utcoffset(),
            decimal.Decimal("1.10"), decimal.Decimal("1").as_tuple(), decimal.ROUND_UP,
            PATTERN, PATTERN.match("ab"), PATTERN.finditer("ab"), PATTERN.groupindex, PATTERN.match("ab").groupdict(),
            uuid.UUID(int=1), uuid.uuid5(uuid.NAMESPACE_DNS, "a"), hashlib.sha256(b""), hashlib.blake2b(b""),
            hashlib.md5(b"", usedforsecurity=False), hashlib.new("sha1"), hashlib.sha3_256(b""),
            counter, counter.most_common(), counter.elements(), collections.defaultdict(list), collections.deque([1]),
            collections.OrderedDict(a=1), iter(collections.deque()), iter(collections.OrderedDict(a=1)),
            itertools.chain([1]), itertools.count(), itertools.groupby("a"), itertools.islice([], 1),
            itertools.product("ab"), itertools.pairwise([]), itertools.zip_longest([]), itertools.accumulate([]),
            itertools.cycle("a"), itertools.repeat(1), itertools.starmap(len, []), itertools.takewhile(bool, []),
            itertools.dropwhile(bool, []), itertools.filterfalse(bool, []), itertools.compress([], []),
            itertools.combinations("ab", 1), itertools.permutations("ab", 1),
            itertools.combinations_with_replacement("ab", 1),
            error(json.loads, "{"), error(re.compile, "("), error(int, "x"), error(document.get), error(len, 1),
            error(b"\\xff".decode, "utf-8"), error("\\u1234".encode, "ascii"), error(lambda: [][0]), error(lambda: {}["a"]),
            error(lambda: 1 / 0), error(next, iter(())), error(zoneinfo.ZoneInfo, "none"), error("a".encode, "no-codec"),
            error(lambda: decimal.Decimal("x")), error(LIST.append, 1), error(lambda: self.validate()),
            error(json.dumps, {1}), error(uuid.UUID, "x"), error(base64.b64decode, "x"), error(datetime.date, 0, 0, 0),
            copy.deepcopy(DICT), json.loads("[1.5]"), textwrap.wrap("a b"), string.digits, math.inf,
            unicodedata.normalize("NFC", "a"), math, re, datetime,
        ]
'''


def samples():
    """Return one value of every kind a pack can make, as its own code makes them."""
    preload()
    made = compile_unit({"x": SAMPLES}, "x", "Case").call("validate", {"a": [1], "b": {"c": 1.5}})
    names = [getattr(builtins, name) for name in BUILTIN_NAMES - set(STAND_INS)]
    return [*made, *names, *STAND_INS.values(), *FACADES.values()]


def neighbours(value):
    """Yield what the language lets a pack take out of a value without calling anything."""
    names = vars(value) if isinstance(value, Facade) else ATTRIBUTES
    for name in sorted(names):
        try:
            yield name, getattr(value, name)
        except Exception:  # noqa: BLE001 - a getter that raises yields nothing
            continue
    if isinstance(value, list | tuple | set | frozenset):
        yield from (("[]", item) for item in value)
    if isinstance(value, dict | types.MappingProxyType):
        yield from (("[]", item) for pair in value.items() for item in pair)


def reachable():
    """Return every object within reach, with the path that leads there."""
    found = {}
    waiting = [(type(sample).__name__, sample, 0) for sample in samples()]
    while waiting:
        path, value, depth = waiting.pop()
        if id(value) in found or depth > DEPTH:
            continue
        found[id(value)] = (path, value)
        waiting += [(f"{path}.{name}", next_value, depth + 1) for name, next_value in neighbours(value)]
    return list(found.values())


def describe(value):
    """Return a line of the golden file: the kind of object, and which one where it has a name."""
    kind = type(value).__qualname__
    name = getattr(value, "__qualname__", None)
    if not isinstance(name, str) or kind == "Case":
        return kind
    module = value.__objclass__.__module__ if hasattr(value, "__objclass__") else getattr(value, "__module__", None)
    return f"{kind} {module}.{name}" if module else f"{kind} {name}"


def golden_path():
    """Return the golden file of this Python."""
    return GOLDEN / f"closure-{sys.version_info.major}.{sys.version_info.minor}.txt"


def golden_text():
    """Return what the golden file must hold."""
    return "\n".join(sorted({describe(value) for _, value in reachable()})) + "\n"


if __name__ == "__main__":
    print(golden_text(), end="")
