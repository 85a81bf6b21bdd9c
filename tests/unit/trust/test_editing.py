import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealift.errors.config import PolicyEditError
from sealift.errors.trust import TrustError
from sealift.errors.trust_policy import KeyFileRejectedError, PolicyMalformedError, StrayKeyFileError
from sealift.trust.editing import add_key, init_policy, revoke, revoke_manifest
from sealift.trust.policy import TrustPolicy
from sealift.trust.rules import PolicyMode
from sealift.trust.standing import KeyState, status
from signed_packs import NOW, new_signer

END = datetime(2027, 6, 30, tzinfo=UTC)

COMMENTED = """\
# Who may sign, by the operations team.   Ask Ann before you change it!
version    =   7      # raised with every change

[[grant]] # both, always
packs = [ "acme.*",
          "other.pack" ]   # two families
keys  = ["ann"]

[[key]]
keyid = "{keyid}"  # compared by phone
file = 'ann.pem'
owner = "Ann"
"""


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    directory = tmp_path / "trusted_keys"
    directory.mkdir(mode=0o755)
    return directory


def public(folder: Path, name: str) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(new_signer().public_key.pem)
    return path


def commented(trusted: Path) -> Path:
    signer = new_signer()
    (trusted / "ann.pem").write_bytes(signer.public_key.pem)
    (trusted / "policy.toml").write_text(COMMENTED.format(keyid=signer.public_key.keyid))
    return trusted


def changed(diff: str) -> list[str]:
    """Return the lines a diff takes and adds, without its headers."""
    lines = [line for line in diff.splitlines() if not line.startswith(("+++", "---", "@@"))]
    return [line for line in lines if line[:1] in "+-" and line[1:].strip()]


def test_init_writes_what_the_bare_directory_meant(trusted: Path) -> None:
    for name in ("ann", "bob"):
        public(trusted, name)
    bare = TrustPolicy.load(trusted)
    change = init_policy(trusted, expires=END)
    policy = TrustPolicy.load(trusted)
    assert policy == change.policy
    assert bare.mode is PolicyMode.BARE
    assert policy.mode is PolicyMode.WRITTEN
    assert policy.version == 1
    assert policy.expires == END
    assert policy.keys.keys() == bare.keys.keys()
    assert set(policy.grant_for("any.pack").keyids) == set(bare.grant_for("any.pack").keyids)
    assert policy.warnings == ()
    assert '+packs = ["*"]' in change.diff


def test_init_leaves_a_policy_as_it_is_and_makes_a_directory(trusted: Path, tmp_path: Path) -> None:
    before = (commented(trusted) / "policy.toml").read_bytes()
    assert init_policy(trusted).diff == ""
    assert (trusted / "policy.toml").read_bytes() == before
    init_policy(tmp_path / "deep" / "keys")
    assert TrustPolicy.load(tmp_path / "deep" / "keys").keys == {}


