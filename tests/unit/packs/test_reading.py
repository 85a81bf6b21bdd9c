"""Files of a pack are read once, whole, and nothing but plain files of the right size."""

import os
import socket
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from sealift.errors.origin import ExtraFileError, FileMissingError, UnsafeFileError
from sealift.model.pack import PackOrigin
from sealift.packs.reading import read_files, read_pack

NAMES = ("migrations/a.py", "migrations/b.py", "pack.toml", "deep/er/x.json")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "site" / "acme" / "pack"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "pack.dsse.json").write_bytes(b"envelope")
    return folder


@pytest.fixture
def origin(root):
    return PackOrigin(
        entry_point="acme", module="acme.pack", distribution="acme", distribution_version="1", root=PurePath(root)
    )


def test_the_envelope_and_every_file_come_as_they_are(origin):
    assert read_pack(origin).envelope == b"envelope"
    assert read_files(origin, NAMES) == {name: name.encode() for name in NAMES}


def test_a_pack_without_an_envelope_is_unsigned_and_an_empty_one_is_not(origin, root):
    (root / "pack.dsse.json").write_bytes(b"")
    assert read_pack(origin).envelope == b""
    (root / "pack.dsse.json").unlink()
    assert read_pack(origin).envelope is None


def test_a_missing_folder_is_a_missing_file(origin, root):
    root.rename(root.with_name("gone"))
    for read in (lambda: read_pack(origin), lambda: read_files(origin, NAMES)):
        with pytest.raises(FileMissingError) as caught:
            read()
        assert caught.value.code == "TRUST-032"


def test_a_missing_file_is_named(origin, root):
    (root / "migrations/b.py").unlink()
    with pytest.raises(FileMissingError, match=r"migrations/b\.py"):
        read_files(origin, NAMES)


EXTRAS = (
    "extra.py",
    ".git/e.py",
    ".hidden",
    "migrations/c.txt",
    "__pycache__/evil.cpython-311.pyc",
    "migrations/__pycache__/c.cpython-311.pyc",
    "migrations/__pycache__/a.py",
    "migrations/__pycache__/a.cpython-311.so",
    "migrations/__pycache__/sub/a.cpython-311.pyc",
    "migrations/a.pyc",
    "deep/pack.dsse.json",
)


@pytest.mark.parametrize("name", EXTRAS)
def test_everything_that_was_not_asked_for_is_extra(origin, root, name):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(b"")
    with pytest.raises(ExtraFileError) as caught:
        read_files(origin, NAMES)
    assert caught.value.code == "TRUST-031"
    assert any(name.startswith(shown.rstrip("/")) for shown in caught.value.files)


def test_an_empty_directory_is_extra(origin, root):
    (root / "empty").mkdir()
    with pytest.raises(ExtraFileError, match="empty/"):
        read_files(origin, NAMES)


def test_compiled_files_of_signed_modules_are_let_pass_and_never_read(origin, root):
    cache = root / "migrations" / "__pycache__"
    cache.mkdir()
    for name in ("a.cpython-311.pyc", "b.cpython-313.opt-1.pyc"):
        (cache / name).write_bytes(b"forged")
        (cache / name).chmod(0)
    assert read_files(origin, NAMES) == {name: name.encode() for name in NAMES}


def spoil_link_file(root):
    (root / "pack.toml").rename(root.parent / "kept")
    (root / "pack.toml").symlink_to(root.parent / "kept")


def spoil_link_folder(root):
    (root / "migrations").rename(root.parent / "kept")
    (root / "migrations").symlink_to(root.parent / "kept")


def spoil_link_root(root):
    root.rename(root.parent / "kept")
    root.symlink_to(root.parent / "kept")


def spoil_link_above(root):
    root.parent.rename(root.parents[1] / "kept")
    root.parent.symlink_to(root.parents[1] / "kept")


def spoil_extra_link(root):
    (root / "link").symlink_to("/etc/passwd")


