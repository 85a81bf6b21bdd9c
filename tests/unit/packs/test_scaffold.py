"""A new project lints, passes its own tests, and builds a wheel that carries the whole pack and nothing else."""

import subprocess
import sys

import jsonschema
import pytest

from sealift.errors.pack import ScaffoldRefusedError
from sealift.packs.folder import parse_json
from sealift.packs.project import Project
from sealift.packs.scaffold import create_project
from sealift.packs.wheels import lock_line, open_wheel
from wheel_kit import build, new_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("new") / "orders")


def test_it_has_no_finding_and_says_what_it_is(project):
    opened = Project.open(project)
    assert (opened.findings, opened.name, opened.distribution) == ([], "acme.orders", "acme-orders")
    assert [migration.info.reversible for migration in opened.migrations] == [True]
    assert len(opened.examples) == 1


def test_its_examples_satisfy_its_schemas(project):
    opened = Project.open(project)
    for example in opened.examples:
        for version, document in ((example.from_version, example.before), (example.to_version, example.after)):
            schema = parse_json(project, opened.files[f"schemas/customer-{version}.json"])
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(document, schema)


def test_its_own_tests_pass_and_the_wheel_carries_every_file_afterwards(project):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:sealift"],  # the envelope is a dummy
        cwd=project, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    # The tests imported the migration, so there is compiled code beside it now: it must not get into the wheel.
    assert list(project.rglob("acme_orders/**/*.pyc"))
    wheel = build(project)
    opened = open_wheel(wheel)
    assert dict(opened.files) == dict(Project.open(project).files)
    assert opened.pack.envelope == (project / "acme_orders/pack/pack.dsse.json").read_bytes()
    assert opened.unsigned_code == ()
    assert (opened.pack.origin.entry_point, opened.pack.origin.module) == ("acme.orders", "acme_orders.pack")
    assert lock_line(wheel) == f"acme-orders==1.1.0 --hash=sha256:{opened.sha256}"


def test_private_keys_are_ignored_by_git_and_bytes_are_kept(project):
    assert "*.key" in (project / ".gitignore").read_text().splitlines()
    assert "acme_orders/pack/** -text" in (project / ".gitattributes").read_text()


def test_no_placeholder_is_left(project):
    for path in project.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".whl", ".gz", ".pyc"}:
            assert "@MODULE@" not in path.read_text(), path
            assert "@PACK@" not in path.read_text(), path


@pytest.mark.parametrize(("name", "module"), [("json", "json_pack"), ("sealift", "sealift_pack"), ("a.b__c", "a_b_c"),
                                              ("shop", "shop")])  # fmt: skip
def test_the_package_never_stands_in_for_another_one(tmp_path, name, module):
    project = tmp_path / "x"
    create_project(name, project)
    assert (project / module / "pack" / "pack.toml").is_file()
    assert Project.open(project).findings == []


@pytest.mark.parametrize("name", ["Acme.Orders", "../x", "", "a b", "1a", "acme..x", "ä"])
def test_a_bad_name_writes_nothing(tmp_path, name):
    with pytest.raises(ScaffoldRefusedError):
        create_project(name, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ScaffoldRefusedError, match="not an empty directory"):
        create_project("acme.orders", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    written = create_project("acme.orders", tmp_path / "empty")
    assert sorted(written) == sorted(path for path in (tmp_path / "empty").rglob("*") if path.is_file())
