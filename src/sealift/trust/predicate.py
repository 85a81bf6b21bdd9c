"""The predicate of a pack's Statement, member by member: ``sealift.model.pack.PREDICATE_TYPE``, version 1."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from packaging.version import Version

from sealift.errors.trust import ManifestMalformedError
from sealift.model.migration import Grant, MigrationInfo
from sealift.model.names import is_pack_name
from sealift.model.pack import Manifest
from sealift.trust.terms import CLASS, COLLECTION, DISTRIBUTION, flag, items, matching, members, requirement
from sealift.trust.terms import version as read_version

SEQUENCE_LIMIT = 2**53 - 1
"""The highest sequence: the largest integer that every JSON reader keeps."""

_PREDICATE = ("pack", "base", "collections", "distribution", "sequence", "migrations")
_MIGRATION = (
    "version", "path", "class", "collection", "depends_on", "schema", "reversible", "atomic", "grants",
)  # fmt: skip
_ACCESS = ("create", "delete", "update")
_LIST_LIMIT = 1000


def read_predicate(value: Any, files: Mapping[str, str]) -> Manifest:
    """Return the manifest that predicate and files make; raises ManifestMalformedError."""
    pack, base, collections, distribution, sequence, migrations = members(value, "predicate", _PREDICATE)
    name, version = members(distribution, "predicate.distribution", ("name", "version"))
    read_version(version, "predicate.distribution.version")
    known = _collections(collections, files)
    return Manifest(
        pack=_pack(pack),
        base=base,
        collections=known,
        distribution=matching(name, "predicate.distribution.name", DISTRIBUTION),
        distribution_version=version,
        sequence=_sequence(sequence),
        migrations=_migrations(migrations, read_version(base, "predicate.base"), known, files),
        files=MappingProxyType(dict(files)),
    )


def _pack(value: Any) -> str:
    if not isinstance(value, str) or not is_pack_name(value):
        raise ManifestMalformedError(where="predicate.pack", problem=f"{str(value)[:200]!a} is no pack name")
    return value


def _sequence(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= SEQUENCE_LIMIT:
        raise ManifestMalformedError(
            where="predicate.sequence", problem=f"expected an integer from 1 to {SEQUENCE_LIMIT}"
        )
    return value


def _collections(value: Any, files: Mapping[str, str]) -> Mapping[str, str | None]:
    where = "predicate.collections"
    if not isinstance(value, dict) or len(value) > _LIST_LIMIT:
        raise ManifestMalformedError(where=where, problem=f"expected an object of at most {_LIST_LIMIT} members")
    return MappingProxyType(
        {matching(name, where, COLLECTION): _schema(schema, f"{where}.{name}", files) for name, schema in value.items()}
    )


def _schema(value: Any, where: str, files: Mapping[str, str]) -> str | None:
    return None if value is None else _listed(value, where, files, ".json")


def _listed(value: Any, where: str, files: Mapping[str, str], suffix: str) -> str:
    if not isinstance(value, str) or value not in files:
        raise ManifestMalformedError(where=where, problem=f"{str(value)[:200]!a} is not among the signed files")
    if not value.endswith(suffix):
        raise ManifestMalformedError(where=where, problem=f"{value!a} does not end in {suffix}")
    return value


def _migrations(
    value: Any, base: Version, collections: Mapping[str, str | None], files: Mapping[str, str]
) -> tuple[MigrationInfo, ...]:
    listed = items(value, "predicate.migrations", _LIST_LIMIT)
    migrations, versions = [], [base]
    for position, item in enumerate(listed):
        where = f"predicate.migrations[{position}]"
        migrations.append(_migration(item, where, collections, files))
        versions.append(read_version(migrations[-1].version, f"{where}.version"))
    for position, (before, after) in enumerate(pairwise(versions)):
        if after <= before:
            raise ManifestMalformedError(
                where=f"predicate.migrations[{position}].version", problem=f"{after} does not come after {before}"
            )
    return tuple(migrations)


def _migration(
    value: Any, where: str, collections: Mapping[str, str | None], files: Mapping[str, str]
) -> MigrationInfo:
    version, path, name, collection, depends_on, schema, reversible, atomic, grants = members(value, where, _MIGRATION)
    requirements = items(depends_on, f"{where}.depends_on", _LIST_LIMIT)
    return MigrationInfo(
        version=version,
        path=_listed(path, f"{where}.path", files, ".py"),
        class_name=matching(name, f"{where}.class", CLASS),
        collection=_collection(collection, f"{where}.collection", collections),
        depends_on=tuple(requirement(one, f"{where}.depends_on") for one in requirements),
        schema=_schema(schema, f"{where}.schema", files),
        reversible=flag(reversible, f"{where}.reversible"),
        atomic=flag(atomic, f"{where}.atomic"),
        grants=_grants(grants, f"{where}.grants", collections),
    )


def _collection(value: Any, where: str, collections: Mapping[str, str | None]) -> str:
    if not isinstance(value, str) or value not in collections:
        raise ManifestMalformedError(where=where, problem=f"{str(value)[:200]!a} is not among the pack's collections")
    return value


def _grants(value: Any, where: str, collections: Mapping[str, str | None]) -> tuple[Grant, ...]:
    grants = []
    for item in items(value, where, _LIST_LIMIT):
        collection, access = members(item, where, ("collection", "access"))
        name = _collection(collection, f"{where}.collection", collections)
        grants.append(Grant(collection=name, access=_access(access, f"{where}.access")))
    if len({grant.collection for grant in grants}) != len(grants):
        raise ManifestMalformedError(where=where, problem="a collection is there twice")
    return tuple(grants)


def _access(value: Any, where: str) -> tuple[str, ...]:
    access = items(value, where, len(_ACCESS))
    if not access or access != [name for name in _ACCESS if name in access]:
        raise ManifestMalformedError(where=where, problem=f"expected some of {', '.join(_ACCESS)}, in this order")
    return tuple(access)
