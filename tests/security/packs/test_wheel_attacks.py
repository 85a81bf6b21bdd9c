"""Attacks by what a wheel carries, rows 70 to 72 of the attack catalogue: TRUST-060, naming the member."""

import io
import os
import struct
import subprocess
import sys
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.errors.base import ExitStatus
from sealift.errors.origin import WheelRejectedError
from sealift.packs.archive import ArchiveError, unpack
from sealift.packs.claims import printable
from sealift.packs.wheels import lock_line, open_wheel
from wheel_attacks import ADDED, CHANGED
from wheel_kit import INFO, PACK, build, members_of, new_project, record, write_wheel, zipped

NAME = "acme_orders-1.1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(new_project(tmp_path_factory.mktemp("project") / "orders"))


@pytest.fixture(scope="module")
def members(wheel):
    return members_of(wheel)


def rejected(path):
    with pytest.raises(WheelRejectedError) as caught:
        open_wheel(path)
    error = caught.value
    assert (error.code, error.exit_status) == ("TRUST-060", ExitStatus.REFUSED)
    assert error.message().isprintable()
    with pytest.raises(WheelRejectedError):
        lock_line(path)
    return error


def test_the_honest_wheel_is_accepted_also_when_it_is_written_anew(wheel, members, tmp_path):
    assert open_wheel(wheel).files == open_wheel(write_wheel(tmp_path / NAME, members)).files


@pytest.mark.parametrize("name", ADDED)
def test_a_member_that_does_not_belong_is_named(members, tmp_path, name):
    path = write_wheel(tmp_path / NAME, {**members, name: ADDED[name]})
    error = rejected(path)
    assert error.member.casefold() == printable(name).casefold()
    assert error.problem


@pytest.mark.parametrize("case", CHANGED)
def test_metadata_that_says_more_than_a_pack_needs_is_refused(members, tmp_path, case):
    file, old, new = CHANGED[case]
    content = members[f"{INFO}/{file}"]
    assert old in content
    rejected(write_wheel(tmp_path / NAME, {**members, f"{INFO}/{file}": content.replace(old, new, 1)}))


def test_a_requirement_on_sealift_alone_is_fine(members, tmp_path):
    metadata = members[f"{INFO}/METADATA"].replace(b"\nVersion", b"\nRequires-Dist: sealift (>=0.1)\nVersion", 1)
    assert open_wheel(write_wheel(tmp_path / NAME, {**members, f"{INFO}/METADATA": metadata}))


@pytest.mark.parametrize("file", ["METADATA", "WHEEL", "entry_points.txt"])
def test_a_missing_metadata_file_is_named(members, tmp_path, file):
    left = {name: content for name, content in members.items() if name != f"{INFO}/{file}"}
    assert rejected(write_wheel(tmp_path / NAME, left)).member == f"{INFO}/{file}"


RECORDS = {
    "names more": lambda text: text + b"../../../etc/passwd,,\n",
    "names less": lambda text: text.split(b"\n", 1)[1],
    "names twice": lambda text: text + text.splitlines()[0] + b"\n",
    "wrong hash": lambda text: text.replace(b"sha256=", b"sha256=x", 1),
    "weak hash": lambda text: text.replace(b"sha256=", b"md5=", 1),
    "no hash": lambda text: text.replace(b",sha256=", b",", 1),
    "not text": lambda _: b"\xff\xfe",
    "empty": lambda _: b"",
    "missing": lambda _: None,
}


@pytest.mark.parametrize("case", RECORDS)
def test_record_is_held_to_the_members_because_uninstalling_believes_it(members, tmp_path, case):
    honest = {name: content for name, content in members.items() if not name.endswith("RECORD")}
    text = RECORDS[case](record({**honest, f"{INFO}/RECORD": b""}))
    (tmp_path / NAME).write_bytes(zipped(honest if text is None else {**honest, f"{INFO}/RECORD": text}))
    assert rejected(tmp_path / NAME).member == f"{INFO}/RECORD"


@pytest.mark.parametrize("package", ["sealift", "sitecustomize", "json", "encodings"])
def test_a_package_that_stands_in_for_another_one_is_refused(members, tmp_path, package):
    moved = {name.replace("acme_orders/", f"{package}/"): content for name, content in members.items()}
    entry_points = f"{INFO}/entry_points.txt"
    moved[entry_points] = members[entry_points].replace(b"acme_orders.pack", f"{package}.pack".encode())
    assert package in rejected(write_wheel(tmp_path / NAME, moved)).problem


