import json
from base64 import b64decode, b64encode, urlsafe_b64encode

import pytest

from hostile_statements import envelope_dict
from sealift.errors.trust import EnvelopeMalformedError
from sealift.trust.envelope import pae, parse_envelope
from sealift.trust.keys import BadSignatureError, load_public_key
from sealift.trust.statement import statement_bytes
from signed_packs import envelope_of, manifest_of, new_signer

STATEMENT = statement_bytes(manifest_of())


def test_the_vector_of_the_dsse_specification() -> None:
    # https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md, "Test Vectors"
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_signature_of_the_specification_verifies() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    numbers = EllipticCurvePublicNumbers(
        46950820868899156662930047687818585632848591499744589407958293238635476079160,
        5640078356564379163099075877009565129882514886557779369047442380624545832820,
        SECP256R1(),
    )
    pem = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = load_public_key(pem, file="spec.pem")
    key.verify(signature, pae("http://example.com/HelloWorld", b"hello world"))
    with pytest.raises(BadSignatureError):
        key.verify(signature, b"hello world")


def test_what_is_built_is_parsed() -> None:
    signers = [new_signer(), new_signer()]
    data = envelope_of(STATEMENT, *signers)
    parsed = parse_envelope(data)
    assert parsed.payload == STATEMENT
    assert [one.keyid for one in parsed.signatures] == [one.public_key.keyid for one in signers]
    assert parsed.to_json() == data
    assert data.endswith(b"\n")


def test_both_alphabets_are_read_and_no_mixture() -> None:
    made = envelope_dict(STATEMENT, new_signer())
    signature = b"\xfb\xff\xbf" * 22
    for text in (b64encode(signature), urlsafe_b64encode(signature)):
        made["signatures"] = [{"sig": text.decode()}]
        assert parse_envelope(json.dumps(made).encode()).signatures[0].signature == signature
    made["signatures"] = [{"sig": "-/+_"}]
    with pytest.raises(EnvelopeMalformedError, match="not base64"):
        parse_envelope(json.dumps(made).encode())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"payload": ""}, "payload is empty"),
        ({"payload": 7}, "payload is not base64"),
        ({"payload": "QQ"}, "payload is not base64"),
        ({"payload": "QR=="}, "payload is not strict base64"),
        ({"payload": "\u0410\u0410=="}, "payload is not base64"),
        ({"signatures": {}}, "no list of signatures"),
        ({"signatures": ["x"]}, r"signatures\[0\] is not an object"),
        ({"signatures": [{"keyid": "x"}]}, "lacks 'sig'"),
        ({"signatures": [{"sig": "AA==", "cert": "x"}]}, "unknown member 'cert'"),
        ({"signatures": [{"sig": "AA==", "keyid": 1}]}, "keyid is not a short ASCII text"),
        ({"signatures": [{"sig": "AA==", "keyid": "x" * 129}]}, "keyid is not a short ASCII text"),
        ({"signatures": [{"sig": "AA==", "keyid": "a\nb"}]}, "keyid is not a short ASCII text"),
        ({"signatures": [{"sig": ""}]}, r"signatures\[0\].sig is empty"),
        ({"extra": 1}, "unknown member 'extra'"),
    ],
)
def test_a_malformed_envelope_is_refused_in_words(change: dict, words: str) -> None:
    made = envelope_dict(STATEMENT, new_signer())
    with pytest.raises(EnvelopeMalformedError, match=words):
        parse_envelope(json.dumps({**made, **change}).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"{", b'{"payload":"QQ=="}', b"\xff", b"\xef\xbb\xbf{}"])
def test_no_envelope_at_all(data: bytes) -> None:
    with pytest.raises(EnvelopeMalformedError):
        parse_envelope(data)
