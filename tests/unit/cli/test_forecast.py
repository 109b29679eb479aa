"""When waiting jobs may start, over pools small enough to be counted by hand."""

from collections import Counter
from math import inf
from random import Random
from typing import Any

import pytest

from jobchute.cli.forecast.arrivals import Arrival, Arrivals
from jobchute.cli.forecast.line import Line
from jobchute.cli.forecast.run_times import Held, RunTimes, resampled
from jobchute.cli.forecast.starts import EARLY, LATE, MIN_ENDED, Recent, Start, expected_starts
from jobchute.cli.forecast.trial import Lease, PoolNow, Trial
from jobchute.job import iso
from jobchute.pools.limits import AGING_SECONDS, QueuePosition, in_order
from tests.harness.queue_simulation.order import Group, Waiting, WaitingQueue

NOW = 1_795_000_000.0
NONE_COME = Arrivals(0.0, 0.0, ())
TENS = Recent([Held(600.0, True)] * 500, NONE_COME)
"""Jobs of ten minutes each."""


def arrival(name: str, *, waited: float = 0, priority: int = 5, share: str = "") -> Arrival:
    return Arrival(NOW - waited, name, priority, share)


def pool(*leases: Lease, limit: int = 1, **changes: Any) -> PoolNow:
    return PoolNow(now=NOW, limit=limit, leases=leases, next_slot=0, step=1)._replace(**changes)


def starts(now: PoolNow, *waiting: Arrival, recent: Recent = TENS) -> dict[str, Start]:
    wanted = [job.job_id for job in waiting]
    return expected_starts(now, waiting, recent, wanted=wanted, random=Random(1))


class TestRunTimes:
    def test_all_times_that_were_seen_are_drawn(self) -> None:
        times = RunTimes.of([Held(float(seconds), True) for seconds in range(1, 101)])
        drawn = sorted(times.draw(Random(seed)) for seed in range(2000))
        assert drawn[1000] == pytest.approx(50, abs=4)
        assert drawn[1900] == pytest.approx(96, abs=4)

    def test_a_job_that_runs_is_not_drawn_shorter_than_it_has_run(self) -> None:
        times = RunTimes.of([Held(float(seconds), True) for seconds in range(1, 101)])
        assert min(times.draw(Random(seed), beyond=80) for seed in range(500)) > 80

    def test_jobs_that_still_run_make_the_times_longer(self) -> None:
        """Ten jobs were admitted together. Those that have ended are the short ones."""
        ended = [Held(10.0, True)] * 5
        alone, beside = RunTimes.of(ended), RunTimes.of([*ended, *[Held(60.0, False)] * 5])
        at_least_a_minute = [
            sum(times.draw(Random(seed)) > 10 for seed in range(1000)) for times in (alone, beside)
        ]
        assert at_least_a_minute[0] < 300
        assert at_least_a_minute[1] > 450

    def test_jobs_admitted_earlier_count_from_its_beginning_on(self) -> None:
        """Observed for a minute: 100 jobs run for hours, and one new job has failed within a second."""
        old = [Held(7260.0, False, 7200.0)] * 100
        times = RunTimes.of([Held(1.0, True), Held(30.0, False), *old])
        assert sum(times.draw(Random(seed)) == 1.0 for seed in range(900)) == pytest.approx(300, abs=60)

    def test_another_sample_has_an_end_too(self) -> None:
        observed = [Held(5.0, True), *[Held(1.0, False)] * 50]
        assert all(any(each.is_over for each in resampled(observed, Random(seed))) for seed in range(50))


class TestArrivals:
    def test_a_steady_stream_goes_on(self) -> None:
        seen = [arrival(str(number), waited=number * 60) for number in range(60)]
        arrivals = Arrivals.of(seen, since=NOW - 3600, now=NOW)
        assert arrivals.rate == pytest.approx(1 / 60, rel=0.1)
        times = [job.since for job in arrivals.later(Random(3), NOW)]
        assert times == sorted(times)
        assert all(at > NOW for at in times)

    def test_a_file_of_many_jobs_is_not_expected_again(self) -> None:
        seen = [arrival(str(number), waited=1800) for number in range(1000)]
        arrivals = Arrivals.of(seen, since=NOW - 3600, now=NOW)
        assert list(arrivals.later(Random(3), NOW)) == []

    def test_nothing_that_was_seen_is_nothing_to_come(self) -> None:
        assert not Arrivals.of([], since=NOW - 3600, now=NOW).rate
        assert not Arrivals.of([arrival("now")], since=NOW, now=NOW).rate


