"""Frames: what is written is read back, and nothing else is read at all."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.model.limits import Limits
from sealift.sandbox.frames import Batch, printable, slices
from sealift.worker.protocol import (
    FAILED,
    HEADER,
    MESSAGE_BYTES,
    Failed,
    Kind,
    ProtocolError,
    encode,
    encode_failed,
    encode_results,
    join,
    parse_failed,
    parse_header,
    split,
    split_results,
)

PARTS = st.lists(st.binary(max_size=100), max_size=20)
TEXT = st.text(max_size=50).filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
CODES = st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True)
FAILURES = st.builds(Failed, CODES, TEXT, st.none() | TEXT.filter(bool))
RESULTS = st.lists(st.none() | st.binary(min_size=1, max_size=100) | FAILURES, max_size=20)


@given(parts=PARTS, kind=st.sampled_from(Kind), sequence=st.integers(0, 2**32 - 1))
def test_a_frame_is_read_as_it_was_written(parts, kind, sequence):
    frame = encode(kind, sequence, parts)

    assert parse_header(frame, 1 << 20) == (len(frame) - HEADER.size, kind, sequence)
    assert split(frame[HEADER.size :]) == parts
    assert frame[HEADER.size :] == join(parts)


@given(results=RESULTS)
def test_results_are_read_as_they_were_written(results):
    read, failed = split_results(encode_results(7, results)[HEADER.size :])

    assert read == results
    assert failed == any(isinstance(item, Failed) for item in results)


@given(payload=st.binary(max_size=200))
def test_whatever_comes_is_read_exactly_or_refused(payload):
    try:
        parts = split(payload)
    except ProtocolError:
        return
    assert join(parts) == payload


@given(payload=st.binary(max_size=200))
def test_whatever_comes_as_results_is_read_exactly_or_refused(payload):
    try:
        results, _ = split_results(payload)
    except ProtocolError:
        return
    assert len(encode_results(0, results)) >= len(payload)


@given(parts=PARTS, cut=st.integers(1, 50), junk=st.binary(min_size=1, max_size=5))
def test_a_payload_too_short_or_too_long_is_refused(parts, cut, junk):
    payload = join(parts)
    for wrong in (payload[: max(0, len(payload) - cut)], payload + junk):
        with pytest.raises(ProtocolError):
            split(wrong)


@pytest.mark.parametrize("length", [1 << 20, 1 << 31, (1 << 32) - 1])
def test_a_length_is_refused_before_it_is_allocated(length):
    with pytest.raises(ProtocolError, match="expected at most 1048575"):
        parse_header(HEADER.pack(length, Kind.RESULTS, 1), (1 << 20) - 1)


@pytest.mark.parametrize("kind", sorted(set(range(256)) - set(Kind)))
def test_an_unknown_kind_is_refused(kind):
    with pytest.raises(ProtocolError, match="a kind that exists"):
        parse_header(HEADER.pack(0, kind, 1), 100)


def test_a_count_is_checked_before_it_is_believed():
    with pytest.raises(ProtocolError, match="a count of 4294967295 parts"):
        split(struct.pack("<I", 0xFFFFFFFF) + b"abcd")


@pytest.mark.parametrize("code", ["", "Raised", "a b", "-a", "a\n", "ä", "a" * 65, "1"])
def test_a_code_is_lower_case_words(code):
    with pytest.raises(ProtocolError, match="strange code"):
        parse_failed(join([code.encode(), b"", b""]))


@pytest.mark.parametrize(
    "parts", [[], [b"raised"], [b"raised", b"x"], [b"raised", b"x", b"", b""], [b"raised", b"\xff", b""]]
)
def test_a_failure_is_three_texts(parts):
    with pytest.raises(ProtocolError, match="three texts"):
        parse_failed(join(parts))


@given(text=st.text())
def test_any_message_can_be_said_within_its_limit(text):
    part = encode_failed(Failed("raised", text * 100, text))

    said = parse_failed(part)
    assert len(said.message.encode()) <= MESSAGE_BYTES
    assert said.code == "raised"


def test_the_failure_mark_is_no_length_a_document_can_have():
    assert Limits().document_bytes < FAILED


# Cutting into frames


@given(sizes=st.lists(st.integers(0, 300), max_size=50), frame_bytes=st.integers(1, 400))
def test_frames_hold_every_document_once_and_no_more_than_fits(sizes, frame_bytes):
    documents = [bytes(size) for size in sizes]

    bounds = list(slices(documents, frame_bytes))

    assert [place for start, stop in bounds for place in range(start, stop)] == list(range(len(documents)))
    for start, stop in bounds:
        assert stop - start == 1 or sum(sizes[start:stop]) <= frame_bytes
    for (start, stop), (_, after) in pairwise(bounds):
        assert after > stop
        assert sum(sizes[start : stop + 1]) > frame_bytes  # one more would not have fitted


def test_documents_over_the_limit_keep_their_place_without_being_sent():
    limits = Limits(document_bytes=3)
    batch = Batch([b"1", b"4444", b"22", b"55555"], limits)
    assert list(batch.documents) == [b"1", b"22"]

    batch.add([b"x", None], 10, failed=False)

    assert [getattr(item, "code", item) for item in batch.finished()] == [b"x", "limit", None, "limit"]


def test_a_hostile_message_is_cut_by_the_host_too():
    batch = Batch([b"1"], Limits())
    batch.add([Failed("raised", "x" * 100_000, "y" * 100_000)], 10, failed=True)

    (error,) = batch.finished()
    assert (len(error.message), len(error.where)) == (MESSAGE_BYTES, MESSAGE_BYTES)


@given(text=st.text())
def test_what_is_printed_obeys_nobody(text):
    assert printable(text).isprintable()
    if text.isprintable():
        assert printable(text) == text
