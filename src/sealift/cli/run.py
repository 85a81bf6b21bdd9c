"""Verbs that write: upgrade, downgrade, baseline."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from sealift.assembly.request import Request, planned
from sealift.cli import shapes
from sealift.cli.ticker import Ticker
from sealift.cli.verb import Call, verb
from sealift.manager import purpose_of
from sealift.model.migration import Direction

if TYPE_CHECKING:
    from sealift.manager import MigrationManager


def _run_options(function: Any) -> Any:
    """Add the options that upgrade and downgrade share."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Run everything on the real data and write nothing."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--workers", type=int, help="Worker processes."),
        click.option("--on-error", type=click.Choice(["stop", "quarantine"]), help="What to do with bad documents."),
        click.option("--quarantine-limit", type=int, help="How many documents may be set aside."),
        click.option("--batch-rows", type=int, help="Documents committed together, at most."),
        click.option("--atomic", is_flag=True, help="Make every step one transaction."),
        click.option("--validation", metavar="all|changed|sample:RATE|off", help="Which documents are checked."),
        click.option("--isolation", metavar="LEVEL", help="Weakest level accepted: full, kernel, process, none."),
        click.option("--lock-timeout", type=float, metavar="SECONDS", help="How long to wait for another runner."),
        click.option("--operator", metavar="NAME", help="Who runs this, for the history."),
        click.option(
            "--accept-expired",
            multiple=True,
            metavar="KEYID",
            help="Accept this expired key, or with the word 'policy' the expired policy; needs --reason.",
        ),
        click.option("--reason", metavar="TEXT", help="Why, for the history."),
        click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="Run exactly this reviewed plan."),
        click.argument("targets", nargs=-1, metavar="[TARGET]..."),
    ):
        function = option(function)
    return function


@verb()
@_run_options
def upgrade(call: Call, **options: Any) -> int:
    """Verify, plan and run towards newer versions (default: every pack to its newest)."""
    return _run(call, Direction.UPGRADE, options)


@verb()
@_run_options
def downgrade(call: Call, **options: Any) -> int:
    """Verify, plan and run back to older versions: acme.orders@1.0.0, acme.orders@base, acme.orders@-1."""
    return _run(call, Direction.DOWNGRADE, options)


def _run(call: Call, direction: Direction, options: dict[str, Any]) -> int:
    names = (
        "workers",
        "on_error",
        "quarantine_limit",
        "batch_rows",
        "validation",
        "isolation",
        "lock_timeout",
        "operator",
    )
    manager = call.manager(**{name: options[name] for name in names})
    with manager, _signals(manager):
        for keyid in options["accept_expired"]:
            manager.accept_expired(_whole(keyid), _reason(options["reason"]))
        request = _request(options["targets"], direction, options["plan_file"])
        inventory = manager.inventory(purpose_of(direction))
        plan = planned(request, inventory)
        for line in shapes.verified_lines(inventory.of(plan)):
            call.render.progress(line)
        warnings = call.render.warn(plan.warnings)
        if not plan.steps:
            return _nothing(call, manager, warnings)
        call.render.progress(shapes.plan_text(plan))
        if not (options["dry_run"] or options["yes"]) and sys.stdin.isatty():
            click.confirm("run this plan?", abort=True, err=True)
        manager.warm(plan.steps)
        if options["dry_run"]:
            return _dry(call, manager, request, warnings)
        return _real(call, manager, request, warnings, atomic=options["atomic"])


def _request(targets: Sequence[str], direction: Direction, plan_file: Path | None) -> Request:
    if plan_file is None:
        return Request.of(targets, direction)
    if targets:
        message = "--plan runs exactly the plan in the file; leave the targets out"
        raise click.UsageError(message)
    from sealift.assembly.planfile import read_plan

    return Request.of([read_plan(plan_file)], direction)


def _whole(keyid: str) -> str:
    from sealift.trust.admission import POLICY
    from sealift.trust.keys import KEYID

    if keyid != POLICY and KEYID.fullmatch(keyid) is None:
        message = f"--accept-expired takes a whole fingerprint, 'sha256:' and 64 digits, or 'policy'; not {keyid!r}"
        raise click.UsageError(message)
    return keyid


def _reason(reason: str | None) -> str:
    if not reason:
        message = "--accept-expired needs --reason, which goes into the history"
        raise click.UsageError(message)
    return reason


def _nothing(call: Call, manager: "MigrationManager", warnings: Sequence[str]) -> int:
    versions = dict(manager.history().versions)
    call.render.result({"steps": [], "versions": versions}, "nothing to do", warnings=warnings)
    return 0


def _real(call: Call, manager: "MigrationManager", request: Request, warnings: list[str], *, atomic: bool) -> int:
    done: list[dict[str, Any]] = []
    ticker = Ticker(call.render.progress)
    for progress in manager.run(request, atomic=atomic, told=call.render.progress):
        ticker.tick(progress)
        if progress.finished:
            done.append(shapes.step_result(progress))
            warnings.extend(progress.warnings)
    text = f"done: {len(done)} step{'s' if len(done) != 1 else ''}" if done else "nothing to do"
    versions = dict(manager.history().versions)
    lines = [text, *(f"{pack} is at {version}" for pack, version in versions.items())]
    call.render.result({"steps": done, "versions": versions}, "\n".join(lines), warnings=warnings)
    return 0


def _dry(call: Call, manager: "MigrationManager", request: Request, warnings: Sequence[str]) -> int:
    from sealift.cli.spool import Spool
    from sealift.execution.dry_run import DryFailure

    with Spool() as failures:
        counts, failed = [], False
        for item in manager.dry_run(request):
            if not isinstance(item, DryFailure):
                counts.append(item)
                continue
            failed = True
            if call.render.is_json:
                failures.append(shapes.dry_failure(item))
            else:
                call.render.note(shapes.dry_failure_line(item))
        content = {"dry_run": True, "collections": [shapes.dry_count(item) for item in counts], "failures": failures}
        call.render.result(content, shapes.dry_text(counts), ok=not failed, warnings=warnings)
        return 1 if failed else 0


@verb()
def cancel(call: Call) -> int:
    """Ask the run that holds the lock to stop after its batch; it exits 7 and can be resumed."""
    with call.manager() as manager:
        other = manager.operations.cancel()
    text = "nothing is running" if other is None else f"asked to stop: {other.message()}"
    call.render.result({"asked": other is not None}, text)
    return 0


@verb()
@click.argument("target", metavar="PACK@VERSION")
@click.option("--operator", metavar="NAME", help="Who runs this, for the history.")
def baseline(call: Call, target: str, operator: str | None) -> int:
    """Adopt a store that already is at a version, after checking a sample of its documents."""
    with call.manager(operator=operator) as manager:
        sampled = manager.operations.baseline(target, call.render.progress)
    content = {"target": target, "checked": sampled.checked, "documents": sampled.documents}
    call.render.result(content, f"adopted {target}; {sampled}")
    return 0


@contextmanager
def _signals(manager: "MigrationManager") -> Iterator[None]:
    """Let the first SIGINT or SIGTERM finish the batch, and the second stop at once."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        if asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.append(number)
        manager.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
