"""A long history is read as its entries are read one by one, or left to that."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.migration import Direction
from sealift.stores.many_entries import MANY, read_many
from test_size import scaled

PLAIN = HistoryEntry(
    number=1, kind=EntryKind.APPLIED, run="r", pack="acme.orders", from_version="1.0.0", to_version="1.1.0",
    direction=Direction.UPGRADE, at="2026-01-01", signers=("sha256:00",),
)  # fmt: skip
ENTRIES = st.builds(
    HistoryEntry,
    number=st.integers(0, 2**62), kind=st.sampled_from(EntryKind), run=st.text(), pack=st.text(),
    from_version=st.text(), to_version=st.text(), direction=st.sampled_from(Direction), at=st.text(),
    seen=st.integers(0, 2**62), digest=st.text(), signers=st.lists(st.text()).map(tuple), note=st.text(),
)  # fmt: skip


def text_of(entry: HistoryEntry) -> str:
    return json.dumps(entry.to_dict(), separators=(",", ":"))


@settings(max_examples=scaled(50), deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=5))
def test_what_was_written_is_read_alike(entries):
    texts = [text_of(entry) for entry in entries] * MANY
    read = read_many(texts)
    assert read is not None
    assert list(read) == [HistoryEntry.from_dict(json.loads(text)) for text in texts]
    assert {type(entry.kind) for entry in read} == {EntryKind}


def test_few_are_not_worth_it():
    assert read_many([text_of(PLAIN)] * (MANY - 1)) is None


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "[]",
        "{",
        text_of(PLAIN) + " x",
        text_of(PLAIN).replace('"seen":0', '"seen":0,"more":1'),
        text_of(PLAIN).replace('"seen":0,', ""),
        text_of(PLAIN).replace('"seen":0', '"seen":"0"'),
        text_of(PLAIN).replace('"applied"', '"unheard-of"'),
        text_of(PLAIN).replace('"note":""', '"note":"\\ud800"'),
        text_of(PLAIN).replace('"note":""', '"note":"\ud800"'),
        text_of(PLAIN).replace('"note":""', '"note":NaN'),
        None,
    ],
)
def test_anything_odd_is_left_to_the_slow_way(odd):
    assert read_many([text_of(PLAIN)] * MANY + [odd]) is None
