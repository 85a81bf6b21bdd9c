"""From a pack's schema files to compiled validators: local, bounded, in linear time.

The one defined semantics is that of jsonschema-rs, on exact numbers, without the assertion of ``format`` (an annotation
in every draft here, because no two engines agree on what it means), with patterns that cannot backtrack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from sealift.errors.schema import (
    SchemaError,
    SchemaInvalidError,
    SchemaPatternError,
    SchemaReferenceError,
)
from sealift.execution.schema_cost import CostMeter
from sealift.execution.schema_files import (
    DEFAULT_DRAFT,
    ROOT,
    Schema,
    SchemaFiles,
    address,
    based,
    escaped,
    references,
)

if TYPE_CHECKING:
    import jsonschema_rs


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSchema:
    """One schema, ready: for a document, for a list of documents, and the files it is made of."""

    path: str
    sources: Mapping[str, Schema]
    single: "jsonschema_rs.Validator"
    many: "jsonschema_rs.Validator"


def compile_files(files: Mapping[str, bytes], path: str) -> CompiledSchema:
    """Compile the schema at this path; raises a leaf of SchemaError (exit status 1) that names file and pointer."""
    sources = SchemaFiles(files=files).reachable(path)
    for at, schema in sources.items():
        _check_meta(schema, at)
    registry = _registry(sources, path)
    _check_references(sources, registry)
    _check_cost(sources[path], path, registry)
    draft = _draft_of(sources[path])
    target = {"$ref": _own_address(sources[path], path)}
    one = {"$schema": draft, "allOf": [target]}
    many = {"$schema": draft, "items": target}
    return CompiledSchema(
        path=path,
        sources=sources,
        single=_compiled(one, registry, sources, path),
        many=_compiled(many, registry, sources, path),
    )


def check_schema(files: Mapping[str, bytes], path: str) -> None:
    """Check a schema as an author wants it checked: everything ``compile_files`` refuses, and what jsonschema refuses.

    The second opinion costs 0.1 s of imports, so it is asked once, when a pack is made, and not when it runs.
    """
    from jsonschema.exceptions import SchemaError as Wrong  # type: ignore[import-untyped]  # it ships no types
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # as above

    for at, schema in compile_files(files, path).sources.items():
        try:
            validator_for({"$schema": _draft_of(schema)}).check_schema(schema)
        except Wrong as error:
            pointer = _pointer(list(error.absolute_path))
            raise SchemaInvalidError(file=at, pointer=pointer, problem=error.message) from error


def compiled_beside(compiled: CompiledSchema, schema: dict[str, Any]) -> "jsonschema_rs.Validator":
    """Compile another schema over the same files, such as one for some of the members only."""
    registry = _registry(compiled.sources, compiled.path)
    return _compiled(schema, registry, compiled.sources, compiled.path)


def _draft_of(schema: Schema) -> str:
    return str(schema.get("$schema", DEFAULT_DRAFT)) if isinstance(schema, dict) else DEFAULT_DRAFT


def _check_meta(schema: Schema, path: str) -> None:
    from jsonschema_rs import ValidationError, meta

    try:
        meta.validate(schema)
    except ValidationError as error:
        raise SchemaInvalidError(file=path, pointer=_pointer(error.instance_path), problem=error.message) from error
    except (ValueError, RecursionError) as error:
        raise SchemaInvalidError(file=path, problem=str(error)) from error


def _own_address(schema: Schema, path: str) -> str:
    """Return the URI that the schema gives itself, else that of its file."""
    return urldefrag(based(schema, address(path))).url if isinstance(schema, dict) else address(path)


def _resources(sources: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    for path, schema in sources.items():
        own = _own_address(schema, path)
        yield own, schema
        if own != address(path):
            # The engine takes the address a schema is registered under for its base, so its file only points to it.
            yield address(path), {"$schema": _draft_of(schema), "$ref": own}


def _registry(sources: Mapping[str, Schema], path: str) -> "jsonschema_rs.Registry":
    from jsonschema_rs import Registry

    try:
        return Registry(list(_resources(sources)))
    except ValueError as error:
        raise SchemaInvalidError(file=path, problem=str(error)) from error


def _check_references(sources: Mapping[str, Schema], registry: "jsonschema_rs.Registry") -> None:
    from jsonschema_rs import ReferencingError

    resolver = registry.resolver(ROOT)
    for path, schema in sources.items():
        for pointer, uri in references(schema, address(path)):
            try:
                resolver.lookup(uri)
            except ReferencingError as error:
                raise SchemaReferenceError(file=path, pointer=pointer, reference=uri.removeprefix(ROOT)) from error


def _check_cost(schema: Schema, path: str, registry: "jsonschema_rs.Registry") -> None:
    resolver = registry.resolver(ROOT)

    def lookup(uri: str) -> tuple[Schema, str]:
        found = resolver.lookup(uri)
        contents: Any = found.contents
        return contents, found.resolver.base_uri

    CostMeter(file=path, lookup=lookup).check(schema, address(path))


def _compiled(
    schema: dict[str, Any], registry: "jsonschema_rs.Registry", sources: Mapping[str, Schema], path: str
) -> "jsonschema_rs.Validator":
    from jsonschema_rs import RegexOptions, ValidationError, validator_for

    try:
        # offline: the engine has no way to fetch anything, whatever a schema says.
        return validator_for(
            schema, registry=registry, offline=True, validate_formats=False, pattern_options=RegexOptions()
        )
    except ValidationError as error:
        raise _blamed(error, sources, path) from error
    except (ValueError, RecursionError) as error:
        raise SchemaInvalidError(file=path, problem=str(error)) from error


def _blamed(error: "jsonschema_rs.ValidationError", sources: Mapping[str, Schema], path: str) -> SchemaError:
    """Return the error with the file it is in: the engine says where in a file, but not in which."""
    steps = list(error.instance_path)
    file = next((at for at, schema in sources.items() if _has(schema, steps)), path)
    if type(error.kind).__name__ in {"Format", "ValidationErrorKind_Format"}:
        pattern = str(steps[-1] if steps and steps[-1] != "pattern" else error.instance)
        return SchemaPatternError(file=file, pointer=_pointer(steps), pattern=pattern)
    return SchemaInvalidError(file=file, pointer=_pointer(steps), problem=error.message)


def _has(schema: object, steps: list[str | int]) -> bool:
    for step in steps:
        match schema:
            case dict() if step in schema:
                schema = schema[step]
            case list() if isinstance(step, int) and step < len(schema):
                schema = schema[step]
            case _:
                return False
    return True


def _pointer(steps: list[str | int]) -> str:
    return "".join(f"/{escaped(str(step))}" for step in steps)
