"""The three files every wheel has, held to what a pack's wheel may say."""

import base64
import csv
import hashlib
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from sealift.packs.archive import ArchiveError
from sealift.packs.claims import normalised

_ALLOWED_REQUIREMENT = "sealift"


def check_wheel_file(content: bytes, member: str) -> None:
    """Refuse wheels that are unpacked anywhere else than into purelib."""
    headers = BytesParser().parsebytes(content)
    if _once(headers, "Wheel-Version", member).split(".")[0] != "1":
        problem = "a wheel version other than 1"
        raise ArchiveError(problem, member)
    if _once(headers, "Root-Is-Purelib", member).lower() != "true":
        problem = "Root-Is-Purelib is not true"
        raise ArchiveError(problem, member)


def check_metadata(content: bytes, member: str, *, name: str, version: str) -> str:
    """Hold name and version to the filename and refuse foreign requirements; return the stated version."""
    headers = BytesParser().parsebytes(content)
    stated_name, stated_version = _once(headers, "Name", member), _once(headers, "Version", member)
    if normalised(stated_name) != normalised(name) or not _is_same(stated_version, version):
        problem = f"it says {stated_name} {stated_version}, the filename {name} {version}"
        raise ArchiveError(problem, member)
    for requirement in headers.get_all("Requires-Dist", []):
        _check_requirement(str(requirement), member)
    return stated_version


def _check_requirement(text: str, member: str) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        problem = f"Requires-Dist {text!r} cannot be read"
        raise ArchiveError(problem, member) from error
    if normalised(requirement.name) != _ALLOWED_REQUIREMENT or requirement.url is not None:
        problem = f"Requires-Dist {text!r} (expected none besides {_ALLOWED_REQUIREMENT})"
        raise ArchiveError(problem, member)


def _is_same(stated: str, escaped: str) -> bool:
    try:
        return Version(stated) == Version(escaped.replace("_", "-"))
    except InvalidVersion:
        return False


def _once(headers: Message, name: str, member: str) -> str:
    values = headers.get_all(name, [])
    if len(values) != 1:
        problem = f"{name} is there {len(values)} times (expected once)"
        raise ArchiveError(problem, member)
    return str(values[0]).strip()


def check_record(content: bytes, members: Mapping[str, bytes], member: str) -> None:
    """Refuse a RECORD that names other files than there are, or other contents.

    Not as evidence: uninstalling deletes what RECORD names, and strict installers stop at a wrong hash.
    """
    try:
        rows = list(csv.reader(content.decode("utf-8").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        problem = "it cannot be read"
        raise ArchiveError(problem, member) from error
    listed = [row[0] for row in rows if row]
    wrong = sorted(set(listed) ^ members.keys())
    if wrong or len(set(listed)) != len(listed):
        problem = f"it does not list exactly the members of the wheel ({wrong[0] if wrong else 'one is there twice'})"
        raise ArchiveError(problem, member)
    for row in filter(None, rows):
        if row[0] != member and (len(row) < 2 or row[1] != _record_hash(members[row[0]])):  # noqa: PLR2004 - path, hash
            problem = f"its hash of {row[0]} is wrong (expected sha256)"
            raise ArchiveError(problem, member)


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode('ascii')}"
