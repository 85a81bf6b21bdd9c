"""What the ready-made tests rest on: exact comparison, smaller documents, documents from schemas, constants."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealift.execution.bound_schema import bound_schema
from sealift.execution.validation import compile_schema
from sealift.testing.exact import differences, read, without, write
from sealift.testing.generation import documents
from sealift.testing.literals import literals_of, refusals_in
from sealift.testing.shrinking import shrunk
from test_size import scaled

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(VALUES)
@settings(max_examples=scaled(100))
def test_a_document_does_not_differ_from_itself_or_its_text(value):
    assert list(differences(read(write(value)), read(write(value)))) == []


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (b'{"a":true}', b'{"a":1}', "$.a: expected true, got 1"),
        (b'{"a":0.1}', b'{"a":0.10000000000000001}', "$.a: expected"),
        (b'{"a":null}', b"{}", "$.a: null is gone"),
        (b"{}", b'{"a b":1}', "$['a b']: 1 was added"),
        (b'{"a":[1]}', b'{"a":[1,2]}', "$.a: expected [1], got [1, 2]"),
        (b'{"a":[{"b":"x"}]}', b'{"a":[{"b":"y"}]}', '$.a[0].b: expected "x", got "y"'),
    ],
)
def test_differences_are_named_by_their_path(one, other, words):
    (found,) = differences(read(one), read(other))
    assert found.startswith(words)


def test_numbers_are_compared_by_their_value():
    assert list(differences(read(b'{"a":1,"b":1e2}'), read(b'{"a":1.0,"b":100}'))) == []


def test_members_are_left_out_at_any_depth_and_in_arrays():
    document = {"a": 1, "b": {"c": 1, "d": 2}, "e": [{"f": 1, "g": 2}]}
    assert without(document, ["a", "b.c", "e.f", "x.y"]) == {"b": {"d": 2}, "e": [{"g": 2}]}


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.text(max_size=5), st.integers(10, 10**9))
@settings(max_examples=scaled(30))
def test_what_is_made_smaller_still_fails(document, name, number):
    document[name] = {"deep": [number, "x" * 20, number]}

    def fails(text):
        held = json.loads(text).get(name)
        return isinstance(held, dict) and any(isinstance(one, int) and one >= 10 for one in held.get("deep", []))

    found = json.loads(shrunk(write(document), fails))
    assert fails(write(found))
    assert found == {name: {"deep": [10]}}


def with_a(**rules):
    return {"properties": {"a": rules}, "required": ["a"]}


SCHEMAS = {
    "bounds": with_a(type="integer", minimum=3, exclusiveMaximum=5),
    "decimals": with_a(type="number", minimum=0.5, maximum=0.75),
    "multiples": with_a(type="number", multipleOf=0.25, minimum=1, maximum=2),
    "texts": with_a(type="string", minLength=2, maxLength=4, pattern="^[a-c]+$"),
    "formats": with_a(type="string", format="date-time"),
    "arrays": with_a(type="array", items={"enum": [1, 2]}, minItems=2, contains={"const": 2}),
    "patterns of names": {
        "patternProperties": {"^x[0-9]$": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "dependent": {
        "properties": {"a": True, "b": {"type": "null"}},
        "dependentRequired": {"a": ["b"]},
        "required": ["a"],
    },
    "all of": {
        "allOf": [{"properties": {"a": {"minimum": 3}}}, {"properties": {"a": {"type": "integer"}}}],
        "required": ["a"],
    },
    "one of": {
        "oneOf": [
            {"required": ["a"], "properties": {"a": {"const": 1}, "b": False}},
            {"required": ["b"], "properties": {"a": False}},
        ]
    },
    "not": with_a(type="integer", **{"not": {"const": 0}}),
    "itself": {**with_a(anyOf=[{"type": "null"}, {"$ref": "#"}]), "unevaluatedProperties": False},
    "draft-04": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        **with_a(type="integer", minimum=3, exclusiveMinimum=True, maximum=5),
    },
    "by name": {"$id": "http://acme.example/a", "$ref": "#top", "$defs": {"t": {"$anchor": "top", "required": ["a"]}}},
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_most_documents_that_are_drawn_satisfy_their_schema(schema):
    files = {"schemas/a.json": json.dumps(schema).encode()}
    validator = compile_schema(files, "schemas/a.json")
    drawn = []

    @given(documents(bound_schema(files, "schemas/a.json")))
    @settings(max_examples=40, database=None, derandomize=True)
    def draw(document):
        drawn.append(write(document))

    draw()
    wrong = list(validator.invalid(drawn))
    assert len(drawn) >= 5
    assert len(wrong) <= len(drawn) / 2
    assert len(set(drawn)) > 1


def test_constants_of_a_source_are_found_without_docstrings_and_with_neighbours():
    source = b'"""Doc."""\n\n\ndef f(a):\n    """Doc."""\n    return a == "x" or a > 9 or a < 0.5 or a is True\n'
    found = literals_of(source)
    assert found[str] == ["x"]
    assert set(found[int]) == {9, 8, 10}
    assert found[float] == [0.5]


def test_refusals_are_raised_value_errors_and_nothing_else():
    source = b'raise ValueError(\n    "a"\n)\nraise KeyError("b")\nint("c")\nraise ValueError\n'
    assert refusals_in(source) == {1, 2, 3, 6}
