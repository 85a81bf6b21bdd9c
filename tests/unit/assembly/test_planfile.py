"""Plan files that are not there."""

import pytest

from sealift.assembly.planfile import read_plan
from sealift.errors.plan import PlanFileError


def test_the_file_is_named_once(tmp_path):
    missing = tmp_path / "plan.json"
    with pytest.raises(PlanFileError) as caught:
        read_plan(missing)
    assert caught.value.message().count("plan.json") == 1
    assert "No such file" in caught.value.message()
