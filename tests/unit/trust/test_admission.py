"""Time, thresholds and rollback where they do not simply refuse."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hostile_statements import signed, with_envelope
from sealift.errors.trust import KeyExpiredError, KeyOutOfScopeError, ThresholdNotMetError
from sealift.errors.trust_contents import PackEquivocationError, PackRollbackError
from sealift.errors.trust_policy import PolicyExpiredError
from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.migration import Direction
from sealift.trust.admission import WARN_BEFORE
from sealift.trust.rollback import RESET_NOTE
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import Purpose, Seen, seen_releases
from signed_packs import NOW, PolicyText, Situation, new_signer, situation

END = datetime(2026, 12, 31, tzinfo=UTC)
OLD = datetime(2027, 6, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def expiring(**changes: object) -> Situation:
    case = situation()
    text = PolicyText(
        keys={"release": case.signer},
        bounds={"release": "not_before = 2026-01-01T00:00:00Z\nnot_after = 2026-12-31T00:00:00Z\n"},
        **changes,
    )
    return replace(case, policy=text.parse())


def test_a_key_is_valid_from_its_first_moment_to_before_its_last() -> None:
    case = expiring()
    case.attest(now=datetime(2026, 1, 1, tzinfo=UTC))
    case.attest(now=END - TICK)
    for moment in (datetime(2026, 1, 1, tzinfo=UTC) - TICK, END):
        with pytest.raises(KeyExpiredError):
            case.attest(now=moment)


def test_a_key_warns_for_sixty_days_before_it_expires() -> None:
    case = expiring()
    assert case.attest(now=END - WARN_BEFORE - TICK).warnings == ()
    (warning,) = case.attest(now=END - WARN_BEFORE).warnings
    assert "release" in warning
    assert "2026-12-31T00:00:00Z" in warning


def test_a_policy_warns_for_sixty_days_before_it_expires() -> None:
    case = expiring(head="expires = 2026-06-01T00:00:00Z\n")
    end = datetime(2026, 6, 1, tzinfo=UTC)
    assert case.attest(now=end - WARN_BEFORE - TICK).warnings == ()
    (warning,) = case.attest(now=end - WARN_BEFORE).warnings
    assert "policy.toml:2 expires at 2026-06-01T00:00:00Z" in warning
    with pytest.raises(PolicyExpiredError, match=r"policy\.toml:2 expired at 2026-06-01T00:00:00Z"):
        case.attest(now=end)


@pytest.mark.parametrize("head", ["", "expires = 2026-12-31T00:00:00Z\n"])
def test_expiry_stops_new_work_only(head: str) -> None:
    case = expiring(head=head)
    digest = case.attest(purpose=Purpose.INSPECT, now=OLD).digest
    inspected = case.attest(now=OLD, purpose=Purpose.INSPECT)
    taken_back = case.attest(now=OLD, purpose=Purpose.TAKE_BACK, recorded={digest})
    for attested in (inspected, taken_back):
        assert "expired at 2026-12-31T00:00:00Z (it is now 2027-06-01T00:00:00Z)" in " ".join(attested.warnings)
    with pytest.raises((KeyExpiredError, PolicyExpiredError)):
        case.attest(now=OLD)
    with pytest.raises((KeyExpiredError, PolicyExpiredError)):
        case.attest(now=OLD, purpose=Purpose.TAKE_BACK, recorded=())


def test_an_expired_key_can_be_accepted_for_a_reason_that_is_recorded() -> None:
    case = expiring()
    keyid = case.signer.public_key.keyid
    (warning,) = case.attest(now=OLD, accept_expired={keyid: "the new key comes on Monday"}).warnings
    assert warning == f"accepted although expired: release ({keyid}): the new key comes on Monday"
    with pytest.raises(KeyExpiredError):
        case.attest(now=OLD, accept_expired={"sha256:" + "0" * 64: "another key"})


def test_an_expired_policy_can_be_accepted_for_a_reason_that_is_recorded() -> None:
    case = expiring(head="expires = 2026-06-01T00:00:00Z\n")
    (warning,) = case.attest(accept_expired={"policy": "reviewed today"}, now=datetime(2026, 7, 1, tzinfo=UTC)).warnings
    assert warning.startswith("accepted although expired: policy ")
    assert warning.endswith(": reviewed today")


def test_the_error_of_an_expired_key_gives_both_times_and_the_way_on() -> None:
    case = expiring()
    with pytest.raises(KeyExpiredError) as refusal:
        case.attest(now=OLD)
    error = refusal.value
    assert "expired at 2026-12-31T00:00:00Z (it is now 2027-06-01T00:00:00Z)" in error.message()
    assert f"--accept-expired {error.keyid} --reason TEXT" in error.hint()
    assert error.policy == "/etc/sealift/trusted_keys/policy.toml:3"


def threshold_case(grant: str, owners: dict[str, str], sign_with: tuple[str, ...]) -> Situation:
    case = situation()
    keys = {name: new_signer() for name in owners}
    text = PolicyText(keys=keys, owners=owners, grants=[grant])
    made = signed(statement_bytes(case.manifest), *(keys[name] for name in sign_with))
    return replace(with_envelope(case, made), policy=text.parse())


TWO_OF_THREE = 'packs = ["acme.*"]\nkeys = ["a", "b", "c"]\nthreshold = 2'
OWNERS = {"a": "Ann", "b": "Ann", "c": "Carl"}


def test_a_threshold_counts_owners() -> None:
    case = threshold_case(TWO_OF_THREE, OWNERS, ("a", "c"))
    assert [signer.owner for signer in case.attest().signers] == ["Ann", "Carl"]
    case = threshold_case(TWO_OF_THREE, OWNERS, ("a", "b"))
    with pytest.raises(ThresholdNotMetError, match="1 of 2 required signatures") as refusal:
        case.attest()
    assert "c (Carl)" in refusal.value.hint()
    assert "a (Ann)" not in refusal.value.hint()


def test_a_key_out_of_scope_does_not_count_towards_a_threshold() -> None:
    grant = 'packs = ["acme.*"]\nkeys = ["a", "c"]\nthreshold = 2'
    case = threshold_case(grant, {"a": "Ann", "c": "Carl", "d": "Dora"}, ("a", "d"))
    with pytest.raises(ThresholdNotMetError) as refusal:
        case.attest()
    assert "may sign no pack at all" in refusal.value.message()


def test_a_stranger_does_not_count_towards_a_threshold() -> None:
    case = threshold_case(TWO_OF_THREE, OWNERS, ("a",))
    stranger = new_signer()
    from json import dumps, loads

    made = loads(case.pack.envelope)
    made["signatures"] += loads(signed(statement_bytes(case.manifest), stranger))["signatures"]
    with pytest.raises(ThresholdNotMetError) as refusal:
        with_envelope(case, dumps(made).encode()).attest()
    assert f"the key {stranger.public_key.keyid} is not trusted" in refusal.value.message()


@pytest.mark.parametrize(
    ("grants", "accepted"),
    [
        (["*"], True),
        (["acme.*"], True),
        (["acme.orders"], True),
        (["acme"], False),
        (["acme.orders.*"], False),
        (["acme.order"], False),
        (["acme.o.*"], False),
    ],
)
def test_patterns_match_on_dots(grants: list[str], accepted: bool) -> None:  # noqa: FBT001 - a table
    case = situation()
    text = PolicyText(keys={"release": case.signer}, grants=[f"packs = {grants}\nkeys = ['release']"])
    case = replace(case, policy=text.parse())
    if accepted:
        case.attest()
        return
    with pytest.raises(KeyOutOfScopeError, match="may sign"):
        case.attest()


@pytest.mark.parametrize("close", ["acme.orders", "acme.*"])
def test_the_most_specific_grant_decides_alone(close: str) -> None:
    case = situation()
    keys = {"release": case.signer, "other": new_signer()}
    for order in (1, -1):
        grants = ["packs = ['*']\nkeys = ['release']", f"packs = ['{close}']\nkeys = ['other']"][::order]
        with pytest.raises(KeyOutOfScopeError) as refusal:
            replace(case, policy=PolicyText(keys=keys, grants=grants).parse()).attest()
        assert refusal.value.may_sign == ("*",)
        assert refusal.value.expected == ("other (other)",)


def entry(kind: EntryKind = EntryKind.APPLIED, **changes: object) -> HistoryEntry:
    made = HistoryEntry(
        number=1, kind=kind, run="", pack="acme.orders", from_version="1.0.0", to_version="1.1.0",
        direction=Direction.UPGRADE, at="", digest="sha256:aa", sequence=14,
    )  # fmt: skip
    return replace(made, **changes)


def test_the_highest_release_of_each_pack_is_remembered() -> None:
    history = [
        entry(sequence=14),
        entry(sequence=16, digest="sha256:cc"),
        entry(sequence=15, digest="sha256:bb"),
        entry(sequence=16, digest="sha256:dd"),
        entry(pack="acme.core", sequence=3),
        entry(EntryKind.TRUST, sequence=99, digest="", note="accept-expired"),
    ]
    assert seen_releases(history) == {
        "acme.orders": Seen(sequence=16, digest="sha256:cc"),
        "acme.core": Seen(sequence=3, digest="sha256:aa"),
    }


def test_a_reset_is_obeyed_and_what_comes_after_it_counts_again() -> None:
    reset = entry(EntryKind.TRUST, sequence=14, digest="", note=f"{RESET_NOTE}the key was stolen")
    assert seen_releases([entry(sequence=9000), reset])["acme.orders"] == Seen(sequence=14, digest="")
    again = seen_releases([entry(sequence=9000), reset, entry(sequence=14, digest="sha256:ee")])
    assert again["acme.orders"] == Seen(sequence=14, digest="sha256:ee")
    situation().attest(seen={"acme.orders": Seen(sequence=14, digest="")})


def test_the_same_release_is_no_rollback_and_other_packs_do_not_matter() -> None:
    case = situation()
    digest = case.attest().digest
    case.attest(seen={"acme.orders": Seen(sequence=14, digest=digest)})
    case.attest(seen={"acme.core": Seen(sequence=99, digest="sha256:aa")})
    with pytest.raises(PackEquivocationError) as refusal:
        case.attest(seen={"acme.orders": Seen(sequence=14, digest="sha256:aa")})
    assert digest in refusal.value.message()
    assert "sha256:aa" in refusal.value.message()


def test_taking_back_a_recorded_release_is_no_rollback() -> None:
    case = situation()
    digest = case.attest().digest
    seen = {"acme.orders": Seen(sequence=20, digest="sha256:aa")}
    with pytest.raises(PackRollbackError):
        case.attest(seen=seen, purpose=Purpose.TAKE_BACK)
    case.attest(seen=seen, purpose=Purpose.TAKE_BACK, recorded=[digest])


def test_versions_are_compared_as_versions() -> None:
    case = situation()
    origin = replace(case.pack.origin, distribution_version="1.4")
    assert replace(case, pack=replace(case.pack, origin=origin)).attest(now=NOW).manifest == case.manifest
