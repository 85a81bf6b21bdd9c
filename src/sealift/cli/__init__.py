"""The command ``sealift``: one small module per group of verbs; ``render`` alone knows terminals."""

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status of the contract (§5). Never raises for a user's cause."""
    from sealift.cli.app import run

    return run(argv)
