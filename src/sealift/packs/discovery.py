"""Finding the packs that are installed, importing nothing and believing nothing.

Only the site-packages directories of the interpreter and configured roots are looked at, never ``sys.path``: a
``dist-info`` in the working directory or on PYTHONPATH cannot stand in for an installed one. Every distribution is
listed, so that two that claim one pack are refused instead of the first one winning.

Nothing is kept here between processes (``docs/explanation/decisions/0004-discovery.md``); what verbs that only look
recall is the business of ``sealift.assembly.knowledge``.
"""

import os
import sysconfig
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from sealift.errors.origin import AmbiguousPackError, UntrustedLocationError
from sealift.errors.trust import TrustError
from sealift.model.pack import PackOrigin
from sealift.packs.claims import Claim, claims_in, printable, project_of
from sealift.packs.scan import Scan, scan

_NOTHING: Mapping[str, Claim] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPack:
    """A pack that is announced but cannot be used, and why."""

    name: str
    """What the entry point claims, made printable; empty where it could not be read."""
    error: TrustError
    origins: tuple[PackOrigin, ...] = ()
    """The claims among which it could not be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything that announces a pack. No name of ``origins`` appears in ``refused``."""

    origins: tuple[PackOrigin, ...]
    """Sorted by name; each name once."""
    refused: tuple[RefusedPack, ...]
    """Sorted by name."""
    directories: Mapping[str, str] = field(default_factory=dict)
    """The dist-info directory of each of ``origins`` that announces nothing else, by name."""


def site_roots() -> tuple[Path, ...]:
    """Return the directories into which this interpreter's installers put distributions."""
    paths = sysconfig.get_paths()
    return tuple(dict.fromkeys((Path(paths["purelib"]), Path(paths["platlib"]))))


def discover(roots: Sequence[Path] | None = None) -> Sequence[PackOrigin]:
    """Return where every installed pack lies, sorted by name; ``roots`` defaults to ``site_roots()``.

    Editable installations are among them, marked; the caller refuses them outside development. Raises the first
    TrustError of ``survey`` when any pack is refused.
    """
    found = survey(roots)
    for refused in found.refused:
        raise refused.error
    return found.origins


def survey(roots: Sequence[Path] | None = None, known: Mapping[str, Claim] = _NOTHING) -> Survey:
    """Return where every installed pack lies, and every refused claim as a value.

    ``known`` are claims, by dist-info directory, whose files the caller found unchanged: these are not read again. It
    is the directories that are listed now which decide what is installed.
    """
    scans = _scans(site_roots() if roots is None else roots, known)
    by_name: dict[str, list[Claim]] = defaultdict(list)
    for found in scans:
        for claim in chain(claims_in(found), (known[directory] for directory in found.known)):
            by_name[claim.name].append(claim)
    twice = {project: places for project, places in _projects(scans).items() if len(places) > 1}
    verdicts = [_judge(name, _in_order(rivals), twice) for name, rivals in sorted(by_name.items())]
    return Survey(
        origins=tuple(verdict for verdict in verdicts if isinstance(verdict, PackOrigin)),
        refused=tuple(verdict for verdict in verdicts if isinstance(verdict, RefusedPack)),
        directories={name: rivals[0].directory for name, rivals in by_name.items() if rivals[0].directory},
    )


def misplaced(places: Iterable[Path], roots: Sequence[Path] | None = None) -> Sequence[RefusedPack]:
    """Return the packs announced in places that are no roots, such as the entries of ``sys.path``: they are not used.

    It explains why a pack was not found; no other function depends on it.
    """
    known = {os.path.realpath(root) for root in (site_roots() if roots is None else roots)}
    reason = "packs are taken from site-packages and configured roots only"
    return tuple(
        RefusedPack(
            name=claim.name,
            error=UntrustedLocationError(pack=f"{claim.name} ({claim.shown})", problem=reason),
        )
        for found in _scans(places)
        if found.root not in known
        for claim in claims_in(found)
    )


def _scans(roots: Iterable[Path], known: Container[str] = ()) -> Sequence[Scan]:
    """Scan each directory once, however many names lead to it."""
    return [scan(root, known) for root in dict.fromkeys(os.path.realpath(root) for root in roots)]


def _projects(scans: Iterable[Scan]) -> Mapping[str, Sequence[str]]:
    """Return the dist-info directories of each project, by its normalised name."""
    projects: dict[str, list[str]] = defaultdict(list)
    for found in scans:
        for directory in found.projects:
            projects[project_of(directory)].append(f"{found.root}/{directory}")
    return projects


def _in_order(rivals: Sequence[Claim]) -> Sequence[Claim]:
    """Return claims to one pack in an order that does not depend on which of them were known."""
    return rivals if len(rivals) == 1 else sorted(rivals, key=lambda claim: claim.shown)


def _judge(name: str, rivals: Sequence[Claim], twice: Mapping[str, Sequence[str]]) -> PackOrigin | RefusedPack:
    doubles = [printable(place) for place in twice.get(rivals[0].project, ())]
    if len(rivals) == 1 and not doubles:
        verdict = rivals[0].verdict
        return verdict if isinstance(verdict, PackOrigin) else RefusedPack(name=name, error=verdict)
    claims = tuple(rival.shown for rival in rivals) if len(rivals) > 1 else tuple(doubles)
    return RefusedPack(
        name=name,
        error=AmbiguousPackError(pack=name, claims=claims),
        origins=tuple(rival.verdict for rival in rivals if isinstance(rival.verdict, PackOrigin)),
    )
