"""What the run on a small pool tells, from a record small enough to be counted by hand."""

from typing import Any

from tests.harness.queue_run.figures import figures_of


def job(begin: float, end: float) -> dict[str, Any]:
    return {"history": [{"status": "QUEUED", "at": begin}, {"status": "COMPLETED", "at": end}]}


def test_jobs_one_after_another_leave_gaps_that_are_told() -> None:
    figures = figures_of([job(0, 4), job(5, 9), job(12, 20)], limit=1)
    assert (figures.jobs, figures.most_in_flight, figures.seconds) == (3, 1, 20)
    assert (figures.longest_idle, figures.idle_from) == (3, 9)
    assert figures.longest_empty == 3


def test_a_pool_with_a_place_is_idle_though_it_is_not_empty() -> None:
    figures = figures_of([job(0, 2), job(0, 10), job(8, 12)], limit=2)
    assert figures.most_in_flight == 2
    assert (figures.longest_idle, figures.idle_from) == (6, 2)
    assert figures.longest_empty == 0


def test_a_pool_at_its_create_rate_is_not_idle() -> None:
    """Its third place was free all the time."""
    figures = figures_of([job(number, number + 2) for number in range(10)], limit=3)
    assert figures.longest_idle == 1


def test_a_short_job_within_a_long_one_hides_no_time() -> None:
    assert figures_of([job(0, 10), job(1, 2), job(11, 12)], limit=3).longest_empty == 1


def test_jobs_beyond_the_limit_are_seen() -> None:
    assert figures_of([job(0, 5), job(1, 5), job(2, 5)], limit=2).most_in_flight == 3


def test_a_job_that_begins_as_another_ends_takes_its_place() -> None:
    assert figures_of([job(0, 5), job(5, 6)], limit=1).most_in_flight == 1
