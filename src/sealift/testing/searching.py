"""Looking for the smallest document that fails, with Hypothesis."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sealift.errors.base import SealiftError
from sealift.testing.failure import CheckNotRunError, MigrationError

if TYPE_CHECKING:
    from hypothesis import settings as Settings  # noqa: N812 - a class with the name of a function
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to look."""

    examples: int | None = None
    """How many documents are tried; ``None``: as many as the active Hypothesis profile says."""
    repeat: bool = True
    """Whether every run tries the same documents; else as the profile says."""

    def settings(self, divisor: int = 1) -> "Settings":
        """Return Hypothesis settings; ``divisor`` is for tests whose every example is expensive."""
        from hypothesis import HealthCheck, Verbosity, settings

        number = self.examples or settings().max_examples
        chosen: dict[str, Any] = {"derandomize": True} if self.repeat else {}
        return settings(
            settings(),
            database=None,
            deadline=None,
            max_examples=max(5, number // divisor),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            **chosen,
        )


def search(strategy: "SearchStrategy[T]", test: Callable[[T], None], settings: "Settings") -> None:
    """Call the test with drawn values; raise its error for the smallest value that fails.

    An error that is final, or is not about a document, is raised as it comes. Raises CheckNotRunError when no document
    can be made from the schema.
    """
    from hypothesis import errors, given
    from jsonschema import SchemaError  # type: ignore[import-untyped]  # it ships no types

    final: list[Exception] = []

    def run(value: T) -> None:
        if final:
            raise final[0]  # so that Hypothesis, which looks for a smaller value, finds one at once
        try:
            test(value)
        except (MigrationError, SealiftError) as error:
            if not isinstance(error, MigrationError) or error.is_final:
                final.append(error)
            raise

    try:
        settings(given(strategy)(run))()
    except errors.Flaky as error:
        message = "the outcome differs from one time to the next: the migration keeps something between documents"
        raise MigrationError(message) from error
    except (errors.HypothesisException, SchemaError, re.error) as error:
        reason = f"no documents can be generated from the schema ({type(error).__name__}: {error})"
        raise CheckNotRunError(reason) from error
