"""The language rows of the corpus through the locked worker: the same outcomes, and limits that end the worker."""

import pytest

from language_cases import CASES, PATH, Case, migration
from sealift.errors.run import UnitRefusedError, WorkerError
from sealift.model.batch import DocumentError
from sealift.model.limits import MIB, Limits
from sealift.model.migration import Direction
from sealift.ports import Unit
from sealift.sandbox import open_cage

LIMITS = Limits(wall_seconds=20.0, memory_bytes=512 * MIB)
SHORT = Limits(wall_seconds=0.7, memory_bytes=512 * MIB)
NEXT = b'{"a":2,"t":"text","l":[],"d":{}}'


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield opened


def rows(kinds):
    cases = [case for case in CASES if case.kind in kinds and case.name != "T04-lone-surrogate"]  # bytes cannot hold it
    return [pytest.param(case, id=case.name) for case in cases]


def unit(case):
    files = {PATH: case.source.encode("utf-8")}
    return Unit(pack="case", digest="0", files=files, path=PATH, class_name="Case", direction=Direction.UPGRADE)


def outcomes(cage, case, documents, limits=LIMITS):
    session = cage.open(unit(case), limits)
    try:
        session.send(documents)
        return list(session.receive())
    finally:
        session.close()


@pytest.mark.parametrize("case", rows("D"))
def test_refused_when_compiled(cage, case):
    with pytest.raises(UnitRefusedError) as caught:
        cage.open(unit(case), LIMITS)
    if case.lines:
        assert {finding.line for finding in caught.value.findings} == set(case.lines)


@pytest.mark.parametrize("case", rows("ER"))
def test_the_document_fails_and_its_neighbours_do_not_matter(cage, case):
    first, second = outcomes(cage, case, [case.document, case.document])
    assert isinstance(first, DocumentError)
    assert first.code == case.code
    assert first == second


@pytest.mark.parametrize("case", rows("O"))
def test_works_the_same_at_every_position(cage, case):
    assert outcomes(cage, case, [case.document, NEXT, case.document])[::2] == [case.result, case.result]


@pytest.mark.parametrize("case", rows("K"))
def test_a_limit_ends_it_and_the_next_worker_works(cage, case):
    try:
        (outcome,) = outcomes(cage, case, [case.document], SHORT)
    except WorkerError:
        pass  # killed by the clock or by the memory limit
    else:
        assert isinstance(outcome, DocumentError)
        assert outcome.code in {"memory", "limit", "raised"}, outcome
    after = next(case for case in CASES if case.name == "N02-walrus-in-comprehension")
    assert outcomes(cage, after, [after.document]) == [after.result]


ORDER = Case(
    "order",
    "O",
    migration(
        """
        document["set"] = list({"one", "two", "three", "four", document["t"]})
        document["none"] = [str(x) for x in {None, 1, "a", 2.5, (None, 2), range(0), Decimal("1.1")}]
        document["counts"] = dict(Counter(document["t"]))
        document["zone"] = datetime.fromtimestamp(0, tz=ZoneInfo("Europe/Berlin")).isoformat()
        document["local"] = datetime(2020, 7, 1).timestamp()
        document["text"] = datetime(2020, 7, 1).strftime("%A %x %Z")
        document["uuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, document["t"]))
        """,
        "import uuid\nfrom collections import Counter\nfrom datetime import datetime\n"
        "from decimal import Decimal\nfrom zoneinfo import ZoneInfo",
    ),
)


def test_batch_order_worker_locale_and_zone_make_no_difference(cage, monkeypatch):
    documents = [b'{"t":"%d"}' % number for number in range(30)]
    together = outcomes(cage, ORDER, documents)
    assert all(isinstance(outcome, bytes) for outcome in together)
    assert outcomes(cage, ORDER, documents[::-1]) == together[::-1]
    assert [outcomes(cage, ORDER, [document]) for document in documents[:3]] == [[outcome] for outcome in together[:3]]
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    for _ in range(3):  # interpreters of their own, whose objects lie elsewhere
        with open_cage() as other:
            assert outcomes(other, ORDER, documents) == together


@pytest.mark.parametrize("codec", ["punycode", "cp500", "idna", "rot13", "hex", "no-such"])
def test_a_codec_that_was_not_loaded_is_unknown_and_no_file_is_read_for_it(cage, codec):
    case = Case("I07", "E", migration(f"document['x'] = 'a'.encode({codec!r}).hex()"))
    first, second = outcomes(cage, case, [case.document] * 2)
    assert (first.code, first.message) == ("raised", f"LookupError: unknown encoding: {codec}")
    assert first == second


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "latin-1", "cp1252", "ascii", "iso8859-15"])
def test_usual_codecs_are_there(cage, codec):
    case = Case("I07", "O", migration(f"document = {{'x': 'a'.encode({codec!r}).decode({codec!r})}}"))
    assert outcomes(cage, case, [case.document]) == [b'{"x":"a"}']


def test_a_warning_does_not_end_the_worker(cage):
    case = Case("warning", "O", migration("document = {'x': ~True, 'y': bool(re.compile('[[a]'))}", "import re"))
    assert outcomes(cage, case, [case.document]) == [b'{"x":-2,"y":true}']
