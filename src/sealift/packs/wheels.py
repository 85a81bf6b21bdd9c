"""Looking into a wheel before it is installed: it carries one pack and nothing else, or it is refused.

Installing runs no code of a plain wheel, but a wheel can bring files that Python runs later on its own. The signature
covers the pack folder only, so nothing may be in a wheel besides the pack folder, the ``__init__.py`` files of the
packages around it, and the few metadata files that installers know. Nothing imports those ``__init__.py`` files, but
they are not signed: those with code in them are told. The wheel's RECORD is no evidence; it is held to the members,
because uninstalling deletes what it names.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType

from sealift.errors.config import NotAWheelError
from sealift.errors.origin import WheelRejectedError
from sealift.model.names import is_pack_name
from sealift.model.pack import ENVELOPE, Pack, PackOrigin
from sealift.packs.archive import ArchiveError, read_archive_file, unpack
from sealift.packs.claims import is_module, normalised, printable
from sealift.packs.entries import GROUP, all_entries
from sealift.packs.members import Member, foreign_problem, is_codeless, is_taken
from sealift.packs.wheel_metadata import check_metadata, check_record, check_wheel_file

_FILENAME = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-(?P<version>[A-Za-z0-9!.+_]+)"
    r"(?:-(?P<build>[0-9][A-Za-z0-9_.]*))?-(?P<python>[A-Za-z0-9.]+)-(?P<abi>[A-Za-z0-9.]+)-(?P<platform>[A-Za-z0-9_.]+)\.whl",
    re.ASCII,
)
_FORM = "NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
_SOURCES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelPack:
    """A pack inside a wheel that carries nothing else; untrusted like any other pack until it is verified."""

    pack: Pack
    files: Mapping[str, bytes] = field(repr=False)
    """Every file of the pack folder by its path inside it, without the envelope."""
    filename: str
    sha256: str
    """Of the wheel, in lower-case hex: the very bytes that were checked."""
    unsigned_code: tuple[str, ...]
    """Members outside the pack folder that hold code: ``__init__.py`` files, which nothing of sealift imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wheel:
    """The members of a wheel and what its filename says."""

    filename: str
    name: str
    version: str
    members: Mapping[str, bytes]

    @property
    def dist_info(self) -> str:
        return f"{self.name}-{self.version}.dist-info"


def require_wheel(path: Path) -> Path:
    """Return the path of a file that is named like a wheel, or like a source distribution, which has its own refusal.

    Raises NotAWheelError: what was named is a slip, and no attack.
    """
    if not path.is_file():
        raise NotAWheelError(path=str(path), problem="it is a directory" if path.is_dir() else "there is no such file")
    if _FILENAME.fullmatch(path.name) is None and not path.name.endswith(_SOURCES):
        raise NotAWheelError(path=str(path), problem=f"its name is not {_FORM}")
    return path


def open_wheel(path: Path) -> WheelPack:
    """Return the pack inside the wheel, all of it in memory; nothing is installed, unpacked to disk or executed.

    Raises WheelRejectedError, which names the member.
    """
    try:
        return _open(path)
    except ArchiveError as error:
        raise WheelRejectedError(
            place=str(path), member=printable(error.member), problem=printable(error.problem)
        ) from error


def lock_line(path: Path) -> str:
    """Return the line for pip's hash-checking mode, ``name==version --hash=sha256:…``, of a wheel with nothing else.

    Raises WheelRejectedError.
    """
    wheel = open_wheel(path)
    origin = wheel.pack.origin
    return f"{origin.distribution}=={origin.distribution_version} --hash=sha256:{wheel.sha256}"


def _open(path: Path) -> WheelPack:
    parts = _parse(path.name)
    data = read_archive_file(path)
    wheel = _Wheel(filename=path.name, name=parts["name"], version=parts["version"], members=unpack(data))
    version = _check_dist_info(wheel)
    entry_point, module = _entry_point(wheel)
    inside = module.replace(".", "/") + "/"
    _check_members(wheel, inside)
    files = {name.removeprefix(inside): content for name, content in wheel.members.items() if name.startswith(inside)}
    origin = PackOrigin(
        entry_point=entry_point,
        module=module,
        distribution=normalised(wheel.name),
        distribution_version=version,
        root=PurePath(path, inside),
    )
    return WheelPack(
        pack=Pack(origin=origin, envelope=files.pop(ENVELOPE, None)),
        files=MappingProxyType(files),
        filename=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        unsigned_code=tuple(
            name
            for name, content in wheel.members.items()
            if name.endswith("/__init__.py") and not name.startswith(inside) and not is_codeless(content)
        ),
    )


def _parse(filename: str) -> re.Match[str]:
    if filename.endswith(_SOURCES):
        problem = "it is a source distribution: installing it runs its build"
        raise ArchiveError(problem)
    match = _FILENAME.fullmatch(filename)
    if match is None:
        problem = f"its name is not {_FORM}"
        raise ArchiveError(problem)
    if (match["abi"], match["platform"]) != ("none", "any"):
        problem = f"it is built for one platform ({match['abi']}-{match['platform']}, expected none-any)"
        raise ArchiveError(problem)
    return match


def _check_dist_info(wheel: _Wheel) -> str:
    """Hold the metadata to the filename; returns the distribution's version as METADATA states it."""
    check_wheel_file(_metadata_file(wheel, "WHEEL"), f"{wheel.dist_info}/WHEEL")
    check_record(_metadata_file(wheel, "RECORD"), wheel.members, f"{wheel.dist_info}/RECORD")
    metadata = f"{wheel.dist_info}/METADATA"
    return check_metadata(_metadata_file(wheel, "METADATA"), metadata, name=wheel.name, version=wheel.version)


def _metadata_file(wheel: _Wheel, name: str) -> bytes:
    try:
        return wheel.members[f"{wheel.dist_info}/{name}"]
    except KeyError as error:
        problem = "it is missing"
        raise ArchiveError(problem, f"{wheel.dist_info}/{name}") from error


def _entry_point(wheel: _Wheel) -> tuple[str, str]:
    member = f"{wheel.dist_info}/entry_points.txt"
    try:
        entries = all_entries(_metadata_file(wheel, "entry_points.txt"))
    except ValueError as error:
        raise ArchiveError(str(error), member) from error
    for group, name, _ in entries:
        if group != GROUP:
            problem = f"an entry point {name!r} of the group {group!r} (expected {GROUP!r} only)"
            raise ArchiveError(problem, member)
    if len(entries) != 1:
        problem = f"{len(entries)} packs (expected one)"
        raise ArchiveError(problem, member)
    _, name, module = entries[0]
    if not is_pack_name(name) or not is_module(module):
        problem = f"{name!r} = {module!r} is not a pack name and the dotted name of a folder"
        raise ArchiveError(problem, member)
    if is_taken(module.split(".")[0]):
        problem = f"the package {module.split('.')[0]!r} would stand in for another one"
        raise ArchiveError(problem, member)
    return name, module


def _check_members(wheel: _Wheel, inside: str) -> None:
    for name in wheel.members:
        if name.startswith(inside):
            continue
        problem = foreign_problem(Member(path=name, inside=inside, dist_info=wheel.dist_info))
        if problem is not None:
            raise ArchiveError(problem, name)
    if not any(name.startswith(inside) for name in wheel.members):
        problem = "the pack folder is not in the wheel"
        raise ArchiveError(problem, inside)
