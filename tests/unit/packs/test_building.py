"""The manifest says exactly what the files are, and the next sequence follows from the last one."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.packs.building import build_manifest, next_sequence
from sealift.packs.project import Project
from sealift.packs.requirements import merged, requirement_problem, version_problem
from sealift.packs.scaffold import create_project
from sealift.trust.statement import parse_statement, statement_bytes
from sealift.trust.terms import requirement


@pytest.fixture
def project(tmp_path):
    create_project("acme.orders", tmp_path / "orders")
    return tmp_path / "orders"


def test_the_manifest_lists_every_file_and_every_fact(project):
    pack = project / "acme_orders" / "pack"
    manifest = build_manifest(Project.open(project), sequence=7)
    assert (manifest.pack, manifest.base, manifest.sequence) == ("acme.orders", "1.0.0", 7)
    assert (manifest.distribution, manifest.distribution_version) == ("acme-orders", "1.1.0")
    assert manifest.collections == {"customers": "schemas/customer-1.0.0.json"}
    assert manifest.files == {
        str(path.relative_to(pack)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(pack.rglob("*"))
        if path.is_file()
    }
    (migration,) = manifest.migrations
    assert (migration.version, migration.class_name, migration.reversible) == ("1.1.0", "SplitName", True)
    assert migration.path == "migrations/split_name.py"


def test_the_manifest_survives_being_signed(project):
    manifest = build_manifest(Project.open(project), sequence=7)
    assert parse_statement(statement_bytes(manifest)) == manifest


def test_requirements_of_the_pack_are_those_of_every_migration(project):
    toml = project / "acme_orders/pack/pack.toml"
    toml.write_text(toml.read_text().replace("\n[coll", 'requires = ["acme.core >= 2.0, <3"]\n[coll', 1))
    split = project / "acme_orders/pack/migrations/split_name.py"
    split.write_text(
        split.read_text().replace("\n    def up", '    depends_on = ("acme.core>=2.0,<3", "acme.x")\n    def up', 1)
    )
    opened = Project.open(project)
    assert opened.findings == []
    assert opened.migrations[0].info.depends_on == ("acme.core>=2.0,<3", "acme.x")


def test_migrations_come_in_order_of_their_versions(project):
    split = project / "acme_orders/pack/migrations/split_name.py"
    for version in ("1.10.0", "1.9.0", "1.2.0rc1"):
        name = "a_" + version.replace(".", "_") + ".py"
        split.with_name(name).write_text(split.read_text().replace('version = "1.1.0"', f'version = "{version}"'))
    assert [m.info.version for m in Project.open(project).migrations] == ["1.1.0", "1.2.0rc1", "1.9.0", "1.10.0"]


def test_the_sequence_goes_up_with_every_change_and_only_then(project):
    first = Project.open(project)
    assert next_sequence(first, None) == 1
    manifest = build_manifest(first, sequence=4)
    assert next_sequence(first, manifest) == 4
    readme = project / "acme_orders/pack/readme.md"
    readme.write_text("new")
    assert next_sequence(Project.open(project), manifest) == 5


def test_what_was_read_is_what_is_hashed(project):
    opened = Project.open(project)
    (project / "acme_orders/pack/migrations/split_name.py").write_text("changed afterwards")
    digest = build_manifest(opened, sequence=1).files["migrations/split_name.py"]
    assert digest == hashlib.sha256(opened.files["migrations/split_name.py"]).hexdigest()


def test_a_sequence_begins_at_1(project):
    with pytest.raises(ValueError, match="below 1"):
        build_manifest(Project.open(project), sequence=0)


@given(st.text("ac.e>=<~!12, *xé", max_size=14))
def test_requirements_that_an_author_may_write_are_taken_by_verification(text):
    if requirement_problem(text) is None:
        assert requirement(merged((text,))[0], "x")


@pytest.mark.parametrize("text", ["", " a", "A", "a >", "a=>1", "a<3;b", "é", "a===é", "a[x]", 1, None])
def test_anything_else_is_no_requirement(text):
    assert requirement_problem(text) is not None


SOUND = [("1.0", True), ("1.0rc1", True), ("1!2", True)]
UNSOUND = [("v1", False), ("1.0-1", False), ("", False), (1, False), (None, False)]


@pytest.mark.parametrize(("text", "sound"), SOUND + UNSOUND)
def test_versions_are_in_their_normal_form(text, sound):
    assert (version_problem(text) is None) is sound