def any_job(random: Random, number: int) -> Arrival:
    return arrival(
        f"{number:02}",
        waited=random.uniform(0, 4 * AGING_SECONDS),
        priority=random.randrange(10),
        share=random.choice("abc"),
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_order_is_that_of_the_model_and_of_admissions(seed: int) -> None:
    random = Random(seed)
    jobs = sorted(any_job(random, number) for number in range(40))
    in_flight = random.choices("abc", k=seed)
    model = WaitingQueue()
    model.in_flight.update(in_flight)
    for job in jobs:
        model.add(Group(job.priority, job.share), Waiting(job.since, job.job_id))
    expected = list(model.line(NOW, ()))
    places = [QueuePosition(job.priority, job.share, iso(job.since), job.job_id) for job in jobs]
    assert [place.job_id for place in in_order(places, in_flight, NOW)] == expected
    line = Line(jobs, Counter(in_flight), NOW)
    assert [line.take(NOW).job_id for _ in jobs] == expected
    assert not line


def test_a_share_comes_earlier_once_its_job_has_ended() -> None:
    jobs = [arrival("a", waited=9, share="a"), arrival("b", waited=5, share="b")]
    line = Line(jobs, Counter(a=1), NOW)
    line.release("a")
    assert line.take(NOW).job_id == "a"


def test_a_job_rises_as_time_passes_and_others_come() -> None:
    line = Line([arrival("patient", waited=AGING_SECONDS - 10)], Counter(), NOW)
    line.add(arrival("urgent", priority=6))
    line.add(arrival("more urgent", priority=7))
    assert line.take(NOW).job_id == "more urgent"
    assert line.take(NOW + 10).job_id == "patient"


class TestTrial:
    def test_a_job_starts_when_the_one_before_it_ends(self) -> None:
        trial = Trial(
            pool(Lease(NOW - 100, "")), [arrival("a", waited=2), arrival("b")], lambda _: 60.0, iter(())
        )
        assert trial.starts(["a", "b"], max_steps=9) == {"a": NOW + 60, "b": NOW + 120}

    def test_create_calls_keep_their_distance(self) -> None:
        now = pool(limit=9, next_slot=NOW + 30, step=100)
        trial = Trial(now, [arrival("a", waited=2), arrival("b")], lambda _: 60.0, iter(()))
        assert trial.starts(["a", "b"], max_steps=9) == {"a": NOW + 30, "b": NOW + 130}

    def test_a_more_urgent_job_that_comes_is_first(self) -> None:
        later = iter([Arrival(NOW + 30, "", 9, "")])
        trial = Trial(pool(Lease(NOW, "")), [arrival("a")], lambda _: 60.0, later)
        assert trial.starts(["a"], max_steps=9) == {"a": NOW + 120}

    def test_a_limit_that_was_cut_grows(self) -> None:
        now = pool(Lease(NOW, ""), limit=3)._replace(cut=1, cut_at=NOW - 200)
        trial = Trial(now, [arrival("a", waited=2), arrival("b")], lambda _: inf, iter(()))
        assert trial.starts(["a", "b"], max_steps=9) == {"a": NOW + 100, "b": NOW + 400}

    def test_a_job_that_never_has_room_never_starts(self) -> None:
        trial = Trial(pool(Lease(NOW, "")), [arrival("a")], lambda _: inf, iter(()))
        assert trial.starts(["a"], max_steps=9) == {}

    def test_no_more_than_so_many_jobs_are_started(self) -> None:
        jobs = [arrival("a", waited=2), arrival("b")]
        assert Trial(pool(limit=9), jobs, lambda _: 1.0, iter(())).starts(["b"], max_steps=1) == {}


class TestExpectedStarts:
    def test_equal_run_times_leave_no_doubt(self) -> None:
        found = starts(pool(Lease(NOW - 300, "")), arrival("a", waited=2), arrival("b"))
        assert found["a"] == Start(NOW + 300 - EARLY, NOW + 300 + LATE)
        assert found["b"].earliest == NOW + 900 - EARLY

    def test_different_run_times_make_a_range(self) -> None:
        recent = Recent([Held(float(seconds), True) for seconds in range(60, 600, 2)], NONE_COME)
        (start,) = starts(pool(Lease(NOW, "")), arrival("a"), recent=recent).values()
        assert NOW + 60 - EARLY <= start.earliest < NOW + 150
        assert NOW + 500 < start.latest < NOW + 900

    def test_with_room_nothing_need_be_known_of_run_times(self) -> None:
        none = Recent([Held(600.0, True)] * (MIN_ENDED - 1), NONE_COME)
        assert not none.is_enough
        now = pool(Lease(NOW, ""), limit=2)
        assert starts(now, arrival("a", waited=2), arrival("b"), recent=none) == {
            "a": Start(NOW - EARLY, NOW + LATE)
        }

    def test_a_job_behind_a_stream_of_others_has_no_end_in_sight(self) -> None:
        """Two jobs of a higher priority come each second, and one is started."""
        urgent = [arrival(str(number), waited=number / 2, priority=9) for number in range(7200)]
        recent = Recent(TENS.leases, Arrivals.of(urgent, since=NOW - 3600, now=NOW))
        now = pool(limit=1000)
        waiting = [arrival("patient", priority=0), *urgent[:100]]
        assert expected_starts(now, waiting, recent, wanted=["patient"], random=Random(1)) == {}

    def test_a_pool_without_a_limit_says_nothing(self) -> None:
        assert starts(pool(limit=0), arrival("a")) == {}

    def test_a_limit_that_was_cut_may_stay_so(self) -> None:
        now = pool(Lease(NOW, ""), limit=2)._replace(cut=1, cut_at=NOW)
        (start,) = starts(now, arrival("a")).values()
        assert (start.earliest, start.latest) == (NOW + 300 - EARLY, NOW + 600 + LATE)
