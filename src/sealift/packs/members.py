"""Which members of a wheel may stand outside the pack folder, and why the others may not."""

import ast
import re
import sys
from dataclasses import dataclass

_METADATA_FILES = frozenset({"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt"})
_LEGAL_FILES = re.compile(r"(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS)[A-Za-z0-9._-]*|(?:licenses|sboms)/[A-Za-z0-9._/-]+")
# A top-level package of one of these names would stand in for sealift, or be imported whenever Python starts.
_TAKEN = frozenset({"sealift", "sitecustomize", "usercustomize"}) | sys.stdlib_module_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of a wheel outside the pack folder."""

    path: str
    inside: str
    """The pack folder, ending in a slash."""
    dist_info: str


def is_taken(package: str) -> bool:
    """Say whether a top-level package of this name would stand in for another one."""
    return package in _TAKEN


def foreign_problem(member: Member) -> str | None:
    """Say why the member may not be in a pack's wheel; ``None`` when it may."""
    if member.path.startswith(f"{member.dist_info}/"):
        return _dist_info_problem(member.path.removeprefix(f"{member.dist_info}/"))
    folder, _, name = member.path.rpartition("/")
    if name == "__init__.py" and folder and member.inside.startswith(f"{folder}/"):
        return None
    return _reason(member.path)


def _dist_info_problem(path: str) -> str | None:
    if path in _METADATA_FILES or _LEGAL_FILES.fullmatch(path):
        return None
    return "no metadata file that a pack's wheel may have"


def _reason(path: str) -> str:
    first = path.split("/", 1)[0]
    if path.endswith(".pth"):
        return "a .pth file, which runs at every start of Python"
    if first in {"sitecustomize.py", "usercustomize.py"}:
        return "a module that runs at every start of Python"
    if first.endswith(".data"):
        return "a file that is installed outside site-packages (scripts, data)"
    if first.endswith((".dist-info", ".egg-info", ".egg")):
        return "the metadata of another distribution"
    return "a file outside the signed pack folder"


def is_codeless(content: bytes) -> bool:
    """Say whether a Python source does nothing: at most comments and a docstring."""
    try:
        # Bytes, as Python's import would read them: a coding cookie counts.
        body = ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)
