"""A pack's schema files: read strictly, addressed by their path, and nowhere else to be found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin

from sealift.errors.schema import (
    RemoteReferenceError,
    SchemaDraftError,
    SchemaInvalidError,
    SchemaMissingError,
    SchemaReferenceError,
    SchemaSyntaxError,
)
from sealift.execution.strictness import read_strictly
from sealift.model.limits import MIB

ROOT = "http://pack.invalid/"
"""What paths inside a pack are resolved against: a host that RFC 6761 keeps from ever existing."""

SCHEMA_BYTES = MIB
DEFAULT_DRAFT = "https://json-schema.org/draft/2020-12/schema"

DRAFTS = frozenset(
    {
        "http://json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        DEFAULT_DRAFT,
    }
)
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})
_RECURSIVE = "$recursiveRef is not offered (the engine follows it wrongly): use $ref, or $dynamicRef of 2020-12"
_NO_SCHEMAS = frozenset({"const", "enum", "default", "examples"})

Schema = dict[str, Any] | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFiles:
    """The schemas of one pack, by path."""

    files: Mapping[str, bytes]

    def read(self, path: str) -> Schema:
        """Return one schema; raises SchemaMissingError or SchemaSyntaxError."""
        data = self.files.get(path)
        if data is None:
            raise SchemaMissingError(file=path)
        if len(data) > SCHEMA_BYTES:
            raise SchemaSyntaxError(file=path, problem=f"{len(data)} bytes (at most {SCHEMA_BYTES})")
        try:
            value = read_strictly(data)
        except ValueError as error:
            raise SchemaSyntaxError(file=path, problem=str(error).replace("the document", "the file")) from None
        if not isinstance(value, dict | bool):
            raise SchemaSyntaxError(file=path, problem="neither an object nor a boolean")
        return value

    def reachable(self, path: str) -> dict[str, Schema]:
        """Return the schema and every file of the pack that its references lead to, in the order they are met.

        Raises SchemaDraftError, SchemaReferenceError and RemoteReferenceError.
        """
        found = {path: self.read(path)}
        waiting = [path]
        while waiting:
            at = waiting.pop()
            check_drafts(found[at], at)
            for pointer, uri in references(found[at], address(at)):
                other = self._file_of(uri, at, pointer, found)
                if other is not None and other not in found:
                    found[other] = self.read(other)
                    waiting.append(other)
        return found

    def _file_of(self, uri: str, at: str, pointer: str, found: Mapping[str, Schema]) -> str | None:
        """Return the file that a reference leads to; ``None`` if it stays in its own."""
        plain = urldefrag(uri).url
        if pointer.endswith("/$recursiveRef"):
            raise SchemaInvalidError(file=at, pointer=pointer, problem=_RECURSIVE)
        path = path_of(uri)
        if path is None:
            if plain in ids(found[at], address(at)):
                return None
            path = self._by_id(plain)
            if path is None:
                raise RemoteReferenceError(file=at, pointer=pointer, reference=uri)
        if path not in self.files:
            raise SchemaReferenceError(file=at, pointer=pointer, reference=uri.removeprefix(ROOT))
        return path

    def _by_id(self, uri: str) -> str | None:
        for path in sorted(self.files):
            if path.startswith("schemas/") and path.endswith(".json") and uri in ids(self.read(path), address(path)):
                return path
        return None


def address(path: str) -> str:
    """Return the URI of a file of the pack."""
    return ROOT + quote(path)


def path_of(uri: str) -> str | None:
    """Return the path inside the pack that a URI names; ``None`` if it leads elsewhere."""
    plain = urldefrag(uri).url
    return unquote(plain[len(ROOT) :]) if plain.startswith(ROOT) else None


def references(schema: object, base: str) -> Iterator[tuple[str, str]]:
    """Yield the JSON pointer and the absolute URI of every reference, ``$id`` taken into account."""
    for pointer, node, inside in _objects(schema, base):
        for name in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(node.get(name), str):
                yield f"{pointer}/{name}", joined(inside, node[name])


def ids(schema: object, base: str) -> set[str]:
    """Return the absolute URIs that parts of the schema give themselves."""
    return {urldefrag(inside).url for _, node, inside in _objects(schema, base) if isinstance(node.get("$id"), str)}


def check_drafts(schema: object, path: str) -> None:
    """Raise SchemaDraftError for a ``$schema``, at the top or further in, that names no known draft."""
    for pointer, node, _ in _objects(schema, address(path)):
        draft = node.get("$schema")
        if isinstance(draft, str) and draft.rstrip("#") not in DRAFTS:
            raise SchemaDraftError(file=path, pointer=f"{pointer}/$schema", draft=draft)


def _objects(schema: object, base: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield every object that could be a schema: its pointer, itself, and its base URI."""
    waiting: list[tuple[str, object, str]] = [("", schema, base)]
    while waiting:
        pointer, node, outside = waiting.pop()
        if isinstance(node, list):
            waiting.extend((f"{pointer}/{at}", item, outside) for at, item in enumerate(node))
        elif isinstance(node, dict):
            inside = based(node, outside)
            yield pointer, node, inside
            waiting.extend((f"{pointer}/{step}", item, inside) for step, item in _below(node))


def _below(node: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, item in node.items():
        if name in _MAPS and isinstance(item, dict):
            # Names in here are members or definitions, whatever keyword they look like.
            yield from ((f"{escaped(name)}/{escaped(inner)}", schema) for inner, schema in item.items())
        elif name not in _NO_SCHEMAS:
            yield escaped(name), item


def based(node: Mapping[str, Any], base: str) -> str:
    """Return the base URI inside this schema object (``id`` names it in draft-04 only)."""
    own = node.get("id") if "draft-04" in str(node.get("$schema")) else node.get("$id")
    if isinstance(own, str) and not own.startswith("#"):
        return joined(base, own)
    return base


def joined(base: str, reference: str) -> str:
    """Resolve a reference against a base URI (RFC 3986, section 5)."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def escaped(name: str) -> str:
    """Return a name as one segment of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
