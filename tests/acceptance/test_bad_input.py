"""Bad input: one clear message, the right exit code, store and files as they were."""

import json

import pytest

from sample_pack import PACK_TOML, SPLIT, people, write_jsonl, write_pack


def spoiled(old: str, new: str, text: str = SPLIT) -> dict[str, str]:
    assert old in text
    return {"migrations/split.py": text.replace(old, new)}


def refused(installed, *arguments, status, code=None, says=()):
    """Call with both forms of output; insist on the same error, a hint, and an unchanged store."""
    store = installed.directory / "sealift.db"
    before = installed.sealift("dump", "--collection", "people").stdout if store.exists() else None
    text = installed.sealift(*arguments, status=status).stderr
    error = installed.json(*arguments, status=status)["error"]
    assert f"error[{error['code']}]" in text
    assert "to fix" in text
    if code:
        assert error["code"] == code
    for word in says:
        assert word in text, text
    after = installed.sealift("dump", "--collection", "people").stdout if before is not None else None
    assert after == before
    return error


def test_no_store_at_the_url(installed):
    refused(installed, "--database", "sqlite:///nowhere.db", "upgrade", "--yes", status=2, says=["nowhere.db"])
    assert not (installed.directory / "nowhere.db").exists()


def test_an_unknown_verb(installed):
    refused(installed, "upgarde", status=2, says=["upgrade"])


@pytest.mark.parametrize("target", ["acme.poeple", "acme.people@9.9", "acme.people@x y", "Acme", "acme.people@+9"])
def test_an_unknown_target(people_store, target):
    refused(people_store(), "upgrade", "--yes", target, status=2, says=[target.partition("@")[0]])


def test_a_pack_without_envelope(people_store):
    installed = people_store()
    (site,) = (installed.environment / "lib").glob("python3*/site-packages")
    (site / "acme_people" / "pack" / "pack.dsse.json").unlink()
    refused(installed, "upgrade", "--yes", status=5, code="TRUST-001", says=["acme.people"])


def test_an_untrusted_key(people_store):
    installed = people_store()
    (installed.directory / "trusted_keys").rename(installed.directory / "before")
    installed.sealift("keygen", "other")
    installed.sealift("trust", "add", "other.pem", "--packs", "acme.*")
    refused(installed, "upgrade", "--yes", status=5, code="TRUST-011", says=["acme.people", "sha256:"])


def test_a_key_out_of_its_scope(installed, signed, tmp_path):
    write_jsonl(installed.directory / "people.jsonl", people(3))
    installed.sealift("load", "people.jsonl", "--collection", "people")
    signed(write_pack(tmp_path / "project"), trust="other.*")
    refused(installed, "upgrade", "--yes", status=5, code="TRUST-012", says=["release", "other.*"])


def test_no_trusted_keys_at_all(people_store):
    installed = people_store()
    (installed.directory / "trusted_keys").rename(installed.directory / "before")
    refused(installed, "upgrade", "--yes", status=5, says=["trusted_keys"])


