"""Verbs for pack authors: new, lint, test."""

from collections.abc import Sequence
from pathlib import Path

import click

from sealift.assembly.linting import Remark
from sealift.assembly.linting import lint as lint_project
from sealift.cli.verb import Call, verb


@verb()
@click.argument("name")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
def new(call: Call, name: str, directory: Path | None) -> int:
    """Make a project for the pack NAME, such as acme.orders, in the new directory DIR (default: NAME).

    It lints, passes its tests and builds at once.
    """
    from sealift.packs.scaffold import create_project

    written = create_project(name, directory or Path(name))
    text = "\n".join([f"made {name} in {directory or name}", *(f"  {path}" for path in written)])
    call.render.result({"pack": name, "directory": str(directory or name), "files": list(map(str, written))}, text)
    return 0


@verb()
@click.argument("directory", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path))
def lint(call: Call, directory: Path) -> int:
    """List everything that is wrong with the pack project DIR (default: here), with line and what to write instead.

    Looks at the language, manifest, versions, names, schemas, examples and what the wheel would carry; runs nothing.
    Exits 1 if there is an error; warnings alone exit 0.
    """
    from sealift.sandbox import open_cage

    with open_cage() as cage:
        remarks = lint_project(directory, cage)
    errors = [remark for remark in remarks if remark.is_error]
    if call.form == "github":
        call.render.lines(map(_annotation, remarks))
    else:
        call.render.result({"findings": [_shape(remark) for remark in remarks]}, _text(remarks), ok=not errors)
    return 1 if errors else 0


def _shape(remark: Remark) -> dict[str, object]:
    return {
        "file": remark.file,
        "line": remark.line,
        "column": remark.column,
        "code": remark.code,
        "severity": remark.severity,
        "message": remark.message,
        "instead": remark.instead,
    }


def _text(remarks: Sequence[Remark]) -> str:
    lines = []
    for remark in remarks:
        lines.append(f"{remark.file}:{remark.line}:{remark.column}: {remark.severity} {remark.code} {remark.message}")
        if remark.instead:
            lines.append(f"    instead: {remark.instead}")
    errors = sum(remark.is_error for remark in remarks)
    lines.append(_sum(errors, len(remarks) - errors) if remarks else "nothing to complain about")
    return "\n".join(lines)


def _sum(errors: int, warnings: int) -> str:
    return f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def _annotation(remark: Remark) -> str:
    """Return a GitHub workflow command; its values are escaped as the runner expects."""
    text = f"{remark.message} (instead: {remark.instead})" if remark.instead else remark.message
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(sign, code)
    place = f"file={remark.file},line={remark.line},col={remark.column},title={remark.code}"
    return f"::{remark.severity} {place}::{text}"
