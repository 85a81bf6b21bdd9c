"""One row an attack on the keys and the policy: refused when they are read, each with its own code and line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_attacks import DIRECTORIES, EDITS, GOOD, HONEST, KEY_FILES, PRIVATE, SPKI, Edit, ed25519_pem, written
from sealift.errors.base import ExitStatus
from sealift.errors.trust import TrustError
from sealift.trust.keys import load_public_key
from sealift.trust.policy import TrustPolicy
from sealift.trust.rollback import check_policy_version


@pytest.mark.parametrize(
    ("_row", "name", "content", "code"), KEY_FILES, ids=[f"{row}-{name}" for row, name, *_ in KEY_FILES]
)
def test_a_bad_key_file_is_refused(_row: int, name: str, content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.load(written(tmp_path, None, {"release.pem": GOOD, "bad.pem": content}))
    assert refusal.value.code == code
    assert refusal.value.exit_status is ExitStatus.REFUSED
    assert "bad.pem" in refusal.value.message(), name


def test_a_mixed_order_key_is_refused() -> None:
    # An honest point plus one of order two: verifies its own signatures, has no business here.
    from sealift.trust import curve

    honest = curve._decode(SPKI[-32:])
    mixed = curve._add(honest, (0, curve._P - 1, 1, 0))
    scale = pow(mixed[2], -1, curve._P)
    x, y = mixed[0] * scale % curve._P, mixed[1] * scale % curve._P
    pem = ed25519_pem((y | (x & 1) << 255).to_bytes(32, "little"))
    with pytest.raises(TrustError, match="prime order"):
        load_public_key(pem, file="mixed.pem")


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit.number}-{edit.name}")
def test_a_bad_policy_is_refused_with_its_line(edit: Edit) -> None:
    assert edit.old in HONEST.text
    text = HONEST.text.replace(edit.old, edit.new, 1)
    files = {**HONEST.files, **({"release2.pem": GOOD} if "release2" in edit.new else {})}
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.parse(text.encode(), files, path="policy.toml")
    assert refusal.value.code == edit.code
    assert refusal.value.exit_status is ExitStatus.REFUSED
    place = re.fullmatch(r"policy\.toml:([0-9]+)", refusal.value.policy)
    assert place is not None
    assert edit.line in text.splitlines()[int(place[1]) - 1]
    assert refusal.value.policy in refusal.value.message()


def test_the_honest_policy_is_read() -> None:
    policy = HONEST.parse()
    assert policy.version == 7
    assert policy.warnings == ()
    assert {key.owner for key in policy.keys.values()} == {"ops@acme.example", "dba@acme.example"}
    assert policy.floors["acme.billing"].sequence == 14
    assert policy.revoked_keys["sha256:" + "5f" * 32].reason == "laptop stolen"


@pytest.mark.parametrize(("_row", "spoil", "code", "name"), DIRECTORIES)
def test_a_bad_directory_is_refused(
    _row: int, spoil: Callable[[Path], None], code: str, name: str, tmp_path: Path
) -> None:
    trusted = written(tmp_path)
    TrustPolicy.load(trusted)
    spoil(trusted)
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.load(trusted)
    assert refusal.value.code == code
    assert refusal.value.exit_status is ExitStatus.REFUSED
    assert name in refusal.value.message()


def test_the_remedy_for_modes_is_the_command(tmp_path: Path) -> None:
    trusted = written(tmp_path)
    trusted.chmod(0o775)
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.load(trusted)
    assert f"chmod go-w {trusted}" in refusal.value.hint()
    assert "mode 0775, expected no write bit but the owner's" in refusal.value.message()


def test_a_leaked_private_key_is_said_before_anything_else() -> None:
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.parse(b"version = = 7", {"release.pem": PRIVATE})
    assert refusal.value.code == "TRUST-028"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = 1\n" + "#" * 2**18, "more than 262144 bytes"),
        ("version = 1\n" + "[[key]]\n" * 257, "more than 256 keys"),
        ("version = 1\nkey = 7\n", r"expected tables \[\[key\]\]"),
        ("version = 1\nkey = [7]\n", r"expected tables \[\[key\]\]"),
        ("version = 1\nkey = " + "[" * 5000, "not TOML"),
    ],
)
def test_a_policy_has_its_limits(text: str, words: str) -> None:
    with pytest.raises(TrustError, match=words) as refusal:
        TrustPolicy.parse(text.encode(), {})
    assert refusal.value.code == "TRUST-018"


def test_54_no_directory_and_no_keys_trust_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o755)
    (tmp_path / "file").write_text("")
    for directory in ("nowhere", "empty", "file"):
        with pytest.raises(TrustError) as refusal:
            TrustPolicy.load(tmp_path / directory)
        assert refusal.value.code == "TRUST-029"
        assert directory in refusal.value.message()


def test_56_an_older_policy_is_a_rollback() -> None:
    policy = HONEST.parse()
    assert check_policy_version(policy, version=7, digest=policy.digest) == ()
    assert check_policy_version(policy, version=6, digest="sha256:other") == ()
    (warning,) = check_policy_version(policy, version=7, digest="sha256:other")
    assert "without raising its version" in warning
    bare = TrustPolicy.parse(None, HONEST.files, path="trusted_keys")
    for older, version in ((policy, 8), (bare, 7)):
        with pytest.raises(TrustError) as refusal:
            check_policy_version(older, version=version)
        assert refusal.value.code == "TRUST-021"
        assert str(version) in refusal.value.message()


def test_bare_keys_sign_everything_with_one_warning_unless_a_policy_is_required(tmp_path: Path) -> None:
    trusted = written(tmp_path, None)
    policy = TrustPolicy.load(trusted)
    (warning,) = policy.warnings
    assert "every key in it may sign every pack" in warning
    grant = policy.grant_for("any.pack")
    assert grant is not None
    assert set(grant.keyids) == set(policy.keys)
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.load(trusted, require_policy=True)
    assert refusal.value.code == "TRUST-027"


def test_one_bare_key_under_two_names_is_refused() -> None:
    with pytest.raises(TrustError) as refusal:
        TrustPolicy.parse(None, {"a.pem": GOOD, "b.pem": GOOD})
    assert refusal.value.code == "TRUST-024"


def test_a_directory_mounted_the_way_kubernetes_does_is_read(tmp_path: Path) -> None:
    """A ConfigMap: every name links through ``..data``, which links to a directory that is replaced as a whole."""
    trusted = tmp_path / "trusted_keys"
    generation = trusted / "..2026_11_22"
    generation.mkdir(parents=True, mode=0o755)
    trusted.chmod(0o755)
    (trusted / "..data").symlink_to("..2026_11_22")
    for name, content in {**HONEST.files, "policy.toml": HONEST.text.encode()}.items():
        (generation / name).write_bytes(content)
        (trusted / name).symlink_to(f"..data/{name}")
    assert TrustPolicy.load(trusted).digest == HONEST.parse().digest
