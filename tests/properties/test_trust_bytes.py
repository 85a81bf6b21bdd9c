"""No byte can change unnoticed, and no step is reached past one that failed."""

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hostile_statements import signed, with_envelope, with_files
from sealift.errors.trust import TrustError
from sealift.model.migration import Grant, MigrationInfo
from sealift.model.pack import Manifest, Pack
from sealift.trust.envelope import parse_envelope
from sealift.trust.statement import parse_statement, statement_bytes
from sealift.trust.verification import Seen
from signed_packs import FILES, PolicyText, Situation, manifest_of, new_signer, origin_of, situation
from test_size import scaled

CASE = situation()
ENVELOPE = CASE.pack.envelope
PAYLOAD = parse_envelope(ENVELOPE).payload


def refused(case: Situation) -> str:
    with pytest.raises(TrustError) as refusal:
        case.verify()
    return refusal.value.code


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """One byte flipped, dropped or added, anywhere."""
    position = draw(st.integers(0, len(data) - 1))
    byte = draw(st.integers(0, 255).filter(lambda value: value != data[position]))
    head, tail = data[:position], data[position + 1 :]
    return draw(
        st.sampled_from(
            [head + bytes([byte]) + tail, head + tail, head + bytes([byte]) + data[position:], data + bytes([byte])]
        )
    )


@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_byte_of_a_file(name: str, data: st.DataObject) -> None:
    changed = data.draw(mutations(FILES[name]))
    assert refused(with_files(CASE, {**FILES, name: changed})) == "TRUST-030"


@given(data=st.data())
def test_a_byte_of_the_manifest(data: st.DataObject) -> None:
    made = json.loads(ENVELOPE)
    made["payload"] = b64encode(data.draw(mutations(PAYLOAD))).decode()
    assert refused(with_envelope(CASE, json.dumps(made).encode())) == "TRUST-010"


def test_every_bit_of_the_envelope() -> None:
    step = max(1, 8 // scaled(8))
    for position in range(len(ENVELOPE) - 1):
        for bit in range(0, 8, step):
            changed = bytearray(ENVELOPE)
            changed[position] ^= 1 << bit
            refused(with_envelope(CASE, bytes(changed)))


def test_every_byte_of_the_envelope_is_needed() -> None:
    for position in range(len(ENVELOPE) - 1):
        refused(with_envelope(CASE, ENVELOPE[:position] + ENVELOPE[position + 1 :]))
    for length in range(len(ENVELOPE) - 1):
        assert refused(with_envelope(CASE, ENVELOPE[:length])) == "TRUST-002"


@given(data=st.data())
def test_a_byte_of_the_envelope_changes_nothing_or_is_refused(data: st.DataObject) -> None:
    """JSON allows white space between its tokens, and DSSE two alphabets: such a change says the same, to the bit."""
    case = with_envelope(CASE, data.draw(mutations(ENVELOPE)))
    try:
        attested = case.attest()
    except TrustError:
        return
    assert parse_envelope(case.pack.envelope) == parse_envelope(ENVELOPE)
    assert attested == replace(CASE.attest(), envelope=case.pack.envelope)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}(\.[a-z][a-z0-9_]{0,8}){0,2}", fullmatch=True)
PATHS = st.from_regex(r"(migrations|schemas|a)/[a-z0-9_][a-z0-9_-]{0,12}\.(py|json|md)", fullmatch=True).filter(
    lambda path: (
        not {"con", "prn", "aux", "nul"} & {path.split("/")[1].split(".")[0]}
        and not path.split("/")[1].startswith(("com", "lpt"))
    )
)
COLLECTIONS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
ACCESS = st.sets(st.sampled_from(["create", "delete", "update"]), min_size=1).map(lambda names: tuple(sorted(names)))


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
    files = draw(st.dictionaries(PATHS, digests, min_size=1, max_size=12))
    files["migrations/zz.py"] = "0" * 64
    scripts, schemas = ([path for path in files if path.endswith(end)] for end in (".py", ".json"))
    schema = st.sampled_from([None, *schemas])
    collections = draw(st.dictionaries(COLLECTIONS, schema, min_size=1, max_size=4))
    named = st.sampled_from(sorted(collections))
    grants = st.lists(
        st.builds(Grant, collection=named, access=ACCESS), unique_by=lambda grant: grant.collection, max_size=3
    )
    numbers = draw(st.sets(st.integers(1, 50), max_size=5))
    migrations = [
        draw(
            st.builds(
                MigrationInfo,
                version=st.just(f"1.{number}"),
                path=st.sampled_from(scripts),
                class_name=st.from_regex(r"[A-Z][A-Za-z0-9]{0,12}", fullmatch=True),
                collection=named,
                depends_on=st.lists(NAMES.map(lambda name: f"{name}>=1,!=1.5"), max_size=2).map(tuple),
                schema=schema,
                reversible=st.booleans(),
                atomic=st.booleans(),
                grants=grants.map(tuple),
            )
        )
        for number in sorted(numbers)
    ]
    return Manifest(
        pack=draw(NAMES),
        base="1.0.0",
        collections=collections,
        distribution=draw(st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)),
        distribution_version="2.0rc1",
        sequence=draw(st.integers(1, 2**53 - 1)),
        migrations=tuple(migrations),
        files=files,
    )


