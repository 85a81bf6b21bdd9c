"""Packs and histories for the planner's tests, written as short as they are thought."""

from datetime import UTC, datetime
from pathlib import PurePath

from sealift.model.history import GENESIS, EntryKind, HistoryEntry, MigrationHistory
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.names import Target
from sealift.model.pack import AttestedPack, Manifest, PackOrigin
from sealift.planning.planner import make_plan

UP, DOWN = Direction.UPGRADE, Direction.DOWNGRADE
NOTHING = MigrationHistory()


def pack(name, *migrations, base="1.0.0", digest=None, files=None):
    """Make a pack; a migration is ``"2.0.0"`` or ``("2.0.0", "acme.core>=2", ...)``, irreversible with ``!``."""
    infos = [_info(one if isinstance(one, tuple) else (one,)) for one in migrations]
    manifest = Manifest(
        pack=name,
        base=base,
        collections={"things": "schemas/base.json"},
        distribution=name.replace(".", "-"),
        distribution_version="1",
        sequence=1,
        migrations=tuple(infos),
        files={info.path: (files or {}).get(info.version, "00") for info in infos},
    )
    origin = PackOrigin(
        entry_point=name, module="m.pack", distribution="d", distribution_version="1", root=PurePath("/nowhere")
    )
    return AttestedPack(
        origin=origin,
        manifest=manifest,
        digest=digest or f"sha256:{name}",
        envelope=b"",
        signers=(),
        policy_digest="",
        policy_version=1,
        verified_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _info(parts):
    version, *needs = parts
    plain = version.rstrip("!")
    return MigrationInfo(
        version=plain,
        path=f"migrations/to_{plain.replace('.', '_')}.py",
        class_name="Step",
        collection="things",
        depends_on=tuple(needs),
        schema=f"schemas/{plain}.json",
        reversible=not version.endswith("!"),
    )


def named(*packs):
    """Return the packs by name."""
    return {one.manifest.pack: one for one in packs}


def history(*moves):
    """Make a history.

    A move is ``"acme.core 1.0.0>2.0.0"``, or with ``<`` for a downgrade, and how it ended unless it ended well:
    ``failed``, ``interrupted``, ``running``. ``"acme.core = 2.0.0"`` adopts.
    """
    entries = []
    for number, move in enumerate(moves):
        entries.extend(_entries(number, move.split()))
    return chained(entries)


def chained(entries):
    """Seal the entries to a history."""
    sealed, previous = [], GENESIS
    for number, entry in enumerate(entries, start=1):
        sealed.append(entry.sealed(number, previous))
        previous = sealed[-1].hash
    return MigrationHistory(sealed)


def entry(kind, name, versions, direction, *, run, digest=None):
    """Make one unsealed entry."""
    return HistoryEntry(
        number=0,
        kind=EntryKind(kind),
        run=run,
        pack=name,
        from_version=versions[0],
        to_version=versions[1],
        direction=direction,
        at="2026-01-01T00:00:00+00:00",
        digest=digest or f"sha256:{name}",
    )


def _entries(number, words):
    name, way, *rest = words
    run = f"{number:032x}"
    if way == "=":
        return [entry("baseline", name, ("", rest[0]), UP, run="")]
    direction = UP if ">" in way else DOWN
    versions = way.replace("<", ">").split(">")
    end = rest[0] if rest else ("applied" if direction is UP else "reverted")
    kinds = ["started"] if end == "running" else ["started", end]
    return [entry(kind, name, versions, direction, run=run) for kind in kinds]


def planned(packs, past, *targets, way=None, **more):
    """Return the plan for targets as the command line writes them."""
    return make_plan(named(*packs), past, [Target.parse(one) for one in targets], direction=way, **more)


def lines(plan):
    """Return the steps as ``acme.core 1.0.0>2.0.0`` (``<`` for a downgrade)."""
    signs = {UP: ">", DOWN: "<"}
    return [f"{step.pack} {step.from_version}{signs[step.direction]}{step.to_version}" for step in plan.steps]
