"""Rows L01 to L12 and L14: what plain Python can do in the locked worker, without any language policy.

Every probe is followed by a document that a new worker answers.
"""

import os
from pathlib import Path

import pytest

from cage_kit import outcome, plain_cage, probe_unit, still_works
from kernel_probes import PROBES


@pytest.fixture(scope="module")
def cage():
    with plain_cage() as cage:
        yield cage


@pytest.mark.parametrize("name", PROBES)
def test_code_that_broke_out_of_the_language_reaches_nothing(cage, tmp_path: Path, name):
    (tmp_path / "kept").write_text("as it was")
    tmp_path.chmod(0o777)
    body, expected = (text.format(tmp=tmp_path, parent=os.getpid()) for text in PROBES[name])
    unit = probe_unit(body)

    assert outcome(cage, unit) == expected

    assert still_works(cage, unit)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"kept": "as it was"}
