"""Rows V, S, D and some of T and I in the real worker: the language, the codec and the locked process together."""

import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

import sealift
from sealift.errors.run import UnitRefusedError, WorkerDiedError, WorkerTimeoutError
from sealift.model.batch import DocumentError
from sealift.model.limits import MIB, Limits
from sealift.model.migration import Direction
from sealift.ports import Unit
from sealift.sandbox import check_sources, open_cage, repeat_singly
from sealift.worker.protocol import FINDINGS

LIMITS = Limits(wall_seconds=20, memory_bytes=384 * MIB)
HEAD = '"""A migration."""\nfrom sealift import Migration\n'
CLASS = """

class M(Migration):
    version = "1.1.0"
    collection = "things"

    def upgrade(self, document):
"""


def unit(body, before="", digest="sha256:language"):
    source = HEAD + textwrap.dedent(before) + CLASS + textwrap.indent(textwrap.dedent(body), " " * 8)
    return Unit(
        pack="acme.test",
        digest=digest,
        files={"migrations/m.py": source.encode()},
        path="migrations/m.py",
        class_name="M",
        direction=Direction.UPGRADE,
    )


@pytest.fixture(scope="module")
def cage():
    with open_cage() as cage:
        yield cage


def run(cage, unit, *documents, limits=LIMITS):
    session = cage.open(unit, limits)
    try:
        session.send(documents)
        return list(session.receive())
    finally:
        session.close()


RESULTS_REFUSED = {
    "V01-nan": ("return {'a': float('nan')}", "not-json"),
    "V02-infinity": ("return {'a': 1e308 * 10}", "not-json"),
    "V05-surrogate": ("return {'a': chr(0xD800)}", "not-json"),
    "V05-surrogate-in-a-key": ("return {chr(0xDFFF): 1}", "not-json"),
    "V06-key-that-is-no-text": ("return {1: 2}", "not-json"),
    "V06-key-none": ("return {None: 2}", "not-json"),
    "V07-set": ("return {'a': {1}}", "not-json"),
    "V07-bytes": ("return {'a': b'x'}", "not-json"),
    "V07-tuple": ("return {'a': (1, 2)}", "not-json"),
    "V07-generator": ("return {'a': (x for x in [])}", "not-json"),
    "V07-function": ("return {'a': len}", "not-json"),
    "V07-exception": ("return {'a': ValueError}", "not-json"),
    "V07-decimal": ("import decimal\nreturn {'a': decimal.Decimal('1')}", "not-json"),
    "V07-date": ("import datetime\nreturn {'a': datetime.date(2020, 1, 1)}", "not-json"),
    "V08-none": ("return None", "returned-none"),
    "V08-forgotten": ("document['a'] = 1", "returned-none"),
    "V08-list": ("return [document]", "not-json"),
    "V08-text": ("return 'x'", "not-json"),
    "V09-itself": ("document['a'] = document\nreturn document", "limit"),
    "V10-deep": ("for _ in range(5000):\n    document = {'a': document}\nreturn document", "limit"),
    "V12-large": ("return {'a': 'x' * 40_000_000}", "limit"),
}
RESULTS_KEPT = {
    "V03-beyond-53-bits": ("return {'a': 9007199254740993}", b'{"a":9007199254740993}'),
    "V04-beyond-64-bits": ("return {'a': 10 ** 30}", b'{"a":1000000000000000000000000000000}'),
    "V13-shared-and-small": ("x = [1]\nreturn {'a': x, 'b': x}", b'{"a":[1],"b":[1]}'),
    "V14-one-and-one": ("return {'a': 1, 'b': 1.0, 'c': True}", b'{"a":1,"b":1.0,"c":true}'),
    "V14-nul": ("return {'a': chr(0)}", b'{"a":"\\u0000"}'),
    "V14-order": ("return {'b': 1, 'a': 2}", b'{"b":1,"a":2}'),
}


def hoisted(body):
    """An import inside a function is not offered: move it to the head."""
    lines = body.split("\n")
    imports = [line for line in lines if line.startswith("import ")]
    return "\n".join(line for line in lines if line not in imports), "\n".join(imports)


@pytest.mark.parametrize("name", RESULTS_REFUSED)
def test_a_result_that_json_cannot_hold_is_refused_and_never_coerced(cage, name):
    body, code = RESULTS_REFUSED[name]
    spare = "if 'ok' in document:\n    return document\n"

    outcomes = run(cage, unit(spare + hoisted(body)[0], hoisted(body)[1]), b"{}", b'{"ok":1}')

    assert isinstance(outcomes[0], DocumentError)
    assert outcomes[0].code == code
    assert outcomes[1] is None  # the next document in the same worker


