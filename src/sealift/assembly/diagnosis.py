"""What would stop an upgrade: looked at one by one, each a line, none of them hiding the next."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from sealift import __version__
from sealift.assembly.inventory import Inventory
from sealift.config import Settings
from sealift.errors.base import SealiftError
from sealift.model.isolation import IsolationLevel
from sealift.sandbox import measure_isolation
from sealift.trust.policy import TrustPolicy


class Grade(StrEnum):
    """How a finding bears on an upgrade."""

    GOOD = "ok"
    WARNING = "warning"
    STOPS = "stops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that was looked at."""

    subject: str
    grade: Grade
    found: str
    hint: str = ""


def diagnose(settings: Settings, look: Callable[[], Inventory]) -> Iterator[Symptom]:
    """Yield what was found; an error of one subject is its symptom, and the next one is looked at all the same."""
    yield Symptom(
        subject="versions",
        grade=Grade.GOOD,
        found=f"sealift {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
    )
    examinations: tuple[tuple[str, Callable[[], Iterator[Symptom]]], ...] = (
        ("isolation", partial(_isolation, settings)),
        ("trusted keys", partial(_keys, settings)),
        ("store", partial(_store, look)),
        ("packs", partial(_packs, look)),
    )
    for subject, examine in examinations:
        try:
            yield from examine()
        except SealiftError as error:
            yield Symptom(
                subject=subject, grade=Grade.STOPS, found=f"[{error.code}] {error.message()}", hint=error.hint() or ""
            )


def _isolation(settings: Settings) -> Iterator[Symptom]:
    measured = measure_isolation()
    accepted = IsolationLevel(settings.isolation)
    enough = measured.level.at_least(accepted)
    yield Symptom(
        subject="isolation",
        grade=Grade.GOOD if enough else Grade.STOPS,
        found=f"{measured.level.value} (at least {accepted.value} is accepted)"
        + "".join(f"; {reason}" for reason in measured.reasons),
        hint="" if enough else f"name the level, if you accept it: --isolation {measured.level.value}",
    )


def _keys(settings: Settings) -> Iterator[Symptom]:
    policy = TrustPolicy.load(Path(settings.trusted_keys), require_policy=settings.require_policy)
    yield Symptom(
        subject="trusted keys",
        grade=Grade.GOOD,
        found=f"{policy.path}, version {policy.version}, {len(policy.keys)} keys",
    )
    for warning in policy.warnings:
        yield Symptom(subject="trusted keys", grade=Grade.WARNING, found=warning)


def _store(look: Callable[[], Inventory]) -> Iterator[Symptom]:
    inventory = look()
    store = inventory.store
    label = store.label if store is not None else "none"
    entries = len(inventory.history.entries)
    yield Symptom(subject="store", grade=Grade.GOOD, found=f"{label} is reachable, {entries} entries of history")
    if inventory.history.broken_link() is not None:
        yield Symptom(
            subject="store",
            grade=Grade.STOPS,
            found="the history's chain is broken",
            hint="see `sealift history --verify`",
        )


def _packs(look: Callable[[], Inventory]) -> Iterator[Symptom]:
    inventory = look()
    yield Symptom(subject="packs", grade=Grade.GOOD, found=f"{len(inventory.attested)} verified")
    for error in inventory.refused.values():
        yield Symptom(
            subject="packs", grade=Grade.STOPS, found=f"[{error.code}] {error.message()}", hint=error.hint() or ""
        )
    for pack in inventory.attested.values():
        for warning in pack.warnings:
            yield Symptom(subject="packs", grade=Grade.WARNING, found=warning)
    if sys.flags.safe_path == 0:
        yield Symptom(
            subject="packs",
            grade=Grade.WARNING,
            found="Python was started without -P: modules in the working directory can shadow installed ones",
            hint="start it as python -P -m sealift, or set PYTHONSAFEPATH=1",
        )
