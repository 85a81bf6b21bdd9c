"""From untrusted bytes to a VerifiedPack, in numbered steps; each fails closed and has its own errors.

The steps are those of the order of verification that the documentation gives:

1. the policy (``TrustPolicy.load``, ``check_policy_version``), 2. discovery (the room ``packs``),
3. the envelope's form, 4. signatures over DSSE's PAE with every candidate key, distinct fingerprints,
5. only now the payload, from the very bytes that were verified: type, predicate type, exact fields, paths,
6. identity, 7. revocations, scope, validity, threshold by owner, 8. sequence against floor and history,
9. every file's bytes, 10. no other file, 11. source text. Pure functions of bytes and a clock; no verdict is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from packaging.version import InvalidVersion, Version

from sealift.errors.origin import ExtraFileError, FileMissingError, UnsafeFileError
from sealift.errors.trust import TrustError, UnsignedPackError
from sealift.errors.trust_contents import FileTamperedError, IdentityMismatchError
from sealift.model.pack import AttestedPack, Manifest, Pack, PackOrigin, VerifiedPack
from sealift.trust.admission import Admissions, Circumstances, Purpose
from sealift.trust.envelope import parse_envelope
from sealift.trust.policy import TrustPolicy
from sealift.trust.rollback import Seen, check_policy_version, check_sequence, seen_releases
from sealift.trust.signatures import Found, verify_signatures
from sealift.trust.source import verify_source_text
from sealift.trust.statement import parse_statement

__all__ = [
    "Admissions",
    "Circumstances",
    "Genuine",
    "Purpose",
    "Seen",
    "check_policy_version",
    "judge",
    "judged",
    "read_genuine",
    "seen_releases",
    "verify_files",
    "verify_manifest",
    "verify_source_text",
]

FILE_LIMIT = 1024 * 1024
"""Bytes of one file."""
PACK_LIMIT = 16 * 1024 * 1024
"""Bytes of all files of a pack."""


def verify_manifest(  # noqa: PLR0913 - the facts a verdict depends on, each named by the caller
    pack: Pack,
    policy: TrustPolicy,
    *,
    now: datetime,
    seen: Mapping[str, Seen] = MappingProxyType({}),
    accept_expired: Mapping[str, str] = MappingProxyType({}),
    purpose: Purpose = Purpose.NEW_WORK,
    recorded: Iterable[str] = (),
) -> AttestedPack:
    """Check envelope, signatures, manifest, identity, scope, time and sequence: steps 3 to 8.

    ``now`` is aware. ``seen`` is the highest release of each pack in the history. ``accept_expired`` maps fingerprints
    (and the word ``policy``) to the operator's reason, which becomes a warning to record. ``recorded`` are the digests
    of applied releases: for TAKE_BACK these are accepted although they are old or their key has expired, unless they
    were revoked. Raises leaves of TrustError.
    """
    genuine = read_genuine(pack, policy)
    circumstances = Circumstances(now=now, accept_expired=accept_expired, purpose=purpose)
    return judge(pack.origin, genuine, policy, circumstances, seen=seen, recorded=frozenset(recorded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """What an envelope proves by itself and a set of trusted keys, whatever the policy says of them: steps 3 to 5."""

    envelope: bytes
    digest: str
    """``sha256:`` + hex of the signed payload."""
    manifest: Manifest
    found: Found


def read_genuine(pack: Pack, policy: TrustPolicy) -> Genuine:
    """Check form and signatures of the envelope, then read its payload: steps 3 to 5. Raises leaves of TrustError."""
    with _about(pack.origin):
        if pack.envelope is None:
            raise UnsignedPackError
        envelope = parse_envelope(pack.envelope)  # 3: DSSE protocol 1.0.2, "Verifying"
        found = verify_signatures(envelope, policy)  # 4: DSSE, "keyid is a hint"; TUF 1.0 §5.1, distinct keys
        manifest = parse_statement(envelope.payload)  # 5: in-toto Statement v1
        digest = "sha256:" + sha256(envelope.payload).hexdigest()
    return Genuine(envelope=pack.envelope, digest=digest, manifest=manifest, found=found)


def judge(  # noqa: PLR0913 - the facts a verdict depends on, each named by the caller
    origin: PackOrigin,
    genuine: Genuine,
    policy: TrustPolicy,
    case: Circumstances,
    *,
    seen: Mapping[str, Seen],
    recorded: frozenset[str] = frozenset(),
) -> AttestedPack:
    """Check identity, revocations, scope, validity, threshold and sequence: steps 6 to 8. Raises leaves of TrustError.

    These rest on the policy, the history and the clock, and are checked each time, whatever is known of the envelope.
    """
    if case.purpose is Purpose.TAKE_BACK and genuine.digest not in recorded:
        case = replace(case, purpose=Purpose.NEW_WORK)
    return judged(origin, genuine, Admissions(policy, case), seen)


def judged(origin: PackOrigin, genuine: Genuine, admissions: Admissions, seen: Mapping[str, Seen]) -> AttestedPack:
    """Do what ``judge`` does for one of many packs that are looked at together."""
    manifest, digest, policy, case = genuine.manifest, genuine.digest, admissions.policy, admissions.case
    with _about(origin, manifest):
        _check_identity(origin, manifest)  # 6
        admission = admissions.admit(manifest.pack, digest, genuine.found)  # 7
        warnings = check_sequence(manifest, digest, policy, seen, case.purpose)  # 8
    return AttestedPack(
        origin=origin,
        manifest=manifest,
        digest=digest,
        envelope=genuine.envelope,
        signers=admission.signers,
        policy_digest=policy.digest,
        policy_version=policy.version,
        verified_at=case.now,
        warnings=admission.warnings + warnings,
    )


def verify_files(attested: AttestedPack, files: Mapping[str, bytes]) -> VerifiedPack:
    """Check the files' bytes against the manifest: steps 9 to 11.

    ``files`` is everything that was read of the pack, the envelope excepted. It is looked at once: what is checked and
    what is returned are the same bytes. A VerifiedPack is made nowhere else. Raises leaves of TrustError.
    """
    manifest = attested.manifest
    held = MappingProxyType({name: bytes(content) for name, content in files.items()})
    with _about(attested.origin, manifest):
        _check_sizes(held)
        _check_digests(manifest, held)  # 9
        _check_extras(manifest, held)  # 10
        for name in manifest.files:
            if name.endswith(".py"):
                verify_source_text(name, held[name])  # 11
    return VerifiedPack(attested=attested, files=held)


class _about:  # noqa: N801 - read as a statement; a class, because a generator costs as much as all the checks
    """Tell every refusal which pack it is about: by its own name first, by its manifest once that is genuine."""

    __slots__ = ("_manifest", "_origin")

    def __init__(self, origin: PackOrigin, manifest: Manifest | None = None) -> None:
        self._origin, self._manifest = origin, manifest

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TrustError):
            origin = self._origin
            name = self._manifest.pack if self._manifest is not None else origin.entry_point
            error.pack = f"{name} ({origin.distribution} {origin.distribution_version})"
            error.place = str(origin.root)


def _check_identity(origin: PackOrigin, manifest: Manifest) -> None:
    if origin.entry_point != manifest.pack:
        raise IdentityMismatchError(field="the entry point", got=origin.entry_point, expected=manifest.pack)
    if origin.distribution != manifest.distribution:
        raise IdentityMismatchError(
            field="the distribution", got=origin.distribution, expected=manifest.distribution
        )  # fmt: skip
    if not _same_version(origin.distribution_version, manifest.distribution_version):
        raise IdentityMismatchError(
            field="the distribution's version",
            got=origin.distribution_version,
            expected=manifest.distribution_version,
        )


def _same_version(got: str, expected: str) -> bool:
    try:
        return got == expected or Version(got) == Version(expected)
    except InvalidVersion:
        return False


def _check_sizes(files: Mapping[str, bytes]) -> None:
    total = 0
    for name, content in files.items():
        total += len(content)
        if len(content) > FILE_LIMIT or total > PACK_LIMIT:
            problem = f"more than {FILE_LIMIT} bytes in a file or {PACK_LIMIT} in the pack"
            raise UnsafeFileError(file=name, problem=problem)


def _check_digests(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    changed: list[FileTamperedError] = []
    for name, expected in manifest.files.items():
        if name not in files:
            raise FileMissingError(file=name)
        got = sha256(files[name]).hexdigest()
        if got != expected:
            changed.append(_tampered(name, files[name], got, expected))
    if changed:
        changed[0].others = tuple(error.file for error in changed[1:])
        raise changed[0]


def _tampered(name: str, content: bytes, got: str, expected: str) -> FileTamperedError:
    lf = content.replace(b"\r\n", b"\n")
    other_ends = (lf, lf.replace(b"\n", b"\r\n"))
    only_ends = any(sha256(text).hexdigest() == expected for text in other_ends)
    return FileTamperedError(
        file=name, got=f"sha256:{got}", expected=f"sha256:{expected}", only_line_endings=only_ends
    )  # fmt: skip


def _check_extras(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    extra = tuple(sorted(files.keys() - manifest.files.keys()))
    if extra:
        raise ExtraFileError(files=extra)
