"""Row 7: a disk that is full, on a small file system; told before the first write where that can be known."""

import sqlite3
from contextlib import closing

import pytest

from engine import Engine
from fault_packs import COUNT, times
from sealift.execution.options import RunOptions
from sealift.execution.room import Growth, Work, need
from sealift.model.limits import MIB
from sealift.model.room import Room
from small_disk import SmallDisk

DOCUMENTS = 2500
GROW = COUNT.replace('["times"] =', '["pad"] = "x" * {size}\n        document["times"] =', 1)
GROW = GROW.replace('del document["work"]', 'del document["work"], document["pad"]')
UPGRADE = ("upgrade", "--yes", "--batch-rows", "100")


def growing(engine, size):
    engine.load(DOCUMENTS)
    engine.install(files={"migrations/split.py": GROW.format(size=size)})
    return engine


def after(engine):
    return Engine(folder=engine.folder, database=f"sqlite:///{engine.folder}/after.db")


def entries(engine):
    with after(engine).manager() as manager:
        return [entry.kind.value for entry in manager.history().entries]


def test_a_disk_that_fills_up_leaves_a_run_that_resumes(sqlite_engine):
    """A page takes one of these documents and not two, which the estimate, low on purpose, does not know."""
    disk = SmallDisk(engine=growing(sqlite_engine, 2100), size="12m")
    first, _, second = disk.run(disk.sealift(*UPGRADE), disk.grown("64m"), disk.sealift("upgrade", "--yes"))
    assert first.status == 1, first.err
    assert "STORE-041" in first.err
    assert second.status == 0, second.err
    assert times(after(sqlite_engine)) == [1] * DOCUMENTS
    assert entries(sqlite_engine) == ["started", "interrupted", "started", "applied"]


def test_a_step_without_room_is_refused_before_its_first_write(sqlite_engine):
    disk = SmallDisk(engine=growing(sqlite_engine, 4000), size="6m")
    (said,) = disk.run(disk.sealift(*UPGRADE))
    assert said.status == 1
    assert "error[STORE-045]" in said.err
    assert "to fix  make room" in said.err
    assert times(after(sqlite_engine)) == [0] * DOCUMENTS
    assert entries(sqlite_engine) == []


def test_the_operator_may_know_better(sqlite_engine):
    sqlite_engine = growing(sqlite_engine, 4000)
    disk = SmallDisk(engine=sqlite_engine, size="6m")
    (said,) = disk.run(["env", "SEALIFT_CHECK_FREE_SPACE=false", *disk.sealift(*UPGRADE)])
    assert said.status == 1
    assert "STORE-041" in said.err
    assert 0 < sum(times(after(sqlite_engine))) < DOCUMENTS


def test_one_transaction_takes_room_for_all_of_it(sqlite_engine):
    """Documents that hardly grow fit in batches, and not twice."""
    engine = sqlite_engine
    engine.load([{"id": number, "name": "A B", "text": "x" * 3900} for number in range(1, 2001)])
    engine.install(files={"migrations/split.py": GROW.format(size=1), "schemas/person-1.0.0.json": "{}"})
    disk = SmallDisk(engine=engine, size="14m")
    whole, batches = disk.run(disk.sealift(*UPGRADE, "--atomic"), disk.sealift(*UPGRADE))
    assert whole.status == 1
    assert "STORE-045" in whole.err
    assert batches.status == 0, batches.err
    assert times(after(engine)) == [1] * 2000


@pytest.mark.parametrize("flags", [(), ("--atomic",)])
def test_a_small_store_needs_a_small_disk(sqlite_engine, flags):
    """No refusal where there is room: documents, journal and lock fit into half a megabyte."""
    sqlite_engine.load(200)
    sqlite_engine.install(files={"migrations/split.py": GROW.format(size=100)})
    disk = SmallDisk(engine=sqlite_engine, size="640k")
    up, down = disk.run(disk.sealift(*UPGRADE, *flags), disk.sealift("downgrade", "--yes", *flags, "acme.people@base"))
    assert (up.status, down.status) == (0, 0), up.err + down.err


def test_the_rest_of_a_run_and_its_way_back_take_what_they_take(sqlite_engine):
    """Nearly all is done, and one document is left that has no room: the run may go on, and be taken back."""
    disk = SmallDisk(engine=growing(sqlite_engine, 2100), size="12m")
    full, refused, back = disk.run(
        disk.sealift(*UPGRADE),
        disk.sealift(*UPGRADE),
        disk.sealift("downgrade", "--yes", "--batch-rows", "20", "acme.people@base"),
    )
    assert "STORE-041" in full.err
    assert refused.status == 1
    assert back.status in {0, 1}
    assert "STORE-045" not in back.err


ROOM = Room(place="/", free=0, size=0, spare=0, journal=0, turnover=4 * MIB)
WORK = Work(collection=None, documents=100_000, after=None, atomic=False)
GROWTH = Growth(before=1000, after=1500)


@pytest.mark.parametrize(
    ("room", "work", "expected"),
    [
        ({}, {}, 50_000_000 - MIB + 4 * MIB),
        ({"spare": 10_000_000}, {}, 40_000_000 - MIB + 4 * MIB),
        ({"journal": 3 * MIB}, {}, 50_000_000 - MIB + MIB),
        ({"journal": 9 * MIB}, {}, 50_000_000 - MIB),
        ({}, {"atomic": True}, 50_000_000 - MIB + 150_000_000),
        ({"turnover": None}, {"atomic": True}, 50_000_000 - MIB + 100_000_000),
        ({"turnover": None}, {}, 50_000_000 - MIB + 1_000_000),
        ({"turnover": 0}, {}, 50_000_000 - MIB + 1_500_000),
        ({}, {"documents": 100}, 150_000),
        ({"size": 800_000_000}, {}, 4 * MIB),
    ],
)
def test_what_a_step_needs(room, work, expected):
    facts = [{name: getattr(each, name) for name in each.__slots__} for each in (ROOM, WORK)]
    found = need(Room(**facts[0] | room), Work(**facts[1] | work), GROWTH, RunOptions())
    assert found == pytest.approx(expected, abs=1)


def test_a_store_says_how_much_room_it_has(engine):
    engine.load(3000)
    engine.execute("DELETE FROM people WHERE key > 100")
    with engine.manager() as manager:
        room = manager.store.room()
    if engine.database.startswith("postgresql"):
        assert room is None
        return
    with closing(sqlite3.connect(engine.folder / "store.db")) as connection:
        page, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    assert room.size == page * pages
    assert 0 < room.spare < room.size
    assert room.turnover == 1000 * page
    assert room.free > MIB
    assert room.place == str(engine.folder)