def test_adding_a_key_keeps_comments_and_order_and_raises_the_version(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    before = (trusted / "policy.toml").read_text()
    bob = public(tmp_path, "bob")
    change = add_key(trusted, bob, ["acme.*", "other.pack"], owner="Bob", expires=END)
    assert (trusted / "bob.pem").read_bytes() == bob.read_bytes()
    (key,) = [key for key in change.policy.keys.values() if key.name == "bob"]
    taken = [line for line in changed(change.diff) if line.startswith("-")]
    assert taken == ["-version    =   7      # raised with every change", '-keys  = ["ann"]']
    assert "+version    =   8      # raised with every change" in change.diff
    assert '+keys  = ["ann", "bob"]' in change.diff
    assert "+++ b/bob.pem" in change.diff
    assert [line for line in before.splitlines() if "#" in line and "version" not in line] == [
        line for line in (trusted / "policy.toml").read_text().splitlines() if "#" in line and "version" not in line
    ]
    assert (key.owner, key.not_after) == ("Bob", END)
    assert TrustPolicy.load(trusted) == change.policy


def test_a_grant_for_several_patterns_parts_when_a_key_joins_one(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    policy = add_key(trusted, public(tmp_path, "bob"), ["acme.*", "new.pack"]).policy
    names = {
        pack: sorted(policy.keys[keyid].name for keyid in policy.grant_for(pack).keyids)
        for pack in ("acme.orders", "other.pack", "new.pack")
    }
    assert names == {"acme.orders": ["ann", "bob"], "other.pack": ["ann"], "new.pack": ["bob"]}


def test_the_first_key_makes_directory_and_policy(tmp_path: Path) -> None:
    policy = add_key(tmp_path / "trusted_keys", public(tmp_path, "ann"), ["acme.orders"]).policy
    assert policy.version == 1
    assert policy.grant_for("acme.orders") is not None
    assert policy.grant_for("acme.core") is None
    assert stat.S_IMODE((tmp_path / "trusted_keys").stat().st_mode) & 0o022 == 0


def test_a_bare_key_that_is_added_does_not_keep_every_pack(trusted: Path) -> None:
    public(trusted, "ann")
    public(trusted, "bob")
    policy = add_key(trusted, trusted / "bob.pem", ["acme.*"]).policy
    by_name = {key.name: policy.may_sign(key.keyid) for key in policy.keys.values()}
    assert by_name == {"ann": ("*",), "bob": ("acme.*",)}


def test_a_stray_key_can_be_added_where_it_lies(trusted: Path) -> None:
    commented(trusted)
    stray = public(trusted, "bob")
    with pytest.raises(StrayKeyFileError):
        TrustPolicy.load(trusted)
    policy = add_key(trusted, stray, ["acme.bob"]).policy
    assert TrustPolicy.load(trusted) == policy


def test_another_stray_key_is_not_swept_in(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    public(trusted, "eve")
    with pytest.raises(StrayKeyFileError, match=r"eve\.pem"):
        add_key(trusted, public(tmp_path, "bob"), ["acme.*"])
    assert not (trusted / "bob.pem").exists()


def test_a_known_key_gets_more_packs_under_its_name(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    other_name = tmp_path / "ann-again.pem"
    other_name.write_bytes((trusted / "ann.pem").read_bytes())
    policy = add_key(trusted, other_name, ["third.pack"]).policy
    (key,) = policy.keys.values()
    assert set(policy.may_sign(key.keyid)) == {"acme.*", "other.pack", "third.pack"}
    assert not (trusted / "ann-again.pem").exists()
    before = (trusted / "policy.toml").read_bytes()
    assert add_key(trusted, other_name, ["third.pack"]).diff == ""
    assert (trusted / "policy.toml").read_bytes() == before


@pytest.mark.parametrize("pattern", ["acme*", "", "Acme.x", "*.*"])
def test_nothing_is_written_when_the_result_would_be_refused(trusted: Path, tmp_path: Path, pattern: str) -> None:
    commented(trusted)
    before = {path.name: path.read_bytes() for path in trusted.iterdir()}
    with pytest.raises(PolicyEditError):
        add_key(trusted, public(tmp_path, "bob"), [pattern])
    assert {path.name: path.read_bytes() for path in trusted.iterdir()} == before


def test_another_key_of_the_same_name_is_refused(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    with pytest.raises(KeyFileRejectedError, match=r"trusted as ann\.pem already"):
        add_key(trusted, public(tmp_path, "ann"), ["acme.*"])
    with pytest.raises(KeyFileRejectedError, match="cannot be read"):
        add_key(trusted, tmp_path / "nowhere.pem", ["acme.*"])


@pytest.mark.parametrize("by", ["fingerprint", "file", "name", "path"])
def test_a_key_is_revoked_by_any_handle_and_stays_listed(trusted: Path, by: str) -> None:
    commented(trusted)
    (keyid,) = TrustPolicy.load(trusted).keys
    handle = {"fingerprint": keyid, "file": "ann.pem", "name": "ann", "path": str(trusted / "ann.pem")}[by]
    policy = revoke(trusted, handle, 'laptop "stolen"').policy
    assert policy.revoked_keys[keyid].reason == 'laptop "stolen"'
    assert keyid in policy.keys
    assert policy.version == 8
    standing = status(policy, now=NOW)
    assert [key.state for key in standing.keys] == [KeyState.REVOKED]
    assert standing.unreachable == (("acme.*", "other.pack"),)


def test_a_release_is_revoked_by_its_digest(trusted: Path) -> None:
    commented(trusted)
    digest = "sha256:" + "ab" * 32
    assert revoke_manifest(trusted, digest, "eats data").policy.revoked_manifests[digest].reason == "eats data"
    with pytest.raises(PolicyEditError):
        revoke_manifest(trusted, "sha256:short", "eats data")


def test_revoking_in_a_bare_directory_writes_the_policy_first(trusted: Path) -> None:
    public(trusted, "ann")
    policy = revoke(trusted, "ann", "left").policy
    assert policy.mode is PolicyMode.WRITTEN
    assert policy.revoked_keys.keys() == policy.keys.keys()


def test_modes_and_links_of_the_policy_are_kept(trusted: Path, tmp_path: Path) -> None:
    commented(trusted)
    real = tmp_path / "real.toml"
    (trusted / "policy.toml").rename(real)
    (trusted / "policy.toml").symlink_to(real)
    real.chmod(0o640)
    revoke(trusted, "ann", "left")
    assert (trusted / "policy.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "left" in real.read_text()
    assert sorted(path.name for path in trusted.iterdir()) == ["ann.pem", "policy.toml"]


def test_a_broken_policy_is_not_edited(trusted: Path) -> None:
    commented(trusted)
    (trusted / "policy.toml").write_text("version = = 7")
    with pytest.raises(PolicyMalformedError, match=r"policy\.toml:1"):
        revoke(trusted, "ann", "left")
    assert (trusted / "policy.toml").read_text() == "version = = 7"


def test_an_unsafe_directory_is_not_edited(trusted: Path) -> None:
    commented(trusted)
    trusted.chmod(0o777)
    with pytest.raises(TrustError):
        revoke(trusted, "ann", "left")
    assert "revoke" not in (trusted / "policy.toml").read_text()


def test_the_standing_lists_what_ends_first_in_front(trusted: Path, tmp_path: Path) -> None:
    add_key(trusted, public(tmp_path, "late"), ["a.b"], expires=datetime(2028, 1, 1, tzinfo=UTC))
    add_key(trusted, public(tmp_path, "soon"), ["a.c"], expires=datetime(2026, 12, 2, tzinfo=UTC))
    add_key(trusted, public(tmp_path, "gone"), ["a.d"], expires=datetime(2026, 1, 1, tzinfo=UTC))
    policy = add_key(trusted, public(tmp_path, "ever"), ["a.e"]).policy
    standing = status(policy, now=NOW)
    assert [(key.file, key.state) for key in standing.keys] == [
        ("gone.pem", KeyState.EXPIRED),
        ("soon.pem", KeyState.EXPIRING),
        ("late.pem", KeyState.VALID),
        ("ever.pem", KeyState.VALID),
    ]
    assert [key.days_left for key in standing.keys] == [-326, 9, 404, None]
    assert standing.unreachable == (("a.d",),)
