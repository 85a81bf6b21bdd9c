"""The table of cases names tests that are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ROWS = re.findall(r"^\| ([A-Z]\d\d) \| (.*?) \|", (Path(__file__).parent / "cases.md").read_text(), re.MULTILINE)
NOT_APPLICABLE = {"P08"}


def test_every_case_has_one_row():
    names = [name for name, _ in ROWS]
    assert len(names) == len(set(names))
    for group, last in {"A": 11, "F": 9, "G": 5, "E": 12, "C": 7, "K": 5, "N": 8, "I": 8, "T": 9, "R": 14}.items():
        assert {f"{group}{number:02}" for number in range(1, last + 1)} <= set(names)
    for group, last in {"V": 15, "P": 13, "S": 8, "D": 7, "L": 21}.items():
        assert {f"{group}{number:02}" for number in range(1, last + 1)} <= set(names)


@pytest.mark.parametrize(("name", "where"), ROWS, ids=[name for name, _ in ROWS])
def test_what_covers_a_case_is_there(name, where):
    places = re.findall(r"`([^`]+)`", where)
    assert places or name in NOT_APPLICABLE
    text = ""
    for place in places:
        path, _, test = place.partition("::")
        if path.endswith("…"):
            assert f'"{path.removesuffix("…")}' in text, place
        else:
            assert (TESTS / path).exists(), place
            text = (TESTS / path).read_text() if (TESTS / path).is_file() else ""
            assert not test or f"def {test}" in text, place
