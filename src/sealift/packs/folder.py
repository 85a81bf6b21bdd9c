"""The files of a pack folder on the author's side: read once, every one of them, or a finding that says why not."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealift.errors.pack import PackFinding
from sealift.errors.pack_project import FileUnsignableFinding, JsonInvalidFinding, PathUnsignableFinding
from sealift.model.pack import ENVELOPE
from sealift.model.paths import path_problem
from sealift.packs.tree import COUNT_LIMIT, PACK_LIMIT, Node, NodeKind, UnsafeNodeError, opened, read_below, walk

_CACHE = "__pycache__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a pack folder holds, without the envelope and Python's caches."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """The bytes by path inside the pack, sorted by path."""
    envelope: bytes | None = None
    findings: Sequence[PackFinding] = ()


def read_folder(root: Path) -> Folder:
    """Read everything below the folder; raises FileNotFoundError when it does not exist."""
    reader = _Reader(root)
    with opened(str(root), ()) as directory:
        reader.read(directory)
    return Folder(files=dict(sorted(reader.files.items())), envelope=reader.envelope, findings=reader.findings)


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.files: dict[str, bytes] = {}
        self.envelope: bytes | None = None
        self.findings: list[PackFinding] = []

    def read(self, directory: int) -> None:
        refused: set[str] = set()
        try:
            for node in walk(directory):
                if _CACHE in node.path.split("/") or any(node.path.startswith(f"{above}/") for above in refused):
                    continue
                if not self._take(directory, node):
                    refused.add(node.path)
        except UnsafeNodeError as error:
            self._refuse("", str(error))
        if len(self.files) > COUNT_LIMIT:
            self._refuse("", f"the pack has more than {COUNT_LIMIT} files")
        if sum(map(len, self.files.values())) > PACK_LIMIT:
            self._refuse("", f"the pack is larger than {PACK_LIMIT} bytes")

    def _take(self, directory: int, node: Node) -> bool:
        """Read one entry; false when it was refused with everything below it."""
        problem = None if node.path == ENVELOPE else path_problem(node.path)
        if problem is not None:
            path = str(self._root / node.path)
            self.findings.append(PathUnsignableFinding(file=path, problem=problem, near=_signable(node.path)))
            return False
        if node.kind is NodeKind.DIRECTORY:
            return True
        try:
            data = read_below(directory, node.path)
        except (UnsafeNodeError, FileNotFoundError) as error:
            self._refuse(node.path, str(error))
            return False
        if node.path == ENVELOPE:
            self.envelope = data
        else:
            self.files[node.path] = data
        return True

    def _refuse(self, path: str, problem: str) -> None:
        self.findings.append(FileUnsignableFinding(file=str(self._root / path), problem=problem))


def _signable(path: str) -> str | None:
    """Return what the last part of a path could be called instead; ``None`` where nothing follows from its letters."""
    folder, slash, name = path.rpartition("/")
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9._-]+", "-", letters).strip("-. ")
    return plain if plain != name and path_problem(f"{folder}{slash}{plain}") is None else None


def parse_json(path: Path, data: bytes) -> Any:
    """Return the value of a JSON file, or the JsonInvalidFinding that says what is wrong with it."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return JsonInvalidFinding(file=str(path), line=line, problem="it is not UTF-8")
    except json.JSONDecodeError as error:
        return JsonInvalidFinding(file=str(path), line=error.lineno, column=error.colno, problem=error.msg)
    except (ValueError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return JsonInvalidFinding(file=str(path), problem=problem)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the member {twice!r} is there twice"
        raise ValueError(message)
    return members


def _refuse_constant(name: str) -> Any:
    message = f"{name} is not JSON"
    raise ValueError(message)
