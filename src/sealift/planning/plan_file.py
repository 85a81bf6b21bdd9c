"""A plan as a file: written for review, and run exactly as reviewed or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sealift.errors.drift import StalePlanError
from sealift.errors.plan import PlanFileError
from sealift.model.history import GENESIS, EntryKind, HistoryEntry, MigrationHistory
from sealift.model.migration import Direction, Grant, MigrationInfo
from sealift.model.pack import AttestedPack
from sealift.model.plan import Plan, Step
from sealift.planning.checking import broken_rules

FORMAT = 1
"""Goes up when a reader of the old format could misunderstand the new one."""


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-safe values; ``plan_from_dict`` is its inverse. The order of members is stable."""
    return {
        "format": FORMAT,
        "history_head": plan.history_head,
        "rests_on": dict(sorted(plan.rests_on.items())),
        "warnings": list(plan.warnings),
        "steps": [step_to_dict(step) for step in plan.steps],
    }


def step_to_dict(step: Step) -> dict[str, Any]:
    """Return one step as JSON-safe values."""
    plain: dict[str, Any] = _listed(asdict(step))
    return {**plain, "direction": step.direction.value}


def plan_from_dict(content: Mapping[str, Any]) -> Plan:
    """Read what ``plan_to_dict`` wrote; raises PlanFileError for anything else."""
    try:
        found = content["format"]
        if found != FORMAT:
            raise PlanFileError(problem=f"format {found!r} (this sealift reads format {FORMAT})")
        return Plan(
            steps=tuple(_step(one) for one in _list(content["steps"])),
            history_head=_text(content["history_head"]),
            rests_on={_text(pack): _text(digest) for pack, digest in content["rests_on"].items()},
            warnings=_texts(content["warnings"]),
        )
    except KeyError as error:
        raise PlanFileError(problem=f"{error.args[0]!r} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise PlanFileError(problem=str(error)) from None


def refreshed(
    plan: Plan,
    manifests: Mapping[str, AttestedPack],
    history: MigrationHistory,
    *,
    orphans: frozenset[str] = frozenset(),
) -> Plan:
    """Return what is left of a reviewed plan: all of it, or the rest of one that was begun and stopped.

    Raises StalePlanError, with every reason, when anything it rests on has changed: the signed bytes of a pack it was
    decided by, or the history by anything else than its own steps. The steps that are left are walked again rule by
    rule, because a file may have been edited.
    """
    reasons = [*_other_releases(plan, manifests)]
    done = _done_since(plan, history)
    if done is None:
        reasons.append(f"the store's history went on otherwise (head {history.head}, planned at {plan.history_head})")
    left = replace(plan, steps=_resumed(plan.steps[done or 0 :], history), history_head=history.head)
    reasons.extend(broken_rules(left, manifests, history, orphans=orphans) if not reasons else ())
    if reasons:
        raise StalePlanError(reasons=tuple(reasons))
    return left


def _other_releases(plan: Plan, manifests: Mapping[str, AttestedPack]) -> Iterator[str]:
    for pack, digest in sorted(plan.rests_on.items()):
        attested = manifests.get(pack)
        if attested is None:
            yield f"{pack} is not installed any more"
        elif attested.digest != digest:
            yield f"{pack} is another release (got {attested.digest}, planned with {digest})"


def _done_since(plan: Plan, history: MigrationHistory) -> int | None:
    """Return how many steps are finished, if nothing but this plan's steps happened since; else ``None``."""
    heads = [GENESIS, *(entry.hash for entry in history.entries)]
    if plan.history_head not in heads:
        return None
    done = 0
    for entry in history.entries[heads.index(plan.history_head) :]:
        if entry.kind in _BESIDE:
            continue
        step = plan.steps[done] if done < len(plan.steps) else None
        if step is None or not _belongs(entry, step):
            return None
        done += entry.kind in {EntryKind.APPLIED, EntryKind.REVERTED}
    return done


def _belongs(entry: HistoryEntry, step: Step) -> bool:
    told = (entry.pack, entry.to_version, entry.direction, entry.digest)
    return entry.kind is not EntryKind.BASELINE and told == (step.pack, step.to_version, step.direction, step.digest)


_BESIDE = frozenset({EntryKind.HOOK_FAILED, EntryKind.TRUST, EntryKind.QUARANTINE})


def _resumed(steps: Sequence[Step], history: MigrationHistory) -> tuple[Step, ...]:
    """Return the steps, the first of them going on with the run that began it."""
    if not steps:
        return ()
    run = history.open_run(steps[0].pack)
    return (replace(steps[0], resumes=run.run if run else None), *steps[1:])


def _step(content: Mapping[str, Any]) -> Step:
    known = _exactly(content, Step)
    migration = _exactly(known["migration"], MigrationInfo)
    migration["depends_on"] = _texts(migration["depends_on"])
    migration["grants"] = tuple(_grant(one) for one in migration["grants"])
    known["migration"] = MigrationInfo(**migration)
    known["direction"] = Direction(known["direction"])
    known["signers"] = _texts(known["signers"])
    return Step(**known)


def _grant(content: Mapping[str, Any]) -> Grant:
    known = _exactly(content, Grant)
    return Grant(collection=_text(known["collection"]), access=_texts(known["access"]))


def _exactly(content: Mapping[str, Any], shape: type) -> dict[str, Any]:
    names = {field.name for field in fields(shape)}
    if set(content) != names:
        message = f"members {sorted(set(content) ^ names)} are missing or not known"
        raise ValueError(message)
    for name, value in content.items():
        _check_type(name, value)
    return dict(content)


_LISTS = frozenset({"depends_on", "grants", "signers", "access"})
_CHOICES = frozenset({"reversible", "atomic"})
_OPTIONAL = frozenset({"schema", "schema_before", "resumes"})


def _check_type(name: str, value: object) -> None:
    expected: tuple[type, ...] = (str,)
    if name in _LISTS:
        expected = (list,)
    elif name in _CHOICES:
        expected = (bool,)
    elif name in _OPTIONAL:
        expected = (str, type(None))
    elif name == "migration":
        expected = (dict,)
    if not isinstance(value, expected):
        message = f"{name} is a {type(value).__name__}"
        raise TypeError(message)


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"expected text, got {value!r}"
        raise TypeError(message)
    return value


def _texts(values: object) -> tuple[str, ...]:
    return tuple(_text(value) for value in _list(values))


def _list(values: object) -> list[Any]:
    if not isinstance(values, list):
        message = f"expected a list, got {values!r}"
        raise TypeError(message)
    return values


def _listed(value: Any) -> Any:
    match value:
        case dict():
            return {name: _listed(item) for name, item in value.items()}
        case list() | tuple():
            return [_listed(item) for item in value]
        case _:
            return value
