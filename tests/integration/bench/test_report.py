"""What the report is made of: token buckets, aims, plots of the same data."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.harness.bench import plots, quotas
from tests.harness.bench.cold_start import Row, Start
from tests.harness.bench.figures import Figure, plain
from tests.harness.bench.listing import Listed
from tests.harness.bench.quotas import Quota, simulate


def quota(rate: float, bucket: float) -> Quota:
    return Quota("calls", rate, bucket, per_job=1)


def test_a_quota_above_the_load_lets_all_through_at_once() -> None:
    load = simulate(quota(10, 100), 3600)
    assert load.used == pytest.approx(0.1)
    assert (load.wait, load.binds) == (0, False)


def test_a_quota_below_the_load_makes_jobs_wait() -> None:
    """Two jobs a second through one: after an hour the last waits for an hour."""
    load = simulate(quota(1, 1), 7200)
    assert load.used == pytest.approx(2)
    assert load.wait == pytest.approx(3600, rel=0.1)
    assert load.binds


def test_a_bucket_bears_a_burst_that_its_rate_does_not() -> None:
    assert simulate(quota(1.2, 1), 3600).wait > simulate(quota(1.2, 100), 3600).wait == 0


def test_every_quota_is_told_at_every_rate() -> None:
    found = list(quotas.loads(quotas.happy_counts()))
    lines = list(quotas.report(found))
    assert len(found) == len(quotas.JOBS_AN_HOUR) * (len(lines) - 1)
    assert {load.jobs_an_hour for load in found} == {*quotas.JOBS_AN_HOUR}
    assert any(load.binds for load in found)


def test_the_wait_is_the_longest_of_any_call() -> None:
    """Against the bucket filled and emptied one call after another."""
    bound = quota(1.05, 3)
    level, wait = bound.bucket, 0.0
    for gap in quotas.gaps_of(3600):
        level = min(bound.bucket, level + gap * bound.rate) - bound.per_job
        wait = max(wait, -level / bound.rate)
    assert simulate(bound, 3600).wait == pytest.approx(wait)
    assert wait > 1


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("a", 1.2, "b", 1.3), True),
        (Figure("a", 1.4, "b", 1.3), False),
        (Figure("a", 0.8, "b", 0.7, is_least=True), True),
        (Figure("a", 0.6, "b", 0.7, is_least=True), False),
    ],
)
def test_a_figure_says_whether_its_aim_holds(figure: Figure, holds: bool) -> None:
    assert figure.holds is holds
    assert ("holds" in figure.line()) is holds
    assert ("MISSED" in figure.line()) is not holds


def test_the_same_tables_make_the_same_plots(tmp_path: Path) -> None:
    start = Start(0.2, 0.3)
    latency = {"p50": 1.0, "p99": 2.0}
    bursts = [
        {"files": files, "ours": 2.0, "empty": 3.0, "drop_to_create": latency, "event_to_ledger": latency}
        for files in (10, 100)
    ]
    tables = {
        "cold_start": [asdict(Row("validate", None, start, start, start))],
        "throughput": bursts,
        "quotas": [asdict(load) for load in quotas.loads(quotas.happy_counts())],
    }
    pictures = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        plots.draw(tables, folder)
        pictures.append({path.name: path.read_bytes() for path in folder.glob("*.svg")})
    assert pictures[0] == pictures[1]
    assert set(pictures[0]) == {"cold-start.svg", "throughput.svg", "quotas.svg"}


def test_counters_are_written_as_json() -> None:
    measured = [Listed(100, Counter(query=26, batch_get_item=1))]
    assert json.loads(json.dumps(plain(measured))) == [
        {"jobs": 100, "calls": {"query": 26, "batch_get_item": 1}}
    ]
