"""Why a document failed, in words that hold nothing of the document beyond the message itself."""

from collections.abc import Iterator
from typing import NamedTuple

from sealift.worker.faults import article

MESSAGE_CHARACTERS = 1000
"""The longest message of an error."""

FRAME_PREFIX = "pack:"
"""What the file name of loaded code begins with, followed by the path inside the pack."""


class Failure(NamedTuple):
    """Why a document could not be transformed."""

    code: str
    """``unreadable``, ``raised``, ``invalid``, ``returned-none``, ``not-json``, ``limit`` or ``memory``."""
    message: str
    where: str | None = None
    """File and line of the pack, ``migrations/split.py:12``, for what the pack raised."""


class InvalidError(Exception):
    """The pack's ``validate`` refused a document; the cause is the ValueError it raised."""


def failure_of(error: BaseException) -> Failure:
    """Return the failure for an exception that came out of a pack: its type, its message, its place; no document."""
    if isinstance(error, InvalidError) and error.__cause__ is not None:
        return Failure("invalid", describe(error.__cause__), place(error.__cause__))
    return Failure("memory" if isinstance(error, MemoryError) else "raised", describe(error), place(error))


def describe(error: BaseException) -> str:
    """Return type and message, cut; a document that was passed as the message is left out."""
    name = type(error).__name__
    if isinstance(error, RecursionError):
        return f"{name}: maximum recursion depth exceeded"  # Python's own words depend on what ran before
    structures = [argument for argument in error.args if isinstance(argument, dict | list | tuple | set | frozenset)]
    if structures:
        return f"{name}: (the message holds {article(structures[0])}, which is not shown)"
    text = _text(error)
    if len(text) > MESSAGE_CHARACTERS:
        text = f"{text[:MESSAGE_CHARACTERS]}…"
    text = text.encode("utf-8", "replace").decode()
    return f"{name}: {text}" if text else name


def _text(error: BaseException) -> str:
    """Return the message, or why it has no text: a pack can make an exception of anything."""
    try:
        return str(error)
    except TypeError as refused:
        return f"(a message without a text: {refused})"


def place(error: BaseException) -> str | None:
    """Return file and line of the innermost frame in the pack."""
    found = None
    for path, line in pack_frames(error):
        found = f"{path}:{line}"
    return found


def pack_frames(error: BaseException) -> Iterator[tuple[str, int]]:
    """Yield path and line of the pack's frames that an exception went through, outermost first."""
    traceback = error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(FRAME_PREFIX):
            yield name.removeprefix(FRAME_PREFIX), traceback.tb_lineno
        traceback = traceback.tb_next
