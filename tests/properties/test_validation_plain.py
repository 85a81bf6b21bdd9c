"""A schema that is said to be certain to compile does compile; and the engine is not loaded before it is needed."""

import json
import subprocess
import sys

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from gate_world import files, verdicts
from schema_strategies import NAMES, WHOLE
from sealift.errors.schema import SchemaError
from sealift.execution.plain_schemas import is_plain
from sealift.execution.schema_files import SchemaFiles
from sealift.execution.typed_gate import Deferred, QuickGate, compile_quickly
from sealift.execution.validation import compile_schema

PATH = "schemas/a.json"
NUMBERS = st.integers(-3, 3) | st.floats(-9, 9) | st.sampled_from([2**53, 2**53 + 1, 10**400, 1e300, 1e-300, 0.1])
PATTERNS = st.sampled_from(
    ["^a+$", "^[^@]{250}$", "^[^@]{500}", "^.{501}$", "^[^@]{250}[^.]{250}$", "(a|b)", "[", "^("]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | PATTERNS | NAMES | st.sampled_from(["string", "object", "#/$defs/d", "#/"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=3,
)
KEYWORDS = (
    *("$comment", "title", "description", "format", "deprecated", "readOnly", "writeOnly", "minLength", "maxLength"),
    *("minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "const", "default"),
    *("enum", "examples", "type", "required", "pattern", "items", "additionalProperties", "properties", "$ref", "$id"),
    *("$defs", "definitions", "$schema", "not", "allOf", "$anchor", "multipleOf", "uniqueItems", "$dynamicRef"),
)


@st.composite
def spoilt(draw, schema):
    """Draw the schema with some keywords anywhere in it set to something, which is most often wrong."""
    if isinstance(schema, list):
        return [draw(spoilt(one)) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: draw(spoilt(value)) for name, value in schema.items()}
    if draw(st.integers(0, 15)) == 9:
        found[draw(st.sampled_from(KEYWORDS))] = draw(VALUES)
    return found


def compiles(pack):
    try:
        compile_schema(pack, PATH)
    except SchemaError:
        return False
    return True


@given(WHOLE.flatmap(spoilt))
@example({"type": "object", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})
@example({"type": "object", "$defs": {"unused": {"minLength": -1}}})
@example({"type": "object", "properties": {"x": {"pattern": "^[^@]{500}$"}}})
@example({"type": "object", "title": 5})
@example({"type": "object", "required": ["a", "a"]})
@example({"type": "object", "properties": {"x": {"minimum": True}}})
@example({"$schema": "http://json-schema.org/draft-04/schema", "type": "object"})
@example({"type": "object", "properties": {"x": {"pattern": "^" + "[^@]{999}" * 20}}})
@example({"type": "object", "properties": {"x": {"minimum": -(10**4000), "maximum": 10**400, "minLength": 2**63}}})
def test_what_is_plain_compiles(schema):
    pack = files(a=schema)
    plain = is_plain(SchemaFiles(files=pack).read(PATH))
    event(f"{'plain' if plain else 'not plain'}, {'compiles' if compiles(pack) else 'does not'}")
    assert compiles(pack) or not plain


@given(WHOLE.flatmap(spoilt))
def test_a_schema_that_cannot_be_used_is_refused_before_any_document(schema):
    pack = files(a=schema)
    if not compiles(pack):
        with pytest.raises(SchemaError):
            compile_quickly(pack, PATH)


def test_what_is_usual_is_plain():
    usual = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An order",
        "type": "object",
        "required": ["id", "items"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "state": {"enum": ["open", "paid"]},
            "zip": {"type": ["string", "null"], "pattern": "^[0-9]{5}$", "description": "as printed"},
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "maxItems": 100},
        },
        "additionalProperties": False,
        "$defs": {"item": {"type": "object", "properties": {"price": {"type": "number", "maximum": 99.5}}}},
    }
    assert is_plain(SchemaFiles(files=files(a=usual)).read(PATH))


def test_a_tower_of_references_is_not_followed_to_its_end():
    """Each definition leads to the next twice: a million schemas at the top."""

    def tower(floors):
        two = ({"$ref": f"#/$defs/d{at + 1}"} for at in range(floors))
        definitions = {f"d{at}": {"properties": {"a": next_one, "b": next_one}} for at, next_one in enumerate(two)}
        return {"type": "object", "$ref": "#/$defs/d0", "$defs": {**definitions, f"d{floors}": {}}}

    assert is_plain(SchemaFiles(files=files(a=tower(3))).read(PATH))
    assert not is_plain(SchemaFiles(files=files(a=tower(20))).read(PATH))


def test_the_engine_is_made_once_when_it_is_asked():
    made = []

    def make():
        made.append(compile_schema(files(a={"type": "object", "required": ["x"]}), PATH))
        return made[-1]

    deferred = Deferred(make)
    assert not made
    assert verdicts(deferred, b'{"x":1}', b"{}") == [None, "invalid"]
    assert verdicts(deferred, b"{") == ["not-json"]
    assert len(made) == 1


LOADED = """
import json, sys
from sealift.execution.typed_gate import compile_quickly
schema = {"type": "object", "required": ["b"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
schema |= json.loads(sys.argv[1])
gate = compile_quickly({"schemas/a.json": json.dumps(schema).encode()}, "schemas/a.json")
found = [at for at, _ in gate.invalid([document.encode() for document in sys.argv[2:]])]
print(json.dumps([found, "jsonschema_rs" in sys.modules]))
"""


@pytest.mark.parametrize(
    ("more", "documents", "expected"),
    [
        ({}, ['{"b": "x", "a": 1}', '{"b": "y"}'], [[], False]),
        ({}, ['{"b":"x"}', "{}"], [[1], True]),
        ({"not": {"required": ["c"]}}, ['{"b":"x"}'], [[], True]),
    ],
)
def test_the_engine_is_loaded_for_what_a_type_does_not_settle(more, documents, expected):
    command = [sys.executable, "-c", LOADED, json.dumps(more), *documents]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected


def test_a_schema_of_the_wrong_kind_is_compiled_at_once():
    pack = files(a={"type": "object", "properties": {"a": {"type": "integer"}}, "maxProperties": -1})
    with pytest.raises(SchemaError):
        compile_quickly(pack, PATH)
    assert isinstance(compile_quickly(files(a={"type": "object", "properties": {"a": True}}), PATH), QuickGate)
