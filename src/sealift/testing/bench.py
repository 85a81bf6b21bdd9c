"""Where a pack's code is run for tests: workers kept for as long as they are needed, one for each step."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sealift.errors.run import UnitRefusedError
from sealift.execution.team import Team
from sealift.execution.validators import Validators
from sealift.execution.workshop import schemas_of, unit_of
from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.model.migration import Direction
from sealift.model.plan import Step
from sealift.packs.methods import method_of
from sealift.ports import Cage, Session, Validator
from sealift.sandbox import repeat_singly
from sealift.testing.covering import Jump, covered, measurement, report
from sealift.testing.exact import plain
from sealift.testing.failure import MigrationError, Place, Sample
from sealift.testing.literals import refusals_in
from sealift.testing.subject import Subject

_PATIENCE = 5.0
"""Seconds for a few small documents: an endless loop is to be told of before its author gives up waiting."""
_TIMEOUT = "timeout"

Verdict = bytes | DocumentError
"""What a step made of a document: its text, also when it did not change, or why it failed."""


class Bench:
    """Runs steps of one pack on documents and checks what comes back, like an upgrade; nothing is stored."""

    def __init__(self, subject: Subject, cage: Cage, limits: Limits | None = None) -> None:
        self.subject = subject
        self.cage = cage
        self.limits = limits or Limits(wall_seconds=_PATIENCE)
        self._teams: dict[tuple[str, str], Team] = {}
        self._seen: dict[Jump, None] = {}
        self.drawn: dict[str, list[bytes]] = {}
        """Documents before each migration that were drawn from a schema, by the migration's version."""
        self._hanging: dict[tuple[Step, bytes], DocumentError] = {}
        self._refusals: dict[str, frozenset[int]] = {}
        self._validators: dict[str | None, Validator] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker."""
        while self._teams:
            _, team = self._teams.popitem()
            self._end(team)
        report(self.root, self._seen)
        self._seen.clear()

    def judge(self, step: Step, documents: Sequence[bytes]) -> list[Verdict]:
        """Take documents through one step, in one batch, in the worker that is kept for the step.

        Raises MigrationError for code that is refused, and for a document that takes for ever.
        """
        key = (step.migration.version, step.direction.value)
        if key not in self._teams:
            self._teams[key] = self._team(step)
        return self._judged(self._teams[key], step, documents)

    @contextmanager
    def fresh(self, step: Step) -> Iterator["Fresh"]:
        """Start a worker that has seen no document yet."""
        team = self._team(step)
        try:
            yield Fresh(self, team, step)
        finally:
            self._end(team)

    def travel(self, document: bytes, steps: Sequence[Step]) -> bytes:
        """Take a document through steps; raises MigrationError at the first that fails."""
        now = document
        for step in steps:
            verdict = self.judge(step, [now])[0]
            if isinstance(verdict, DocumentError):
                raise self.failed(step, now, verdict)
            now = verdict
        return now

    def failed(
        self, step: Step, document: bytes, error: DocumentError, original: bytes | None = None
    ) -> MigrationError:
        """Return the error for a document that failed at a step; ``original`` is what it was before an upgrade."""
        place = Place.of(self.root, error) or self._method(step)
        words = f"{step.name}: {step.direction} failed: {error.message}"
        if error.where and Place.of(self.root, error) is None:
            words += f" ({self.root / error.where})"
        sample: Sample | None = sample_of(step, document)
        if step.direction is Direction.DOWNGRADE:
            sample = None if original is None else sample_of(step, original, document)
        failure = MigrationError(words, place=place, sample=sample)
        failure.is_final = error.code == _TIMEOUT
        return failure

    def _method(self, step: Step) -> Place | None:
        """Return where the method begins, for what no single line of it is to blame for."""
        info = step.migration
        method = method_of(self.files[info.path], info.class_name, step.direction.value)
        return None if method is None else Place(file=str(self.root / info.path), line=method.lineno)

    def is_refusal(self, error: DocumentError) -> bool:
        """Say whether the pack refused a document on purpose: by a ``raise ValueError(…)`` of its own."""
        path, _, line = (error.where or "").rpartition(":")
        if error.code != "raised" or path not in self.files or not line.isdigit():
            return False
        if path not in self._refusals:
            self._refusals[path] = refusals_in(self.files[path])
        return int(line) in self._refusals[path]

    def validator(self, schema: str | None) -> Validator:
        """Return the validator for a schema of the pack, or for none."""
        if schema not in self._validators:
            self._validators[schema] = Validators().of(self.files, schema)
        return self._validators[schema]

    def satisfies(self, schema: str | None, document: bytes) -> bool:
        """Say whether a document satisfies a schema of the pack."""
        return not list(self.validator(schema).invalid([document]))

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files of the pack."""
        return self.subject.pack.files

    @property
    def root(self) -> Path:
        """The pack folder."""
        return self.subject.root

    def _team(self, step: Step) -> Team:
        unit = unit_of(step, self.subject.pack)
        try:
            return Team(cage=self.cage, unit=unit, limits=self.limits, size=1, repeat=repeat_singly)
        except UnitRefusedError as error:
            raise MigrationError.of_code(self.root, error.findings) from None

    def _end(self, team: Team) -> None:
        if measurement() is not None:
            self._seen.update(dict.fromkeys(covered(team.first)))
        team.close()

    def _judged(self, team: Team, step: Step, documents: Sequence[bytes]) -> list[Verdict]:
        for document in documents:
            if (step, document) in self._hanging:  # it was waited for once
                raise self.failed(step, document, self._hanging[step, document])
        team.send(documents)
        outcomes = team.receive(documents)
        verdicts: list[Verdict] = [
            document if outcome is None else outcome for document, outcome in zip(documents, outcomes, strict=True)
        ]
        changed = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, bytes)]
        texts = [outcome for outcome in outcomes if isinstance(outcome, bytes)]
        for place, error in self.validator(schemas_of(step)[1]).invalid(texts):
            verdicts[changed[place]] = error
        for document, verdict in zip(documents, verdicts, strict=True):
            if isinstance(verdict, DocumentError) and verdict.code == _TIMEOUT:
                self._hanging[step, document] = verdict
                raise self.failed(step, document, verdict)
        return verdicts


class Fresh:
    """A worker of its own for one step."""

    def __init__(self, bench: Bench, team: Team, step: Step) -> None:
        self._bench, self._team, self._step = bench, team, step

    @property
    def session(self) -> Session:
        """The worker itself."""
        return self._team.first

    def judge(self, documents: Sequence[bytes]) -> list[Verdict]:
        """Take documents through the step, in one batch."""
        return self._bench._judged(self._team, self._step, documents)  # noqa: SLF001 - the bench's own other half


def sample_of(step: Step, document: bytes, after: bytes | None = None) -> Sample:
    """Return the example of a document at a step; an example always leads upwards."""
    low, high = step.from_version, step.to_version
    if step.direction is Direction.DOWNGRADE:
        low, high = high, low
    return Sample(
        collection=step.migration.collection,
        from_version=low,
        to_version=high,
        before=plain(document),
        after=None if after is None else plain(after),
    )
