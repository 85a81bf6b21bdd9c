"""The page ``docs/reference/verbs.md`` and the text of ``--help``, from the command's own declarations.

``python tests/support/verb_page.py`` writes both.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from sealift.cli import HELP
from sealift.cli.app import _VERBS, root
from sealift.cli.verb import GLOBAL_OPTIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "verbs.md"

HEAD = """\
# Verbs

<!-- Written by tests/support/verb_page.py from the command's own declarations; do not edit. -->

```text
sealift [--database URL] [--trusted-keys DIR] [--config FILE] [--format text|json|github] [-q|-v] VERB ..
```

These options may stand before or behind the verb. `sealift VERB --help` says the same as this page.
"""
SHARED = {option.name for option in GLOBAL_OPTIONS()} | {"help"}

TARGETS = """
A TARGET is a pack's name, alone or with where to take it: `acme.orders` (its newest version), `acme.orders@1.1.0`,
`acme.orders@base`, `acme.orders@+1`, `acme.orders@-1`.
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every verb, and every verb below `trust`."""
    context = click.Context(root, info_name="sealift")
    for name in _VERBS:
        command = root.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {part}", below) for part, below in sorted(command.commands.items()))
        else:
            yield name, command


def section(name: str, command: click.Command) -> str:
    """What `--help` says of one verb."""
    context = click.Context(command, info_name=name)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece not in {"[OPTIONS]", ""}]
    own = [item for item in command.params if isinstance(item, click.Option) and item.name not in SHARED]
    usage = " ".join(["sealift", name, *(["[OPTION].."] if own else []), *pieces]).replace("...", "..")
    parts = [f"### {name}", f"```text\n{usage}\n```", inspect.cleandoc(command.help or "")]
    if own:
        rows = [option(item, context) for item in own]
        parts.append("\n".join(["| option | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def option(item: click.Option, context: click.Context) -> str:
    names, text = item.get_help_record(context)
    return f"| `{cell(names)}` | {cell(text)} |"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    """Return the whole page."""
    shared = "\n".join(option(item, click.Context(root)) for item in GLOBAL_OPTIONS())
    head = f"{HEAD}\n| option | |\n|---|---|\n{shared}\n{TARGETS}"
    return "\n".join([head, "## All verbs\n", *(section(name, command) for name, command in commands())])


def help_text() -> str:
    """Return what the parser answers to ``--help`` in 80 columns."""
    formatter = click.HelpFormatter(width=78)
    root.format_help(click.Context(root, info_name="sealift", **root.context_settings), formatter)
    return formatter.getvalue()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    Path(HELP).write_text(help_text(), encoding="utf-8")
