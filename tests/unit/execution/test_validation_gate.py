"""Documents against schemas: the decided semantics, and the words for a failure."""

import time

import pytest

from gate_world import accepts, files, gate, verdicts
from sealift.execution.validation import ValidationMode, ValidationPolicy, compile_schema

BIG = "1" + "0" * 30


@pytest.mark.parametrize(
    ("schema", "text", "verdict"),
    [
        # Numbers are exact, whatever a float would make of them.
        ({"maximum": 5}, "5.00000000000000000000000001", False),
        ({"exclusiveMinimum": 5}, "5.00000000000000000000000001", True),
        ({"const": int(BIG)}, BIG, True),
        ({"const": int(BIG)}, BIG[:-1] + "1", False),
        ({"uniqueItems": True}, f"[{BIG}, {BIG[:-1]}1]", True),
        ({"uniqueItems": True}, "[1, 1.0]", False),
        ({"multipleOf": 0.1}, "0.3", True),
        ({"multipleOf": 0.01}, "19.99", True),
        ({"multipleOf": 0.01}, "19.999", False),
        ({"type": "integer"}, "1.0", True),
        ({"type": "integer"}, "1e5", True),
        ({"type": "integer"}, "1.00000000000000000000000001", False),
        ({"type": "integer"}, "1e400", True),
        ({"maximum": 5}, "1e400", False),
        ({"maximum": 5}, "9" * 5000, False),
        ({"minimum": 5}, "9" * 5000, True),
        ({"type": "integer"}, "9" * 5000, True),
        ({"const": 0}, "-0.0", True),
        ({"const": 1}, "true", False),
        ({"enum": [0.1]}, "0.10", True),
        # Patterns: unanchored, ECMA classes are ASCII, $ is the end and not the place before a last newline.
        ({"pattern": "b"}, '"abc"', True),
        ({"pattern": "^a$"}, r'"a\n"', False),
        ({"pattern": r"^\d$"}, '"\u0663"', False),
        ({"pattern": r"^\w$"}, '"\u00e9"', False),
        ({"pattern": r"^\p{L}$"}, '"\u00e9"', True),
        ({"maxLength": 1}, '"\U0001f600"', True),
        # Formats are notes in every draft.
        ({"format": "date"}, '"tomorrow"', True),
        ({"contentEncoding": "base64"}, '"%"', True),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "format": "email"}, '"x"', True),
        # 2020-12 keywords are there.
        ({"prefixItems": [{"type": "string"}]}, "[1]", False),
        ({"unevaluatedProperties": False, "properties": {"a": True}}, '{"b": 1}', False),
        ({"dependentRequired": {"a": ["b"]}}, '{"a": 1}', False),
        ({"default": 1, "type": "object", "properties": {"y": {"default": 1}}, "required": ["y"]}, "{}", False),
        (True, "1", True),
        (False, "1", False),
    ],
)
def test_the_decided_semantics(schema, text, verdict):
    assert accepts(schema, text) is verdict


@pytest.mark.parametrize(
    ("draft", "schema", "text", "verdict"),
    [
        ("http://json-schema.org/draft-04/schema#", {"maximum": 5, "exclusiveMaximum": True}, "5", False),
        ("http://json-schema.org/draft-06/schema#", {"exclusiveMaximum": 5}, "5", False),
        ("http://json-schema.org/draft-07/schema#", {"items": [{"type": "string"}]}, "[1]", False),
        ("http://json-schema.org/draft-07/schema#", {"prefixItems": [{"type": "string"}]}, "[1]", True),
        ("https://json-schema.org/draft/2019-09/schema", {"items": [{"type": "string"}]}, "[1]", False),
        # Gone from this draft, and still honoured by the engine: a schema never binds less than its author meant.
        ("https://json-schema.org/draft/2020-12/schema", {"dependencies": {"a": ["b"]}}, '{"a": 1}', False),
    ],
)
def test_the_draft_that_a_schema_names_is_the_one_it_is_read_by(draft, schema, text, verdict):
    validator = gate({"$schema": draft, "properties": {"x": schema}})
    assert (not list(validator.invalid([b'{"x":' + text.encode() + b"}"]))) is verdict


def test_references_lead_to_other_files_of_the_pack():
    validator = gate(
        {"properties": {"x": {"$ref": "b.json#/$defs/id"}, "default": {"$ref": "c.json"}}},
        b={"$defs": {"id": {"$ref": "c.json"}}},
        c={"type": "integer"},
    )
    assert verdicts(validator, b'{"x":1,"default":2}', b'{"x":"1"}', b'{"default":"1"}') == [None, "invalid", "invalid"]


def test_a_schema_may_have_an_address_of_its_own():
    validator = gate(
        {"$id": "https://acme.example/a", "$ref": "https://acme.example/b"},
        b={"$id": "https://acme.example/b", "required": ["x"]},
    )
    assert verdicts(validator, b'{"x":1}', b"{}") == [None, "invalid"]


