"""Rows of ratios, with the bar each has to reach."""

from dataclasses import dataclass
from statistics import median

from harness.runs import ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How many times as fast ``ours`` is as ``theirs``: their time divided by ours, round by round."""

    label: str
    theirs: str
    ours: str = "sealift"
    least: float | None = None
    aim: float | None = None


BARS = {
    "sqlite": {
        "script": (0.6, 0.8),
        "script-jsonschema-rs": (0.9, 1.1),
        "script-jsonschema": (8, 13),
        "alembic-many": (2.7, 3.8),
    },
    "postgresql": {
        "script": (0.85, 1.05),
        "script-jsonschema-rs": (1.0, 1.2),
        "script-jsonschema": (6, 8),
        "alembic-many": (2.4, 2.9),
    },
}
LABELS = {
    "script": "hand-written script, neither isolated nor validated",
    "script-jsonschema-rs": "the same with jsonschema-rs",
    "script-jsonschema": "the same with jsonschema",
    "alembic-many": "Alembic, executemany",
    "alembic-rows": "Alembic, row by row",
    "django": "Django, RunPython with bulk_update",
    "yoyo": "yoyo",
    "sqlite-utils": "sqlite-utils convert",
}
ITSELF = (
    Row(
        label="nothing to do, against alembic upgrade head",
        theirs="alembic-nothing",
        ours="sealift-nothing",
        least=1,
    ),
    Row(label="downgrade against upgrade", theirs="sealift", ours="sealift-downgrade", least=0.9),
    Row(label="dry run against real run", theirs="sealift", ours="sealift-dry-run", least=1.0),
    Row(label="--workers 2 against 1", theirs="sealift", ours="sealift-workers-2", least=1.3, aim=1.5),
    Row(
        label="50 us of work a document, --workers 2 against 1",
        theirs="heavy-workers-1",
        ours="heavy-workers-2",
        least=1.6,
    ),
)


def rows(kind, names):
    """Return the rows both of whose runners take part."""
    against = [
        Row(label=label, theirs=name, least=least, aim=aim)
        for name, label in LABELS.items()
        for least, aim in [BARS[kind].get(name, (1, None))]
    ]
    return [row for row in [*against, *ITSELF] if {row.theirs, row.ours} <= set(names)]


def render(shown, times, contest, runners):
    """Return the two tables as text: the ratios, and what they are made of."""
    head = ("against", "ratio", "lowest", "highest", "at least", "aim", "")
    lines = [_ratio_line(row, times) for row in shown]
    parts = ("runner", "seconds (median)", "documents a second", "measured on")
    return "\n\n".join(filter(None, [table(head, lines), table(parts, _time_lines(times, contest, runners))]))


def _ratio_line(row, times):
    middle, low, high = ratios(times, row.theirs, row.ours)
    verdict = "" if row.least is None else "reached" if middle >= row.least else "missed"
    bars = ["-" if bar is None else f"{bar:g}" for bar in (row.least, row.aim)]
    return (row.label, f"{middle:.2f}", f"{low:.2f}", f"{high:.2f}", *bars, verdict)


def _time_lines(times, contest, runners):
    lines = []
    for name, seconds in times.items():
        count = contest.count(runners[name])
        idle = name.endswith("-nothing")
        rate = "-" if idle else f"{contest.documents / median(seconds):,.0f}"
        measured = "-" if idle else f"{count:,} documents" + (", scaled" if count != contest.documents else "")
        lines.append((name, f"{median(seconds):.2f}", rate, measured))
    return lines


def table(head, lines):
    if not lines:
        return ""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]

    def text(line):
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([text(head), rule, *map(text, lines)])
