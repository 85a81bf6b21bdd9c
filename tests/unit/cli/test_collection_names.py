"""Collections named by hand: held to the rule that packs are held to, before anything is made."""

import json

import pytest

from sealift.cli import main

ODD = ["a b;c", "", "ä", "1st", "-x", 'a"b', "a\nb", "x" * 101, "../x"]


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Call the command in an empty directory; return status and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.jsonl").write_text('{"id":1}\n')

    def call(*arguments: str) -> tuple[int, dict | None]:
        status = main(["--format", "json", *arguments])
        return status, json.loads(capsys.readouterr().out)["error"]

    return call


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("verb", [("load", "some.jsonl"), ("dump", "out.jsonl")], ids=["load", "dump"])
def test_a_name_that_no_pack_could_use_is_a_slip(told, tmp_path, verb, name):
    if verb[0] == "dump":
        assert told("load", "some.jsonl", "--collection", "some")[0] == 0
    status, error = told(verb[0], f"--collection={name}", *verb[1:])
    assert (status, error["code"]) == (2, "CONFIG-002")
    assert repr(name) in error["message"]
    assert "--collection" in error["hint"]
    assert not (tmp_path / "out.jsonl").exists()
    assert (tmp_path / "sealift.db").exists() == (verb[0] == "dump")


@pytest.mark.parametrize("name", ["a", "_x", "Order.items-2", "x" * 100])
def test_names_of_packs_are_names_here(told, name):
    assert told("load", "some.jsonl", "--collection", name) == (0, None)
    assert told("dump", "out.jsonl", "--collection", name) == (0, None)


@pytest.mark.parametrize("name", ["sealift_mine", "SEALIFT_history"])
def test_no_table_is_made_that_could_pass_for_one_of_sealifts_own(told, tmp_path, name):
    status, error = told("load", "some.jsonl", "--collection", name)
    assert (status, error["code"]) == (2, "CONFIG-002")
    assert not (tmp_path / "sealift.db").exists()
    (tmp_path / "sealift.toml").write_text(f'[collections.fine]\ntable = "{name}"\n')
    assert told("load", "some.jsonl", "--collection", "fine")[0] == 2
