"""What is a document at all: held by every gate, with a schema or without."""

import pytest

from gate_world import gate, verdicts
from sealift.execution.validation import strict_validator
from sealift.model.limits import Limits

DEEP = Limits().depth


@pytest.fixture(params=["without a schema", "with a schema"])
def strict(request):
    return strict_validator() if request.param == "without a schema" else gate({"type": "object"})


@pytest.mark.parametrize(
    "document",
    [
        b"{}",
        b' {"a" : [1, 2.50, -0.0, 1e400, true, null], "b": {"c": "\\u00e9 \\"x\\": 1"}}\r\n',
        b'{"a":1,"b":{"a":1}}',
        b'{"a":[{"a":1},{"a":2}]}',
        b'{"a":123456789012345678901234567890}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"' + b"9" * 5000 + b'"}',
        b'{"a":1.' + b"3" * 5000 + b"}",
        '{"é":"\U0001f600"}'.encode(),
        b'{"a":"\\ud83d\\ude00"}',
        b'{"a":' + b"[" * (DEEP - 1) + b"]" * (DEEP - 1) + b"}",
        b'{"a":"' + b"[" * 1000 + b'"}',
    ],
)
def test_strict_documents_pass(strict, document):
    assert verdicts(strict, document, b"{}") == [None, None]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "not-json"),
        (b"[]", "not-json"),
        (b'"x"', "not-json"),
        (b"1", "not-json"),
        (b"null", "not-json"),
        (b"{}{}", "not-json"),
        (b"{}\x00", "not-json"),
        (b'{"a":1,}', "not-json"),
        (b"{'a':1}", "not-json"),
        (b'{"a":01}', "not-json"),
        (b'{"a":NaN}', "not-json"),
        (b'{"a":Infinity}', "not-json"),
        (b'{"a":-Infinity}', "not-json"),
        (b'{"a":1} // comment', "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b'{"a":"\xff"}', "not-json"),
        (b'{"a":"\xed\xa0\x80"}', "not-json"),
        (b'{"a":"\\ud800"}', "not-json"),
        (b'{"a":"\\ud800","b":' + b"9" * 5000 + b"}", "not-json"),
        (b'{"a":"\n"}', "not-json"),
        ("{}".encode("utf-16"), "not-json"),
        (b'{"a":1,"a":2}', "not-json"),
        (b'{"a":1,"a":1}', "not-json"),
        (b'{"a":1,"\\u0061":2}', "not-json"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "not-json"),
        (b'{"a":[{"b":1,"b":1}]}', "not-json"),
        (b'{"a":' + b"9" * 5000 + b',"a":1}', "not-json"),
        (b'{"a":1e99999999999999999999}', "limit"),
        (b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", "limit"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "limit"),
        (b"[" * 100_000 + b"]" * 100_000, "limit"),
        (b'{"a":"' + b"x" * Limits().document_bytes + b'"}', "limit"),
    ],
)
def test_anything_else_is_refused_and_its_neighbours_are_not(strict, document, code):
    assert verdicts(strict, b'{"a":1}', document, b'{"a":2}') == [None, code, None]


def test_a_repeated_name_is_named():
    ((_, error),) = strict_validator().invalid([b'{"b":1,"a":1,"a":2}'])
    assert error.message == "the name 'a' is there twice in one object"


def test_limits_are_the_callers():
    tight = strict_validator(Limits(document_bytes=20, depth=2))
    assert verdicts(tight, b'{"a":[]}', b'{"a":[[]]}', b'{"a":"0123456789abcdef"}') == [None, "limit", "limit"]


def test_no_documents_are_no_errors(strict):
    assert list(strict.invalid([])) == []
