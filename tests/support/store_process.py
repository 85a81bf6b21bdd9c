"""A second runner: takes the lock, says so, and does what it is told on its standard input."""

import os
import sys

from sealift.errors import SealiftError
from sealift.ports import Holder
from store_backends import Backend


def main() -> None:
    """Answer each line of input with one line of output."""
    name, url, lease_seconds = sys.argv[1:]
    store = Backend(name=name, url=url, lease_seconds=float(lease_seconds)).open()
    holder = Holder(operator="bob", host="there", pid=os.getpid(), since="2026-02-02T00:00:00Z")
    with store.lock(
        holder, timeout=30, waiting=lambda other: say(f"waiting {other.operator if other else None}")
    ) as lease:
        say("locked")
        for line in sys.stdin:
            try:
                with store.transaction(lease) as transaction:
                    transaction.archive(line.strip(), "p", b"", {})
                    if line.startswith("hang"):
                        say("written")
                        sys.stdin.readline()
            except SealiftError as error:
                say(error.code)
            else:
                say("committed")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
