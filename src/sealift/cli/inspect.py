"""Verbs that look: packs, status, check, plan, graph, history."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sealift.assembly.inventory import Inventory
from sealift.cli import shapes
from sealift.cli.render import table
from sealift.cli.verb import Call, verb
from sealift.model.migration import Direction

if TYPE_CHECKING:
    from sealift.manager import MigrationManager
    from sealift.planning.status import PackStatus

_NAMED = 5
"""Packs that are named in one line."""


@verb()
def packs(call: Call) -> int:
    """List the installed packs with version, signer and verdict; exits 5 if one is refused."""
    with call.viewer() as manager:
        inventory, notices = _seen_by(manager)
        verdicts = inventory.verdicts
    rows = [(v.pack, v.distribution, v.sequence or "-", v.newest or "-", v.signers or "-", v.verdict) for v in verdicts]
    head = ("pack", "distribution", "sequence", "newest", "signed by", "verdict")
    lines = [table(head, rows) if rows else "no packs are installed"]
    lines.extend(dict.fromkeys(f"error[{v.error.code}] {v.error.message()}" for v in verdicts if v.error is not None))
    refused = [v for v in verdicts if v.error is not None]
    warnings = [*notices, *inventory.warnings(inventory.attested.values()), *inventory.misplaced]
    content = {"packs": [verdict.to_dict() for verdict in verdicts]}
    call.render.result(content, "\n".join(lines), ok=not refused, warnings=warnings)
    return 5 if refused else 0


def _seen_by(manager: "MigrationManager") -> tuple[Inventory, list[str]]:
    """Return the packs as this store has seen them; without a store, as they are, and a word that says so."""
    from sealift.errors.store import StoreMissingError

    try:
        return manager.inventory(), []
    except StoreMissingError as error:
        return manager.bare_inventory(), [f"no older releases were looked for: {error.message()}"]


@verb()
def status(call: Call) -> int:
    """Show the current and the newest version of each pack."""
    from sealift.planning.status import pack_status

    with call.viewer() as manager:
        inventory = manager.inventory()
        states = pack_status(inventory.attested, inventory.history, inventory.archived)
    rows = [(s.pack, s.current, s.newest or "-", s.pending, s.state.value) for s in states]
    text = table(("pack", "current", "newest", "pending", "state"), rows) if rows else "no packs"
    call.render.result({"packs": [_status(state) for state in states]}, text, warnings=_notices(inventory))
    return 0


def _notices(inventory: Inventory) -> list[str]:
    """Say what there is to know, and what was refused: such a pack has no state, and hides no other."""
    packs: dict[str, list[str]] = {}
    for pack, error in inventory.refused.items():
        packs.setdefault(f"error[{error.code}] {error.message()}", []).append(pack)
    refused = [f"{_subject(names)} refused: {problem}" for problem, names in packs.items()]
    return [*inventory.warnings(inventory.attested.values()), *refused]


def _subject(packs: list[str]) -> str:
    """Return who is concerned: what is wrong with the policy concerns every pack, and is said once."""
    if len(packs) == 1:
        return f"{packs[0]} is"
    named = packs if len(packs) <= _NAMED else [*packs[:_NAMED], f"{len(packs) - _NAMED} more"]
    return f"{', '.join(named[:-1])} and {named[-1]} are"


def _status(state: "PackStatus") -> dict[str, Any]:
    return {
        "pack": state.pack,
        "current": state.current,
        "newest": state.newest,
        "pending": state.pending,
        "state": state.state.value,
    }


@verb()
def check(call: Call) -> int:
    """Exit 0 if nothing is pending, 3 if something is, 4 on drift or conflict, 5 if a pack is refused."""
    with call.manager() as manager:
        plan = manager.plan(direction=Direction.UPGRADE)
    pending = [shapes.step_shape(step) for step in plan.steps]
    text = f"{len(pending)} step{'s' if len(pending) != 1 else ''} pending" if pending else "nothing is pending"
    call.render.result({"pending": pending}, text, ok=not pending, warnings=plan.warnings)
    return 3 if pending else 0


@verb()
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--out", type=click.Path(path_type=Path), help="Write the plan to a file for upgrade --plan.")
def plan(call: Call, targets: tuple[str, ...], out: Path | None) -> int:
    """Show the steps that would be run, in order, with reasons."""
    with call.viewer() as manager:
        planned = manager.plan(*targets)
        counts = manager.operations.count(planned)
        if out is not None:
            from sealift.assembly.planfile import write_plan

            write_plan(out, planned)
    steps = [{**shapes.step_shape(step), "documents": counts.get(step.migration.collection)} for step in planned.steps]
    content = {"steps": steps, "history_head": planned.history_head}
    call.render.result(content, shapes.plan_text(planned, counts), warnings=planned.warnings)
    return 0


@verb()
@click.option(
    "--as", "picture", type=click.Choice(["mermaid", "dot", "svg"]), default="mermaid", help="Form of the graph."
)
def graph(call: Call, picture: str) -> int:
    """Draw the migrations of all packs with their states."""
    from sealift.planning.graph import GraphForm, render_graph

    with call.viewer() as manager:
        inventory = manager.inventory()
        text = render_graph(inventory.attested, inventory.history, GraphForm(picture))
    call.render.result({"form": picture, "graph": text}, text)
    return 0


@verb()
@click.argument("pack", required=False)
@click.option("--verify", "verify_chain", is_flag=True, help="Check the chain of entries and print its head.")
def history(call: Call, pack: str | None, *, verify_chain: bool) -> int:
    """Show what ran, when, by whom and with which signed bytes; or check the chain."""
    with call.manager() as manager:
        if verify_chain:
            whole = manager.operations.verified_history()
            text = f"the chain of {len(whole.entries)} entries is whole; head {whole.head}"
            call.render.result({"entries": len(whole.entries), "head": whole.head}, text)
            return 0
        entries = [entry for entry in manager.history().entries if pack in {None, entry.pack}]
    call.render.result({"entries": [entry.to_dict() for entry in entries]}, shapes.history_text(entries))
    return 0
