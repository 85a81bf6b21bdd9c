"""The ready-made tests as pytest items."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sealift.errors.base import SealiftError
from sealift.errors.config import MissingExtraError
from sealift.testing.checks import Case, cases_of, first_case
from sealift.testing.failure import CheckNotRunError, MigrationError
from sealift.testing.session import PackSession


def ready_made_items(session: pytest.Session, opened: PackSession) -> list[pytest.Item]:
    """Return an item for each ready-made test, first of all items."""
    root = ReadyMade.from_parent(session, name="sealift", nodeid="sealift", path=opened.directory)
    try:
        errors = opened.project.errors
    except SealiftError as error:
        message = f"{error.message()}\n{error.hint()}"
        raise pytest.UsageError(message) from error
    cases = [first_case(opened.project)] if errors else list(cases_of(opened.subject))
    items: list[pytest.Item] = [
        ReadyMadeTest.from_parent(root, name=case.name, case=case, opened=opened) for case in cases
    ]
    report = pytest.CollectReport(nodeid=root.nodeid, outcome="passed", longrepr=None, result=list(items))
    session.config.hook.pytest_collectreport(report=report)  # so that they are counted
    return items


class ReadyMade(pytest.Collector):
    """What the ready-made tests of a pack hang below: their ids begin with ``sealift::``."""

    def collect(self) -> Iterator[pytest.Item]:
        """Return nothing: the items are made where they are added."""
        return iter(())


class ReadyMadeTest(pytest.Item):
    """One ready-made test of one part of a pack."""

    def __init__(self, *, case: Case, opened: PackSession, **others: Any) -> None:
        super().__init__(**others)
        self._case, self._opened = case, opened
        self.add_marker("sealift")

    def runtest(self) -> None:
        """Run it in the real worker."""
        if self._opened.skips.has(self._case):
            # The pack's author chose it by name; a skip keeps the choice visible in every report.
            pytest.skip("switched off by sealift_skip")
        try:
            bench = None if self._opened.project.errors else self._opened.bench
            self._case.run(bench, self._opened.effort)  # type: ignore[arg-type]  # the first case of a project with errors asks for none
        except CheckNotRunError as error:
            # There is nothing to try (no schema, no example): neither passed nor failed, and the reason is shown.
            pytest.skip(error.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the author has to know, and none of sealift's frames."""
        match excinfo.value:
            case MigrationError() as error:
                return f"{self._case.check.title}\n\n{error}"
            case MissingExtraError() as error:
                return f"not run: {error.message()}; {error.hint()}"
            case SealiftError() as error:
                return f"{error.code}: {error.message()}\n{error.hint() or ''}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where it is: the project."""
        return self._opened.directory, None, f"sealift::{self.name}"
