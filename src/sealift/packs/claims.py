"""From what a dist-info directory says to a claim: the origin of a pack, or the reason why it is none."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from sealift.errors.origin import UntrustedLocationError
from sealift.errors.trust import ManifestMalformedError, TrustError
from sealift.errors.trust_contents import IdentityMismatchError
from sealift.model.names import is_pack_name
from sealift.model.pack import PackOrigin
from sealift.packs.entries import Entry, name_and_version, pack_entries
from sealift.packs.scan import DIST_INFO, Candidate, Scan, read_text

# ASCII, because a name that looks like another one is an attack; at most eight levels.
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,7}", re.ASCII)
_DIST_INFO = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-([A-Za-z0-9!.+_]+)\.dist-info", re.ASCII)
_SHOWN = 200
"""Characters of an untrusted text that are repeated in a message."""


class Claim(NamedTuple):
    """One entry point of one distribution. A tuple, like the one below: thousands are made at every start."""

    name: str
    """The pack it announces; printable, also when it is no pack name."""
    project: str
    """Normalised name of the distribution; empty where there is none."""
    shown: str
    """Distribution, version and directory, for messages."""
    verdict: PackOrigin | TrustError
    directory: str = ""
    """The dist-info directory, when it makes this one claim and no other."""


class _Distribution(NamedTuple):
    """What the claims of one dist-info directory share."""

    directory: str
    root: str
    name: str
    version: str
    shown: str


def normalised(name: str) -> str:
    """Return the name of a distribution as PEP 503 compares it."""
    dashed = name.lower().replace("_", "-").replace(".", "-")
    return re.sub("-+", "-", dashed) if "--" in dashed else dashed


def is_module(text: str) -> bool:
    """Say whether the text is the dotted name of a pack folder."""
    return _MODULE.fullmatch(text) is not None


def project_of(directory: str) -> str:
    """Return the normalised project name that the name of a dist-info directory begins with."""
    return normalised(directory.removesuffix(DIST_INFO).partition("-")[0])


def claims_in(found: Scan) -> Iterator[Claim]:
    """Return every claim in one root."""
    for candidate in found.candidates:
        yield from _of_candidate(candidate, found.root)
    for egg in found.eggs:
        yield _egg(printable(egg))


def claim_of(directory: str) -> Claim | None:
    """Read the claim of one dist-info directory now; ``None`` unless it makes exactly one."""
    text = read_text(f"{directory}/entry_points.txt")
    claims = [] if text is None else list(_of_candidate(Candidate(directory, text), directory.rpartition("/")[0]))
    return claims[0] if len(claims) == 1 else None


def printable(text: str) -> str:
    """Return an untrusted text so that it can be shown: short, on one line, without control characters."""
    if text.isprintable() and text.isascii() and len(text) <= _SHOWN:
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:_SHOWN])


def _egg(shown: str) -> Claim:
    error = UntrustedLocationError(place=shown, problem="eggs and zip archives are not read")
    return Claim(shown, "", shown, error)


def _of_candidate(candidate: Candidate, root: str) -> Iterator[Claim]:
    base = candidate.directory.rpartition("/")[2]
    project = project_of(base)
    shown = printable(f"{base.removesuffix(DIST_INFO).replace('-', ' ', 1)} in {candidate.directory}")
    try:
        entries = pack_entries(candidate.entry_points)
    except ValueError as error:
        yield Claim("", project, shown, _malformed(shown, "entry_points.txt", str(error)))
        return
    if not entries:
        return
    dist = _distribution(candidate.directory, root, project, shown)
    sole = candidate.directory if len(entries) == 1 else ""
    for entry in entries:
        verdict = _verdict(entry, dist) if isinstance(dist, _Distribution) else dist
        yield Claim(printable(entry.name), project, shown, verdict, sole)


def _distribution(directory: str, root: str, project: str, shown: str) -> _Distribution | TrustError:
    """Read name and version from the directory's name and hold METADATA to them."""
    base = directory.rpartition("/")[2]
    match = _DIST_INFO.fullmatch(base)
    if match is None:
        return _malformed(shown, printable(base), "is not NAME-VERSION.dist-info")
    name, version = name_and_version(read_text(f"{directory}/METADATA"))
    if normalised(name) != project or not _is_same_version(version, match[2]):
        got, expected = printable(f"{name} {version}".strip()), f"{match[1]} {match[2]}"
        return IdentityMismatchError(pack=shown, field="METADATA", got=got, expected=expected)
    return _Distribution(directory, root, project, version, shown)


def _is_same_version(stated: str, escaped: str) -> bool:
    """Compare METADATA's version with the one in a directory's name, where installers may have normalised it."""
    if stated.replace("-", "_") == escaped:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(stated) == Version(escaped.replace("_", "-"))
    except InvalidVersion:
        return False


def _verdict(entry: Entry, dist: _Distribution) -> PackOrigin | TrustError:
    if not is_pack_name(entry.name):
        problem = f"{printable(entry.name)!r} is no pack name (lower-case letters, digits, _ and dots)"
        return _malformed(dist.shown, "entry_points.txt", problem)
    if not is_module(entry.value):
        problem = f"{printable(entry.value)!r} is not the dotted name of a folder"
        return _malformed(dist.shown, "entry_points.txt", problem)
    folder = entry.value.replace(".", "/")
    source = _editable_source(dist.directory)
    root = f"{dist.root}/{folder}" if source is None else _editable_root(source, folder)
    if root is None:
        return UntrustedLocationError(
            pack=f"{entry.name} ({dist.shown})", problem=f"an editable installation without a folder {folder}"
        )
    return PackOrigin(
        entry_point=entry.name,
        module=entry.value,
        distribution=dist.name,
        distribution_version=dist.version,
        root=PurePath(root),
        editable=source is not None,
    )


def _malformed(shown: str, where: str, problem: str) -> ManifestMalformedError:
    return ManifestMalformedError(pack=shown, where=where, problem=problem)


def _editable_source(directory: str) -> str | None:
    """Return the project directory of an editable installation (PEP 660, PEP 610), or ``None`` for an ordinary one."""
    text = read_text(f"{directory}/direct_url.json")
    if text is None or b"editable" not in text:
        return None
    import json
    from urllib.parse import unquote, urlsplit

    try:
        content = json.loads(text)
        if content["dir_info"]["editable"] is not True:
            return None
        url = urlsplit(content["url"])
    except (ValueError, KeyError, TypeError, AttributeError):
        # It says that it is editable in a way that cannot be followed: then nothing is found there.
        return ""
    return os.path.realpath(unquote(url.path)) if url.scheme == "file" else ""


def _editable_root(source: str, folder: str) -> str | None:
    choices = (f"{source}/src/{folder}", f"{source}/{folder}") if source else ()
    return next((choice for choice in choices if Path(choice).is_dir()), None)
