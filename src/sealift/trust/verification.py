"""From untrusted bytes to a VerifiedPack, in numbered steps; each fails closed and has its own errors.

The steps are those of the order of verification that the documentation gives:

1. the policy (``TrustPolicy.load``, ``check_policy_version``), 2. discovery (the room ``packs``),
3. the envelope's form, 4. signatures over DSSE's PAE with every candidate key, distinct fingerprints,
5. only now the payload, from the very bytes that were verified: type, predicate type, exact fields, paths,
6. identity, 7. revocations, scope, validity, threshold by owner, 8. sequence against floor and history,
9. every file's bytes, 10. no other file, 11. source text. Pure functions of bytes and a clock; no verdict is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from packaging.version import InvalidVersion, Version

from sealift.errors.origin import ExtraFileError, FileMissingError, UnsafeFileError
from sealift.errors.trust import TrustError, UnsignedPackError
from sealift.errors.trust_contents import FileTamperedError, IdentityMismatchError
from sealift.model.pack import AttestedPack, Manifest, Pack, PackOrigin, VerifiedPack
from sealift.trust.admission import Circumstances, Purpose, admit
from sealift.trust.envelope import parse_envelope
from sealift.trust.policy import TrustPolicy
from sealift.trust.rollback import Seen, check_policy_version, check_sequence, seen_releases
from sealift.trust.signatures import verify_signatures
from sealift.trust.source import verify_source_text
from sealift.trust.statement import parse_statement

__all__ = [
    "Purpose",
    "Seen",
    "check_policy_version",
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
    with _about(pack.origin):
        if pack.envelope is None:
            raise UnsignedPackError
        envelope = parse_envelope(pack.envelope)  # 3: DSSE protocol 1.0.2, "Verifying"
        found = verify_signatures(envelope, policy)  # 4: DSSE, "keyid is a hint"; TUF 1.0 §5.1, distinct keys
        manifest = parse_statement(envelope.payload)  # 5: in-toto Statement v1
        digest = "sha256:" + sha256(envelope.payload).hexdigest()
    with _about(pack.origin, manifest):
        _check_identity(pack.origin, manifest)  # 6
        known = purpose is Purpose.TAKE_BACK and digest in frozenset(recorded)
        if purpose is Purpose.TAKE_BACK and not known:
            purpose = Purpose.NEW_WORK
        moment = Circumstances(now=now, accept_expired=accept_expired, purpose=purpose)
        admission = admit(manifest.pack, digest, found, policy, moment)  # 7
        warnings = check_sequence(manifest, digest, policy, seen, purpose)  # 8
    return AttestedPack(
        origin=pack.origin,
        manifest=manifest,
        digest=digest,
        envelope=pack.envelope,
        signers=admission.signers,
        policy_digest=policy.digest,
        policy_version=policy.version,
        verified_at=now,
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


@contextmanager
def _about(origin: PackOrigin, manifest: Manifest | None = None) -> Iterator[None]:
    """Tell every refusal which pack it is about: by its own name first, by its manifest once that is genuine."""
    try:
        yield
    except TrustError as error:
        name = manifest.pack if manifest is not None else origin.entry_point
        error.pack = f"{name} ({origin.distribution} {origin.distribution_version})"
        error.place = str(origin.root)
        raise


def _check_identity(origin: PackOrigin, manifest: Manifest) -> None:
    for field, got, expected in (
        ("the entry point", origin.entry_point, manifest.pack),
        ("the distribution", origin.distribution, manifest.distribution),
    ):
        if got != expected:
            raise IdentityMismatchError(field=field, got=got, expected=expected)
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
