"""Every code has its section, says what to do, and exits as its family does."""

import re
import typing
from collections import Counter
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from error_page import COMMAND, FAMILIES, MEANINGS, PAGE, leaves, page, sections
from sealift.errors.base import ExitStatus, SealiftError
from sealift.errors.pack import PackFinding

ROOT = Path(__file__).parents[3]
LEAVES = sorted(leaves(), key=lambda leaf: leaf.code)
IDS = [leaf.code for leaf in LEAVES]

# What each family may exit with. A code outside of it would tell a script something else than a person.
EXITS = {
    "CONFIG": {ExitStatus.USAGE},
    "TRUST": {ExitStatus.REFUSED},
    "PACK": {ExitStatus.FAILED},
    "SIGN": {ExitStatus.FAILED},
    "PLAN": {ExitStatus.FAILED, ExitStatus.USAGE, ExitStatus.CONFLICT},
    "RUN": {ExitStatus.FAILED, ExitStatus.USAGE, ExitStatus.CONFLICT, ExitStatus.INTERRUPTED},
    "STORE": {ExitStatus.FAILED, ExitStatus.USAGE, ExitStatus.CONFLICT, ExitStatus.LOCKED},
}


def made(kind):  # noqa: PLR0911 - one value a kind of type
    """A value of the type that a fact is declared with; texts are words that can be found again."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        return "sha256:fact"
    if kind in {int, float, bool}:
        return kind(3)
    if type(None) in arguments:
        return made(next(item for item in arguments if item is not type(None)))
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return {made(arguments[0]): made(arguments[1])}
    if origin is not None:
        return tuple(made(item) for item in arguments if item is not ...)
    if kind is PackFinding:
        return example(next(leaf for leaf in LEAVES if leaf.code == "PACK-019"))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: made(hints[field.name]) for field in fields(kind)})
    if isinstance(kind, type) and issubclass(kind, str):  # an enumeration
        return next(iter(kind))
    raise AssertionError(kind)


def example(leaf: type[SealiftError]) -> SealiftError:
    hints = typing.get_type_hints(leaf)
    return leaf(**{name: made(hints[name]) for name in leaf._facts})


def test_the_page_is_what_the_code_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "run tests/support/error_page.py"


def test_a_code_means_one_thing():
    codes = [leaf.code for leaf in LEAVES] + list(COMMAND) + [str(code) for code in MEANINGS]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert [section.code for section in sections()] == sorted(
        codes, key=lambda code: (list(FAMILIES).index(code.partition("-")[0]), code)
    )


def test_every_code_in_the_source_has_a_section():
    known = {section.code for section in sections()}
    found = set()
    for path in (ROOT / "src" / "sealift").rglob("*.py"):
        found.update(re.findall(r'"([A-Z]+-[0-9]{3})"', path.read_text(encoding="utf-8")))
    assert found - {"SEALIFT-000"} == known


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.code)
def test_a_section_says_what_it_means_and_what_to_do(section):
    assert re.fullmatch(r"[A-Z]+-[0-9]{3}", section.code)
    assert section.title.endswith(".")
    assert len(section.text) > 40, "the docstring needs a second paragraph: cause and remedy"
    assert "``" not in section.title + section.text


@pytest.mark.parametrize("leaf", LEAVES, ids=IDS)
def test_an_error_exits_as_its_family_does(leaf):
    assert leaf.exit_status in EXITS[leaf.code.partition("-")[0]]


@pytest.mark.parametrize("leaf", LEAVES, ids=IDS)
def test_an_error_says_what_happened_and_how_to_mend_it(leaf):
    error = example(leaf)
    assert error.message().strip()
    assert error.hint().strip()
    assert "<sealift" not in error.message() + error.hint()
    assert str(error) == error.message()


@pytest.mark.parametrize("leaf", LEAVES, ids=IDS)
def test_the_facts_of_an_error_are_json(leaf):
    import json

    assert json.loads(json.dumps(example(leaf).details())).keys()


def test_every_error_that_can_be_raised_is_named_by_a_test():
    """By its code or its class: an error that no test mentions may never happen, or may say nonsense."""
    mine = Path(__file__).resolve()
    texts = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py") if path.resolve() != mine)
    assert [leaf.code for leaf in LEAVES if leaf.code not in texts and leaf.__name__ not in texts] == []
