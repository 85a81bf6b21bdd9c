"""One run of pytest with one pack: opened when it is first needed, ended with the run."""

from functools import cached_property
from pathlib import Path
from typing import Self

import pytest

from sealift.assembly.workshop import utc_now
from sealift.errors.base import SealiftError
from sealift.packs.project import Project
from sealift.ports import Cage, Store
from sealift.testing.bench import Bench
from sealift.testing.checks import Skips
from sealift.testing.covering import cage_for_tests
from sealift.testing.laboratory import Laboratory
from sealift.testing.searching import Effort
from sealift.testing.subject import Subject


class PackSession:
    """The pack, its workers and the settings of a run. Used by one thread."""

    def __init__(self, directory: Path, *, in_process: bool, effort: Effort, skips: Skips, database: str) -> None:
        self.directory, self.effort, self.skips, self.database = directory, effort, skips, database
        self.in_process = in_process

    @classmethod
    def of(cls, config: pytest.Config, directory: Path) -> Self:
        """Read the settings; raises pytest.UsageError for one that cannot be."""
        examples = config.getoption("sealift_examples") or config.getini("sealift_examples")
        try:
            return cls(
                directory,
                in_process=bool(config.getoption("sealift_in_process")),
                effort=Effort(examples=int(examples) if examples else None, repeat=False),
                skips=Skips.of(config.getini("sealift_skip"), source=str(config.inipath or "pytest")),
                database=config.getoption("sealift_database") or config.getini("sealift_database"),
            )
        except (SealiftError, ValueError) as error:
            raise pytest.UsageError(str(error)) from error

    @cached_property
    def project(self) -> Project:
        """The project as its author has it; raises ProjectNotFoundError."""
        return Project.open(self.directory)

    @cached_property
    def subject(self) -> Subject:
        """The pack; raises ProjectInvalidError when the project has errors."""
        return Subject.of(self.project, now=utc_now())

    @cached_property
    def bench(self) -> Bench:
        """Where the pack's code is run."""
        return Bench(self.subject, self._cage)

    @cached_property
    def _cage(self) -> Cage:
        if self.in_process:
            from sealift.testing.in_process import OpenCage

            return OpenCage(self.project.root)
        return cage_for_tests()

    def laboratory(self, store: Store) -> Laboratory:
        """Return the pack on a store."""
        return Laboratory(self.bench, store, utc_now)

    def close(self) -> None:
        """End every worker."""
        for name in ("bench", "_cage"):
            opened = self.__dict__.pop(name, None)
            if opened is not None:
                opened.close()
