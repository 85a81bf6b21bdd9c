"""The straight line: discover, read, verify, plan, execute, record. One stage a line; each has a room of its own."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sealift import __version__
from sealift.assembly.inventory import Inventory
from sealift.assembly.knowledge import Knowledge
from sealift.assembly.upkeep import read_history, record_accepted, settle, tell_forgotten
from sealift.assembly.workshop import author_of, holder_of, options_of, stamp, utc_now, validators_for
from sealift.config import Settings
from sealift.errors.base import SealiftError
from sealift.errors.documents import InterruptedRunError
from sealift.errors.store import StoreError
from sealift.errors.trust import TrustError
from sealift.execution.hooks import Hook, Hooks
from sealift.execution.journal import Author
from sealift.model.events import MigrationEvent
from sealift.model.history import MigrationHistory
from sealift.model.isolation import IsolationLevel
from sealift.model.migration import Direction
from sealift.model.pack import VerifiedPack
from sealift.model.plan import Plan, Step
from sealift.ports import Cage, Clock, Holder, Lease, Store
from sealift.trust.verification import Purpose

if TYPE_CHECKING:
    # What only planning or running needs is imported there: `status` starts in half the time.
    from sealift.assembly.facts_file import FactsFile
    from sealift.assembly.operations import Operations
    from sealift.assembly.request import Request
    from sealift.execution.dry_run import DryCount, DryFailure
    from sealift.execution.steps import StepProgress
    from sealift.execution.validators import Validators
    from sealift.execution.workshop import Workshop

Told = Callable[[str], None]
"""Where progress is told in words."""


def _silence(_: str) -> None:
    """Tell nobody."""


class MigrationManager:
    """Plans and runs the migrations of signed packs on one store.

    Used by one thread. Nothing is opened before it is needed; ``close`` (or ``with``) lets go of everything.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock = utc_now,
        create: bool = False,
        facts: "FactsFile | None" = None,
    ) -> None:
        self._settings, self._clock, self._create = settings, clock, create
        self._facts = facts
        self._hooks = Hooks()
        self._accepted: dict[str, str] = {}
        self._stopped = False
        self._pause: Callable[[], float] = float  # 0.0: go on at once

    @classmethod
    def open(cls, database: str, *, trusted_keys: str | Path = "trusted_keys", **settings: Any) -> Self:
        """Open a manager for the store at an SQLAlchemy URL; ``settings`` are the other fields of ``Settings``."""
        return cls(settings=Settings.of(database=database, trusted_keys=str(trusted_keys), **settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End workers and connections."""
        for name in ("_cage", "_store"):
            opened = self.__dict__.pop(name, None)
            if opened is not None:
                opened.close()

    # What callers of the library use.

    def on(self, event: MigrationEvent, hook: Hook) -> None:
        """Call ``hook`` with an EventNotice at this moment of every step; it runs in this process."""
        self._hooks.add(event, hook)

    def throttle(self, probe: Callable[[], float]) -> None:
        """Ask ``probe`` before each page of documents how many seconds to rest, e.g. while replicas lag.

        It runs in this process, with several workers from several threads; what it raises ends the run, resumable.
        """
        self._pause = probe

    def history(self) -> MigrationHistory:
        """Return everything that happened on this store."""
        return read_history(self._store)

    def plan(self, *targets: str, direction: Direction | None = None) -> Plan:
        """Return the steps that lead to the targets (none: everything to its newest); writes nothing."""
        from sealift.assembly.request import Request, planned

        return planned(Request.of(targets, direction), self.inventory(purpose_of(direction)))

    def upgrade(self, *what: Plan | str, atomic: bool = False) -> MigrationHistory:
        """Verify, plan and run towards the targets, or run this plan; return the history afterwards."""
        return self._to_end(what, Direction.UPGRADE, atomic=atomic)

    def downgrade(self, *what: Plan | str, atomic: bool = False) -> MigrationHistory:
        """Verify, plan and run back to the targets, or run this plan; return the history afterwards."""
        return self._to_end(what, Direction.DOWNGRADE, atomic=atomic)

    # The straight line.

    def run(self, request: "Request", *, atomic: bool = False, told: Told = _silence) -> Iterator["StepProgress"]:
        """Be the only runner, then verify, plan and execute; yields progress, raises when a step fails.

        The plan is made under the lock, because another runner may have done some or all of it meanwhile. A dropped
        connection is survived: the run goes on at its checkpoint, a bounded number of times in a row.
        """
        from sealift.assembly.patience import Patience

        patience = Patience()
        while True:
            try:
                for progress in self._run_once(request, atomic=atomic, told=told):
                    patience.saw(progress)
                    yield progress
            except StoreError as error:
                pause = patience.pause_after(error)
                if pause is None:
                    raise
                told(f"{error.message()}; trying again in {pause:.1f} s")
                self.close()
                time.sleep(pause)
            else:
                return

    def _run_once(self, request: "Request", *, atomic: bool, told: Told) -> Iterator["StepProgress"]:
        from sealift.assembly.request import planned
        from sealift.execution.steps import StepRun

        self._refuse_early(request)
        with self.only_runner(told) as lease:
            history = settle(self._store, lease, self._now)
            inventory = self.inventory(purpose_of(request.direction), history)
            plan = planned(request, inventory)
            packs = self._ready(inventory, plan)
            if plan.steps:
                record_accepted(self._store, lease, self._author, self._now(), self._accepted)
            shop = self.shop(lease, atomic=atomic)
            for number, step in enumerate(plan.steps, start=1):
                self._check_stopped(step)
                self.warm(plan.steps[number:])
                yield from StepRun(shop=shop, step=step, pack=packs[step.pack], history=history).execute()
                history = self.history()
            yield from tell_forgotten(shop, inventory, history)

    def _refuse_early(self, request: "Request") -> None:
        """Raise what is not to be trusted before anything at all is written, the lock and sealift's tables included.

        It is all checked again under the lock. Other errors are left to that: a run that goes on meanwhile may be
        their cause.
        """
        from sealift.assembly.request import planned

        inventory = self.inventory(purpose_of(request.direction))
        try:
            plan = planned(request, inventory)
            self.warm(plan.steps)
            self._verify(inventory, plan)
        except TrustError:
            raise
        except SealiftError:
            return

    def dry_run(self, request: "Request", told: Told = _silence) -> Iterator["DryFailure | DryCount"]:
        """Run everything on the real data with real workers, write nothing; yields what would fail, and counts."""
        from sealift.assembly.request import planned
        from sealift.execution.dry_run import dry_run

        del told
        inventory = self.inventory(purpose_of(request.direction))
        plan = planned(request, inventory)
        self.warm(plan.steps)
        packs = self._ready(inventory, plan)
        return dry_run(self.shop(Lease(token=0), atomic=False), plan.steps, packs, inventory.history)

    # The stages, and what they are done with.

    def inventory(self, purpose: Purpose = Purpose.INSPECT, history: MigrationHistory | None = None) -> Inventory:
        """Return the packs within reach, to be judged by today's policy."""
        return Inventory(
            settings=self._settings,
            clock=self._clock,
            history=self.history() if history is None else history,
            purpose=purpose,
            store=self._store,
            accept_expired=self._accepted,
            knowledge=self._knowledge(purpose),
        )

    def bare_inventory(self) -> Inventory:
        """Return the packs within reach without a store: nothing is known of what ran before."""
        return Inventory(settings=self._settings, clock=self._clock, history=MigrationHistory())

    def only_runner(self, told: Told = _silence) -> AbstractContextManager[Lease]:
        """Prepare sealift's own tables and hold the lock."""
        self._store.prepare()
        holder = holder_of(self._author, self._clock)
        return self._store.lock(
            holder, timeout=self._settings.lock_timeout, waiting=lambda other: told(_waiting(other))
        )

    def shop(self, lease: Lease, *, atomic: bool = False) -> "Workshop":
        """Return what steps are done with."""
        from sealift.execution.workshop import Workshop
        from sealift.sandbox import repeat_singly

        return Workshop(
            store=self._store,
            lease=lease,
            cage=self._cage,
            repeat=repeat_singly,
            validators=self._validators,
            subscribers=self._hooks,
            options=options_of(self._settings, atomic=atomic),
            author=self._author,
            bindings=self._settings.collections,
            stopping=lambda: self._stopped or self._store.stop_requested(lease),
            pause=self._pause,
            now=self._now,
        )

    def warm(self, steps: Sequence[Step]) -> None:
        """Let the first step's workers begin to load while the host has other things to do; never raises."""
        if steps:
            self._cage.warm(steps[0].digest)

    @property
    def operations(self) -> "Operations":
        """What an operator does besides running plans."""
        from sealift.assembly.operations import Operations

        return Operations(manager=self, settings=self._settings, author=self._author, now=self._now)

    @property
    def store(self) -> Store:
        """The store; opened when it is first asked for."""
        return self._store

    def stop(self) -> None:
        """Ask the run to end after the batch under way; safe in a signal handler."""
        self._stopped = True

    def accept_expired(self, keyid: str, reason: str) -> None:
        """Accept this expired key, or the expired ``policy``, for the run; the history records it with the reason."""
        self._accepted[keyid] = reason

    @cached_property
    def _author(self) -> Author:
        return author_of(self._settings, __version__)

    @cached_property
    def _store(self) -> Store:
        from sealift.stores import open_store

        return open_store(self._settings.database, create=self._create)

    @cached_property
    def _validators(self) -> "Validators":
        return validators_for(self._settings)

    @cached_property
    def _cage(self) -> Cage:
        from sealift.sandbox import open_cage

        return open_cage(accept=IsolationLevel(self._settings.isolation))

    def _knowledge(self, purpose: Purpose) -> Knowledge | None:
        """Return what was learnt by earlier calls: for looking only."""
        return Knowledge(self._facts) if self._facts is not None and purpose is Purpose.INSPECT else None

    def _verify(self, inventory: Inventory, plan: Plan) -> Mapping[str, VerifiedPack]:
        """Read and check every file of every pack in the plan, before the first step."""
        return {attested.manifest.pack: inventory.verify(attested) for attested in inventory.of(plan)}

    def _ready(self, inventory: Inventory, plan: Plan) -> Mapping[str, VerifiedPack]:
        """Return the plan's packs, verified, in the language, and meant for the documents as they are."""
        from sealift.assembly.language import check_language
        from sealift.execution.adoption import refuse_unadopted

        packs, settings = self._verify(inventory, plan), self._settings
        if plan.steps:
            bindings, validators = settings.collections, self._validators
            refuse_unadopted(self._store, packs.values(), inventory.history, bindings, validators)
        check_language(self._cage, packs.values(), options_of(settings).limits)
        return packs

    def _to_end(self, what: Sequence[Plan | str], direction: Direction, *, atomic: bool) -> MigrationHistory:
        from sealift.assembly.request import Request

        for _ in self.run(Request.of(what, direction), atomic=atomic):
            pass
        return self.history()

    def _check_stopped(self, step: Step) -> None:
        if self._stopped:
            raise InterruptedRunError(migration=step.name, done=0)

    def _now(self) -> str:
        return stamp(self._clock())


def purpose_of(direction: Direction | None) -> Purpose:
    """Return what packs are verified for: looking, new work, or taking back what was applied."""
    match direction:
        case None:
            return Purpose.INSPECT
        case Direction.UPGRADE:
            return Purpose.NEW_WORK
        case Direction.DOWNGRADE:
            return Purpose.TAKE_BACK


def _waiting(holder: Holder | None) -> str:
    who = f"{holder.operator} on {holder.host} (process {holder.pid}, since {holder.since})" if holder else "a runner"
    return f"waiting for {who}, which holds the lock of this store"
