"""Schemas that cannot be used are refused with file, JSON pointer and what to do."""

import contextlib
import socket
import threading

import pytest

from gate_world import files, gate
from sealift.errors.schema import (
    RemoteReferenceError,
    SchemaCostError,
    SchemaDraftError,
    SchemaInvalidError,
    SchemaMissingError,
    SchemaPatternError,
    SchemaReferenceError,
    SchemaSyntaxError,
)
from sealift.execution.schemas import check_schema, compile_files, compiled_beside
from sealift.execution.validation import compile_schema


@pytest.mark.parametrize(
    ("schema", "error", "place"),
    [
        (b"", SchemaSyntaxError, "schemas/a.json"),
        (b"[]", SchemaSyntaxError, "schemas/a.json"),
        (b'{"type":"object","type":"array"}', SchemaSyntaxError, "schemas/a.json"),
        (b'{"maximum":NaN}', SchemaSyntaxError, "schemas/a.json"),
        (b'{"x":"' + b"x" * 2**20 + b'"}', SchemaSyntaxError, "schemas/a.json"),
        ({"properties": {"x/y": {"type": "strin"}}}, SchemaInvalidError, "schemas/a.json#/properties/x~1y/type"),
        ({"$defs": {"unused": {"minLength": -1}}}, SchemaInvalidError, "schemas/a.json#/$defs/unused/minLength"),
        ({"items": {"$ref": "#/$defs/none"}}, SchemaReferenceError, "schemas/a.json#/items/$ref"),
        ({"items": {"$ref": "none.json"}}, SchemaReferenceError, "schemas/a.json#/items/$ref"),
        ({"items": {"$ref": "../../../../etc/passwd"}}, SchemaReferenceError, "schemas/a.json#/items/$ref"),
        (
            {"properties": {"const": {"$ref": "none.json"}}},
            SchemaReferenceError,
            "schemas/a.json#/properties/const/$ref",
        ),
        ({"items": {"$ref": "https://acme.example/a.json"}}, RemoteReferenceError, "schemas/a.json#/items/$ref"),
        ({"items": {"$ref": "file:///etc/passwd"}}, RemoteReferenceError, "schemas/a.json#/items/$ref"),
        ({"items": {"$ref": "//acme.example/a.json"}}, RemoteReferenceError, "schemas/a.json#/items/$ref"),
        ({"$id": "https://acme.example/a", "$ref": "b.json"}, RemoteReferenceError, "schemas/a.json#/$ref"),
        ({"properties": {"x": {"pattern": "^(?=a)"}}}, SchemaPatternError, "schemas/a.json#/properties/x/pattern"),
        ({"patternProperties": {r"(a)\1": {}}}, SchemaPatternError, r"schemas/a.json#/patternProperties/(a)\1"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, RemoteReferenceError, "schemas/a.json#/$ref"),
        ({"items": {"$recursiveRef": "#"}}, SchemaInvalidError, "schemas/a.json#/items/$recursiveRef"),
        ({"pattern": "(a{1000}){1000}"}, SchemaPatternError, "schemas/a.json#/pattern"),
        ({"$schema": "https://acme.example/draft"}, SchemaDraftError, "schemas/a.json#/$schema"),
        ({"items": {"$id": "x", "$schema": "http://127.0.0.1:9/x"}}, SchemaDraftError, "schemas/a.json#/items/$schema"),
    ],
)
def test_unusable_schemas(schema, error, place):
    with pytest.raises(error) as caught:
        gate(schema)
    assert caught.value.place == place
    assert str(caught.value).startswith(("schemas/a.json", place))
    assert caught.value.exit_status == 1
    assert caught.value.hint()


def test_a_missing_file_is_named():
    with pytest.raises(SchemaMissingError) as caught:
        compile_schema(files(), "schemas/a.json")
    assert caught.value.file == "schemas/a.json"


def test_an_error_in_another_file_names_that_file():
    with pytest.raises(SchemaPatternError) as caught:
        gate({"$ref": "b.json"}, b={"properties": {"x": {"pattern": "(?<=a)b"}}})
    assert caught.value.place == "schemas/b.json#/properties/x/pattern"
    with pytest.raises(SchemaInvalidError) as caught:
        gate({"$ref": "b.json"}, b={"type": 1})
    assert caught.value.place == "schemas/b.json#/type"


def test_an_author_gets_a_second_opinion():
    check_schema(files(a={"type": "object"}), "schemas/a.json")
    with pytest.raises(SchemaInvalidError):
        check_schema(files(a={"$ref": "b.json"}, b={"minLength": -1}), "schemas/a.json")


def chain(levels, link):
    definitions = {f"a{at}": link({"$ref": f"#/$defs/a{at + 1}"}) for at in range(levels)}
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, f"a{levels}": {}}}


@pytest.mark.parametrize(
    "schema",
    [
        chain(40, lambda ref: {"allOf": [ref, ref]}),
        chain(40, lambda ref: {"anyOf": [ref, {"not": ref}]}),
        chain(40, lambda ref: {"if": ref, "then": ref, "else": ref}),
        chain(40, lambda ref: {"allOf": [{"properties": {"x": ref}}, {"properties": {"x": ref}}]}),
        chain(40, lambda ref: {"properties": {"x": ref}, "additionalProperties": ref, "allOf": [{"items": ref}]}),
        chain(40, lambda ref: {"dependentSchemas": {"a": ref, "b": ref}}),
        chain(40, lambda ref: {"anyOf": [ref], "unevaluatedProperties": False}),
        chain(200, lambda ref: {"allOf": [ref]}),
    ],
)
def test_schemas_that_fan_out_are_refused_before_a_document_is_seen(schema):
    with pytest.raises(SchemaCostError):
        gate(schema)


@pytest.mark.parametrize(
    "schema",
    [
        chain(20, lambda ref: {"allOf": [ref]}),
        chain(20, lambda ref: {"properties": {"x": ref, "y": ref, "z": ref}}),
        chain(10, lambda ref: {"allOf": [ref, ref]}),
        {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a"}}, "items": {"$ref": "#"}}}},
        {"oneOf": [{"properties": {str(at): {"$ref": "#"}}, "required": [str(at)]} for at in range(300)]},
    ],
)
def test_ordinary_schemas_are_not(schema):
    gate(schema)


def test_nothing_is_ever_fetched():
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"

        def listen():
            with contextlib.suppress(TimeoutError):
                calls.append(server.accept())

        listener = threading.Thread(target=listen)
        listener.start()
        for schema in (
            {"$ref": url},
            {"$schema": url},
            {"$id": url, "$ref": "other.json"},
            {"items": {"$dynamicRef": url}},
        ):
            with pytest.raises((RemoteReferenceError, SchemaDraftError)):
                gate(schema)
        # And if all of these checks were passed by: the engine itself has no way out.
        with pytest.raises(SchemaInvalidError):
            compiled_beside(compile_files(files(a={}), "schemas/a.json"), {"$ref": url})
        listener.join()
    assert calls == []
