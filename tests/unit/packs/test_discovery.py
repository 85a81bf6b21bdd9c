"""Installed packs are found by what really is installed, and nothing of them is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from sealift.errors.trust import TrustError
from sealift.packs.discovery import discover, misplaced, site_roots, survey
from wheel_kit import build, dist_info, new_project, pip_install, pip_install_editable

ENTRY = "[sealift.packs]\nacme.orders = acme_orders.pack\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("project") / "orders")


@pytest.fixture(scope="module")
def installed(tmp_path_factory, project):
    """A wheel whose package would write a file, and fail, if anybody imported it."""
    target = tmp_path_factory.mktemp("site")
    pip_install(build(project), target)
    marker = target / "imported"
    trap = f"open({str(marker)!r}, 'w').close()\nraise RuntimeError('imported')\n"
    for folder in ("acme_orders", "acme_orders/pack", "acme_orders/pack/migrations"):
        (target / folder / "__init__.py").write_text(trap)
    return target


def test_a_pip_installed_pack_is_found_where_it_lies(installed):
    (origin,) = discover([installed])
    assert (origin.entry_point, origin.module) == ("acme.orders", "acme_orders.pack")
    assert (origin.distribution, origin.distribution_version) == ("acme-orders", "1.1.0")
    assert Path(origin.root) == installed.resolve() / "acme_orders" / "pack"
    assert not origin.editable


def test_discovery_imports_nothing_of_a_pack(installed):
    code = (
        "import sys; from pathlib import Path; from sealift.packs.discovery import discover;"
        "from sealift.packs.reading import read_pack, read_files;"
        f"root = Path({str(installed)!r}); sys.path.insert(0, str(root)); before = set(sys.modules);"
        "pack = read_pack(discover([root])[0]); assert pack.envelope;"
        "names = [str(p.relative_to(root / 'acme_orders/pack')) for p in (root / 'acme_orders/pack').rglob('*')"
        " if p.is_file() and p.name != 'pack.dsse.json'];"
        "read_files(pack.origin, names);"
        "assert not [name for name in sys.modules if name.startswith('acme')];"
        "print(sorted(name for name in set(sys.modules) - before if 'metadata' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")
    assert not (installed / "imported").exists()


def test_an_editable_installation_is_marked_and_leads_to_its_sources(tmp_path, project):
    (origin,) = discover([pip_install_editable(project, tmp_path / "env")])
    assert origin.editable
    assert Path(origin.root) == project.resolve() / "acme_orders" / "pack"


def test_an_editable_installation_may_have_a_src_layout(tmp_path):
    (tmp_path / "proj ect" / "src" / "acme_orders" / "pack").mkdir(parents=True)
    directory = dist_info(tmp_path / "site", "acme_orders", ENTRY)
    url = (tmp_path / "proj ect").as_uri()
    (directory / "direct_url.json").write_text(f'{{"dir_info": {{"editable": true}}, "url": "{url}"}}')
    (origin,) = discover([tmp_path / "site"])
    assert Path(origin.root) == tmp_path.resolve() / "proj ect" / "src" / "acme_orders" / "pack"


@pytest.mark.parametrize(
    "text", ['{"url": "file:///x", "archive_info": {}}', '{"dir_info": {"editable": false}, "url": ""}']
)
def test_a_wheel_installed_from_a_file_is_no_editable_installation(tmp_path, text):
    (dist_info(tmp_path, "acme_orders", ENTRY) / "direct_url.json").write_text(text)
    assert not discover([tmp_path])[0].editable


def test_the_default_roots_are_those_of_the_interpreter():
    assert Path(sys.prefix) in [parent for root in site_roots() for parent in root.parents]
    assert all(root.name == "site-packages" for root in site_roots())


def test_a_root_with_two_names_is_looked_at_once(tmp_path):
    dist_info(tmp_path / "site", "acme_orders", ENTRY)
    (tmp_path / "lib64").symlink_to(tmp_path / "site")
    assert len(discover([tmp_path / "site", tmp_path / "lib64"])) == 1


def test_packs_of_several_roots_come_sorted_by_name(tmp_path):
    dist_info(tmp_path / "a", "zeta", "[sealift.packs]\nz.pack = zeta.pack\n")
    dist_info(tmp_path / "b", "alpha", "[sealift.packs]\na.pack = alpha.pack\n")
    assert [origin.entry_point for origin in discover([tmp_path / "a", tmp_path / "b"])] == ["a.pack", "z.pack"]


def test_one_distribution_may_carry_two_packs(tmp_path):
    dist_info(tmp_path, "acme", "[sealift.packs]\na.x = acme.x\na.y = acme.y\n")
    assert [origin.module for origin in discover([tmp_path])] == ["acme.x", "acme.y"]


def test_roots_without_packs_are_empty(tmp_path):
    dist_info(tmp_path / "site", "other", "[console_scripts]\nother = other:main\n")
    (tmp_path / "site" / "no-entries-1.0.dist-info").mkdir()
    (tmp_path / "file").write_text("")
    assert survey([tmp_path / "site", tmp_path / "missing", tmp_path / "file"]).refused == ()
    assert discover([tmp_path / "site", tmp_path / "missing", tmp_path / "file"]) == ()


def test_one_refused_pack_leaves_the_others_usable(tmp_path):
    dist_info(tmp_path, "good", "[sealift.packs]\ngood.pack = good.pack\n")
    dist_info(tmp_path, "bad", "[sealift.packs]\nBad.Pack = bad.pack\n")
    found = survey([tmp_path])
    assert [origin.entry_point for origin in found.origins] == ["good.pack"]
    assert [refused.name for refused in found.refused] == ["Bad.Pack"]
    with pytest.raises(TrustError):
        discover([tmp_path])


def test_misplaced_packs_are_told_and_not_used(tmp_path):
    dist_info(tmp_path / "site", "acme_orders", ENTRY)
    dist_info(tmp_path / "cwd", "acme_orders", ENTRY)
    assert len(discover([tmp_path / "site"])) == 1
    (found,) = misplaced([tmp_path / "cwd", tmp_path / "site"], roots=[tmp_path / "site"])
    assert (found.name, found.error.code) == ("acme.orders", "TRUST-042")
    assert str(tmp_path / "cwd") in found.error.message()
