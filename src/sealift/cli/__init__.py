"""The command ``sealift``: one small module per group of verbs; ``render`` alone knows terminals."""

import sys
from collections.abc import Sequence

from sealift import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status of the contract (§5). Never raises for a user's cause."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        # What scripts ask most needs no parser: a third of the time.
        sys.stdout.write(f"sealift, version {__version__}\n")
        return 0
    from sealift.cli.app import run

    return run(arguments)
