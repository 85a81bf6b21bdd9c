"""Every ready-made test of a pack, run in order, with a result for each; pytest is not needed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sealift.errors.base import SealiftError
from sealift.errors.config import MissingExtraError
from sealift.errors.pack import ProjectInvalidError
from sealift.packs.project import Project
from sealift.ports import Cage, Clock
from sealift.testing.bench import Bench
from sealift.testing.checks import Case, Skips, cases_of, first_case
from sealift.testing.failure import CheckNotRunError, MigrationError
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject


class Status(StrEnum):
    """What came of a test."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not-run"
    """Something it needs is missing; that is no success."""
    NOTHING = "nothing-to-try"
    """There is neither a schema nor an example it could use."""
    SKIPPED = "skipped"
    """Switched off by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one case."""

    name: str
    title: str
    status: Status
    seconds: float = 0.0
    message: str = ""
    code: str = ""
    place: str | None = None
    """``file:line`` of the pack, where the failure has one."""
    example: dict[str, Any] | None = None
    """The document that failed, in the form of an example."""

    @property
    def is_bad(self) -> bool:
        """Whether the pack is not known to be good."""
        return self.status in {Status.FAILED, Status.NOT_RUN}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON members of ``sealift test``."""
        return {
            "name": self.name,
            "title": self.title,
            "status": self.status.value,
            "seconds": round(self.seconds, 3),
            "message": self.message,
            "code": self.code,
            "place": self.place,
            "example": self.example,
        }


def run_suite(project: Project, cage: Cage, *, skips: Skips, effort: Effort, clock: Clock) -> Iterator[Result]:
    """Yield a result for each test as it ends. A project with errors fails the first one and has no others."""
    try:
        subject = Subject.of(project, now=clock())
    except ProjectInvalidError as error:
        case = first_case(project)
        yield Result(
            name=case.name, title=case.check.title, status=Status.FAILED, message=error.message(), code=error.code
        )
        return
    with Bench(subject, cage) as bench:
        for case in cases_of(subject):
            yield run_case(case, bench, effort, skips)


def run_case(case: Case, bench: Bench, effort: Effort, skips: Skips) -> Result:
    """Run one case; what the pack or the environment is to blame for becomes a result."""
    if skips.has(case):
        return _result(case, Status.SKIPPED, message="switched off by sealift_skip")
    began = time.monotonic()
    try:
        case.run(bench, effort)
    except MigrationError as error:
        place = f"{error.place.file}:{error.place.line}" if error.place else None
        example = error.sample.to_dict() if error.sample else None
        return _result(case, Status.FAILED, began, message=str(error), place=place, example=example)
    except CheckNotRunError as error:
        return _result(case, Status.NOTHING, began, message=error.reason)
    except MissingExtraError as error:
        return _result(case, Status.NOT_RUN, began, message=f"{error.message()}; {error.hint()}", code=error.code)
    except SealiftError as error:
        hint = f"\n{error.hint()}" if error.hint() else ""
        return _result(case, Status.FAILED, began, message=error.message() + hint, code=error.code)
    return _result(case, Status.PASSED, began)


def _result(case: Case, status: Status, began: float | None = None, **facts: Any) -> Result:
    seconds = 0.0 if began is None else time.monotonic() - began
    return Result(name=case.name, title=case.check.title, status=status, seconds=seconds, **facts)
