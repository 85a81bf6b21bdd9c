"""Which projects the plugin takes for packs: those that announce one, and no others."""

import pytest

from sealift.testing.plugin import _announces_a_pack

PROJECTS = {
    "a pack": ('[project.entry-points."sealift.packs"]\n"acme.orders" = "acme_orders.pack"\n', True),
    "a project that only names the group": ('[tool.other]\nmodules = ["sealift.packs"]\n', False),
    "another project": ('[project]\nname = "other"\n', False),
    "no TOML": ("[project\n", False),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_a_pack_if_it_announces_one(name, tmp_path):
    text, expected = PROJECTS[name]
    (tmp_path / "pyproject.toml").write_text(text)
    assert _announces_a_pack(tmp_path / "pyproject.toml") is expected


def test_no_project_at_all(tmp_path):
    assert _announces_a_pack(tmp_path / "pyproject.toml") is False
