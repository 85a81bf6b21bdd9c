"""The small terms of a manifest: names, versions, requirements, and how their absence is reported."""

import re
from collections.abc import Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from sealift.errors.trust import ManifestMalformedError
from sealift.model.names import is_pack_name

SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
DISTRIBUTION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
"""A distribution's name in the normal form of PEP 503."""
COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", re.ASCII)
CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)

_REQUIREMENT = re.compile(r"([a-z0-9._]+) *([<>=!~].*)?", re.ASCII)
_TEXT_LIMIT = 200


def members(value: Any, where: str, names: Sequence[str]) -> list[Any]:
    """Return the values of exactly these members, in this order; raises ManifestMalformedError otherwise."""
    if not isinstance(value, dict):
        raise ManifestMalformedError(where=where, problem="expected an object")
    for name in names:
        if name not in value:
            raise ManifestMalformedError(where=where, problem=f"the member {name!r} is missing")
    if len(value) != len(names):
        unknown = sorted(value.keys() - set(names))
        raise ManifestMalformedError(where=where, problem=f"the member {unknown[0][:_TEXT_LIMIT]!a} is unknown")
    return [value[name] for name in names]


def matching(value: Any, where: str, pattern: re.Pattern[str]) -> str:
    """Return a text that the pattern covers wholly."""
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT or pattern.fullmatch(value) is None:
        raise ManifestMalformedError(where=where, problem=f"{str(value)[:_TEXT_LIMIT]!a} is not allowed here")
    return value


def flag(value: Any, where: str) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise ManifestMalformedError(where=where, problem="expected true or false")
    return value


def version(value: Any, where: str) -> Version:
    """Return a PEP 440 version."""
    try:
        if isinstance(value, str) and len(value) <= _TEXT_LIMIT:
            return Version(value)
    except InvalidVersion:
        pass
    raise ManifestMalformedError(where=where, problem=f"{str(value)[:_TEXT_LIMIT]!a} is no PEP 440 version")


def items(value: Any, where: str, limit: int) -> list[Any]:
    """Return a list of at most ``limit`` items."""
    if not isinstance(value, list) or len(value) > limit:
        raise ManifestMalformedError(where=where, problem=f"expected a list of at most {limit} items")
    return value


def requirement(value: Any, where: str) -> str:
    """Return a requirement on another pack's data version, such as ``acme.core>=2.0,<3``."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    match = _REQUIREMENT.fullmatch(value) if isinstance(value, str) and len(value) <= _TEXT_LIMIT else None
    try:
        if match is not None and is_pack_name(match[1]):
            SpecifierSet(match[2] or "")
            return match[0]
    except InvalidSpecifier:
        pass
    raise ManifestMalformedError(
        where=where, problem=f"{str(value)[:_TEXT_LIMIT]!a} is no requirement such as 'acme.core>=2.0,<3'"
    )
