"""The pytest plugin (entry point ``pytest11``): fixtures, and the ready-made tests as items of their own.

It is loaded in every run of pytest where sealift is installed, so nothing heavy is imported before a pack is found.
"""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sealift.testing.laboratory import Laboratory
    from sealift.testing.migrating import Migrate
    from sealift.testing.session import PackSession
    from sealift.testing.subject import Subject

_LOUD = "sealift: IN-PROCESS: migrations run unlocked in this process, for a debugger; never with a pack you distrust"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and settings."""
    group = parser.getgroup("sealift", "packs of data migrations")
    group.addoption(
        "--sealift-in-process",
        action="store_true",
        help="run migrations in this process, not in the locked worker: for debuggers, never for packs you distrust",
    )
    group.addoption("--sealift-pack", metavar="DIR", help="the pack project (default: sealift_pack, else the rootdir)")
    group.addoption("--sealift-database", metavar="URL", help="where the fixture `store` keeps its documents")
    group.addoption("--sealift-examples", type=int, metavar="N", help="how many documents a test generates")
    parser.addini("sealift_pack", "the pack project, relative to the rootdir")
    parser.addini("sealift_skip", "ready-made tests that are switched off: determinism, round_trip[1.1.0]", type="args")
    parser.addini("sealift_database", "where the fixture `store` keeps its documents (default: SQLite in a folder)")
    parser.addini("sealift_examples", "how many documents a test generates (default: of the Hypothesis profile)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "sealift: the ready-made tests of a pack (select them with -m sealift)")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say loudly that the cage is open."""
    return _LOUD if config.getoption("sealift_in_process") else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say it again where it is read."""
    if config.getoption("sealift_in_process"):
        terminalreporter.write_line(_LOUD, red=True, bold=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the ready-made tests, unless other tests were asked for by their path."""
    directory = _project_of(config)
    if directory is not None and _is_asked(config, directory):
        from sealift.testing.items import ready_made_items

        items[:0] = ready_made_items(session, _opened(config, directory))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End every worker, while a measurement of coverage still takes what they have seen."""
    opened = session.config.stash.get(_OPENED, None)
    if opened is not None:
        opened.close()


_OPENED = pytest.StashKey["PackSession"]()


def _project_of(config: pytest.Config) -> Path | None:
    """Return the pack project that was named, or the rootdir if it holds one."""
    named = config.getoption("sealift_pack")
    if named:
        return Path(config.invocation_params.dir, named)
    if config.getini("sealift_pack"):
        return Path(config.rootpath, config.getini("sealift_pack"))
    return config.rootpath if _announces_a_pack(config.rootpath / "pyproject.toml") else None


def _announces_a_pack(pyproject: Path) -> bool:
    """Say whether a project has an entry point of the group; what is no TOML is somebody else's to complain about."""
    try:
        content = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "sealift.packs" in content.get("project", {}).get("entry-points", {})


def _is_asked(config: pytest.Config, directory: Path) -> bool:
    """Say whether the whole project is tested: no paths were given, or one that holds the project."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return True
    places = [Path(config.invocation_params.dir, argument.partition("::")[0]) for argument in config.args]
    return any(directory.resolve().is_relative_to(place.resolve()) for place in places)


def _opened(config: pytest.Config, directory: Path) -> "PackSession":
    from sealift.testing.session import PackSession

    if _OPENED not in config.stash:
        config.stash[_OPENED] = PackSession.of(config, directory)
    return config.stash[_OPENED]


@pytest.fixture(scope="session")
def _sealift_session(pytestconfig: pytest.Config) -> "PackSession":
    directory = _project_of(pytestconfig)
    if directory is None:
        message = "there is no pack: set sealift_pack in the pytest settings, or call pytest with --sealift-pack DIR"
        raise pytest.UsageError(message)
    return _opened(pytestconfig, directory)


@pytest.fixture(scope="session")
def pack(_sealift_session: "PackSession") -> "Subject":
    """Return the pack under test: ``name``, ``manifest``, ``versions``, ``migrations``, ``root``."""
    return _sealift_session.subject


@pytest.fixture
def migrate(_sealift_session: "PackSession") -> "Migrate":
    """Take a document up or down in the real worker: ``migrate(document, to="1.1.0", from_="1.0.0")``.

    ``from_`` is the base and ``to`` the newest version unless given; ``collection`` is found by itself where there is
    only one on the way. Raises MigrationError, which points at the pack's line.
    """
    from sealift.testing.migrating import Migrate

    return Migrate(_sealift_session.bench)


@pytest.fixture
def store(_sealift_session: "PackSession", tmp_path: Path) -> "Iterator[Laboratory]":
    """Open a store of its own for the test: ``load``, ``upgrade``, ``downgrade``, ``documents``, ``version``.

    SQLite in the test's folder, or a schema of its own in the PostgreSQL database that ``sealift_database`` names.
    """
    from sealift.testing.databases import temporary_store

    opened: Callable[..., Any] = temporary_store
    with opened(_sealift_session.database, tmp_path) as database, _sealift_session.laboratory(database) as laboratory:
        yield laboratory