EXPLOSIONS = {
    "V11-of-objects": "for _ in range(100):\n    document = {'a': document, 'b': document}",
    "V11-of-arrays": "x = 'a'\nfor _ in range(8):\n    x = [x] * 100\ndocument['a'] = x",
    "V12-many-texts": "document['a'] = ['x' * 1_000_000] * 1000",
}


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_a_result_that_shares_its_parts_without_end_costs_its_document_and_no_other(cage, name):
    """With others it may end the worker (msgspec 0.22 crashes when its buffer cannot grow); alone it is named."""
    greedy = unit(f"if document['n']:\n{textwrap.indent(EXPLOSIONS[name], '    ')}\nreturn document")

    outcomes = repeat_singly(cage, greedy, LIMITS, [b'{"n":0}', b'{"n":1}', b'{"n":0}'])

    assert [outcomes[0], outcomes[2]] == [None, None]
    assert outcomes[1].code == "limit"
    assert run(cage, greedy, b'{"n":0}') == [None]


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_a_worker_that_an_encoder_crashed_is_replaced_and_its_document_named(cage, name):
    """The whole way of such a batch: what comes of it together, and that the repetition names one document."""
    greedy = unit(f"if document['n']:\n{textwrap.indent(EXPLOSIONS[name], '    ')}\nreturn document")
    documents = [b'{"n":0}', b'{"n":0}', b'{"n":1}', b'{"n":0}']
    session = cage.open(greedy, LIMITS)
    session.send(documents)
    with pytest.raises(WorkerDiedError) as died:  # a msgspec that answers instead needs no row in the threat model
        session.receive()
    assert (died.value.cause, died.value.signal) == ("crashed", "SIGSEGV")

    outcomes = repeat_singly(cage, greedy, LIMITS, documents)

    assert [getattr(item, "code", item) for item in outcomes] == [None, None, "limit", None]


def test_what_validate_refuses_is_invalid_and_what_it_breaks_on_is_not(cage):
    source = f"""{HEAD}{CLASS}        return document

    def validate(self, document):
        if document["n"] > 2:
            raise ValueError("too many")
        1 / document["n"]
"""
    refusing = replace(unit("return document"), files={"migrations/m.py": source.encode()})

    outcomes = run(cage, refusing, b'{"n":1}', b'{"n":3}', b'{"n":0}')

    assert outcomes[0] is None
    assert (outcomes[1].code, outcomes[1].message) == ("invalid", "ValueError: too many")
    assert source.split("\n")[int(outcomes[1].where.partition(":")[2]) - 1].strip() == 'raise ValueError("too many")'
    assert outcomes[2].code == "raised"


@pytest.mark.parametrize("name", RESULTS_KEPT)
def test_a_value_that_json_can_hold_arrives(cage, name):
    body, expected = RESULTS_KEPT[name]

    assert run(cage, unit(body), b"{}") == [expected]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1.10}', b'{"a":-0.0}', b'{"a":1e400}', b'{"a":0.1234567890123456789}', b'{ "b" : 1,\n"a":2 }',
        b'{"a":"\\u00e9"}', '{"a":"é"}'.encode(), b'{"a":123456789012345678901234567890}', b'{"a":1E5}', b"{}",
        b'{"a":"\\/"}', b'{"a":"\\u0000"}', b'  {"a":[1,2,{"b":null}]}  ',
    ],
)  # fmt: skip
def test_v15_an_unchanged_document_is_unchanged(cage, raw):
    assert run(cage, unit("return document"), raw) == [None]


@pytest.mark.parametrize(
    "raw", [b"", b"x", b"[]", b"null", b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"{} {}"]
)
def test_a_stored_document_that_is_none_fails_alone(cage, raw):
    outcomes = run(cage, unit("return document"), b"{}", raw, b"{}")

    assert [outcomes[0], outcomes[2]] == [None, None]
    assert outcomes[1].code == "unreadable"


# State and determinism

STIRRED = """
words = {word + str(n) for n in range(20) for word in document['words']}
document['set'] = list(words)
document['text'] = f"{sum(document['numbers']) / 3!r}"
document['day'] = datetime.datetime(2020, 5, 17, 12, 30).timestamp()
document['upper'] = document['words'][0].upper()
return document
"""
MIXED = [
    b'{"id":%d,"words":["alpha%d","beta","i\xc4\xb1"],"numbers":[%d,2.5,1e10]}' % (number, number, number)
    for number in range(60)
]


def stirred(digest="sha256:language"):
    return unit(STIRRED, "import datetime\n", digest)


