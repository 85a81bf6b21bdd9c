"""Opening a zip archive so that every reader of it would see the same members.

Installers read archives in different ways: from the directory at the end, or from the headers in between. An archive
that says one thing in one place and another in the other could show a checker other files than it installs, so
everything that leaves room for that is refused: gaps, overlaps, data before, between or after the members, streamed
members, links, encryption, twins. All bytes are read once, within bounds.
"""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sealift.packs.tree import COUNT_LIMIT, FILE_LIMIT, PACK_LIMIT, UnsafeNodeError, read_descriptor

ARCHIVE_LIMIT = 2 * PACK_LIMIT
"""Bytes of the archive, and of everything in it once it is unpacked."""
MEMBER_LIMIT = COUNT_LIMIT + 100

_STREAMED_OR_ENCRYPTED = 0x0001 | 0x0008 | 0x0040 | 0x2000
_LOCAL_HEADER = 30
_END_RECORD = 22


class ArchiveError(Exception):
    """The archive is refused because of one member, or as a whole (then ``member`` is empty)."""

    def __init__(self, problem: str, member: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.member = member


def read_archive_file(path: Path) -> bytes:
    """Return the bytes of the archive; raises ArchiveError when it is no plain file of a bounded size."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise ArchiveError(error.strerror or "it cannot be opened") from error
    try:
        return read_descriptor(descriptor, ARCHIVE_LIMIT)
    except UnsafeNodeError as error:
        raise ArchiveError(str(error)) from error
    finally:
        os.close(descriptor)


def unpack(data: bytes) -> Mapping[str, bytes]:
    """Return the members of the archive by name; raises ArchiveError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_layout(data, archive, members)
            _check_members(members)
            return {info.filename: _content(archive, info) for info in members if not info.is_dir()}
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        struct.error,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        message = f"it is no sound zip archive: {error}"
        raise ArchiveError(message) from error
    except Exception as error:
        if type(error).__module__ in {"zlib", "_lzma"}:
            message = "a member's data is damaged"
            raise ArchiveError(message) from error
        raise


def _check_layout(data: bytes, archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse everything between, before and after what the directory lists; a comment at the end, too."""
    position = 0
    for info in sorted(members, key=lambda member: member.header_offset):
        if info.flag_bits & _STREAMED_OR_ENCRYPTED:
            problem = "it is encrypted or streamed"
            raise ArchiveError(problem, info.filename)
        if info.header_offset != position:
            problem = "the archive holds data that its directory does not list"
            raise ArchiveError(problem, info.filename)
        position += _member_size(data, info)
    if position != archive.start_dir or _directory_end(members, archive.start_dir) != len(data) - _END_RECORD:
        problem = "the archive holds data that its directory does not list"
        raise ArchiveError(problem)


def _member_size(data: bytes, info: zipfile.ZipInfo) -> int:
    """Return the bytes from the member's header to the end of its data, by the header in front of it."""
    header = data[info.header_offset : info.header_offset + _LOCAL_HEADER]
    name_length: int
    extra_length: int
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = struct.unpack("<4s5H3L2H", header)
    start = info.header_offset + _LOCAL_HEADER
    name = data[start : start + name_length]
    same = (flags, method, crc, packed, size, name) == (
        info.flag_bits, info.compress_type, info.CRC, info.compress_size, info.file_size, _encoded(info),
    )  # fmt: skip
    if not same:
        problem = "its two headers in the archive differ"
        raise ArchiveError(problem, info.filename)
    return _LOCAL_HEADER + name_length + extra_length + info.compress_size


def _encoded(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")


def _directory_end(members: Sequence[zipfile.ZipInfo], start: int) -> int:
    return start + sum(46 + len(_encoded(info)) + len(info.extra) + len(info.comment) for info in members)


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBER_LIMIT:
        problem = f"it has more than {MEMBER_LIMIT} members"
        raise ArchiveError(problem)
    if sum(info.file_size for info in members) > ARCHIVE_LIMIT:
        problem = f"it unpacks to more than {ARCHIVE_LIMIT} bytes"
        raise ArchiveError(problem)
    seen: set[str] = set()
    for info in members:
        for problem in _problems(info):
            raise ArchiveError(problem, info.filename)
        folded = info.filename.rstrip("/").casefold()
        if folded in seen:
            problem = "a second member of this name (upper and lower case count as one)"
            raise ArchiveError(problem, info.filename)
        seen.add(folded)


def _problems(info: zipfile.ZipInfo) -> Iterator[str]:
    name = info.filename.removesuffix("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.orig_filename != info.filename or not name.isascii() or not name.isprintable() or "\\" in name:
        yield "its name holds characters that systems read differently"
    if any(part in {"", ".", ".."} or part.endswith((".", " ")) for part in name.split("/")) or ":" in name:
        yield "its path does not stay below the directory it is installed to"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR} or (kind == stat.S_IFDIR) > info.is_dir():
        yield "it is a symbolic link or a device"
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        yield "it is compressed in an unusual way"
    if info.file_size > FILE_LIMIT or (info.is_dir() and info.file_size):
        yield f"it is larger than {FILE_LIMIT} bytes"


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        # The size in the header was checked; this bounds what is unpacked when it lies.
        content = member.read(FILE_LIMIT + 1)
    if len(content) != info.file_size:
        problem = "it unpacks to another size than its header says"
        raise ArchiveError(problem, info.filename)
    return content
