"""Versions and requirements as the planner compares them: PEP 440, read once each."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from sealift.errors.plan import BadManifestError
from sealift.model.names import is_pack_name

if TYPE_CHECKING:
    # Imported where a requirement is met: it costs as much as 1,000 packs without one.
    from packaging.specifiers import SpecifierSet

_REQUIREMENT = re.compile(r"\s*([a-z][a-z0-9_.]*)\s*(.*?)\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What one migration demands of another pack's data version."""

    pack: str
    specifiers: "SpecifierSet" = field(compare=False)
    text: str

    def allows(self, version: Version) -> bool:
        """Say whether the version satisfies every clause; pre-releases count as any other version."""
        return self.specifiers.contains(version, prereleases=True)

    def clause(self, version: Version | None = None) -> str:
        """Return the clauses that this version breaks (all of them without one), as ``acme.core >=2,<3``."""
        clauses = sorted(str(one) for one in self.specifiers if version is None or not _holds(one, version))
        return f"{self.pack} {','.join(reversed(clauses))}".rstrip()


def _holds(clause: object, version: Version) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(str(clause)).contains(version, prereleases=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads versions and requirements; the same text is parsed once, because 5,000 packs repeat themselves."""

    _versions: dict[str, Version] = field(default_factory=dict)
    _requirements: dict[str, Requirement] = field(default_factory=dict)

    def version(self, text: str, pack: str, where: str) -> Version:
        """Return the version; raises BadManifestError when it is none."""
        known = self._versions.get(text)
        if known is None:
            try:
                known = self._versions[text] = Version(text)
            except InvalidVersion:
                raise BadManifestError(pack=pack, where=where, found=text, expected="a PEP 440 version") from None
        return known

    def requirement(self, text: str, pack: str, where: str) -> Requirement:
        """Return the requirement; raises BadManifestError when it is none."""
        known = self._requirements.get(text)
        if known is None:
            known = self._requirements[text] = _parsed(text, pack, where)
        return known


def _parsed(text: str, pack: str, where: str) -> Requirement:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    match = _REQUIREMENT.fullmatch(text)
    try:
        if match and is_pack_name(match[1]):
            return Requirement(pack=match[1], specifiers=SpecifierSet(match[2]), text=text)
    except InvalidSpecifier:
        pass
    expected = "a pack's name and PEP 440 specifiers, such as 'acme.core>=2.0,<3'"
    raise BadManifestError(pack=pack, where=where, found=text, expected=expected)
