"""The benchmark harness: a peer that fails or leaves other documents ends the benchmark."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def harness(monkeypatch):
    """The harness is on the path only as long as a test of it runs."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in {"harness", "transform"}:
            del sys.modules[name]


def contest(folder, documents, transform):
    from harness.documents import expected
    from harness.runs import Contest
    from harness.stores import SqliteStores

    stores = SqliteStores(folder)
    stores.load(f"loaded_{documents}", documents)
    digests = {("upgraded", documents): expected(documents, transform)}
    return Contest(stores=stores, folder=folder, digests=digests, documents=documents)


def test_a_peer_with_the_right_documents_is_timed(tmp_path):
    from harness.peers import peers
    from transform import upgrade

    result = contest(tmp_path, 50, upgrade).once(peers("sqlite", 1.0)["script"], 50)
    assert result.seconds > 0


def test_a_peer_that_changes_nothing_is_noticed(tmp_path):
    from harness.runs import PeerError, Runner
    from transform import upgrade

    idle = Runner(name="idle", command=lambda _: [sys.executable, "-c", "pass"])
    with pytest.raises(PeerError, match="idle: the documents differ"):
        contest(tmp_path, 50, upgrade).once(idle, 50)


def test_a_single_different_value_is_noticed(tmp_path):
    from harness.runs import PeerError, Runner

    code = (
        "import os, sqlite3; connection = sqlite3.connect(os.environ['BENCHMARK_DATABASE'][len('sqlite:///'):]); "
        "connection.execute(\"UPDATE orders SET document = json_set(document, '$.items[2].qty', 77) WHERE key = 50\"); "
        "connection.commit()"
    )
    touching = Runner(name="touching", command=lambda _: [sys.executable, "-c", code])
    idle = Runner(name="idle", command=lambda _: [sys.executable, "-c", "pass"])
    small = contest(tmp_path, 50, dict)
    small.once(idle, 50)
    with pytest.raises(PeerError, match="touching: the documents differ"):
        small.once(touching, 50)


def test_a_peer_that_fails_is_named_with_what_it_said(tmp_path):
    from harness.runs import PeerError, Runner

    failing = Runner(name="failing", command=lambda _: [sys.executable, "-c", "raise SystemExit('no such luck')"])
    with pytest.raises(PeerError, match=r"(?s)failing: exit 1.*no such luck"):
        contest(tmp_path, 5, dict).once(failing, 5)


def test_every_run_starts_from_a_fresh_copy(tmp_path):
    from harness.peers import peers
    from transform import upgrade

    small = contest(tmp_path, 50, upgrade)
    for _ in range(2):
        small.once(peers("sqlite", 1.0)["yoyo"], 50)
    assert not list(tmp_path.glob("fresh.db*"))


def test_a_ratio_is_the_median_of_paired_rounds():
    from harness.runs import ratios

    times = {"theirs": [4.0, 9.0, 100.0], "ours": [2.0, 3.0, 10.0]}
    assert ratios(times, "theirs", "ours") == (3.0, 2.0, 10.0)


def test_a_share_of_the_documents_is_scaled_less_the_fixed_cost(tmp_path, monkeypatch):
    from harness.runs import Contest, Result, Runner

    monkeypatch.setattr(Contest, "once", lambda _, __, count: Result(seconds=0.5 + count / 100, cpu_seconds=0.0))
    slow = Runner(name="slow", command=lambda _: [], share=0.1)
    big = Contest(stores=None, folder=tmp_path, digests={}, documents=1000)
    assert big.seconds(slow) == pytest.approx(10.5)


def test_the_documents_are_the_same_every_time_and_of_the_size_promised():
    from harness.documents import generate

    texts = [text for _, text in generate(500)]
    assert texts == [text for _, text in generate(500)]
    assert 550 < sum(len(text.encode()) for text in texts) / 500 < 650


def test_the_command_refuses_a_peer_it_does_not_know():
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "bench_peers.py", "--peers", "flyway"], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "no peer named flyway" in done.stderr