@given(manifests())
def test_what_is_written_is_read(manifest: Manifest) -> None:
    data = statement_bytes(manifest)
    assert parse_statement(data) == manifest
    assert statement_bytes(parse_statement(data)) == data


FAULTS = ("envelope", "signature", "payload", "identity", "scope", "sequence", "file", "source")
CODES = dict(
    zip(
        FAULTS,
        ("TRUST-002", "TRUST-010", "TRUST-004", "TRUST-040", "TRUST-012", "TRUST-050", "TRUST-030", "TRUST-070"),
        strict=True,
    )
)
SIGNER, STRANGER = new_signer(), new_signer()


def spoilt(faults: frozenset[str]) -> tuple[Situation, dict]:
    """A pack with all these faults at once."""
    files = dict(FILES)
    if "source" in faults:
        files["migrations/split_name.py"] = b"# coding: utf-7\n"
    manifest = manifest_of(files)
    payload = statement_bytes(manifest)
    if "payload" in faults:
        payload = payload.replace(b'"sequence":14', b'"sequence":14.0')
    envelope = signed(payload, SIGNER)
    if "signature" in faults:
        forged = json.loads(signed(payload, STRANGER))
        forged["signatures"][0]["keyid"] = SIGNER.public_key.keyid
        envelope = json.dumps(forged).encode()
    if "envelope" in faults:
        envelope = envelope[:-1]
    if "file" in faults:
        files["pack.toml"] += b"#"
    claimed = {"entry_point": "acme.core"} if "identity" in faults else {}
    grants = [] if "scope" in faults else PolicyText(keys={}).grants
    case = Situation(
        signer=SIGNER,
        manifest=manifest,
        files=files,
        pack=Pack(origin=origin_of(manifest, **claimed), envelope=envelope),
        policy=PolicyText(keys={"release": SIGNER}, grants=grants).parse(),
    )
    seen = {"acme.orders": Seen(sequence=15, digest="sha256:aa")} if "sequence" in faults else {}
    return case, {"seen": seen}


@given(st.frozensets(st.sampled_from(FAULTS)))
@example(frozenset(FAULTS))
@example(frozenset())
def test_the_first_step_that_fails_is_the_last_that_runs(faults: frozenset[str]) -> None:
    case, circumstances = spoilt(faults)
    if not faults:
        case.verify(**circumstances)
        return
    with pytest.raises(TrustError) as refusal:
        case.verify(**circumstances)
    assert refusal.value.code == CODES[min(faults, key=FAULTS.index)]


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_as_an_envelope(data: bytes) -> None:
    assert refused(with_envelope(CASE, data)) in {"TRUST-002", "TRUST-003"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
def test_arbitrary_json_is_refused_as_a_statement(value: object) -> None:
    payload = json.dumps(value).encode()
    case = with_envelope(CASE, signed(payload, CASE.signer))
    assert refused(case) in {"TRUST-002", "TRUST-003", "TRUST-004"}


PLACES = (
    "pack", "base", "collections", "distribution", "sequence", "migrations",
)  # fmt: skip


@given(
    place=st.sampled_from(PLACES),
    value=st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}),
)
def test_another_kind_of_value_never_crashes(place: str, value: object) -> None:
    statement = json.loads(PAYLOAD)
    statement["predicate"][place] = value
    case = with_envelope(CASE, signed(json.dumps(statement).encode(), CASE.signer))
    try:
        case.attest()
    except TrustError:
        return
    assert type(value) is type(json.loads(PAYLOAD)["predicate"][place])
