"""Reading an installed pack: the envelope when it is found, every file once when a step of it is about to run."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from sealift.errors.origin import ExtraFileError, FileMissingError, UnsafeFileError
from sealift.model.pack import ENVELOPE, Pack, PackOrigin
from sealift.packs.tree import (
    COUNT_LIMIT,
    FILE_LIMIT,
    PACK_LIMIT,
    Node,
    NodeKind,
    UnsafeNodeError,
    opened,
    read_below,
    walk,
)

ENVELOPE_LIMIT = FILE_LIMIT
"""Bytes of an envelope."""

_CACHE = "__pycache__"
_COMPILED = re.compile(r"(?P<stem>[^.]+)\.[A-Za-z]+-[0-9]+(?:\.opt-[0-9a-z]+)?\.pyc")


def read_pack(origin: PackOrigin) -> Pack:
    """Return the pack with the bytes of its envelope, read once; ``None`` for an envelope that does not exist.

    Raises FileMissingError when there is no pack folder, UnsafeFileError for links, devices and sizes.
    """
    with _folder(origin) as directory:
        return Pack(origin=origin, envelope=_read_envelope(directory, origin))


def read_files(origin: PackOrigin, names: Collection[str]) -> Mapping[str, bytes]:
    """Return the bytes of exactly these files of the pack, each read once.

    Raises FileMissingError, UnsafeFileError, and ExtraFileError when the folder holds anything else: compiled files of
    the listed modules (``__pycache__``) are let pass, and never read. The bytes are not compared with anything: that
    is verification's task.
    """
    if len(names) > COUNT_LIMIT:
        raise _unsafe(origin, "the pack folder", f"more than {COUNT_LIMIT} files")
    with _folder(origin) as directory:
        _refuse_extras(directory, origin, frozenset(names))
        return MappingProxyType(_read_all(directory, origin, names))


@contextmanager
def _folder(origin: PackOrigin) -> Iterator[int]:
    """Open the pack folder and close it; what is wrong with the folder itself becomes an error about the pack."""
    anchor, components = _anchor(origin)
    try:
        with opened(anchor, components) as directory:
            yield directory
    except FileNotFoundError as error:
        raise _missing(origin, "pack folder") from error
    except NotADirectoryError as error:
        raise _unsafe(origin, "the pack folder", "its root is not a directory") from error
    except UnsafeNodeError as error:
        raise _unsafe(origin, "the pack folder", str(error)) from error


def _anchor(origin: PackOrigin) -> tuple[str, tuple[str, ...]]:
    """Split the folder into the root, which may lie behind links, and the components below, which may not.

    A folder that no module leads to, on its author's side, is its own root.
    """
    root = str(origin.root)
    if not origin.module:
        return root, ()
    inside = "/" + origin.module.replace(".", "/")
    if not root.endswith(inside):
        message = f"{root} is not the folder of {origin.module}"
        raise ValueError(message)
    return root[: -len(inside)] or "/", tuple(origin.module.split("."))


def _read_envelope(directory: int, origin: PackOrigin) -> bytes | None:
    try:
        return read_below(directory, ENVELOPE, ENVELOPE_LIMIT)
    except FileNotFoundError:
        return None
    except UnsafeNodeError as error:
        raise _unsafe(origin, ENVELOPE, str(error)) from error


def _read_all(directory: int, origin: PackOrigin, names: Collection[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for name in names:
        files[name] = _read_one(directory, origin, name)
        total += len(files[name])
        if total > PACK_LIMIT:
            raise _unsafe(origin, "the pack folder", f"it holds more than {PACK_LIMIT} bytes")
    return files


def _read_one(directory: int, origin: PackOrigin, name: str) -> bytes:
    try:
        return read_below(directory, name)
    except FileNotFoundError as error:
        raise _missing(origin, name) from error
    except UnsafeNodeError as error:
        raise _unsafe(origin, name, str(error)) from error


def _refuse_extras(directory: int, origin: PackOrigin, names: frozenset[str]) -> None:
    parents = {parent for name in names for parent in _parents(name)}
    extras = []
    for node in walk(directory):
        if node.kind is NodeKind.OTHER:
            raise _unsafe(origin, node.path, "it is a symbolic link, a device, a pipe or a socket")
        if not _is_expected(node, names, parents):
            extras.append(node.path + ("/" if node.kind is NodeKind.DIRECTORY else ""))
    if extras:
        raise ExtraFileError(pack=_subject(origin), place=str(origin.root), files=tuple(extras[:20]))


def _parents(name: str) -> set[str]:
    components = name.split("/")[:-1]
    return {"/".join(components[:length]) for length in range(1, len(components) + 1)}


def _is_expected(node: Node, names: frozenset[str], parents: set[str]) -> bool:
    # A directory where a file belongs, or the other way round, is refused when the file is read.
    if node.path == ENVELOPE or node.path in names or node.path in parents:
        return True
    folder, _, name = node.path.rpartition("/")
    if node.kind is NodeKind.DIRECTORY:
        return name == _CACHE
    outer, _, inner = folder.rpartition("/")
    compiled = _COMPILED.fullmatch(name)
    return inner == _CACHE and compiled is not None and _join(outer, f"{compiled['stem']}.py") in names


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _unsafe(origin: PackOrigin, path: str, reason: str) -> UnsafeFileError:
    return UnsafeFileError(pack=_subject(origin), place=str(origin.root), file=path, problem=reason)


def _missing(origin: PackOrigin, path: str) -> FileMissingError:
    return FileMissingError(pack=_subject(origin), place=str(origin.root), file=path)


def _subject(origin: PackOrigin) -> str:
    return f"{origin.entry_point} ({origin.distribution} {origin.distribution_version})"
