"""The ready-made tests that every pack gets, and the cases that each of them has for a pack."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sealift.errors.config import BadSettingError
from sealift.packs.project import Project
from sealift.testing import check_batches, check_examples, check_project, check_resume, check_round_trip, check_schemas
from sealift.testing.bench import Bench
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject

Run = Callable[[Bench, Effort], None]
"""Raises MigrationError when the pack is at fault, CheckNotRunError when nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One ready-made test."""

    name: str
    """By which it is switched off; stable."""
    title: str
    cases: Callable[[Subject], Iterable[tuple[str, Run]]]
    """What it looks at: a label (``""`` for the whole pack) and what is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One ready-made test of one part of a pack."""

    check: Check
    label: str
    run: Run

    @property
    def name(self) -> str:
        """Its address, such as ``round_trip[1.1.0]``."""
        return f"{self.check.name}[{self.label}]" if self.label else self.check.name


CHECKS: Sequence[Check] = (
    Check(
        name="signable",
        title="the project is sound, its code is in the language, and it is signed or can be",
        cases=lambda _: [("", check_project.signable)],
    ),
    Check(
        name="linear_versions",
        title="the versions form one line that goes on from what was signed before",
        cases=lambda _: [("", check_project.linear_versions)],
    ),
    Check(
        name="examples",
        title="the examples hold, up and down",
        cases=check_examples.cases,
    ),
    Check(
        name="schemas",
        title="what becomes of documents that satisfy the schema before satisfies the schema after",
        cases=check_schemas.cases,
    ),
    Check(
        name="round_trip",
        title="downgrade gives back what upgrade took, apart from what `loses` names",
        cases=check_round_trip.cases,
    ),
    Check(
        name="determinism",
        title="a document becomes the same whatever stands before and after it in a batch",
        cases=check_batches.cases,
    ),
    Check(
        name="resume",
        title="a run that was killed after any batch and resumed ends like one that was not",
        cases=check_resume.cases,
    ),
)
NAMES = tuple(check.name for check in CHECKS)


def cases_of(subject: Subject) -> Iterator[Case]:
    """Return every case there is for a pack, in the order they are run."""
    for check in CHECKS:
        for label, run in check.cases(subject):
            yield Case(check=check, label=label, run=run)


def first_case(project: Project) -> Case:
    """Return the case of a project that has errors: nothing else can be tested before they are mended."""

    def run(_: Bench, __: Effort) -> None:
        check_project.require_sound(project)

    return Case(check=CHECKS[0], label="", run=run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skips:
    """The tests that are switched off: whole ones (``determinism``), or single cases (``round_trip[1.1.0]``)."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], source: str) -> "Skips":
        """Read names; raises BadSettingError for one that there is no test for."""
        chosen = frozenset(names)
        for name in sorted(chosen):
            if name.partition("[")[0] not in NAMES:
                raise BadSettingError(
                    source=source, setting="sealift_skip", found=repr(name), expected=f"some of {', '.join(NAMES)}"
                )
        return cls(names=chosen)

    def has(self, case: Case) -> bool:
        """Say whether a case is switched off."""
        return case.check.name in self.names or case.name in self.names