def test_unsigned_code_in_the_package_is_told(members, tmp_path):
    added = {"acme_orders/__init__.py": b"import os\n"}
    assert open_wheel(write_wheel(tmp_path / NAME, {**members, **added})).unsigned_code == ("acme_orders/__init__.py",)
    added = {"acme_orders/__init__.py": b'"""Only words."""\n'}
    assert open_wheel(write_wheel(tmp_path / NAME, {**members, **added})).unsigned_code == ()


@pytest.mark.parametrize("name", [
    "acme_orders-1.1.0-cp311-cp311-linux_x86_64.whl", "acme_orders-1.1.0-py3-none-linux_x86_64.whl", "acme_orders.whl",
    "acme_orders-1.1.0-py3-none-any.zip", "acme_orders-1.1.0.tar.gz", "acme orders-1.1.0-py3-none-any.whl",
    "acme_orders-1.2.0-py3-none-any.whl", "acme_billing-1.1.0-py3-none-any.whl",
])  # fmt: skip
def test_the_filename_counts(wheel, tmp_path, name):
    (tmp_path / name).write_bytes(wheel.read_bytes())
    rejected(tmp_path / name)


# Row 71
def test_a_source_distribution_is_refused_because_its_build_is_code(tmp_path):
    with tarfile.open(tmp_path / "acme_orders-1.1.0.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("acme_orders-1.1.0/setup.py"))
    assert "runs its build" in rejected(tmp_path / "acme_orders-1.1.0.tar.gz").problem


# Row 72
def test_a_wheel_swapped_after_the_check_does_not_install(members, tmp_path):
    path = write_wheel(tmp_path / NAME, members)
    (tmp_path / "packs.lock").write_text(lock_line(path) + "\n")
    command = [
        sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps", "--no-index",
        "--only-binary", ":all:", "--require-hashes", "--find-links", str(tmp_path), "-r", str(tmp_path / "packs.lock"),
        "--target",
    ]  # fmt: skip
    assert subprocess.run([*command, str(tmp_path / "good")], capture_output=True).returncode == 0
    write_wheel(path, {**members, f"{PACK}/pack.toml": b"other"})
    done = subprocess.run([*command, str(tmp_path / "bad")], capture_output=True, text=True)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "bad" / "acme_orders").exists()


def test_what_is_locked_is_what_was_checked(wheel):
    assert lock_line(wheel) == f"acme-orders==1.1.0 --hash=sha256:{open_wheel(wheel).sha256}"


# Archives that are read differently by different readers


def spoil_prefix(data):
    return b"#!/bin/sh\n" + data


def spoil_suffix(data):
    return data + b"\0"


def spoil_comment(data):
    return data[:-2] + struct.pack("<H", 3) + b"abc"


def spoil_second_archive(data):
    return data + zipped({"x": b""})


def spoil_local_name(data):
    return data.replace(b"acme_orders/pack/pack.toml", b"acme_orders/pack/evil.toml", 1)


def spoil_local_size(data):
    return data[:22] + struct.pack("<L", 5) + data[26:]


def spoil_streamed(data):
    return data[:6] + struct.pack("<H", 8) + data[8:]


def spoil_gap(data):
    """Put bytes between the first and the second member, and mend every offset."""
    infos, start = directory_of(data)
    return moved(data, infos[1].header_offset, start, b"hidden")


def spoil_gap_before_directory(data):
    _, start = directory_of(data)
    return moved(data, start, start, b"hidden")


def overlapping():
    """Hide the second member's header inside the first one's data, and leave a gap where it was."""
    inner = zipped({"b": b"seen by some"})
    inner = inner[: directory_of(inner)[1]]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", inner)
        archive.writestr("b", b"seen by some", zipfile.ZIP_DEFLATED)
    outer = bytearray(held.getvalue())
    infos, start = directory_of(bytes(outer))
    at = infos[1].header_offset
    # Both headers of the second member are the same, but for the time.
    inside = infos[0].header_offset + 31
    outer[inside : inside + len(inner)] = outer[at:start]
    outer[at:start] = b"\0" * (start - at)
    entry = bytes(outer).rindex(struct.pack("<L", at) + b"b")
    outer[entry : entry + 4] = struct.pack("<L", inside)
    return bytes(outer)