def spoil_pipe(root):
    (root / "pack.toml").unlink()
    os.mkfifo(root / "pack.toml")


def spoil_socket(root):
    (root / "pack.toml").unlink()
    at = Path.cwd()
    os.chdir(root)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("pack.toml")
    finally:
        os.chdir(at)


def spoil_huge(root):
    with (root / "pack.toml").open("wb") as file:
        file.truncate(1024 * 1024 + 1)


def spoil_folder_for_file(root):
    (root / "pack.toml").unlink()
    (root / "pack.toml").mkdir()


def spoil_file_for_folder(root):
    for name in ("a.py", "b.py"):
        (root / "migrations" / name).unlink()
    (root / "migrations").rmdir()
    (root / "migrations").write_text("")


def spoil_depth(root):
    (root / "a/b/c/d/e/f/g/h/i").mkdir(parents=True)


def spoil_crowd(root):
    for number in range(2001):
        (root / f"{number}").touch()


SPOILS = [value for name, value in sorted(globals().items()) if name.startswith("spoil_")]


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_links_devices_and_sizes_are_never_read(origin, root, spoil):
    spoil(root)
    with pytest.raises(UnsafeFileError) as caught:
        read_files(origin, NAMES)
    assert caught.value.code == "TRUST-033"
    assert "acme (acme 1)" in caught.value.message()


@pytest.mark.parametrize("spoil", ["link", "pipe", "huge"])
def test_an_envelope_is_as_plain_as_any_other_file(origin, root, spoil):
    envelope = root / "pack.dsse.json"
    envelope.unlink()
    match spoil:
        case "link":
            envelope.symlink_to(root / "pack.toml")
        case "pipe":
            os.mkfifo(envelope)
        case "huge":
            with envelope.open("wb") as file:
                file.truncate(1024 * 1024 + 1)
    with pytest.raises(UnsafeFileError, match=r"pack\.dsse\.json"):
        read_pack(origin)


def test_a_file_of_exactly_the_limit_is_read(origin, root):
    (root / "pack.toml").write_bytes(b"x" * 1024 * 1024)
    assert len(read_files(origin, NAMES)["pack.toml"]) == 1024 * 1024


def test_a_pack_larger_than_16_mib_is_refused(origin, root):
    names = [f"big{number}" for number in range(17)]
    for name in names:
        (root / name).write_bytes(b"x" * 1024 * 1024)
    with pytest.raises(UnsafeFileError, match="16777216"):
        read_files(origin, [*NAMES, *names])


def test_more_than_2000_names_are_not_even_looked_for(origin):
    with pytest.raises(UnsafeFileError, match="2000"):
        read_files(origin, [f"f{number}" for number in range(2001)])


@pytest.mark.parametrize(
    "name", ["../pack/pack.toml", "/etc/passwd", "migrations/../pack.toml", "", "a\0b", "./pack.toml"]
)
def test_a_name_that_leaves_the_folder_is_refused_whoever_asks(origin, name):
    with pytest.raises(UnsafeFileError):
        read_files(origin, [*NAMES, name])


def test_hard_links_are_plain_files(origin, root):
    os.link(root / "pack.toml", root.parents[1] / "other")
    assert read_files(origin, NAMES)["pack.toml"] == b"pack.toml"


def test_a_root_behind_a_link_is_the_callers_business(origin, tmp_path):
    (tmp_path / "venv64").symlink_to(tmp_path / "site")
    seen = replace(origin, root=PurePath(tmp_path / "venv64" / "acme" / "pack"))
    assert read_files(seen, NAMES) == read_files(origin, NAMES)


def test_an_origin_whose_folder_is_another_modules_is_a_callers_mistake(root):
    wrong = PackOrigin(entry_point="a", module="b.c", distribution="a", distribution_version="1", root=PurePath(root))
    with pytest.raises(ValueError, match="is not the folder of"):
        read_pack(wrong)
