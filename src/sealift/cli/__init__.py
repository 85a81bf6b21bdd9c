"""The command ``sealift``: one small module per group of verbs; ``render`` alone knows terminals."""

import os
import sys
from collections.abc import Sequence

from sealift import __version__

HELP = f"{__file__.removesuffix('__init__.py')}help.txt"
"""What ``--help`` says in 80 columns, as the parser writes it; a test holds the two together."""
_COLUMNS = 80


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status of the contract (§5). Never raises for a user's cause."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # What is asked most by scripts and by beginners needs no parser: a fifth of the time.
    if arguments == ["--version"]:
        sys.stdout.write(f"sealift, version {__version__}\n")
        return 0
    if arguments in (["--help"], ["-h"]) and _columns() >= _COLUMNS:
        with open(HELP, encoding="utf-8") as text:  # noqa: PTH123 - pathlib costs as much as everything else here
            sys.stdout.write(text.read())
        return 0
    from sealift.cli.app import run

    return run(arguments)


def _columns() -> int:
    """Return how wide the terminal is, found as the parser finds it; 80 without one."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns > 0:
        return columns
    try:
        return os.get_terminal_size(1).columns or _COLUMNS
    except OSError:
        return _COLUMNS