PROJECTS = {
    "a pack.toml with a typo": ({"pack.toml": PACK_TOML.format(pack="acme.people").replace("base", "bsae")}, "bsae"),
    "two classes with one version": (
        {"migrations/again.py": SPLIT.replace("SplitName", "Again")},
        "1.1.0",
    ),
    "a syntax error": (spoiled("def upgrade(self, document):", "def upgrade(self, document)"), "split.py:11"),
    "a missing schema": ({"schemas/person-1.1.0.json": None}, "person-1.1.0.json"),
    "an unknown collection": (spoiled('collection = "people"', 'collection = "poeple"'), "poeple"),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_that_is_wrong_is_refused_before_it_is_signed(installed, tmp_path, name):
    files, says = PROJECTS[name]
    project = write_pack(tmp_path / "project", files=files)
    installed.sealift("keygen", "release")
    text = installed.sealift("sign", project, "--key", "release.key", status=1)
    assert says in text.stderr
    assert not list(project.rglob("pack.dsse.json"))
    assert installed.json("lint", project, status=1)["ok"] is False


@pytest.mark.parametrize("statement", ["import os", "open('/etc/passwd')", "document.__class__", "import time"])
def test_a_forbidden_construct(people_store, statement):
    files = spoiled("        first, _, last", f"        {statement}\n        first, _, last")
    if statement.startswith("import"):
        files = spoiled("from sealift import", f"{statement}\nfrom sealift import")
    installed = people_store(files=files)
    refused(installed, "upgrade", "--yes", status=1, says=["split.py:", "instead"])
    assert installed.json("history")["entries"] == []


def test_an_upgrade_that_returns_none(people_store):
    body, tail = SPLIT.split("    def downgrade")
    files = {"migrations/split.py": body.replace("        return document\n", "") + "    def downgrade" + tail}
    error = refused(people_store(files=files), "upgrade", "--yes", status=1, says=["return", "1: "])
    assert error["failures"][0]["code"] == "returned-none"


def test_a_document_that_fails_the_schema(people_store):
    files = spoiled('{"first": first, "last": last}', '{"first": first}')
    refused(people_store(files=files), "upgrade", "--yes", status=1, says=["people", "last"])


def test_a_document_that_makes_the_migration_raise(people_store):
    documents = people(5)
    documents[2] = {"id": 3, "name": None}
    error = refused(people_store(documents=documents), "upgrade", "--yes", status=1, says=["3: ", "split.py:12"])
    assert [failure["key"] for failure in error["failures"]] == ["3"]


def test_a_worker_that_runs_for_ever(people_store):
    documents = people(3)
    documents[1]["name"] = "loop"
    loop = '        while document["name"] == "loop":\n            pass\n        first, _, last'
    installed = people_store(documents=documents, files=spoiled("        first, _, last", loop))
    # So long that nothing else is slow, should the machine stand still; so the command is called once, in one form.
    installed.variables["SEALIFT_WORKER_SECONDS"] = "10"
    before = installed.sealift("dump", "--collection", "people").stdout
    error = installed.json("upgrade", "--yes", status=1)["error"]
    assert [(failure["key"], failure["code"]) for failure in error["failures"]] == [("2", "timeout")]
    assert "no answer within 10 s" in error["failures"][0]["message"]
    assert error["hint"]
    assert installed.sealift("dump", "--collection", "people").stdout == before


def test_a_downgrade_with_no_way_back(people_store):
    installed = people_store(files={"migrations/split.py": SPLIT.split("    def downgrade")[0]})
    installed.sealift("upgrade", "--yes")
    refused(installed, "downgrade", "--yes", "acme.people@base", status=1, says=["acme.people", "1.1.0"])


def test_a_collection_that_does_not_exist(installed, signed, tmp_path):
    write_jsonl(installed.directory / "others.jsonl", people(3))
    installed.sealift("load", "others.jsonl", "--collection", "others")
    signed(write_pack(tmp_path / "project"))
    text = installed.sealift("upgrade", "--yes", status=2).stderr
    assert "people" in text
    assert "others" in text
    installed.sealift("dump", "--collection", "nobody", status=2)


def test_a_jsonl_file_with_a_broken_line(installed):
    path = installed.directory / "people.jsonl"
    path.write_text('{"id": 1}\n{"id": 2\n{"id": 3}\n')
    text = installed.sealift("load", path, "--collection", "people", status=1).stderr
    assert "people.jsonl:2" in text
    assert not (installed.directory / "sealift.db").exists()


def test_load_into_a_table_that_has_the_key_already(installed):
    path = write_jsonl(installed.directory / "people.jsonl", people(3))
    installed.sealift("load", path, "--collection", "people")
    before = installed.sealift("dump", "--collection", "people").stdout
    installed.sealift("load", path, "--collection", "people", status=1)
    assert installed.sealift("dump", "--collection", "people").stdout == before


def test_load_and_dump_keep_every_byte(installed):
    lines = ['{"id": 2, "n": 1.10}', '{"id": 10,"big":123456789012345678901234567890}', '{"id": 1, "a": "\\u00e9"}']
    path = installed.directory / "odd.jsonl"
    path.write_text("\n".join(lines) + "\n")
    installed.sealift("load", path, "--collection", "odd")
    assert installed.sealift("dump", "--collection", "odd").stdout.splitlines() == [lines[2], lines[0], lines[1]]
    assert (
        json.loads(installed.sealift("--format", "json", "load", path, "--collection", "o2").stdout)["documents"] == 3
    )
