"""The language rows of the corpus, by the policy alone: nothing of these runs before it is refused."""

from functools import partial

import pytest

from language_cases import CASES, PATH
from sealift.worker.codec import Codec, Failure
from sealift.worker.compiler import RefusedError, compile_unit, preload

DEPTH = 200
DOCUMENT_BYTES = 16 * 1024 * 1024


def rows(kind):
    return [pytest.param(case, id=case.name) for case in CASES if case.kind == kind]


@pytest.fixture(scope="module", autouse=True)
def _warm():
    preload()


def transform(case, document=None):
    unit = compile_unit({PATH: case.source}, PATH, "Case")
    return Codec(DEPTH, DOCUMENT_BYTES).transform(document or case.document, partial(unit.call, "upgrade"))


def test_every_case_has_a_name_of_its_own():
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", rows("D"))
def test_refused_when_compiled(case):
    with pytest.raises(RefusedError) as caught:
        compile_unit({PATH: case.source}, PATH, "Case")
    findings = caught.value.findings
    assert findings
    assert all(finding.path == PATH and finding.instead for finding in findings)
    if case.lines:
        assert {finding.line for finding in findings} == set(case.lines), list(map(str, findings))
    if case.code:
        assert case.code in {finding.code for finding in findings}, list(map(str, findings))


@pytest.mark.parametrize("case", rows("E"))
def test_an_error_of_the_document(case):
    outcome = transform(case)
    assert isinstance(outcome, Failure)
    assert outcome.code == case.code
    assert outcome.where is not None
    assert outcome.where.startswith(f"{PATH}:")
    assert len(outcome.message) < 1200


@pytest.mark.parametrize("case", rows("R"))
def test_a_refused_result(case):
    outcome = transform(case)
    assert isinstance(outcome, Failure), outcome
    assert outcome.code == case.code, outcome


@pytest.mark.parametrize("case", rows("O"))
def test_works(case):
    outcome = transform(case)
    assert outcome == case.result


def test_the_next_document_still_works():
    for case in CASES:
        if case.kind in "ER":
            unit = compile_unit({PATH: case.source}, PATH, "Case")
            codec = Codec(DEPTH, DOCUMENT_BYTES)
            assert isinstance(codec.transform(case.document, partial(unit.call, "upgrade")), Failure)
            assert codec.transform(b'{"x":1.10}', lambda document: document | {"y": 1}) == b'{"x":1.10,"y":1}'
