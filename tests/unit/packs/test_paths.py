"""What an author can sign is what a verifier accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.packs.paths import path_problem
from sealift.trust import paths as verifier

SEGMENTS = st.sampled_from(
    [
        "a",
        "A",
        "con",
        "aux.py",
        "a.pyc",
        "__pycache__",
        ".git",
        "..",
        ".",
        "",
        "x.py",
        "-a",
        "a.",
        "b" * 101,
        "nul.json",
        "é",
    ]
) | st.text("ab._-/A\0\n", max_size=5)


@given(st.lists(SEGMENTS, max_size=8).map("/".join))
def test_both_rooms_have_one_rule(path):
    assert path_problem(path) == verifier.path_problem(path)


@pytest.mark.parametrize("path", ["migrations/split.py", "a/b/c/d/e/f", "_x.json", "pack.toml"])
def test_ordinary_paths_are_fine(path):
    assert path_problem(path) is None
