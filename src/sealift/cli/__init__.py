"""The command ``sealift``."""


def main() -> int:
    """Run the command line; return the exit status."""
    return 2
