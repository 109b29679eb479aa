"""What a job costs the functions does not grow with how many there are; and growth would be seen."""

import time
from typing import Any

import pytest

from jobchute.ledger import Ledger
from tests.bench.growth import MOST_GROWTH, Stopwatch, WatchedWire, line, measure


def test_a_job_takes_no_more_calls_where_ten_times_as_many_come() -> None:
    few, many = measure([20, 200])
    assert (few.jobs, many.jobs) == (20, 200)
    assert many.calls < MOST_GROWTH * few.calls
    assert many.milliseconds < 2 * few.milliseconds


def test_a_job_that_looks_at_all_others_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Ledger.add

    def add_and_look_around(ledger: Ledger, job: Any) -> Any:
        for other in list(ledger.open_jobs()):
            ledger.get(other.job_id)
        return add(ledger, job)

    monkeypatch.setattr(Ledger, "add", add_and_look_around)
    few, many = measure([20, 200])
    assert many.calls > 2 * few.calls


def test_the_watch_stands_still_while_a_call_is_answered() -> None:
    watch = Stopwatch()
    wire = WatchedWire(watch=watch)
    watch.run()
    wire.aws("s3")("get_object", lambda: _work(0.2))
    _work(0.05)
    watch.stop()
    assert 0.05 <= watch.seconds < 0.2


def test_a_cost_is_a_line() -> None:
    (cost,) = measure([5])
    assert line(cost).split()[0] == "5"


def _work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
