"""Verbs for documents: load, dump, quarantine."""

import sys
from pathlib import Path

import click

from sealift.cli.render import table
from sealift.cli.verb import Call, verb


@verb()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--collection", required=True, metavar="C", help="The collection to load into.")
@click.option("--key", metavar="MEMBER", help="Member that is the key (default: id, _id, else the line number).")
def load(call: Call, file: Path, collection: str, key: str | None) -> int:
    """Read documents from a JSON Lines file into a collection; makes the table if it is missing."""
    with call.manager(create=True) as manager:
        count = manager.operations.load(file, collection=collection, member=key, told=call.render.progress)
    text = f"loaded {count} documents into {collection}"
    call.render.result({"collection": collection, "documents": count}, text)
    return 0


@verb()
@click.option("--collection", required=True, metavar="C", help="The collection to write out.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def dump(call: Call, collection: str, file: Path | None) -> int:
    """Write the documents of a collection as JSON Lines, in key order, as they are stored."""
    with call.manager() as manager:
        if file is None:
            manager.operations.dump(collection, sys.stdout.buffer)
            sys.stdout.flush()
            return 0
        count = manager.operations.dump_to(collection, file)
    call.render.result(
        {"collection": collection, "documents": count, "file": str(file)}, f"wrote {count} documents to {file}"
    )
    return 0


_ACTIONS = ("list", "retry", "drop")


@verb()
@click.argument("action", type=click.Choice(_ACTIONS), default="list")
@click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
@click.option("--all", "everything", is_flag=True, help="With drop: every document.")
def quarantine(call: Call, action: str, numbers: tuple[int, ...], *, everything: bool) -> int:
    """List the documents that were set aside, retry them, or drop them from the list.

    A document in quarantine stays in its table, untouched, at the version it had; later steps pass it by. `retry`
    takes it the rest of the way; `drop` only forgets that it was set aside.
    """
    match action:
        case "list":
            return _list(call)
        case "retry":
            return _retry(call, numbers)
        case _:
            if not numbers and not everything:
                message = "name the numbers to drop, or use --all"
                raise click.UsageError(message)
            with call.manager() as manager:
                count = manager.operations.drop_quarantined(numbers, call.render.progress)
            call.render.result({"dropped": count}, f"dropped {count} from quarantine; their documents stay as they are")
            return 0


def _list(call: Call) -> int:
    with call.manager() as manager:
        items = manager.operations.quarantined()
    content = [
        {
            "number": item.number,
            "pack": item.pack,
            "version": item.version,
            "collection": item.collection,
            "key": list(item.key),
            "code": item.error.code,
            "message": item.error.message,
            "where": item.error.where,
            "document": item.document.decode("utf-8", "replace"),
            "digest": item.digest,
            "at": item.at,
        }
        for item in items
    ]
    rows = [
        (item.number, item.pack, item.version, item.collection, ", ".join(map(str, item.key)), item.error.message)
        for item in items
    ]
    text = table(("#", "pack", "version", "collection", "key", "reason"), rows) if rows else "quarantine is empty"
    call.render.result({"documents": content}, text)
    return 0


def _retry(call: Call, numbers: tuple[int, ...]) -> int:
    with call.manager() as manager:
        results = list(manager.operations.retry_quarantined(numbers, call.render.progress))
    failed = [item for item in results if item.failure is not None]
    lines = [f"{item.number}: {item.failure or 'taken over'}" for item in results] or ["quarantine is empty"]
    content = [{"number": item.number, "error": str(item.failure) if item.failure else None} for item in results]
    call.render.result({"documents": content}, "\n".join(lines), ok=not failed)
    return 1 if failed else 0
