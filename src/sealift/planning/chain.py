"""One pack as a line of versions, and where on it the store is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from sealift.errors.plan import BadManifestError, DuplicateVersionError
from sealift.model.history import MigrationHistory, RunInfo
from sealift.model.migration import MigrationInfo
from sealift.model.names import BASE
from sealift.model.pack import AttestedPack
from sealift.planning.versions import Reader, Requirement
from sealift.planning.ways import Way, ways


class Presence(StrEnum):
    """Where a pack's manifest comes from, which says what can be done with it."""

    INSTALLED = "installed"
    ORPHANED = "orphaned"
    """From the store's archive: it can only go back."""
    UNKNOWN = "unknown"
    """Applied, but without a manifest: it stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A pack's versions in order.

    Position 0 is its base, and migration ``i`` leads from position ``i - 1`` to ``i``.
    """

    pack: str
    presence: Presence
    attested: AttestedPack | None
    texts: tuple[str, ...]
    versions: tuple[Version, ...]
    migrations: tuple[MigrationInfo, ...]
    current: str
    """The version the store is at, as the history writes it."""
    start: float | None
    """The position the store is at: ``i - 0.5`` when migration ``i`` is half done, ``None`` when it is on none."""
    way: Way
    reader: Reader

    @property
    def newest(self) -> int:
        """The last position."""
        return len(self.texts) - 1

    @property
    def open(self) -> RunInfo | None:
        """The run that is half done."""
        return self.way.open

    @property
    def is_plain(self) -> bool:
        """Say whether the store came here by exactly this line's steps, spelled alike: then nothing can be wrong."""
        applied = tuple([entry.to_version for entry in self.way.applied])
        return self.open is None and (self.way.floor, *applied, self.current) == (
            *self.texts[: len(applied) + 1],
            self.texts[len(applied)] if len(applied) < len(self.texts) else None,
        )

    def position(self, version: Version) -> int | None:
        """Return where this version is, if it is there."""
        return self.versions.index(version) if version in self.versions else None

    def migration(self, position: int) -> MigrationInfo:
        """Return the migration that leads to this position."""
        return self.migrations[position - 1]

    def needs(self, position: int) -> tuple[Requirement, ...]:
        """Return what the migration to this position demands; raises BadManifestError when it cannot be read."""
        info = self.migrations[position - 1]
        if not info.depends_on:
            return ()
        return tuple([self.reader.requirement(text, self.pack, info.path) for text in info.depends_on])

    def address(self, position: int) -> str:
        """Return ``acme.orders 1.1.0``, as messages write it."""
        return f"{self.pack} {self.texts[position]}"


def chains(
    manifests: Mapping[str, AttestedPack], history: MigrationHistory, orphans: frozenset[str], reader: Reader
) -> dict[str, Chain]:
    """Return the chain of every pack, those that were applied but have no manifest included.

    Raises BadManifestError and DuplicateVersionError for manifests that form no line.
    """
    known = ways(history)
    versions = history.versions
    found = {}
    for pack, attested in sorted(manifests.items()):
        presence = Presence.ORPHANED if pack in orphans else Presence.INSTALLED
        found[pack] = chain_of(attested, versions.get(pack), known.get(pack, Way()), presence, reader)
    for pack, current in sorted(versions.items()):
        if pack not in found:
            found[pack] = _unknown(pack, current, known[pack], reader)
    return found


def chain_of(attested: AttestedPack, current: str | None, way: Way, presence: Presence, reader: Reader) -> Chain:
    """Return the chain of one pack; ``current`` is what the history says, ``None`` if nothing was applied."""
    manifest = attested.manifest
    pack = manifest.pack
    base = reader.version(manifest.base, pack, "base")
    pairs = sorted(
        ((reader.version(info.version, pack, info.path), info) for info in manifest.migrations),
        key=lambda pair: pair[0],
    )
    _check_line(pack, base, pairs)
    versions = (base, *(version for version, _ in pairs))
    at = manifest.base if current in {None, BASE} else str(current)
    return Chain(
        pack=pack,
        presence=presence,
        attested=attested,
        texts=(manifest.base, *(info.version for _, info in pairs)),
        versions=versions,
        migrations=tuple(info for _, info in pairs),
        current=at,
        start=_start(versions, manifest.base, reader.version(at, pack, "history"), way.open),
        way=way,
        reader=reader,
    )


def _check_line(pack: str, base: Version, pairs: Iterable[tuple[Version, MigrationInfo]]) -> None:
    before, path = base, ""
    for version, info in pairs:
        if version == before and path:
            raise DuplicateVersionError(pack=pack, version=info.version, paths=(path, info.path))
        if version <= base:
            expected = f"a version after the base, {base}"
            raise BadManifestError(pack=pack, where=info.path, found=info.version, expected=expected)
        before, path = version, info.path


def _start(versions: tuple[Version, ...], base: str, current: Version, run: RunInfo | None) -> float | None:
    if run is None:
        return versions.index(current) if current in versions else None
    # The run says which step is half done, whichever way it goes and whichever way it went before it was turned back.
    ends = [Version(base if text == BASE else text) for text in (run.from_version, run.to_version)]
    if not all(version in versions for version in ends):
        return None
    low, high = sorted(versions.index(version) for version in ends)
    return high - 0.5 if high - low == 1 else None


def _unknown(pack: str, current: str, way: Way, reader: Reader) -> Chain:
    version = Version("0") if current == BASE else reader.version(current, pack, "history")
    return Chain(
        pack=pack,
        presence=Presence.UNKNOWN,
        attested=None,
        texts=(current,),
        versions=(version,),
        migrations=(),
        current=current,
        start=0,
        way=way,
        reader=reader,
    )
