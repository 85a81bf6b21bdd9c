"""The two ways a script's author would check documents against a schema."""

import json


def checker(name, path):
    """Return a function that raises for the first document that does not satisfy the schema."""
    if name == "none":
        return lambda _: None
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # scripts are written like this
        schema = json.load(file)
    return {"jsonschema-rs": _fast, "jsonschema": _pure}[name](schema)


def _fast(schema):
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(schema)

    def check(documents):
        for document in documents:
            if not validator.is_valid(document):
                validator.validate(document)

    return check


def _pure(schema):
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema)

    def check(documents):
        for document in documents:
            validator.validate(document)

    return check
