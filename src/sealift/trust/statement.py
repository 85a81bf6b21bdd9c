"""The manifest as it is signed: an in-toto Statement v1 with sealift's own predicate.

in-toto lets consumers ignore unknown fields unless the predicate's specification says otherwise; this one does: the
field set is exact, in the Statement as in the predicate, and everything listed has one order and no duplicates.
"""

import json
from typing import Any

from sealift.errors.trust import ManifestMalformedError, PayloadTypeMismatchError
from sealift.model.migration import MigrationInfo
from sealift.model.pack import PREDICATE_TYPE, Manifest
from sealift.model.paths import FILE_COUNT_LIMIT, path_problem, tree_problem
from sealift.trust.predicate import read_predicate
from sealift.trust.strict_json import StrictJsonError, loads
from sealift.trust.terms import SHA256, members

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
STATEMENT_LIMIT = 768 * 1024
"""Bytes of a statement: what fits, in base64, into an envelope."""


def statement_bytes(manifest: Manifest) -> bytes:
    """Return the bytes to sign; ``parse_statement`` is the inverse.

    The same manifest gives the same bytes. Raises ManifestMalformedError for a manifest that would not be accepted,
    so that what is signed can be verified.
    """
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": manifest.files[name]}} for name in sorted(manifest.files)],
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(manifest),
    }
    data = json.dumps(statement, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    parse_statement(data)
    return data


def parse_statement(data: bytes) -> Manifest:
    """Read a signed payload; raises PayloadTypeMismatchError or ManifestMalformedError, which names the place."""
    try:
        statement = loads(data, max_bytes=STATEMENT_LIMIT)
    except StrictJsonError as error:
        raise ManifestMalformedError(where="the statement", problem=str(error)) from None
    _expect(statement, "_type", STATEMENT_TYPE)
    _expect(statement, "predicateType", PREDICATE_TYPE)
    _, subject, _, predicate = members(statement, "the statement", ("_type", "subject", "predicateType", "predicate"))
    return read_predicate(predicate, _files(subject))


def _expect(statement: dict[str, Any], field: str, expected: str) -> None:
    if field in statement and statement[field] != expected:
        raise PayloadTypeMismatchError(field=field, got=str(statement[field])[:200], expected=expected)


def _files(subject: Any) -> dict[str, str]:
    if not isinstance(subject, list) or not 1 <= len(subject) <= FILE_COUNT_LIMIT:
        raise ManifestMalformedError(where="subject", problem=f"expected a list of 1 to {FILE_COUNT_LIMIT} files")
    files: dict[str, str] = {}
    last = ""
    for position, item in enumerate(subject):
        name, digest = _subject(item, f"subject[{position}]")
        if name <= last:
            raise ManifestMalformedError(
                where=f"subject[{position}]", problem=f"{name!r} is there twice, or not in order"
            )
        files[name] = digest
        last = name
    problem = tree_problem(files)
    if problem is not None:
        raise ManifestMalformedError(where="subject", problem=problem)
    return files


def _subject(item: Any, where: str) -> tuple[str, str]:
    name, digests = members(item, where, ("name", "digest"))
    problem = path_problem(name) if isinstance(name, str) else "is no text"
    if problem is not None:
        raise ManifestMalformedError(where=where, problem=f"{str(name)[:200]!a} {problem}")
    (digest,) = members(digests, f"{where}.digest", ("sha256",))
    if not isinstance(digest, str) or SHA256.fullmatch(digest) is None:
        raise ManifestMalformedError(where=f"{where}.digest.sha256", problem="expected 64 lower-case hex digits")
    return name, digest


def _predicate(manifest: Manifest) -> dict[str, Any]:
    return {
        "pack": manifest.pack,
        "base": manifest.base,
        "collections": dict(sorted(manifest.collections.items())),
        "distribution": {"name": manifest.distribution, "version": manifest.distribution_version},
        "sequence": manifest.sequence,
        "migrations": [_migration(info) for info in manifest.migrations],
    }


def _migration(info: MigrationInfo) -> dict[str, Any]:
    return {
        "version": info.version,
        "path": info.path,
        "class": info.class_name,
        "collection": info.collection,
        "depends_on": list(info.depends_on),
        "schema": info.schema,
        "reversible": info.reversible,
        "atomic": info.atomic,
        "grants": [{"collection": grant.collection, "access": list(grant.access)} for grant in info.grants],
    }
