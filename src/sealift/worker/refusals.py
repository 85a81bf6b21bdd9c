"""Kinds of statements and expressions that are not offered, in words, with what to write instead."""

from types import MappingProxyType

_PLAIN = "a plain function: documents are there already, nothing has to be waited for"

PLAIN = "functions, loops, conditions and comprehensions: this has no replacement of its own"
"""What to write in place of what nobody thought of."""

STATEMENTS = MappingProxyType(
    {
        "With": ("a with statement", "try … finally; a migration has nothing to open"),
        "Global": (
            "a global statement",
            "an argument and a return value: what one document does must not reach the next",
        ),
        "Nonlocal": ("a nonlocal statement", "a list or dict that the inner function changes, or a return value"),
        "AsyncFunctionDef": ("an async function", _PLAIN),
        "AsyncFor": ("an async for", _PLAIN),
        "AsyncWith": ("an async with", _PLAIN),
        "Await": ("an await", _PLAIN),
        "TryStar": ("an except* clause", "except Exception:"),
        "TemplateStr": ("a template string", "an f-string"),
        "Interpolation": ("a template string", "an f-string"),
        "TypeAlias": ("a type statement", "Name = dict[str, Any], for annotations"),
        "FunctionDef": ("type parameters", "annotations without type parameters"),
        "ClassDef": ("type parameters", "a class without type parameters"),
    }
)
"""By the name of the node's class: what it is called, and what to write instead."""