def directory_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.infolist(), archive.start_dir


def moved(data, cut, start, gap):
    """Put the gap at the cut and add its length to every offset behind it."""
    infos, _ = directory_of(data)
    directory = data[start:]
    for info in infos:
        if info.header_offset >= cut:
            old = struct.pack("<L", info.header_offset) + info.filename.encode()
            assert directory.count(old) == 1
            new = struct.pack("<L", info.header_offset + len(gap)) + info.filename.encode()
            directory = directory.replace(old, new)
    directory = directory[:-6] + struct.pack("<L", start + len(gap)) + directory[-2:]
    return data[:cut] + gap + data[cut:start] + directory


def spoil_data(data):
    return data[:80] + bytes([data[80] ^ 0xFF]) + data[81:]


def spoil_nothing_left(data):
    return data[:100]


SPOILS = [value for name, value in sorted(globals().items()) if name.startswith("spoil_")]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_an_archive_with_two_readings_is_refused(wheel, tmp_path, spoil):
    spoilt = spoil(wheel.read_bytes())
    assert spoilt != wheel.read_bytes()
    (tmp_path / NAME).write_bytes(spoilt)
    rejected(tmp_path / NAME)


def test_gaps_that_overlaps_make_up_for_are_found():
    """The archive's parts add up, and every header is there twice alike: only where they lie gives it away."""
    with pytest.raises(ArchiveError, match="does not list"):
        unpack(overlapping())


def test_a_streamed_archive_is_refused(members, tmp_path):
    class Stream(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

        def tell(self):
            raise io.UnsupportedOperation

    held = Stream()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    (tmp_path / NAME).write_bytes(held.getvalue())
    assert "streamed" in rejected(tmp_path / NAME).problem


def header_link(info):
    info.external_attr = 0o120777 << 16


def header_device(info):
    info.external_attr = 0o020666 << 16


def header_bzip2(info):
    info.compress_type = zipfile.ZIP_BZIP2


@pytest.mark.parametrize("header", [header_link, header_device, header_bzip2], ids=lambda header: header.__name__)
def test_members_of_odd_kinds_are_refused(members, tmp_path, header):
    def adjust(info):
        if info.filename.endswith("pack.toml"):
            header(info)

    (tmp_path / NAME).write_bytes(zipped(members, adjust))
    assert rejected(tmp_path / NAME).member.endswith("pack.toml")


def test_a_name_that_is_there_twice_is_refused(members, tmp_path):
    held = io.BytesIO(zipped(members))
    with zipfile.ZipFile(held, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{PACK}/pack.toml", b"other")
    (tmp_path / NAME).write_bytes(held.getvalue())
    assert "second member" in rejected(tmp_path / NAME).problem


def test_a_bomb_is_refused_without_unpacking_it(members, tmp_path):
    bombs = {f"{PACK}/b{number}.json": b"\0" * (1024 * 1024) for number in range(40)}
    path = write_wheel(tmp_path / NAME, {**members, **bombs})
    assert path.stat().st_size < 1024 * 1024
    assert "unpacks to more" in rejected(path).problem


def test_a_crowd_is_refused(members, tmp_path):
    crowd = {f"{PACK}/f{number}": b"" for number in range(2200)}
    assert "members" in rejected(write_wheel(tmp_path / NAME, {**members, **crowd})).problem


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    rejected(tmp_path / NAME)
    (tmp_path / NAME).mkdir()
    rejected(tmp_path / NAME)
    (tmp_path / NAME).rmdir()
    os.mkfifo(tmp_path / NAME)
    rejected(tmp_path / NAME)


@given(st.data())
def test_any_changed_byte_is_refused_or_changes_nothing(wheel, tmp_path_factory, data):
    honest = wheel.read_bytes()
    at = data.draw(st.integers(0, len(honest) - 1))
    value = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / NAME
    path.write_bytes(honest[:at] + bytes([value]) + honest[at + 1 :])
    try:
        opened = open_wheel(path)
    except WheelRejectedError:
        return
    assert opened.files == open_wheel(wheel).files
    assert opened.pack.envelope == open_wheel(wheel).pack.envelope
