"""The short way of reading dist-info files gives the answers of importlib_metadata, or none."""

import importlib_metadata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.packs import entries
from sealift.packs.entries import all_entries, name_and_version, pack_entries

PIECES = st.sampled_from(
    ["[sealift.packs]", "[console_scripts]", "[[sealift.packs]]", "[]", "acme.orders = acme_orders.pack", "a=b:c", "a",
     "=", "# note", "", "  ", "\t", "[sealift.packs", "x = y = z", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", " ",
     "é = ü", "sealift.packs", "\x1c"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=14).map("\n".join) | st.lists(PIECES, max_size=14).map("".join)


def by_library(text):
    class Held(importlib_metadata.Distribution):
        def read_text(self, filename):
            return text if filename == "entry_points.txt" else None

        def locate_file(self, path):
            raise NotImplementedError

    return [(point.group, point.name, point.value) for point in Held().entry_points]


@given(TEXTS)
def test_every_file_reads_as_the_library_reads_it_or_is_refused_as_there(text):
    data = text.encode("utf-8", "surrogatepass")
    try:
        expected = by_library(data.decode("utf-8"))
    except (TypeError, ValueError):
        with pytest.raises(ValueError, match=r"'='|utf-8|codec"):
            all_entries(data)
    else:
        assert list(all_entries(data)) == expected
        assert [tuple(entry) for entry in pack_entries(data)] == [
            (name, value) for group, name, value in expected if group == "sealift.packs"
        ]


def test_the_plain_form_needs_no_library(monkeypatch):
    monkeypatch.setattr(entries, "_held", None)
    assert pack_entries(b"[sealift.packs]\nacme.orders = acme_orders.pack\n")[0].value == "acme_orders.pack"
    assert name_and_version(b"Metadata-Version: 2.4\nName: a-b\nVersion: 1.0\nSummary: x\n\n") == ("a-b", "1.0")


HEADERS = st.sampled_from(
    ["Name: a", "Name:b ", "Version: 1", "version: 2.0", "Metadata-Version: 2.1", "", "X: y", "Name: é", " folded"]
)


@given(st.lists(HEADERS, max_size=8))
def test_name_and_version_are_the_librarys(lines):
    text = "\n".join(lines) + "\n"

    class Held(importlib_metadata.Distribution):
        def read_text(self, filename):
            return text if filename == "METADATA" else None

        def locate_file(self, path):
            raise NotImplementedError

    headers = Held().metadata
    expected = tuple(str(headers.get(name, "")).strip() for name in ("Name", "Version"))
    assert name_and_version(text.encode()) == expected


def test_a_missing_metadata_file_has_neither():
    assert name_and_version(None) == ("", "")
