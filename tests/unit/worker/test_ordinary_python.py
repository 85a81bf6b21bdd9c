"""Pack authors write ordinary Python: each program gives what CPython gives when it runs the same file."""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import sys
import types

import pytest

from sealift.worker.compiler import check_source, compile_unit, preload

PROGRAMS = {
    "constants": """
RATES = {"eur": 1.1, "usd": {"low": 1, "high": [1, 2]}}
NAMES: list[str] = ["b", "a"]
KINDS = {"x", "y"}
PAIRS = [(1, "a"), (2, "b")]
A, B = 1, 2
C = D = 3
TOTAL = A + B * C
LOOKUP = {name: index for index, name in enumerate(NAMES)}
MERGED = {**RATES, "gbp": 1.2}
_PRIVATE = "hidden"
def run(d):
    names = list(NAMES)
    names.append("c")
    copied = NAMES.copy()
    copied.sort()
    return [RATES["eur"], RATES.get("x", 0), sorted(RATES), names, copied, NAMES + ["z"], NAMES[1:], NAMES[-1],
            "x" in KINDS, len(KINDS), PAIRS, dict(PAIRS), A, B, C, D, TOTAL, LOOKUP, list(MERGED.items()), _PRIVATE,
            [*NAMES], {**LOOKUP}, NAMES == ["b", "a"], RATES == {"eur": 1.1}, LOOKUP | {"q": 1}, str(NAMES), repr(LOOKUP),
            isinstance(NAMES, list), isinstance(RATES, dict), NAMES * 2, list(reversed(NAMES)), NAMES.index("a"),
            max(RATES["usd"]["high"]), [x for x in NAMES if x], RATES["usd"]["high"][0], bool(NAMES), NAMES < ["c"]]
""",
    "copies of constants": """
import copy, json
DEFAULT = {"tags": [], "meta": {"n": [1]}}
def run(d):
    first, second, third = copy.deepcopy(DEFAULT), copy.copy(DEFAULT), dict(DEFAULT)
    first["tags"].append(1)
    first["meta"]["n"].append(2)
    second["x"] = third["y"] = 1
    return [first, second, third, json.dumps(DEFAULT), json.loads(json.dumps(DEFAULT)), DEFAULT]
""",
    "functions": '''
def plain(a, b=1, *rest, c="x", **more):
    return [a, b, rest, c, more]
def positional(a, /, b, *, c=None):
    return (a, b, c)
def outer(n):
    def inner(k):
        return n + k
    return inner
def recursive(n):
    return 1 if n < 2 else n * recursive(n - 1)
def documented(x: int, y: "str" = "a") -> dict[str, int]:
    """Text."""
    return {y: x}
def generator(n):
    for i in range(n):
        yield i
    yield from "ab"
    return None
ADD = lambda a, b=2: a + b
def run(d):
    args, more = [1, 2, 3], {"c": 4, "z": 5}
    return [plain(1), plain(*args, **more), positional(1, 2, c=3), outer(1)(2), recursive(10), documented(1),
            list(generator(2)), ADD(1), (lambda *a, **k: [a, k])(1, x=2), [f(3) for f in [lambda x, n=n: x * n for n in (1, 2)]],
            sorted([3, 1, 2], key=lambda x: -x), list(map(str, args)), max(args, key=lambda x: x % 3)]
''',
    "statements": """
def run(d):
    out = []
    d["k"] = 1
    d["k"] += 2
    d.setdefault("l", []).append(1)
    d["l"][0] -= 5
    d["l"] += [2]
    x: int = 1
    y: str
    x *= 3
    del d["k"]
    for i, (a, *b) in enumerate([(1, 2, 3), (4,)]):
        if i:
            continue
        out.append([i, a, b])
    else:
        out.append("else")
    n = 0
    while True:
        n += 1
        if n > 3:
            break
    try:
        {}["missing"]
    except (KeyError, IndexError) as error:
        out.append([str(error), error.args])
    else:
        out.append("no")
    finally:
        out.append("finally")
    try:
        try:
            raise ValueError("a", 1)
        except ValueError as error:
            raise RuntimeError("b") from error
    except Exception as error:
        out.append(error.args)
    assert n == 4, "never"
    a = b = [1]
    (a, b), [c, *e] = (1, 2), "xyz"
    l = list(range(10))
    l[2:4] = [9]
    del l[-1]
    l[::2] = [0] * len(l[::2])
    pass
    return [out, d, x, n, a, b, c, e, l, l[1:5:2], l[::-1], "abc"[1], d if d else None, not d, n if n > 1 else 0]
""",
    "expressions": """
def run(d):
    w, p = 8, 2
    name = "world"
    n = 255
    return [[x * y for x in range(3) for y in range(x) if y], {x: y for x, y in [(1, 2)]}, {x for x in "aa"},
            sum(x for x in range(4)), [y for x in range(4) if (y := x * x) > 1], f"hello {name!r:>{w}} {3.14159:.{p}f} {n:#x} {{}}",
            f"{d['a']}" f"{'nested'}", "%s-%05.1f" % ("a", 2.25), 1 < 2 <= 3 != 4, 1 if d else 2, d and 1 or 2,
            2 ** 10, -7 // 2, -7 % 3, 7 / 2, 1 << 4, n & 15, n | 256, n ^ 1, ~n, not n, [1, 2] + [3], (1,) + (2,), "a" * 3,
            {**d, "z": 1}, [*"ab", *range(2)], {1, 2} & {2, 3}, {"a": 1} | {"b": 2}, "b" in "abc", 3 not in [1], None is None,
            divmod(7, 2), round(2.675, 2), abs(-1), pow(2, 5, 3), ord("a"), chr(97), all([]), any([0]), min(3, 1), len("abc"),
            list(zip("ab", [1, 2])), list(filter(None, [0, 1])), list(reversed([1, 2])), sorted("cab", reverse=True),
            isinstance(1, (int, str)), isinstance([], list | dict), isinstance({}, dict), int("12"), float("1.5"), str(1.0), bool([]),
            bytes([65]).decode(), "é".encode("utf-8").hex(), tuple("ab"), frozenset([1]), slice(1, 2), range(3)[1],
            int.from_bytes(b"\\x01\\x00", "big"), (5).bit_length(), (1.5).as_integer_ratio(), 10 ** 30, 1_000, 0x1F, 1e3,
            "a,b".split(","), "x".join(["a", "b"]), "Ab".swapcase(), "abc".translate(str.maketrans("a", "z")), "a-b".partition("-"),
            "abc".removeprefix("a"), " a ".strip(), "aXb".lower().title(), "1".zfill(3), "abc".find("c"), format(1234567.891, ",.2f"),
            dict.fromkeys("ab", 0), dict(a=1), list("ab"), dict([("a", 1)]), list({"a": 1}.items()), repr("a"), ...]
""",
    "match": """
def kind(value):
    match value:
        case None:
            return "none"
        case True | False:
            return "bool"
        case int(n) if n > 5:
            return ["big", n]
        case int() | float():
            return "number"
        case str() as text:
            return ["text", text]
        case [first, *rest]:
            return [first, rest]
        case {"type": "a", "v": [x, _], **rest}:
            return [x, rest]
        case dict():
            return "dict"
        case -1.5:
            return "never"
        case list():
            return "empty"
        case _:
            return "other"
def run(d):
    return [kind(v) for v in (None, True, 9, 3, 1.5, "t", [1, 2, 3], {"type": "a", "v": [1, 2], "z": 3}, {}, [], (1,), b"x")]
""",
    "methods": '''
class Base(Migration):
    version = "1.0"
    collection = "c"
    name = "base"
    table = {"a": [1, 2]}
    limit: int = 3
    first, second = 1, 2
    double = second * 2
    def _helper(self, value, *rest, scale=2):
        return [value * scale, rest, self.name]
    def now(self):
        return "a name that only other objects may not use"
    def upgrade(self, document):
        return ["base", document["a"], self.name]
class Middle(Base):
    name = "middle"
class Last(Middle):
    """Documented."""
    version = "1.1"
    def upgrade(self, document):
        before = super().upgrade(document)
        return [before, self._helper(1, 2, scale=3), self.now(), self.table["a"], self.limit, self.first, self.double,
                Last.name, Middle.version, self.schema, self.depends_on, [self.name for _ in range(2)], (lambda: self.name)(),
                list(map(self._helper, [1])), super().name, Last().now()]
def run(d):
    return Last().upgrade(d)
''',
    "imports": """
import base64, collections, copy, datetime, decimal, hashlib, itertools, json, math, re, string, textwrap, unicodedata, uuid
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal as Dec
from datetime import date, datetime as moment, timedelta, timezone
from collections import Counter, OrderedDict, defaultdict, deque
from itertools import chain, groupby
from typing import Any, Final
from collections.abc import Mapping
from zoneinfo import ZoneInfo
from re import IGNORECASE, compile as pattern
WORD = re.compile(r"(?P<first>\\w+)[ ](\\w+)", re.IGNORECASE | re.VERBOSE)
CENT: Final = Dec("0.01")
EPOCH = moment(1970, 1, 1, tzinfo=timezone.utc)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "example.org")
Document = dict[str, Any]
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
def total(values: Mapping[str, Any]) -> Document:
    groups = defaultdict(list)
    for key, value in values.items():
        groups[len(key)].append(value)
    return dict(groups)
def run(d):
    import re as local
    counts = Counter("banana")
    queue = deque([1, 2, 3], maxlen=2)
    queue.append(4)
    ordered = OrderedDict([("b", 1), ("a", 2)])
    ordered.move_to_end("b")
    when = moment.fromisoformat("2024-02-29T12:30:00+00:00")
    return [WORD.sub(r"\\2 \\g<first>", "ada lovelace"), WORD.match("a b").groupdict(), re.findall(r"\\d", "a1b2"),
            local.split(",", "a,b"), re.sub("a", lambda m: m.group().upper(), "banana", count=2), bool(re.fullmatch("a+", "aa")),
            [m.start() for m in re.finditer("a", "banana")], pattern("A", IGNORECASE).search("ba").span(), re.escape("a.b"),
            str(Dec("2.675").quantize(CENT, rounding=ROUND_HALF_UP)), str(Dec("1") / Dec("3")), Dec("1.10").as_tuple().digits,
            str(decimal.Decimal("1E+2").normalize()), Dec("NaN").is_nan(), when.isoformat(), (when + DAY).date().isoformat(),
            when.astimezone(BERLIN).isoformat(), when.strftime("%d.%m.%Y %H:%M"), moment.strptime("03/02/2021", "%d/%m/%Y").isoformat(),
            (when - EPOCH).total_seconds(), dt.date(2024, 1, 31).replace(day=1).isoformat(), date.fromisoformat("2020-01-01").weekday(),
            when.timestamp(), dt.datetime.fromtimestamp(86400, tz=dt.timezone.utc).isoformat(), dt.timedelta(hours=25).days,
            when.year, when.tzinfo is None, date.min.isoformat(), timezone(timedelta(hours=2)).utcoffset(None).seconds,
            hashlib.sha256("a".encode()).hexdigest(), hashlib.md5(b"a").hexdigest()[:8], hashlib.new("sha1", b"x").hexdigest(),
            str(uuid.uuid5(NAMESPACE, "a")), str(uuid.UUID("12345678123456781234567812345678")), uuid.UUID(int=5).hex,
            json.loads('{"a": [1, 2.50, null]}'), json.dumps({"b": 1, "a": "é"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            json.loads("1.10", parse_float=Dec).as_tuple().exponent, counts.most_common(2), dict(counts), list(queue), list(ordered),
            total({"a": 1, "b": 2, "cc": 3}), list(chain([1], [2])), list(chain.from_iterable(["ab"])),
            [(k, list(g)) for k, g in groupby("aab")], list(itertools.islice(itertools.count(3), 2)), list(itertools.pairwise("abc")),
            list(itertools.zip_longest("ab", "c")), list(itertools.accumulate([1, 2])), list(itertools.product("ab", repeat=2))[1],
            math.floor(2.7), math.isclose(0.1 + 0.2, 0.3), math.pi, math.sqrt(2), math.prod([2, 3]), math.inf > 1, math.gcd(12, 18),
            unicodedata.normalize("NFKD", "é").encode("ascii", "ignore").decode(), unicodedata.category("a"), unicodedata.name("a"),
            base64.b64encode(b"abc").decode(), base64.urlsafe_b64decode("YWJj").decode(), string.ascii_lowercase, string.capwords("a b"),
            textwrap.dedent("  a\\n  b"), textwrap.shorten("a b c d", 5, placeholder=""), copy.copy([1]), copy.deepcopy({"a": [1]}),
            isinstance(counts, Counter), isinstance(counts, dict), collections.deque("ab").popleft()]
""",
    "future annotations": """
from __future__ import annotations
from typing import TypedDict as _TypedDict, TypeVar
import typing
T = TypeVar("T")
Numbers = typing.Sequence[int]
Maybe = str | None | list[int]
def first(values: Numbers, other: Undefined[T] = None) -> Maybe:
    chosen: typing.Any = values[0]
    return chosen
def run(d):
    return first([1])
""",
    "shadowing": """
from datetime import date
import re
def later(date):
    return date["now"], date.get("today")
def run(d):
    re = {"sub": 1}
    list = [1, 2]
    values = [date for date in ["x"]]
    def max(a):
        return a
    return [later({"now": 1}), re.get("sub"), list, values, max(3), (lambda date: date.upper())("a"), date(2020, 1, 2).isoformat(),
            [dict for dict in [1]], [str(x) for x in (str for str in ())]]
""",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _warm():
    preload()


def in_the_language(text):
    source = f"from sealift import Migration\n{text}\nclass Entry(Migration):\n    def upgrade(self, document):\n        return {{'x': run(document)}}\n"
    if "from __future__" in text:
        source = f"{text}\nfrom sealift import Migration\nclass Entry(Migration):\n    def upgrade(self, document):\n        return {{'x': run(document)}}\n"
    assert check_source("p.py", source) == []
    unit = compile_unit(
        {
            "p.py": source.replace(
                "def upgrade(self, document):\n        return {'x'",
                "def validate(self, document):\n        return {'x'",
            )
        },
        "p.py",
        "Entry",
    )
    return unit.call("validate", {"a": 1})["x"]


def in_python(text):
    class Migration:
        schema = None
        depends_on = ()

    module = types.ModuleType("program")
    module.Migration = Migration
    exec(compile(text.replace("from sealift import Migration", ""), "program", "exec"), module.__dict__)
    return module.run({"a": 1})


def plain(value):
    """Return the value with its types spelled out, so that 1 and True, lists and tuples, differ."""
    match value:
        case dict():
            return {plain(key): plain(item) for key, item in value.items()}
        case list():
            return ["list", *map(plain, value)]
        case tuple():
            return ("tuple", *map(plain, value))
        case set() | frozenset():
            return sorted(map(repr, value))
        case _:
            return f"{type(value).__name__} {value!r}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_as_python(name):
    assert plain(in_the_language(PROGRAMS[name])) == plain(in_python(PROGRAMS[name]))


def test_every_program_uses_only_what_the_oldest_python_has():
    assert sys.version_info >= (3, 11)
