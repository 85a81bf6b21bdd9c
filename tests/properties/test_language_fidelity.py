"""Guarantee G7: what a migration does not touch stays the same value; what it does not change stays the same bytes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.worker.codec import Codec, Failure

CODEC = Codec(200, 1 << 20)

digits = st.text("0123456789", min_size=1, max_size=40)
integers = st.one_of(st.integers(-(10**30), 10**30).map(str), st.just("-0"))
numbers = st.builds(
    lambda whole, fraction, exponent: whole + fraction + exponent,
    integers,
    st.one_of(st.just(""), digits.map(lambda text: f".{text}")),
    st.one_of(
        st.just(""),
        st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 400)),
    ),
)


@st.composite
def texts(draw):
    """Return a JSON string in one of its spellings."""
    value = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


blanks = st.sampled_from(["", " ", "\n", "\t ", "\r\n"])
scalars = st.one_of(numbers, texts(), st.sampled_from(["true", "false", "null"]))


@st.composite
def arrays(draw, children):
    return "[" + ",".join(draw(blanks) + item + draw(blanks) for item in draw(st.lists(children, max_size=4))) + "]"


@st.composite
def objects(draw, children, names=texts()):  # noqa: B008 - a strategy is a value
    members = draw(st.lists(st.tuples(names, children), max_size=4, unique_by=lambda pair: json.loads(pair[0])))
    return (
        "{"
        + ",".join(f"{draw(blanks)}{name}{draw(blanks)}:{draw(blanks)}{value}" for name, value in members)
        + draw(blanks)
        + "}"
    )


values = st.recursive(scalars, lambda children: st.one_of(arrays(children), objects(children)), max_leaves=12)
documents = objects(values)


class Name(str):
    """A member name; lists of pairs keep the order and cannot be confused with arrays."""

    __slots__ = ()


def exactly(text):
    """Read JSON as pairs in order, numbers as what they say, whether they have a fraction or not kept apart."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: ("object", [(Name(name), value) for name, value in pairs]),
        parse_float=lambda text: ("fraction", Decimal(text)),
        parse_int=lambda text: ("integer", Decimal(text)),
    )


def usual(text):
    """Read a number's value only: ``-0`` is 0."""
    return json.loads(text, object_pairs_hook=list, parse_float=Decimal, parse_int=Decimal)


@given(documents)
def test_an_unchanged_document_keeps_its_bytes(text):
    assert CODEC.transform(text.encode(), lambda document: document) is None


@given(documents)
def test_a_rebuilt_document_is_unchanged(text):
    def rebuild(value):
        if isinstance(value, dict):
            return {name: rebuild(item) for name, item in value.items()}
        return [rebuild(item) for item in value] if isinstance(value, list) else value

    assert CODEC.transform(text.encode(), rebuild) is None


@given(documents)
def test_members_that_are_not_touched_stay_what_they_are(text):
    changed = CODEC.transform(text.encode(), lambda document: {"first": document, "last": [1.5]})
    assert isinstance(changed, bytes)
    assert exactly(changed) == exactly(f'{{"first":{text},"last":[1.5]}}')


@given(documents, documents)
def test_documents_do_not_see_each_other(one, other):
    def touch(document):
        return {"x": document}

    alone = CODEC.transform(one.encode(), touch)
    CODEC.transform(other.encode(), touch)
    assert CODEC.transform(one.encode(), touch) == alone


@given(documents)
def test_writing_is_stable(text):
    """What was written is read back and written the same."""
    first = CODEC.transform(text.encode(), lambda document: {"x": document})
    assert CODEC.transform(first, lambda document: document) is None
    second = CODEC.transform(first, lambda document: {"y": document["x"]})
    assert usual(second)[0][1] == usual(first)[0][1]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_exactly_or_refused(raw):
    outcome = CODEC.transform(raw, lambda document: {"x": document})
    if isinstance(outcome, Failure):
        assert outcome.code in {"unreadable", "limit"}
    else:
        assert exactly(outcome) == exactly(b'{"x":' + raw + b"}")


@pytest.mark.parametrize("twice", ['{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '[{"a":1,"a":2}]'])
def test_duplicate_members_are_refused(twice):
    assert CODEC.transform(b'{"x":%s}' % twice.encode(), lambda document: document).code == "unreadable"
