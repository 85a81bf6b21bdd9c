"""The table of failures names every row of the catalogue, and tests that are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (\d+) \| .*? \| (.*?) \|", (Path(__file__).parent / "rows.md").read_text(), re.MULTILINE)


def test_every_row_is_there_once():
    assert [int(number) for number, _ in ROWS] == list(range(1, 26))


@pytest.mark.parametrize(("number", "where"), ROWS, ids=[number for number, _ in ROWS])
def test_what_covers_a_row_is_there(number, where):
    places = re.findall(r"`(.+?)::(.+?)`", where)
    assert places, number
    for path, test in places:
        assert f"def {test}(" in (TESTS / path).read_text(), (path, test)
