"""Gates for tests, from schemas as Python values."""

import json

from sealift.execution.validation import compile_schema


def files(**schemas):
    """Return the pack's files: ``files(a={...})`` is ``schemas/a.json``; bytes stay as they are."""
    return {
        f"schemas/{name}.json": value if isinstance(value, bytes) else json.dumps(value).encode()
        for name, value in schemas.items()
    }


def gate(schema, **others):
    """Return the gate of ``schemas/a.json``."""
    return compile_schema(files(a=schema, **others), "schemas/a.json")


def verdicts(validator, *documents):
    """Return the code of each document, ``None`` for a valid one."""
    found = dict(validator.invalid(list(documents)))
    return [found[at].code if at in found else None for at in range(len(documents))]


def accepts(schema, text):
    """Say whether a member ``x`` with this JSON text satisfies the schema."""
    return not list(gate({"properties": {"x": schema}}).invalid([b'{"x":' + text.encode() + b"}"]))
