"""The shape of results: what the JSON members and the text lines of plans, steps and histories look like."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sealift.cli.render import table

if TYPE_CHECKING:
    from sealift.execution.dry_run import DryCount, DryFailure
    from sealift.execution.steps import StepProgress
    from sealift.model.history import HistoryEntry
    from sealift.model.pack import AttestedPack
    from sealift.model.plan import Plan, Step

_SHORT = 19
"""Characters of a digest or fingerprint that lines show: ``sha256:`` and twelve more."""


def short(digest: str) -> str:
    """Return the beginning of a digest, enough to recognise it."""
    return digest[:_SHORT]


def verified_lines(packs: "Iterable[AttestedPack]") -> Iterable[str]:
    """Say of each pack who signed it and under which policy."""
    for pack in packs:
        signers = ", ".join(f"{signer.key_file} ({short(signer.keyid)})" for signer in pack.signers) or "nobody"
        manifest = pack.manifest
        yield (
            f"verified  {manifest.pack}  {manifest.distribution} {manifest.distribution_version}  "
            f"sequence {manifest.sequence}  signed by {signers}"
        )


def step_shape(step: "Step") -> dict[str, Any]:
    """Return a step as JSON members."""
    return {
        "pack": step.pack,
        "direction": step.direction.value,
        "migration": step.name,
        "from": step.from_version,
        "to": step.to_version,
        "collection": step.migration.collection,
        "reversible": step.migration.reversible,
        "reason": step.reason,
        "digest": step.digest,
        "signers": list(step.signers),
        "resumes": step.resumes,
    }


def plan_text(plan: "Plan", counts: Mapping[str, int | None] | None = None) -> str:
    """Return a plan as a table."""
    if not plan.steps:
        return "nothing to do"
    rows = [
        (
            number,
            step.direction.value,
            step.pack,
            f"{step.from_version} -> {step.to_version}",
            step.migration.collection,
            *([] if counts is None else [_count(counts.get(step.migration.collection))]),
            "yes" if step.migration.reversible else "no",
            ", ".join(short(keyid) for keyid in step.signers) or "-",
            step.reason,
        )
        for number, step in enumerate(plan.steps, start=1)
    ]
    documents = [] if counts is None else ["documents"]
    head = ("#", "direction", "pack", "version", "collection", *documents, "reversible", "signed by", "reason")
    return table(head, rows)


def _count(count: int | None) -> str:
    return "?" if count is None else str(count)


def step_result(progress: "StepProgress") -> dict[str, Any]:
    """Return what became of a step as JSON members."""
    point = progress.checkpoint
    return {
        **step_shape(progress.step),
        "run": progress.run,
        "seen": point.seen,
        "changed": point.changed,
        "failed": point.failed,
        "isolation": progress.isolation,
    }


def dry_failure(item: "DryFailure") -> dict[str, Any]:
    """Return a document that would fail as JSON members."""
    document = item.document
    return {
        "collection": item.collection,
        "migration": item.migration,
        "key": document.key,
        "code": document.code,
        "message": document.message,
        "where": document.where,
    }


def dry_failure_line(item: "DryFailure") -> str:
    """Return a document that would fail as a line."""
    return f"would fail  {item.migration}  {item.collection} {item.document}"


def dry_count(item: "DryCount") -> dict[str, Any]:
    """Return what a collection would see as JSON members."""
    samples = [
        {"key": sample.key, "before": _text(sample.before), "after": _text(sample.after)} for sample in item.samples
    ]
    return {
        "collection": item.collection,
        "steps": list(item.steps),
        "seen": item.seen,
        "changed": item.changed,
        "failed": item.failed,
        "samples": samples,
    }


def dry_text(counts: "Sequence[DryCount]") -> str:
    """Return what a dry run found as text."""
    lines = ["dry run: nothing was written"]
    for item in counts:
        lines.append(f"{item.collection}: {item.seen} documents, {item.changed} would change, {item.failed} would fail")
        for sample in item.samples:
            lines.append(f"  {sample.key}")
            lines.append(f"  - {_cut(_text(sample.before))}")
            lines.append(f"  + {_cut(_text(sample.after))}")
    return "\n".join(lines)


_LINE = 160


def _cut(text: str) -> str:
    return text if len(text) <= _LINE else text[: _LINE - 1] + "…"


def _text(document: bytes) -> str:
    return document.decode("utf-8", "replace")


def history_text(entries: "Sequence[HistoryEntry]") -> str:
    """Return history entries as a table."""
    if not entries:
        return "no history"
    head = ("#", "at", "pack", "what", "from", "to", "seen", "changed", "failed", "by", "isolation", "digest")
    rows = [
        (
            entry.number,
            entry.at[:19].replace("T", " "),
            entry.pack,
            entry.kind.value,
            entry.from_version,
            entry.to_version,
            entry.seen,
            entry.changed,
            entry.failed,
            f"{entry.operator}@{entry.host}",
            entry.isolation or "-",
            short(entry.digest) or "-",
        )
        for entry in entries
    ]
    return table(head, rows)