@pytest.mark.parametrize(
    ("schema", "document", "message", "where"),
    [
        (
            {"properties": {"a": {"properties": {"b": {"type": "string"}}}}},
            b'{"a":{"b":12}}',
            "$.a.b: 12 is not of type 'string'",
            "schemas/a.json#/properties/a/properties/b/type",
        ),
        ({"required": ["x"]}, b"{}", "$: 'x' is a required property", "schemas/a.json#/required"),
        (
            {"properties": {"l": {"items": {"maximum": 5}}}},
            b'{"l":[1,6]}',
            "$.l[1]: 6 is greater than the maximum of 5",
            "schemas/a.json#/properties/l/items/maximum",
        ),
        (
            {"properties": {"a": {"pattern": "^x"}}},
            b'{"a":"y"}',
            "$.a: 'y' does not match '^x'",
            "schemas/a.json#/properties/a/pattern",
        ),
        (
            {"additionalProperties": False, "properties": {"a": True}, "patternProperties": {"^x": True}},
            b'{"a":1,"xy":1,"b":1}',
            "$: 'b' is not among the properties allowed here",
            "schemas/a.json#/additionalProperties",
        ),
        (
            {"patternProperties": {"^x": {"type": "null"}}},
            b'{"xy":1}',
            "$.xy: 1 is not of type 'null'",
            "schemas/a.json#/patternProperties/^x/type",
        ),
        (
            {"properties": {"a": {"uniqueItems": True}}},
            b'{"a":[1,1]}',
            "$.a: two items are the same",
            "schemas/a.json#/properties/a/uniqueItems",
        ),
        # Where jsonschema's floats see nothing wrong, the verdict stands and the message is plainer.
        (
            {"properties": {"a": {"maximum": 5}}},
            b'{"a":5.0000000000000000000001}',
            "the document does not satisfy schemas/a.json",
            "schemas/a.json",
        ),
    ],
)
def test_a_failure_is_told_with_its_place_in_document_and_schema(schema, document, message, where):
    ((_, error),) = gate(schema).invalid([document])
    assert (error.code, error.message, error.where) == ("invalid", message, where)


def test_a_message_is_bounded_whatever_the_document():
    ((_, error),) = gate({"properties": {"a": {"type": "null"}}}).invalid([b'{"a":"' + b"x" * 100_000 + b'"}'])
    assert len(error.message) < 1000


def test_positions_are_those_of_the_call_in_order():
    documents = [b'{"x":%d}' % at for at in range(1000)]
    found = [at for at, _ in gate({"properties": {"x": {"not": {"multipleOf": 7}}}}).invalid(documents)]
    assert found == list(range(0, 1000, 7))


RECURSIVE = {"type": "object", "anyOf": [{"properties": {"x": {"$ref": "#"}}}, {"properties": {"x": {"$ref": "#"}}}]}


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"properties": {"x": {"pattern": "^(a+)+$"}}}, b'{"x":"' + b"a" * 50_000 + b'!"}'),
        (
            {"patternProperties": {"^(a|a)*$": {}}, "additionalProperties": {"type": "null"}},
            b'{"' + b"a" * 50_000 + b'!":1}',
        ),
        ({"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}, b'{"' + b"a" * 5000 + b'!":1}'),
        ({"propertyNames": {"pattern": "^(a+)+$"}}, b'{"' + b"a" * 50_000 + b'!":1}'),
        ({"properties": {"x": {"uniqueItems": True, "maxItems": 3}}}, b'{"x":[' + b"{},[]," * 20_000 + b"0]}"),
        (RECURSIVE, b'{"x":' * 150 + b"1" + b"}" * 150),
        (RECURSIVE, b'{"x":' * 25 + b"1" + b"}" * 25),
    ],
)
def test_no_document_holds_the_host_up_not_even_for_its_message(schema, document):
    # A hang is what is looked for: the bound is far above the milliseconds this takes, far below a backtracking engine.
    validator = gate(schema)
    began = time.process_time()
    assert verdicts(validator, document) == ["invalid"]
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("text", "mode", "rate"),
    [("all", "all", 1), ("changed", "changed", 1), ("off", "off", 1), ("sample:0.25", "sample", 0.25)],
)
def test_policies_are_read_and_written_alike(text, mode, rate):
    policy = ValidationPolicy.parse(text)
    assert (policy.mode, policy.rate, str(policy)) == (ValidationMode(mode), rate, text)


@pytest.mark.parametrize(
    "text", ["", "some", "sample", "sample:", "sample:0", "sample:2", "sample:nan", "all:1", "ALL"]
)
def test_other_policies_are_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"none of all|no share"):
        ValidationPolicy.parse(text)


def test_a_sample_is_the_same_in_every_run_and_about_as_large_as_asked():
    policy = ValidationPolicy.parse("sample:0.1")
    chosen = [key for key in range(10_000) if policy.checks((key,))]
    assert chosen == [key for key in range(10_000) if policy.checks((key,))]
    assert 800 < len(chosen) < 1200
    assert chosen[:3] == [2, 6, 28]
    assert not any(ValidationPolicy.parse("off").checks((key,)) for key in range(10))
    assert all(ValidationPolicy().checks((key,)) for key in range(10))


def test_a_schema_of_the_pack_is_compiled_from_its_bytes():
    validator = compile_schema(files(a={"type": "object"}), "schemas/a.json")
    assert verdicts(validator, b"{}") == [None]
