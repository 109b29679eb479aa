"""The newest jobs are listed with the same calls, however many jobs have ended before."""

from tests.harness.bench.listing import line, measure

FEW, MANY = 1_000, 10_000
MAX_CALLS = 30


def test_the_newest_jobs_take_as_many_calls_among_more() -> None:
    few, many = measure([FEW, MANY])
    assert few.calls == many.calls
    assert many.calls.total() <= MAX_CALLS
    assert line(many).startswith("the newest 50 of 10,000 ended jobs")
