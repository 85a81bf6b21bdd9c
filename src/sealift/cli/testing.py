"""The verb ``test``: a pack's examples and the ready-made tests, in the real worker."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealift.cli.verb import Call, verb

if TYPE_CHECKING:
    from sealift.testing.suite import Result

_WIDTH = 100
"""Characters of a failure that are shown in its line; below, it is told in full."""
_MARKS = {"passed": "ok", "failed": "FAILED", "not-run": "NOT RUN", "nothing-to-try": "no data", "skipped": "off"}


@verb()
@click.argument("directory", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path))
@click.option(
    "--skip", "skip", multiple=True, metavar="NAME", help="Switch a test off, such as determinism or round_trip[1.1.0]."
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many documents to generate for each test (default: 100).",
)
def test(call: Call, directory: Path, skip: Sequence[str], examples: int | None) -> int:
    """Run the ready-made tests of the pack project DIR (default: here) in the real worker, its examples first.

    Exits 1 if a test fails, or cannot run because something is missing. Tests of your own run with pytest.
    """
    from sealift.assembly.workshop import utc_now
    from sealift.packs.project import Project
    from sealift.testing.checks import Skips
    from sealift.testing.covering import cage_for_tests
    from sealift.testing.searching import Effort
    from sealift.testing.suite import run_suite

    project = Project.open(directory)
    skips = Skips.of([*_skipped(directory), *skip], source=str(directory))
    results = []
    with cage_for_tests() as cage:
        for result in run_suite(project, cage, skips=skips, effort=Effort(examples=examples), clock=utc_now):
            results.append(result)
            if call.render.is_json:
                call.render.progress(f"{_MARKS[result.status]:8} {result.name} ({result.seconds:.1f} s)")
            else:
                call.render.lines([_line(result)])
    bad = any(result.is_bad for result in results)
    content = {"pack": project.name, "tests": [result.to_dict() for result in results]}
    call.render.result(content, _text(project.name, results), ok=not bad)
    return 1 if bad else 0


def _skipped(directory: Path) -> Sequence[str]:
    """Return what the project switches off for pytest, so that both ways of testing agree."""
    path = directory / "pyproject.toml"
    if not path.is_file():
        return ()
    tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    value = tool.get("pytest", {}).get("ini_options", {}).get("sealift_skip", ())
    return value.split() if isinstance(value, str) else tuple(map(str, value))


def _text(pack: str, results: "Sequence[Result]") -> str:
    """Say what failed, below the lines that were shown as the tests ended."""
    lines = []
    for result in results:
        if result.is_bad:
            lines += ["", f"{_MARKS[result.status]} {result.name}: {result.title}", *_indented(result.message)]
    counted = {status: sum(result.status == status for result in results) for status in _MARKS}
    summary = ", ".join(f"{number} {status}" for status, number in counted.items() if number)
    return "\n".join([*lines, "", f"{pack}: {summary}"])


def _line(result: "Result") -> str:
    text = result.title if result.status == "passed" else result.message.partition("\n")[0]
    shown = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
    return f"{_MARKS[result.status]:8} {result.name:32} {shown}"


def _indented(text: str) -> Sequence[str]:
    return [f"  {line}" if line else "" for line in text.split("\n")]
