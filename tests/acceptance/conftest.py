"""One environment for all, hard-linked for each test that installs a pack."""

from pathlib import Path

import pytest

from installed import Installed, base_environment, build_wheel, fresh_environment
from sample_pack import people, write_jsonl, write_pack


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base_environment((base if worker_id == "master" else base.parent) / "installed")


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Installed:
    """The command in an environment of its own, called in an empty folder."""
    own = tmp_path / "own"
    own.mkdir()
    directory = tmp_path / "work"
    directory.mkdir()
    return Installed(environment=fresh_environment(environment, own), directory=directory)


@pytest.fixture
def signed(installed: Installed, tmp_path: Path):
    """Sign and install a pack project, trusting its key; returns a function that does it."""
    key = installed.directory / "release.key"

    def sign_and_install(project: Path, *, trust: str = "acme.*", install: bool = True) -> Path:
        if not key.exists():
            installed.sealift("keygen", "release")
        installed.sealift("sign", project, "--key", key)
        installed.sealift("trust", "add", "release.pem", "--packs", trust, "--owner", "acme")
        wheel = build_wheel(project, tmp_path)
        if install:
            installed.pip("install", "--no-deps", "--force-reinstall", wheel)
        return wheel

    return sign_and_install


@pytest.fixture
def people_store(installed: Installed, tmp_path: Path, signed):
    """A store with people at base, and the pack that upgrades them installed."""

    def make(count: int = 10, documents: list[dict] | None = None, files=None, **pack) -> Installed:
        file = write_jsonl(installed.directory / "people.jsonl", documents or people(count))
        installed.sealift("load", file, "--collection", "people")
        signed(write_pack(tmp_path / "project", files=files, **pack))
        return installed

    return make
