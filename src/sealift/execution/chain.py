"""Documents through several migrations in a row, without writing: for dry runs and for retries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sealift.execution.team import Team
from sealift.model.batch import DocumentError, Key
from sealift.model.plan import Step
from sealift.ports import Validator


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One migration of a chain."""

    step: Step
    team: Team
    validator: Validator


@dataclass(slots=True, kw_only=True)
class Traveller:
    """One document on its way through the chain."""

    key: Key
    before: bytes
    now: bytes
    error: DocumentError | None = None
    failed_at: Step | None = None


def travel(links: Sequence[Link], travellers: Sequence[Traveller]) -> None:
    """Take every document as far as it gets; those that fail carry the error and the step, and go no further."""
    for link in links:
        able = [item for item in travellers if item.error is None]
        if able:
            _through(link, able)


def _through(link: Link, able: Sequence[Traveller]) -> None:
    documents = [item.now for item in able]
    link.team.send(documents)
    changed: list[Traveller] = []
    for item, outcome in zip(able, link.team.receive(documents), strict=True):
        if isinstance(outcome, bytes):
            item.now = outcome
            changed.append(item)
        elif outcome is not None:
            item.error, item.failed_at = outcome, link.step
    for at, error in link.validator.invalid([item.now for item in changed]):
        changed[at].error, changed[at].failed_at = error, link.step
