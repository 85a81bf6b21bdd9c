"""The tables of ``docs/reference/language.md``, from what the compiler really uses.

``python language_page.py`` writes them into the page, between the marks.
"""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import re
from pathlib import Path

from sealift.worker.facades import LEFT_OUT_MODULES, OFFERS
from sealift.worker.findings import Code
from sealift.worker.names import ATTRIBUTES, BUILTIN_NAMES, LEFT_OUT_ATTRIBUTES, LEFT_OUT_NAMES
from sealift.worker.refusals import STATEMENTS

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "language.md"
MARK = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)

MEANINGS = {
    Code.TEXT: "characters that make a source mean something else than it shows: encoding marks, control characters, identifiers that are not ASCII",
    Code.SYNTAX: "not the syntax of Python 3.11",
    Code.TOO_COMPLEX: "nested or long beyond what can be compiled; at most 1 MiB",
    Code.STATEMENT: "a kind of statement or expression that is not offered",
    Code.NAME: "a name that is defined nowhere, or a builtin that is not offered",
    Code.RESERVED: "a name that may not be bound: `__dunder__`, `_guard_`, `print`",
    Code.ATTRIBUTE: "an attribute that is not offered, or that the class does not declare",
    Code.ATTRIBUTE_WRITE: "writing or deleting an attribute",
    Code.IMPORT: "a module, or a name of one, that is not offered",
    Code.CLASS: "a class that has not the one form a migration needs",
    Code.DEFAULT: "a default argument that is computed or can change",
    Code.MODULE_LEVEL: "something other than constants, functions, classes and imports at module level",
    Code.CONSTANT: "a module constant or class attribute that cannot be made read-only",
    Code.MISSING: "the class or file that the manifest names is not there",
    Code.RAISED: "computing the module's constants raised an exception",
}


def names(values):
    return " ".join(f"`{name}`" for name in sorted(values)) + "\n"


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def cell(text):
    return text.replace("|", "\\|")


PARTS = {
    "codes": lambda: table(("code", "what is wrong"), [(f"`{code}`", MEANINGS[code]) for code in Code]),
    "builtins": lambda: names(BUILTIN_NAMES),
    "attributes": lambda: names(ATTRIBUTES),
    "modules": lambda: table(
        ("module", "names"), [(f"`{name}`", names(OFFERS[name].members).strip()) for name in sorted(OFFERS)]
    ),
    "refused_modules": lambda: table(
        ("not offered", "write instead"), [(f"`{name}`", cell(instead)) for name, instead in sorted(LEFT_OUT_MODULES.items())]
    ),
    "refused_members": lambda: table(
        ("not offered", "write instead"),
        [(f"`{name}.{member}`", cell(instead)) for name in sorted(OFFERS) for member, instead in sorted(OFFERS[name].left_out.items())],
    ),
    "refused_names": lambda: table(
        ("not offered", "write instead"), [(f"`{name}`", cell(instead)) for name, instead in sorted(LEFT_OUT_NAMES.items())]
    ),
    "refused_attributes": lambda: table(
        ("not offered", "write instead"), [(f"`.{name}`", cell(instead)) for name, instead in sorted(LEFT_OUT_ATTRIBUTES.items())]
    ),
    "refused_statements": lambda: table(
        ("not offered", "write instead"), sorted({(cell(name), cell(instead)) for name, instead in STATEMENTS.values()})
    ),
}  # fmt: skip


def page(text):
    """Return the page with its tables as they must be."""
    return MARK.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}{found[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
