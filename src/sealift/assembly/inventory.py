"""The packs there are, installed or archived: attested when asked, their files read when a step needs them."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath

from sealift.assembly.knowledge import Knowledge
from sealift.assembly.unsigned import kept_unsigned
from sealift.config import Settings
from sealift.errors.base import SealiftError
from sealift.errors.origin import UntrustedLocationError
from sealift.errors.trust import KeyExpiredError, TrustError
from sealift.errors.trust_policy import PolicyExpiredError
from sealift.model.history import EntryKind, MigrationHistory
from sealift.model.pack import AttestedPack, Manifest, Pack, PackOrigin, VerifiedPack
from sealift.model.plan import Plan
from sealift.packs.discovery import misplaced, site_roots, survey
from sealift.packs.reading import read_files, read_pack
from sealift.ports import Clock, Store
from sealift.trust.envelope import parse_envelope
from sealift.trust.policy import TrustPolicy
from sealift.trust.rollback import Seen, check_policy_version, newest_policy, seen_releases
from sealift.trust.statement import parse_statement
from sealift.trust.verification import Admissions, Circumstances, Purpose, judged, verify_files, verify_manifest

ARCHIVE = PurePath("the store's archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of one installed pack; ``error`` says why it is refused."""

    pack: str
    distribution: str
    error: SealiftError | None = None
    attested: AttestedPack | None = None

    @property
    def verdict(self) -> str:
        """``verified`` or ``refused``."""
        return "refused" if self.error is not None else "verified"

    @property
    def sequence(self) -> int | None:
        """The release's sequence number."""
        return self.attested.manifest.sequence if self.attested else None

    @property
    def newest(self) -> str | None:
        """The version its last migration leads to."""
        return newest_of(self.attested.manifest) if self.attested else None

    @property
    def signers(self) -> str:
        """The files of the keys that signed."""
        return ", ".join(signer.key_file for signer in self.attested.signers) if self.attested else ""

    def to_dict(self) -> dict[str, object]:
        """Return the JSON members of ``sealift packs``."""
        error = None if self.error is None else {"code": self.error.code, "message": self.error.message()}
        return {
            "pack": self.pack,
            "distribution": self.distribution,
            "sequence": self.sequence,
            "newest": self.newest,
            "signers": [signer.keyid for signer in self.attested.signers] if self.attested else [],
            "digest": self.attested.digest if self.attested else None,
            "verdict": self.verdict,
            "error": error,
        }


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Every pack within reach, judged by one policy at one moment. Lazy: each stage happens when it is first asked for.

    Verdicts live as long as this object and no longer: no verdict is kept between processes. ``knowledge`` spares verbs
    that only look the reading of what cannot have changed; what they show so is attested anew before it is verified.
    """

    settings: Settings
    clock: Clock
    history: MigrationHistory
    purpose: Purpose = Purpose.INSPECT
    store: Store | None = None
    accept_expired: Mapping[str, str] = field(default_factory=dict)
    knowledge: Knowledge | None = None

    @property
    def policy(self) -> TrustPolicy:
        """Today's policy, which must not be older than the newest one that this store has seen; read once."""
        if isinstance(self._policy, SealiftError):
            raise self._policy.with_traceback(None)
        return self._policy

    @cached_property
    def _policy(self) -> TrustPolicy | SealiftError:
        """The policy, or what is wrong with it: one error, however many packs it is raised for."""
        try:
            return self._read_policy()
        except SealiftError as error:
            return error

    def _read_policy(self) -> TrustPolicy:
        policy = TrustPolicy.load(Path(self.settings.trusted_keys), require_policy=self.settings.require_policy)
        version, digest = newest_policy(self.history.entries)
        notices = check_policy_version(policy, version=version, digest=digest)
        return replace(policy, warnings=policy.warnings + notices)

    def warnings(self, packs: Iterable[AttestedPack]) -> tuple[str, ...]:
        """Return what there is to know of the policy, if it was needed at all, and of these packs; nothing twice."""
        read: TrustPolicy | SealiftError | None = vars(self).get("_policy")
        own = read.warnings if isinstance(read, TrustPolicy) else ()
        return tuple(dict.fromkeys([*own, *(warning for pack in packs for warning in pack.warnings)]))

    @cached_property
    def verdicts(self) -> Sequence[Verdict]:
        """One verdict for each installed pack, sorted by name."""
        known = self.knowledge.recall() if self.knowledge is not None else {}
        found = survey(pack_roots(self.settings), known)
        refused = [
            Verdict(pack=item.name, distribution=", ".join(o.distribution for o in item.origins), error=item.error)
            for item in found.refused
        ]
        judged = [self._judge(origin, found.directories.get(origin.entry_point)) for origin in found.origins]
        if self.knowledge is not None:
            self.knowledge.keep(list(found.directories.values()))
        return sorted([*refused, *judged], key=lambda verdict: verdict.pack)

    @cached_property
    def attested(self) -> Mapping[str, AttestedPack]:
        """The installed packs whose manifest is genuine, by name."""
        return {verdict.pack: verdict.attested for verdict in self.verdicts if verdict.attested is not None}

    @cached_property
    def refused(self) -> Mapping[str, SealiftError]:
        """Why the others are refused, by name."""
        return {verdict.pack: verdict.error for verdict in self.verdicts if verdict.error is not None}

    @property
    def misplaced(self) -> tuple[str, ...]:
        """What is announced where Python would find it and sealift does not look: why a pack may be missing."""
        places = [Path(place) for place in sys.path if place]
        return tuple(f"not used: {item.error.message()}" for item in misplaced(places, pack_roots(self.settings)))

    @cached_property
    def archived(self) -> Mapping[str, Manifest]:
        """The manifests of the releases whose migrations were applied, by digest, from the archive."""
        manifests = {}
        # What is installed with the very bytes that were applied has nothing to be compared with.
        installed = {attested.digest for attested in self.attested.values()}
        applied = dict.fromkeys(entry.digest for entry in self.history.entries if entry.digest)
        for digest in (digest for digest in applied if digest not in installed):
            kept = self.store.archived(digest) if self.store is not None else None
            if kept is not None:
                manifests[digest] = parse_statement(parse_envelope(kept[0]).payload)
        return manifests

    @cached_property
    def orphans(self) -> Mapping[str, AttestedPack]:
        """Packs that were applied and are not installed, attested again from their signed copy in the store.

        One that today's policy refuses is left out: it stays orphaned, and blocks no other pack.
        """
        known = {verdict.pack for verdict in self.verdicts}
        found = {}
        for pack in self.history.versions:
            if pack not in known:
                with suppress(TrustError):
                    kept = self._kept(pack)
                    if kept is not None:
                        found[pack] = self._taken_unsigned(kept) or self.attest(kept, Purpose.TAKE_BACK)
        return found

    def verify(self, attested: AttestedPack) -> VerifiedPack:
        """Read the pack's files, once, and check every byte; the result holds the very bytes that were checked.

        To take back, the release must have been applied or be fit for new work; that was not asked of it before.
        """
        if attested.is_recalled:
            attested = self.attest(read_pack(attested.origin))
        if self.purpose is Purpose.TAKE_BACK and attested.signers:
            self.attest(Pack(origin=attested.origin, envelope=attested.envelope))
        if attested.origin.root == ARCHIVE:
            _, files = self._archived(attested.digest)
            return verify_files(attested, files)
        return verify_files(attested, read_files(attested.origin, frozenset(attested.manifest.files)))

    def applied(self, digest: str) -> VerifiedPack | None:
        """Return the pack of an applied release from the archive, verified again; ``None`` if it is refused today."""
        kept = self.store.archived(digest) if self.store is not None else None
        if kept is None:
            return None
        with suppress(TrustError):
            return verify_files(self.attest(_archived_pack(kept[0]), Purpose.TAKE_BACK), kept[1])
        return None

    def of(self, plan: Plan) -> Sequence[AttestedPack]:
        """Return the packs whose migrations the plan runs, in order."""
        known = {**self.orphans, **self.attested}
        return [known[pack] for pack in dict.fromkeys(step.pack for step in plan.steps)]

    def require(self, packs: Iterable[str]) -> None:
        """Raise the refusal of the first of these packs that is refused."""
        for pack in packs:
            if pack in self.refused:
                raise self.refused[pack]
            if pack in self.history.versions and pack not in self.attested:
                self._require_kept(pack)

    def _require_kept(self, pack: str) -> None:
        """Raise ArchivedUnsignedError for a pack that ran unsigned and is not to be had here any more."""
        kept = self._kept(pack)
        if kept is not None:
            self._taken_unsigned(kept)

    def _taken_unsigned(self, kept: Pack) -> AttestedPack | None:
        """Return an archived pack that ran unsigned, where development allows this one; ``None`` if it is signed."""
        development = self.settings.environment == "development"
        allowed = self.settings.allow_unsigned if development else ()
        return kept_unsigned(kept, allowed=allowed, recorded=self._recorded, now=self.clock())

    def _judge(self, origin: PackOrigin, directory: str | None) -> Verdict:
        shown = f"{origin.distribution} {origin.distribution_version}"
        try:
            self._check_place(origin)
            attested = self._allowed_unsigned(origin) or self._within_reach(origin, directory)
        except SealiftError as error:
            return Verdict(pack=origin.entry_point, distribution=shown, error=error)
        return Verdict(pack=origin.entry_point, distribution=shown, attested=attested)

    def _within_reach(self, origin: PackOrigin, directory: str | None) -> AttestedPack:
        """Attest an installed pack; to take back another one, one that is merely needed by it may be expired."""
        if self.knowledge is not None:
            genuine = self.knowledge.genuine(origin, directory, self.policy)
            return judged(origin, genuine, self._admissions, self._seen)
        pack = read_pack(origin)
        try:
            return self.attest(pack)
        except (KeyExpiredError, PolicyExpiredError):
            if self.purpose is not Purpose.TAKE_BACK:
                raise
            return self.attest(pack, Purpose.INSPECT)

    def _allowed_unsigned(self, origin: PackOrigin) -> AttestedPack | None:
        """Return the pack as its author's files are now, where development allows exactly this one unsigned.

        One whose signature holds for every file is left to be verified like any other.
        """
        named = origin.entry_point in self.settings.allow_unsigned
        if not (named and origin.editable and self.settings.environment == "development"):
            return None
        with suppress(SealiftError):
            self.verify(self.attest(read_pack(origin)))
            return None
        # Imported where it is needed: it brings the author's side along, a third of the start-up of `status`.
        from sealift.assembly.development import editable_pack

        return editable_pack(origin, now=self.clock())

    def _check_place(self, origin: PackOrigin) -> None:
        if origin.editable and self.settings.environment != "development":
            raise UntrustedLocationError(
                pack=f"{origin.entry_point} ({origin.distribution} {origin.distribution_version})",
                place=str(origin.root),
                problem="editable installs are for development",
            )

    def attest(self, pack: Pack, purpose: Purpose | None = None) -> AttestedPack:
        """Check envelope, signatures, identity, scope and sequence of a pack; raises leaves of TrustError."""
        return verify_manifest(
            pack,
            self.policy,
            now=self.clock(),
            seen=self._seen,
            accept_expired=self.accept_expired,
            purpose=purpose or self.purpose,
            recorded=self._recorded,
        )

    @cached_property
    def _admissions(self) -> Admissions:
        case = Circumstances(now=self.clock(), purpose=self.purpose, accept_expired=self.accept_expired)
        return Admissions(self.policy, case)

    @cached_property
    def _seen(self) -> Mapping[str, Seen]:
        return seen_releases(self.history.entries)

    @cached_property
    def _recorded(self) -> frozenset[str]:
        """Releases whose migrations were begun: what was left half-done can be taken back too."""
        begun = {EntryKind.STARTED, EntryKind.APPLIED}
        return frozenset(entry.digest for entry in self.history.entries if entry.kind in begun)

    def _kept(self, pack: str) -> Pack | None:
        """Return the newest applied release of a pack from the archive, as untrusted as any other."""
        digests = [entry.digest for entry in self.history.entries if entry.pack == pack and entry.digest]
        kept = self.store.archived(digests[-1]) if digests and self.store is not None else None
        return _archived_pack(kept[0]) if kept is not None else None

    def _archived(self, digest: str) -> tuple[bytes, Mapping[str, bytes]]:
        kept = self.store.archived(digest) if self.store is not None else None
        if kept is None:
            message = f"{digest} was in the archive a moment ago"
            raise LookupError(message)
        return kept


def pack_roots(settings: Settings) -> tuple[Path, ...]:
    """Return the directories in which packs are installed."""
    return (*site_roots(), *map(Path, settings.pack_roots))


def _archived_pack(envelope: bytes) -> Pack:
    """Return a pack from the archive, as untrusted as any other: what it says of itself is checked like an origin."""
    manifest = parse_statement(parse_envelope(envelope).payload)
    origin = PackOrigin(
        entry_point=manifest.pack,
        module="",
        distribution=manifest.distribution,
        distribution_version=manifest.distribution_version,
        root=ARCHIVE,
    )
    return Pack(origin=origin, envelope=envelope)


def newest_of(manifest: Manifest) -> str:
    """Return the version that the last migration leads to, or base."""
    return manifest.migrations[-1].version if manifest.migrations else manifest.base
