"""Examples: documents before and after, kept as files of the pack for tests and documentation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from sealift.errors.pack import PackFinding
from sealift.errors.pack_project import ExampleInvalidFinding, JsonInvalidFinding
from sealift.packs.folder import parse_json
from sealift.packs.toml_file import nearest

MEMBERS = ("collection", "from", "to", "before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A document at one version, and what it is at a higher one."""

    path: str
    """Inside the pack."""
    collection: str
    from_version: str
    to_version: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def read_examples(
    root: Path, files: Mapping[str, bytes], collections: Collection[str], versions: Collection[str]
) -> tuple[Sequence[Example], Sequence[PackFinding]]:
    """Return the examples of a pack, and what is wrong with those that are none; ``versions`` includes the base."""
    examples: list[Example] = []
    findings: list[PackFinding] = []
    for path, data in files.items():
        if not path.startswith("examples/") or not path.endswith(".json"):
            continue
        value = parse_json(root / path, data)
        if isinstance(value, JsonInvalidFinding):
            findings.append(value)
            continue
        problem = _problem(value, collections, versions)
        if problem is not None:
            findings.append(ExampleInvalidFinding(file=str(root / path), problem=problem))
        else:
            examples.append(_example(path, value))
    return examples, findings


def _example(path: str, value: Mapping[str, Any]) -> Example:
    return Example(
        path=path,
        collection=value["collection"],
        from_version=value["from"],
        to_version=value["to"],
        before=value["before"],
        after=value["after"],
    )


def _problem(value: Any, collections: Collection[str], versions: Collection[str]) -> str | None:
    if not isinstance(value, dict):
        return "it is no object"
    for member in MEMBERS:
        if member not in value:
            return f"the member {member!r} is missing"
    for member in value:
        if member not in MEMBERS:
            near = nearest(member, MEMBERS)
            return f"the member {member!r} is unknown" + (f" (did you mean {near!r}?)" if near else "")
    return _wrong_value(value, collections, versions)


def _wrong_value(value: Mapping[str, Any], collections: Collection[str], versions: Collection[str]) -> str | None:
    if value["collection"] not in collections:
        return f"pack.toml has no collection {value['collection']!r}"
    for member in ("from", "to"):
        if value[member] not in versions:
            return f"{member!r} is {value[member]!r} (expected the base or a migration's version)"
    if Version(value["from"]) >= Version(value["to"]):
        return "'from' must be lower than 'to'"
    for member in ("before", "after"):
        if not isinstance(value[member], dict):
            return f"{member!r} is no object"
    return None
