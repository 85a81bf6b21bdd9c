"""Progress is told at the beginning, at the end, and about once a second in between."""

from sealift.cli.ticker import Ticker
from sealift.execution.steps import StepProgress
from sealift.model.batch import Checkpoint
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.plan import Step

STEP = Step(
    pack="acme.people",
    direction=Direction.UPGRADE,
    migration=MigrationInfo(version="1.1.0", path="migrations/a.py", class_name="A", collection="people"),
    from_version="1.0.0",
    to_version="1.1.0",
    digest="sha256:0",
    reason="",
)


def at(seen, *, finished=False):
    point = Checkpoint(seen=seen, changed=seen)
    return StepProgress(step=STEP, run="a", checkpoint=point, total=1000, finished=finished, isolation="full")


def test_it_speaks_about_once_a_second():
    said = []
    times = iter([0.0, 0.0, 0.4, 0.9, 1.1, 1.5, 4.0])
    ticker = Ticker(said.append, clock=lambda: next(times))
    for progress in (at(0), at(100), at(200), at(300), at(400), at(1000, finished=True)):
        ticker.tick(progress)
    assert said == [
        "running   upgrade acme.people@1.1.0  0/1000 documents, 0 changed  [isolation full]",
        "running   upgrade acme.people@1.1.0  300/1000 documents, 300 changed  273/s, about 3 s left",
        "finished  upgrade acme.people@1.1.0  1000/1000 documents, 1000 changed  250/s in 4.0 s",
    ]
