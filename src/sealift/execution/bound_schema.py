"""A part of a pack's schemas together with what its references are resolved against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealift.execution.schema_files import SchemaFiles, address, joined

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A schema, and where its references lead; nothing outside the pack is ever reached."""

    schema: Any
    resolver: Any
    registry: Any

    def inside(self, schema: Any) -> "Bound":
        """Return a part of this schema."""
        return Bound(schema=schema, resolver=self.resolver, registry=self.registry)

    def based(self) -> "Bound":
        """Return this schema with the base that its own ``$id`` sets."""
        own = self.schema.get("$id") if isinstance(self.schema, dict) else None
        if not isinstance(own, str) or own.startswith("#"):
            return self
        resolver = self.registry.resolver(joined(self.resolver.base_uri, own))
        return Bound(schema=self.schema, resolver=resolver, registry=self.registry)

    def target(self, reference: str) -> "Bound":
        """Return the schema that a reference leads to."""
        found = self.resolver.lookup(reference)
        return Bound(schema=found.contents, resolver=found.resolver, registry=self.registry)


def bound_schema(files: Mapping[str, bytes], path: str) -> Bound:
    """Return the schema at a path inside a pack; raises leaves of SchemaError."""
    from jsonschema_rs import Registry

    sources = SchemaFiles(files=files).reachable(path)
    registry = Registry([(address(at), schema) for at, schema in sources.items()])
    return Bound(schema=sources[path], resolver=registry.resolver(address(path)), registry=registry)
