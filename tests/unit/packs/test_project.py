"""One broken project for each finding: its code, its file and line, and what to write instead."""

import sys

import pytest

from sealift.errors.pack import ProjectInvalidError, ProjectNotFoundError, Severity
from sealift.packs.building import build_manifest
from sealift.packs.project import Project
from sealift.packs.scaffold import create_project

SPLIT = "migrations/split_name.py"
TOML = "pack.toml"


@pytest.fixture
def project(tmp_path):
    create_project("acme.orders", tmp_path / "orders")
    return tmp_path / "orders"


def spoil(project, path, old, new):
    file = project / path if path == "pyproject.toml" else project / "acme_orders" / "pack" / path
    text = file.read_text() if file.exists() else ""
    assert not old or old in text
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace(old, new, 1) if old else text + new)


# code, file, line, what is replaced, by what, and what the message or the hint says
ROWS = [
    ("PACK-002", TOML, 1, 'name = "', "name = ", "not valid TOML"),
    ("PACK-003", TOML, 3, "\n[coll", 'bass = "1"\n[coll', "did you mean 'base'"),
    ("PACK-003", TOML, 5, "schema =", "shema =", "did you mean 'schema'"),
    ("PACK-003", TOML, 7, "", "\n[collection.x]\n", "did you mean 'collections'"),
    ("PACK-004", TOML, 1, "acme.orders", "Acme.Orders", "a pack name such as"),
    ("PACK-004", TOML, 1, 'base = "1.0.0"\n', "", "got nothing"),
    ("PACK-004", TOML, 2, '"1.0.0"', '"1.0.0-rc1"', "the normal form '1.0.0rc1'"),
    ("PACK-004", TOML, 2, '"1.0.0"', "1.0", "a PEP 440 version"),
    ("PACK-004", TOML, 3, "\n[coll", 'requires = ["acme.core => 2"]\n[coll', "a PEP 440 range"),
    ("PACK-004", TOML, 3, "\n[coll", 'requires = "acme.core"\n[coll', "a list of requirements"),
    ("PACK-004", TOML, 3, "\n[coll", 'requires = ["acme.orders"]\n[coll', "another pack"),
    ("PACK-004", TOML, 5, '"schemas/customer-1.0.0.json"', "1", "the path of a schema"),
    ("PACK-004", TOML, 4, "[collections.customers]", '[collections."a b"]', "a name of letters"),
    ("PACK-005", "pyproject.toml", 1, '"acme.orders" =', '"acme.order" =', '"acme.orders" = "acme_orders.pack"'),
    ("PACK-006", "pyproject.toml", 7, 'version = "1.1.0"', 'dynamic = ["version"]', "--dist-version"),
    ("PACK-006", "pyproject.toml", 7, '"1.1.0"', '"1.1.0-1"', "'1.1.0.post1'"),
    ("PACK-006", "pyproject.toml", 5, 'name = "acme-orders"', "", "no name"),
    ("PACK-010", SPLIT, 13, "-> dict[str, Any]:", "-> dict[str, Any]", "not valid Python"),
    ("PACK-010", SPLIT, 1, "", "x = '\0'\n", "not valid Python"),
    ("PACK-011", SPLIT, 9, '"1.1.0"', '"1." + "1.0"', "computed"),
    ("PACK-011", SPLIT, 11, '"customers"\n', '"customers"\n    version = "1.2.0"\n', "assigned twice"),
    ("PACK-011", SPLIT, 9, 'version = "1.1.0"', 'version = other = "1.1.0"', "computed"),
    ("PACK-011", SPLIT, 10, 'version = "1.1.0"', 'if True:\n        version = "1.1.0"', "computed"),
    ("PACK-012", SPLIT, 8, 'version = "1.1.0"\n', "\n", 'add version = "1.1.0"'),
    ("PACK-012", SPLIT, 8, 'collection = "customers"\n', "\n", "no collection"),
    ("PACK-013", SPLIT, 9, '"1.1.0"', '"one"', "a PEP 440 version"),
    ("PACK-013", SPLIT, 9, '"1.1.0"', '"v1.1"', "the normal form '1.1'"),
    ("PACK-013", SPLIT, 10, '"customers"', "3", "a text"),
    ("PACK-013", SPLIT, 11, '"schemas/customer-1.1.0.json"', "('customer-1.1.0.json',)", "the path of a schema"),
    ("PACK-013", SPLIT, 12, "\n    def up", '    depends_on = ("acme.core>=2")\n    def up', "a tuple of requirements"),
    ("PACK-013", SPLIT, 12, "\n    def up", '    depends_on = ("Acme.core>=2",)\n    def up', "a pack's name"),
    ("PACK-013", SPLIT, 12, "\n    def up", '    depends_on = ("acme.core>=2,x",)\n    def up', "a PEP 440 range"),
    ("PACK-013", SPLIT, 12, "\n    def up", '    depends_on = ("acme.orders>=1",)\n    def up', "another pack"),
    ("PACK-013", SPLIT, 12, "\n    def up", "    atomic = 1\n    def up", "True or False"),
    ("PACK-013", SPLIT, 12, "\n    def up", '    loses = "note"\n    def up', "a tuple of member names"),
    ("PACK-015", SPLIT, 10, '"customers"', '"customer"', "did you mean 'customers'"),
    ("PACK-015", SPLIT, 10, '"customers"', '"invoices"', "add [collections.invoices]"),
    ("PACK-016", SPLIT, 11, "customer-1.1.0", "customer-1.1", "did you mean 'schemas/customer-1.1.0.json'"),
    ("PACK-016", TOML, 5, "customer-1.0.0", "../customer", "not in the pack"),
    ("PACK-017", "schemas/customer-1.0.0.json", 1, '"$schema"', '"type": NaN, "$schema"', "NaN is not JSON"),
    ("PACK-017", "schemas/customer-1.0.0.json", 1, '"type": "object"', '"title": ""', "'title' is there twice"),
    ("PACK-017", "schemas/new.json", 1, "", "[]", "an object or a boolean"),
    ("PACK-018", SPLIT, 9, '"1.1.0"', '"1.0"', "not above base 1.0.0"),
    ("PACK-019", SPLIT, 8, "def upgrade", "def raise_it", "does not define upgrade"),
    ("PACK-020", SPLIT, 12, "\n    def up", "    depend_on = ()\n    def up", "did you mean 'depends_on'"),
    ("PACK-021", "Read Me.md", 1, "", "x", "no safe path"),
    ("PACK-021", "migrations/con.py", 1, "", "x", "device name"),
    ("PACK-021", ".cache/x", 1, "", "x", "no safe path"),
    ("PACK-022", "big.json", 1, "", "x" * (1024 * 1024 + 1), "larger than"),
    ("PACK-023", "examples/new.json", 1, "", '{"collection": "customers"}', "'from' is missing"),
    ("PACK-023", "examples/split-name.json", 1, '"from"', '"form"', "'from' is missing"),
    ("PACK-023", "examples/split-name.json", 1, '"before"', '"x": 1, "before"', "'x' is unknown"),
    ("PACK-023", "examples/split-name.json", 1, '"to": "1.1.0"', '"to": "1.2.0"', "'to' is '1.2.0'"),
    ("PACK-023", "examples/split-name.json", 1, '"from": "1.0.0"', '"from": "1.1.0"', "must be lower"),
    ("PACK-023", "examples/split-name.json", 1, '"from": "1.0.0"', '"from": []', "'from' is []"),
    ("PACK-024", SPLIT, 8, "def downgrade", "def take_back", "cannot be taken back"),
    ("PACK-025", SPLIT, 8, "(Migration)", "", "looks like a migration"),
    ("PACK-025", "migrations/empty.py", 1, "", "x = 1\n", "holds no migration"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[-1]}")
def test_every_slip_is_found_where_it_is(project, row):
    code, path, line, old, new, says = row
    spoil(project, path, old, new)
    found = [finding for finding in Project.open(project).findings if finding.code == code]
    assert found, [finding.where for finding in Project.open(project).findings]
    finding = found[0]
    assert finding.file.endswith(path.split("/")[0] if path.startswith(".") else path)
    assert finding.line == line, finding.where
    assert finding.column >= 1
    assert says in f"{finding.message()} | {finding.hint()}"


def test_a_new_project_has_no_finding(project):
    assert Project.open(project).findings == []


def test_all_findings_come_in_one_run_sorted_by_place(project):
    spoil(project, SPLIT, '"1.1.0"', '"one"')
    spoil(project, TOML, "\n[coll", 'bass = "1"\n[coll')
    spoil(project, "examples/new.json", "", "{}")
    findings = Project.open(project).findings
    assert {finding.code for finding in findings} >= {"PACK-013", "PACK-003", "PACK-023"}
    assert [f.where for f in findings] == [f.where for f in sorted(findings, key=lambda f: (f.file, f.line, f.column))]


def test_two_migrations_to_one_version_name_each_other(project):
    text = (project / "acme_orders/pack" / SPLIT).read_text()
    spoil(project, "migrations/again.py", "", text.replace("SplitName", "Again").replace('"1.1.0"', '"1.1"'))
    (finding,) = [f for f in Project.open(project).findings if f.code == "PACK-014"]
    assert {"Again", "SplitName"} <= set(finding.message().replace(",", "").split())


def test_warnings_stop_no_release_and_errors_do(project):
    spoil(project, SPLIT, "def downgrade", "def take_back")
    opened = Project.open(project)
    assert [finding.severity for finding in opened.findings] == [Severity.WARNING]
    assert build_manifest(opened, sequence=1).migrations[0].reversible is False
    spoil(project, SPLIT, "def upgrade", "def carry")
    with pytest.raises(ProjectInvalidError) as caught:
        build_manifest(Project.open(project), sequence=1)
    assert caught.value.code == "PACK-030"
    assert "PACK-019" in caught.value.message()


@pytest.mark.parametrize("name", [".", "acme_orders/pack"])
def test_a_project_and_its_pack_folder_are_one(project, name):
    opened = Project.open(project / name)
    assert (opened.name, opened.distribution, opened.distribution_version) == ("acme.orders", "acme-orders", "1.1.0")
    assert opened.root.resolve() == (project / "acme_orders/pack").resolve()
    assert build_manifest(opened, sequence=3) == build_manifest(Project.open(project), sequence=3)


def test_a_src_layout_is_found(project):
    (project / "src").mkdir()
    (project / "acme_orders").rename(project / "src" / "acme_orders")
    assert Project.open(project).root == project / "src" / "acme_orders" / "pack"


def test_a_computed_version_can_be_given(project):
    spoil(project, "pyproject.toml", 'version = "1.1.0"', 'dynamic = ["version"]')
    opened = Project.open(project, dist_version="3.0")
    assert opened.findings == []
    assert opened.distribution_version == "3.0"


def test_a_folder_without_a_project_above_says_so(project, tmp_path):
    alone = tmp_path / "alone"
    (project / "acme_orders/pack").rename(alone)
    assert [finding.code for finding in Project.open(alone).findings] == ["PACK-006"]


@pytest.mark.parametrize("spoilt", ["empty", "missing folder", "no entry point", "two entry points"])
def test_where_there_is_no_pack_there_is_an_error(project, tmp_path, spoilt):
    match spoilt:
        case "empty":
            (tmp_path / "empty").mkdir()
            project = tmp_path / "empty"
        case "missing folder":
            (project / "acme_orders").rename(project / "other")
        case "no entry point":
            spoil(project, "pyproject.toml", '"acme.orders" = "acme_orders.pack"', "")
        case "two entry points":
            spoil(project, "pyproject.toml", '"acme.orders" =', '"acme.x" = "acme_orders.pack"\n"acme.orders" =')
    with pytest.raises((ProjectNotFoundError, Exception)) as caught:
        Project.open(project)
    assert caught.value.code in {"PACK-001", "PACK-005"}


def test_the_envelope_and_caches_are_no_contents(project):
    pack = project / "acme_orders/pack"
    (pack / "pack.dsse.json").write_bytes(b"envelope")
    (pack / "migrations/__pycache__").mkdir()
    (pack / "migrations/__pycache__/split_name.cpython-311.pyc").write_bytes(b"x")
    opened = Project.open(project)
    assert opened.findings == []
    assert opened.envelope == b"envelope"
    assert sorted(opened.files) == [
        "examples/split-name.json", "migrations/split_name.py", "pack.toml",
        "schemas/customer-1.0.0.json", "schemas/customer-1.1.0.json",
    ]  # fmt: skip


def test_a_link_in_the_pack_folder_is_not_signed(project):
    (project / "acme_orders/pack/link.json").symlink_to("/etc/passwd")
    (finding,) = Project.open(project).findings
    assert (finding.code, finding.message()) == ("PACK-022", "cannot be signed: it is a symbolic link")


def test_nothing_of_the_project_is_executed(project, tmp_path):
    marker = tmp_path / "ran"
    spoil(project, SPLIT, "", f"\nopen({str(marker)!r}, 'w').close()\n")
    before = set(sys.modules)
    Project.open(project)
    assert not marker.exists()
    assert not {name for name in set(sys.modules) - before if name.startswith("acme")}
