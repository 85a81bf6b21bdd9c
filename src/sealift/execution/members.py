"""What of a schema binds single top-level members, and what of it two schemas have in common."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from sealift.execution.schema_files import DEFAULT_DRAFT, Schema, address, escaped, ids, references

_NOTES = frozenset(
    {"$schema", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
)
_MEMBERS = frozenset({"properties", "patternProperties", "additionalProperties", "propertyNames"})
_SHAPE = frozenset({"type", "required", "minProperties", "maxProperties"})
_SEPARABLE = _NOTES | _MEMBERS | _SHAPE | {"$defs", "definitions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRules:
    """How a document can be checked member by member."""

    part: dict[str, Any]
    """What binds members, without what binds the document as a whole."""
    required: frozenset[str]
    fewest: int
    most: int | None
    same: Mapping[str, bool]
    """By name: whether both schemas say the same of this member."""
    other_same: bool
    """Whether they say the same of every member that neither names."""

    def shape_holds(self, names: Collection[str]) -> bool:
        """Say whether an object with these names satisfies what binds it as a whole."""
        return (
            self.required <= set(names) and len(names) >= self.fewest and (self.most is None or len(names) <= self.most)
        )


def member_rules(
    old_sources: Mapping[str, Schema], old_path: str, new_sources: Mapping[str, Schema], new_path: str
) -> MemberRules | None:
    """Return the rules for documents that go from the old schema to the new; ``None`` when one is not separable."""
    old, new = old_sources[old_path], new_sources[new_path]
    if not _separable(new, new_sources) or not _separable(old, old_sources):
        return None
    if not isinstance(old, dict) or not isinstance(new, dict):
        return None
    left, right = _Sayings(old_sources, old_path), _Sayings(new_sources, new_path)
    everywhere = ("patternProperties", "propertyNames")
    if old.get("$schema") != new.get("$schema") or any(left.of(old, one) != right.of(new, one) for one in everywhere):
        return None
    other_same = left.of(old, "additionalProperties") == right.of(new, "additionalProperties")
    before, after = old.get("properties", {}), new.get("properties", {})
    same = {
        name: name in before and name in after and left.of(before, name) == right.of(after, name)
        for name in {*before, *after}
    }
    return MemberRules(
        part=_part(new, new_path),
        required=frozenset(new.get("required", ())),
        fewest=int(new.get("minProperties", 0)),
        most=int(new["maxProperties"]) if "maxProperties" in new else None,
        same=same,
        other_same=other_same,
    )


def _draft(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$schema", DEFAULT_DRAFT))


def _separable(schema: Schema, sources: Mapping[str, Schema]) -> bool:
    if not isinstance(schema, dict) or not set(schema) <= _SEPARABLE or schema.get("type") != "object":
        return False
    # A reference that depends on who refers, or a schema with its own address, could mean something else in a part.
    return "draft-04" not in _draft(schema) and not any(
        ids(source, address(at)) or any(word in _plain(source) for word in ("$dynamic", "$recursive"))
        for at, source in sources.items()
    )


def _part(schema: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return what binds members, by reference: a part that was copied out would lose its place."""
    part: dict[str, Any] = {"$schema": _draft(schema)}
    for keyword in ("properties", "patternProperties"):
        if keyword in schema:
            part[keyword] = {name: _pointing(path, keyword, name) for name in schema[keyword]}
    for keyword in ("additionalProperties", "propertyNames"):
        if keyword in schema:
            part[keyword] = _pointing(path, keyword)
    return part


def _pointing(path: str, *steps: str) -> dict[str, str]:
    return {"$ref": f"{address(path)}#/" + "/".join(quote(escaped(step), safe="~") for step in steps)}


class _Sayings:
    """What a schema says of a member, in a form that can be compared with what another file says."""

    def __init__(self, sources: Mapping[str, Schema], path: str) -> None:
        self._sources = sources
        self._path = path

    def of(self, holder: Mapping[str, Any], name: str) -> object:
        """Return the saying: the schema and all that it refers to, the file's own name left out."""
        if name not in holder:
            return None
        seen: dict[str, object] = {}
        waiting = [uri for _, uri in references(holder[name], address(self._path))]
        while waiting:
            uri = waiting.pop()
            if uri not in seen:
                target, path = self._target(uri)
                seen[uri] = target
                waiting.extend(other for _, other in references(target, address(path)))
        return _plain(holder[name]), {self._own(uri): _plain(target) for uri, target in seen.items()}

    def _own(self, uri: str) -> str:
        return uri.replace(address(self._path), "self", 1)

    def _target(self, uri: str) -> tuple[object, str]:
        for path, source in self._sources.items():
            base = address(path)
            if uri == base or uri.startswith(base + "#"):
                return _at(source, unquote(uri[len(base) + 1 :])), path
        return uri, self._path


def _at(source: object, pointer: str) -> object:
    """Return what a JSON pointer leads to; for a name (``$anchor``) the whole file: coarser, and so never wrong."""
    node = source
    for step in pointer.split("/")[1:] if pointer.startswith("/") else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            return source
    return node


def _plain(schema: object) -> str:
    """Return a text that is the same for the same JSON value only: ``1``, ``1.0``, ``true`` and ``"1"`` all differ."""
    match schema:
        case dict():
            return "{" + ",".join(f"{name!r}:{_plain(item)}" for name, item in sorted(schema.items())) + "}"
        case list():
            return "[" + ",".join(map(_plain, schema)) + "]"
        case _:
            return repr(schema)
