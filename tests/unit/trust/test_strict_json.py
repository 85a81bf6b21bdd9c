import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.trust.strict_json import DEPTH_LIMIT, StrictJsonError, loads

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5), st.booleans())
def test_plain_json_is_read_as_json_reads_it(value: dict, ascii_only: bool) -> None:  # noqa: FBT001 - two spellings
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert loads(data, max_bytes=len(data)) == value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a":1}', r"it has 7 bytes \(expected at most 6\)"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8 at byte 0"),
        (b'{"\xff":1}', "not UTF-8 at byte 2"),
        (b'{"a":1,"a":1}', "the member 'a' is there twice"),
        (b'{"x":{"a":1,"b":2,"\\u0061":1}}', "the member 'a' is there twice"),
        (b'{"a":1.0}', r"the number 1\.0 "),
        (b'{"a":1e3}', "the number 1e3 "),
        (b'{"a":1e400}', "the number 1e400 "),
        (b'{"a":NaN}', "the number NaN "),
        (b'{"a":-Infinity}', "the number -Infinity "),
        (b'{"a":12345678901234567}', "an integer of more than 16 digits"),
        (b'{"a":' + b"9" * 5000 + b"}", "an integer of more than 16 digits"),
        (b'{"a":"\\ud800"}', "half a surrogate pair"),
        (b'{"\\udfff":1}', "half a surrogate pair"),
        (b"[]", "not an object"),
        (b'"a"', "not an object"),
        (b"", "not JSON: Expecting value at line 1, column 1"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":1} {}', "not JSON: Extra data"),
        (b'{"a":"\n"}', "not JSON: Invalid control character"),
        (b'{"a":01}', "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":' * (DEPTH_LIMIT + 1) + b"1" + b"}" * (DEPTH_LIMIT + 1), "nested deeper than 64 levels"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper than 64 levels"),
        (b'{"a":' + b"[" * 100_000, "nested deeper than 64 levels"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_in_words(data: bytes, words: str) -> None:
    limit = 6 if data == b'{"a":1}' else 2**20
    with pytest.raises(StrictJsonError, match=words):
        loads(data, max_bytes=limit)


def test_brackets_in_texts_are_no_levels_and_wide_is_not_deep() -> None:
    for value in ({"a": "[" * 1000}, {"a": '"\\[{' * 100}, {"a": [[1]] * 1000}, {"\\": ["{"] * 100}):
        data = json.dumps(value).encode()
        assert loads(data, max_bytes=len(data)) == value


def test_the_deepest_allowed_text_is_read() -> None:
    data = b'{"a":' * DEPTH_LIMIT + b"1" + b"}" * DEPTH_LIMIT
    assert loads(data, max_bytes=len(data))


def test_a_surrogate_pair_is_one_character() -> None:
    assert loads(b'{"a":"\\ud83d\\ude00"}', max_bytes=100) == {"a": "\U0001f600"}
