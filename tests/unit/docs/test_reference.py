"""The reference says what the code says: verbs, settings, policy, manifest, map."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from error_page import leaves
from sealift.cli.app import _VERBS
from sealift.config import Settings
from sealift.errors.pack import PackFinding
from sealift.model.events import EventNotice, MigrationEvent
from sealift.trust import policy_reading, predicate
from verb_page import PAGE, commands, page

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"


def text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_the_verbs_are_what_help_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "run tests/support/verb_page.py"


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda item: item if isinstance(item, str) else "")
def test_a_verb_and_each_of_its_options_is_described(name, command):
    assert command.help.strip().endswith(".")
    for option in command.params:
        if option.param_type_name == "option":
            assert option.help, (name, option.name)


def test_the_first_line_of_help_names_every_verb():
    assert [name.partition(" ")[0] for name, _ in commands()] == [
        verb for verb in _VERBS for name, _ in commands() if name.partition(" ")[0] == verb
    ]


def test_the_page_on_lint_has_every_finding():
    codes = {leaf.code for leaf in leaves() if issubclass(leaf, PackFinding)}
    assert codes - set(re.findall(r"PACK-[0-9]{3}", text("lint.md"))) == set()


def settings_rows() -> dict[str, tuple[str, str, str]]:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| `(.*?)` \| (.*) \|$", text("configuration.md"), re.MULTILINE)
    return {name: (variable, default, meaning) for name, variable, default, meaning in rows}


def test_every_setting_is_described_with_its_variable_and_default():
    rows, settings = settings_rows(), Settings()
    assert list(rows) == [field.name for field in fields(Settings)]
    for name, (variable, default, meaning) in rows.items():
        assert variable == ("(none)" if name == "collections" else f"`SEALIFT_{name.upper()}`")
        value = getattr(settings, name)
        shown = tomllib.loads(f"value = {default}")["value"]
        assert shown == (list(value) if isinstance(value, tuple) else value), name
        assert meaning


def test_the_file_on_the_page_is_accepted(tmp_path):
    (block,) = re.findall(r"```toml\n(.*?)```", text("configuration.md"), re.DOTALL)
    (tmp_path / "sealift.toml").write_text(block)
    settings = Settings.read(flags={}, environ={}, config=None, directory=tmp_path)
    assert settings.require_policy is True
    assert settings.collections["customers"].table == "crm_customers"
    assert settings.collections["visits"].key == ("customer", "day")


def test_every_field_of_a_policy_is_described():
    source = Path(policy_reading.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"(\w+)"', "".join(re.findall(r"restrict\((.*?)\)\n", source))))
    named |= set(policy_reading._TOP)
    described = set(re.findall(r"`(?:\[\[)?(\w+)(?:\]\])?`", text("policy.md")))
    assert named - described == set()


def test_every_member_of_a_manifest_is_described():
    for member in (*predicate._PREDICATE, *predicate._MIGRATION):
        assert f"`{member}`" in text("manifest.md") or f'"{member}"' in text("manifest.md"), member


def test_every_event_and_fact_of_a_notice_is_described():
    for event in MigrationEvent:
        assert f"`{event.name}`" in text("library.md")
    for field in fields(EventNotice):
        assert f"`{field.name}`" in text("library.md")


def test_the_map_shows_every_folder_and_no_other():
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    source = ROOT / "src" / "sealift"
    shown = set(re.findall(r"^\| `(\w+/|\w+\.py)` \|", page, re.MULTILINE))
    there = {f"{path.parent.name}/" for path in source.glob("*/__init__.py")}
    there |= {path.name for path in source.glob("[a-z]*.py")}
    assert shown == there
    for path in re.findall(r"`(\w+/\w+\.py)`", page):
        assert (source / path).exists(), path