def test_s06_position_order_batch_and_worker_make_no_difference(cage):
    whole = run(cage, stirred(), *MIXED)

    assert all(isinstance(item, bytes) for item in whole)
    assert run(cage, stirred(), *reversed(MIXED)) == whole[::-1]
    assert [run(cage, stirred(), item)[0] for item in MIXED[:5]] == whole[:5]
    assert repeat_singly(cage, stirred(), LIMITS, MIXED[:10]) == whole[:10]
    assert run(cage, stirred(), *MIXED, limits=Limits(frame_bytes=100)) == whole
    assert run(cage, stirred(), *MIXED, *MIXED) == whole + whole


def test_d06_d07_another_host_makes_no_difference(cage, tmp_path):
    """Another process with another hash seed, zone, locale and folder gives the same bytes."""
    program = (
        "import sys; sys.path[:0] = [{source!r}, {here!r}]\n"
        "from test_with_language import *\n"
        "with open_cage() as cage: print(run(cage, stirred(), *MIXED))"
    )
    source = str(Path(sealift.__path__[0]).parent)
    command = [sys.executable, "-c", program.format(source=source, here=str(Path(__file__).parent))]
    said = set()
    for seed, zone, locale in (
        ("1", "Asia/Tokyo", "C"),
        ("77", "America/New_York", "C.UTF-8"),
        ("random", "", "POSIX"),
    ):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PATH": os.environ["PATH"]}
        ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert ran.stderr == ""
        said.add(ran.stdout)

    assert said == {f"{run(cage, stirred(), *MIXED)}\n"}


def test_d04_another_pack_has_another_order_of_sets(cage):
    """Which shows that the order does depend on the seed, and that the seed is the pack's."""
    assert run(cage, stirred("sha256:one"), *MIXED) != run(cage, stirred("sha256:two"), *MIXED)


@pytest.mark.parametrize(
    ("before", "body", "code"),
    [
        ("import os\n", "return document", "LANG-015"),
        ("", "return document.__class__", "LANG-013"),
        ("", "global x\nreturn document", "LANG-010"),
        ("", "return open('/etc/passwd')", "LANG-011"),
    ],
)
def test_a_unit_that_is_not_in_the_language_is_refused_with_every_place(cage, before, body, code):
    refused = unit(body, before)
    with pytest.raises(UnitRefusedError) as caught:
        cage.open(refused, LIMITS)

    findings = caught.value.findings
    assert code in [finding.code for finding in findings]
    assert all(finding.path == "migrations/m.py" and finding.line > 0 for finding in findings)
    assert check_sources(cage, {path: text.decode() for path, text in refused.files.items()}) == list(findings)


def test_check_sources_looks_at_every_file_and_runs_none(cage):
    good = unit("return document").files["migrations/m.py"].decode()
    sources = {"migrations/a.py": good, "migrations/b.py": "import os\n", "migrations/c.py": "x = ("}

    findings = check_sources(cage, sources)

    assert {finding.path for finding in findings} == {"migrations/b.py", "migrations/c.py"}
    assert check_sources(cage, {}) == []


def test_no_more_findings_are_reported_than_anybody_reads(cage):
    sources = {f"migrations/{number}.py": "import os\n" * 5000 for number in range(5)}

    assert len(check_sources(cage, sources)) == FINDINGS


def test_i07_a_codec_that_was_not_loaded_is_unknown_in_every_worker(cage):
    outcomes = run(cage, unit("return {'a': 'x'.encode('cp500').hex()}"), b"{}")

    assert isinstance(outcomes[0], DocumentError)
    assert "unknown encoding" in outcomes[0].message


def test_an_endless_migration_is_ended_and_named(cage, monkeypatch):
    from cage_kit import short_of_time  # here, because other processes import this module without it

    short_of_time(monkeypatch, b'"loop"')
    endless = unit("while document.get('loop'):\n    pass\nreturn document")
    session = cage.open(endless, Limits(wall_seconds=0.5))
    session.send([b"{}", b'{"loop":1}', b"{}"])
    with pytest.raises(WorkerTimeoutError):
        session.receive()

    outcomes = repeat_singly(cage, endless, Limits(wall_seconds=0.5), [b"{}", b'{"loop":1}', b"{}"])
    assert [getattr(item, "code", item) for item in outcomes] == [None, "timeout", None]


def test_a_greedy_migration_fails_for_the_document_that_is_too_much(cage):
    greedy = unit("document['a'] = 'x' * document['n']\nreturn {'n': len(document['a'])}")
    outcomes = run(cage, greedy, b'{"n":10}', b'{"n":10000000000}', b'{"n":11}')

    assert [outcomes[0], outcomes[2]] == [None, None]
    assert outcomes[1].code in ("limit", "memory")
