"""The schema gate against the official test suite: every verdict, and a reason for every schema that is refused."""

import json
from collections import Counter

import pytest

from json_schema_suite import DRAFTS, cases
from sealift.errors.schema import RemoteReferenceError, SchemaDraftError, SchemaError
from sealift.execution.validation import compile_schema

REFUSED = {
    ("optional/refOfUnknownKeyword.json", "reference internals of known non-applicator"): (
        "a reference into examples: no schema is there"
    ),
    ("unevaluatedItems.json", "unevaluatedItems with $recursiveRef"): "$recursiveRef",
    ("unevaluatedProperties.json", "unevaluatedProperties with $recursiveRef"): "$recursiveRef",
    ("ref.json", "$ref with $recursiveAnchor"): "$recursiveRef",
}
"""Beside what leads out of the pack, names another meta-schema, or is about ``$recursiveRef``."""


def gate(draft, case):
    """Compile the case's schema as one member's, in a file of its own: the way packs refer to shared definitions."""
    schema = {"$schema": draft, **case.schema} if isinstance(case.schema, dict) else case.schema
    whole = {"$schema": draft, "properties": {"x": {"$ref": "case.json"}}}
    files = {"schemas/a.json": json.dumps(whole).encode(), "schemas/case.json": json.dumps(schema).encode()}
    return compile_schema(files, "schemas/a.json")


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_verdict_of_the_suite(draft, pytestconfig):
    told, wrong, refused = Counter(), [], []
    for case in cases(pytestconfig.rootpath / ".pytest_cache", draft):
        if isinstance(case.schema, bool) and draft != "draft2020-12":
            continue  # a boolean cannot name its draft
        try:
            validator = gate(DRAFTS[draft], case)
        except (RemoteReferenceError, SchemaDraftError):
            told["led out"] += 1
            continue
        except SchemaError as error:
            refused.append((case.file, case.description, str(error)))
            continue
        for test in case.tests:
            verdict = not list(validator.invalid([json.dumps({"x": test["data"]}).encode()]))
            told[verdict] += 1
            if verdict != test["valid"]:
                wrong.append((case.file, case.description, test["description"]))
    assert wrong == []
    unexpected = [one for one in refused if one[:2] not in REFUSED and one[0] != "recursiveRef.json"]
    assert unexpected == []
    assert told[True] > 250
    assert told[False] > 250
    assert told["led out"] < 40
