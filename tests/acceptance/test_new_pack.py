"""What `sealift new` makes is taken, word for word, from the first lint to the line that pins the release."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from installed import ROOT, Installed
from sealift.testing.checks import NAMES

HOOK = {"HATCH_BUILD_HOOK_ENABLE_SEALIFT": "true"}


@pytest.fixture
def orders(installed: Installed, environment: Path) -> Installed:
    """A new project in an environment with what its development group names, called from inside."""
    links = " ".join(filter(None, [os.environ.get("PIP_FIND_LINKS"), str(environment.parent / "wheel-sealift")]))
    installed.variables["PIP_FIND_LINKS"] = links
    installed.pip("install", "build", "pytest>=8.3", "hypothesis>=6.115")
    installed.sealift("new", "acme.orders", "orders")
    return Installed(
        environment=installed.environment, directory=installed.directory / "orders", variables=installed.variables
    )


def run(installed: Installed, *arguments: str, status: int = 0, **variables: str) -> str:
    done = subprocess.run(
        [installed.python, "-m", *arguments],
        cwd=installed.directory,
        env={**installed.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def wheel_of(orders: Installed) -> Path:
    (wheel,) = (orders.directory / "dist").glob("*.whl")
    return wheel


def test_a_new_pack_is_linted_tested_built_signed_verified_and_locked(orders):
    assert "nothing to complain about" in orders.sealift("lint").stdout
    assert orders.sealift("lint", "--format", "github").stdout == ""
    assert "acme.orders: 7 passed" in orders.sealift("test").stdout
    assert "9 passed" in run(orders, "pytest", "-q")

    run(orders, "build", "--wheel")
    wheel_of(orders).unlink()
    assert "PACK-038" in run(orders, "build", "--wheel", status=1, **HOOK)

    orders.sealift("keygen", "release", "--out", "..")
    orders.sealift("sign", ".", "--key", "../release.key")
    run(orders, "build", "--wheel", **HOOK)
    orders.sealift("trust", "add", "../release.pem", "--packs", "acme.*", "--owner", "Acme")
    assert "verified  acme.orders" in orders.sealift("verify", wheel_of(orders)).stdout
    line = orders.sealift("lock", wheel_of(orders)).stdout
    assert re.fullmatch(r"acme-orders==1\.1\.0 --hash=sha256:[0-9a-f]{64}\n", line)

    (orders.directory / "packs.lock").write_text(line)
    orders.pip("install", "--require-hashes", "--no-deps", "--find-links", orders.directory / "dist", "-r",
               orders.directory / "packs.lock")  # fmt: skip
    assert [(pack["pack"], pack["verdict"]) for pack in orders.json("packs")["packs"]] == [("acme.orders", "verified")]

    example = orders.directory / "acme_orders" / "pack" / "examples" / "split-name.json"
    example.write_text(example.read_text().replace("Ada", "Eva"))
    assert "changed after it was signed (~ examples/split-name.json" in run(orders, "build", "-w", status=1, **HOOK)


def test_its_ready_made_tests_are_named_and_switched_off_one_by_one(orders):
    path = orders.directory / "pyproject.toml"
    text = path.read_text()
    comment = text[: text.index("sealift_skip")].rpartition("[tool.pytest.ini_options]")[2]
    assert [name for name in NAMES if name not in comment] == []
    path.write_text(text.replace("sealift_skip = []", 'sealift_skip = ["signable", "examples[split-name]"]'))
    shown = run(orders, "pytest", "-rs", "-k", "signable or linear_versions or examples")
    assert "4 passed, 2 skipped" in shown or "2 passed, 2 skipped" in shown, shown
    assert "switched off by sealift_skip" in shown


def test_its_workflow_does_what_the_readme_says(orders):
    steps = yaml.safe_load((orders.directory / ".github" / "workflows" / "pack.yml").read_text())["jobs"]
    check = [step["run"] for step in steps["check"]["steps"] if "run" in step]
    assert [one for one in check if one.startswith("sealift")] == ["sealift lint . --format github", "sealift test ."]
    release = [step for step in steps["release"]["steps"] if "run" in step]
    (build,) = (step for step in release if step["run"] == "python -m build --wheel")
    assert build["env"] == HOOK
    commands = "\n".join(step["run"] for step in release)
    order = [commands.index(one) for one in ("sealift sign", "python -m build", "sealift verify", "sealift lock")]
    assert order == sorted(order)
    readme = (orders.directory / "README.md").read_text()
    for command in (
        "sealift lint",
        "sealift test",
        "sealift sign",
        "python -m build --wheel",
        "sealift verify",
        "sealift lock",
    ):
        assert command in readme


def test_its_pre_commit_configuration_names_the_hook_that_there_is(orders):
    (used,) = yaml.safe_load((orders.directory / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [one["id"] for one in used["hooks"]] == [hook["id"]]
    orders.sealift(*hook["entry"].split()[1:], *hook["args"])
