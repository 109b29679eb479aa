"""Who is let in from a pool's line, and how little is read for it, over the fault harness's DynamoDB."""

import pytest

from jobchute.job import Api, Job, State
from jobchute.lifecycle.admit import SPARE_PLACES
from jobchute.pools.limits import MAX_GROUPS, Limits, QueuePosition
from tests.admissions import took, upkeep_of
from tests.builders import NOW
from tests.integration.pools.one_pool import POOL, Pool


@pytest.mark.parametrize("held", [1, 2, 5])
def test_an_admitted_job_that_is_queued_yet_blocks_no_other(held: int) -> None:
    """Whoever took its lease died, or the index is late."""
    pool = Pool(Limits(limit=held + 1, rate=10))
    jobs = [pool.wait(number) for number in range(held + 2)]
    pool.rows.get(POOL)
    for job in jobs[:held]:
        assert took(pool.rows, POOL, job.job_id, share="", limit=100, now=NOW * 1000)
    assert pool.admission.admit_next(POOL) == 1
    assert pool.executions.started == [jobs[held].job_id]


def test_an_admitted_job_that_is_queued_yet_counts_once() -> None:
    pool = Pool(Limits(limit=3, rate=10))
    of_ada, of_bob = [pool.wait(number, "ada") for number in (0, 1)], [pool.wait(2, "bob"), pool.wait(3, "bob")]
    pool.rows.get(POOL)
    for job in (of_ada[0], of_bob[0]):
        pool.rows.leases.restore(POOL, job.job_id, share=job.share, at=NOW * 1000)
    assert pool.admission.admit_next(POOL) == 1
    # One of each is in flight, so it is the turn of the older one.
    assert pool.executions.started == [of_ada[1].job_id]


def test_the_line_passes_over_jobs_within_each_group() -> None:
    pool = Pool(Limits())
    jobs = {
        share: [pool.wait(10 * place + number, share) for number in range(4)]
        for place, share in enumerate("abc")
    }
    besides = {jobs["a"][0].job_id, jobs["a"][1].job_id, *(job.job_id for job in jobs["b"])}
    found = [place.job_id for place in pool.admission.queues.read(POOL, each=2, besides=besides).places]
    assert found == [*(job.job_id for job in jobs["a"][2:]), *(job.job_id for job in jobs["c"][:2])]


def test_a_pool_without_free_slots_reads_nothing_of_its_queue() -> None:
    pool = Pool(Limits(limit=100, rate=0.1))
    for number in range(50):
        pool.wait(number)
    assert pool.admission.admit_next(POOL) == 6  # at once, and five in the minute until the sweep
    assert pool.read == 6 + SPARE_PLACES
    pool.calls.clear()
    assert pool.admission.admit_next(POOL) == 0
    assert pool.calls == ["get_item"]
    pool.now += 10
    assert pool.admission.admit_next(POOL) == 1
    assert (pool.calls.count("query"), pool.read) == (2, 7 + 2 * SPARE_PLACES)


@pytest.mark.parametrize("others", [1, 2])
def test_of_several_that_admit_the_same_jobs_one_uses_up_slots(others: int) -> None:
    """As when hundreds of files come in at once."""
    pool = Pool(Limits(limit=3, rate=1))
    jobs = [pool.wait(number) for number in range(4)]
    pool.rows.mark_queue(POOL, now=NOW * 1000)
    pool.meanwhile = [lambda: pool.admission.admit_next(POOL)] * others
    assert pool.admission.admit_next(POOL) == 3
    assert sorted(pool.executions.started) == sorted(job.job_id for job in jobs[:3])
    assert pool.slots() == 3


OF_A_MODEL = f"{Api.BEDROCK_JOB}/a-model"


def test_a_lease_is_returned_if_the_shared_rate_has_no_slot() -> None:
    pool = Pool(Limits(), {OF_A_MODEL: Limits(limit=5), Api.BEDROCK_JOB: Limits(rate=1 / 100)})
    pool.wait(0, pool=OF_A_MODEL)
    pool.rows.get(OF_A_MODEL)
    pool.meanwhile = [lambda: pool.admission.capacity.reserve_create_slot(Api.BEDROCK_JOB)]
    assert pool.admission.admit_next(OF_A_MODEL) == 0
    assert pool.rows.get(OF_A_MODEL).leases == {}
    pool.now += 101
    assert pool.admission.admit_next(OF_A_MODEL) == 1
    assert len(pool.rows.get(OF_A_MODEL).leases) == 1


def test_a_shared_rate_without_slots_reads_nothing_of_the_queue() -> None:
    pool = Pool(Limits(), {OF_A_MODEL: Limits(limit=5), Api.BEDROCK_JOB: Limits(rate=1 / 100)})
    for number in range(2):
        pool.wait(number, pool=OF_A_MODEL)
    assert pool.admission.admit_next(OF_A_MODEL) == 1
    pool.calls.clear()
    assert pool.admission.admit_next(OF_A_MODEL) == 0
    assert pool.calls == ["get_item", "get_item"]


def test_a_full_pool_reads_neither_its_queue_nor_a_shared_rate() -> None:
    pool = Pool(Limits(), {OF_A_MODEL: Limits(limit=1), Api.BEDROCK_JOB: Limits(rate=1)})
    for number in range(2):
        pool.wait(number, pool=OF_A_MODEL)
    assert pool.admission.admit_next(OF_A_MODEL) == 1
    pool.calls.clear()
    assert pool.admission.admit_next(OF_A_MODEL) == 0
    assert pool.calls == ["get_item"]


def test_a_reconcile_reads_the_rows_of_all_pools_once() -> None:
    pool = Pool(Limits(), {OF_A_MODEL: Limits(limit=1), Api.BEDROCK_JOB: Limits(rate=1)})
    job = pool.wait(0, pool=OF_A_MODEL)
    pool.admission.admit_next(OF_A_MODEL)
    pool.rows.leases.give_back(OF_A_MODEL, job.job_id)
    rows = pool.rows.all()
    assert {row.pool for row in rows} == {OF_A_MODEL, Api.BEDROCK_JOB}
    pool.calls.clear()
    upkeep_of(pool.admission).run(rows)
    assert pool.calls == ["query"] * len(rows)


def test_a_job_is_started_for_a_dead_admitter_but_not_a_live_one() -> None:
    pool = Pool(Limits(limit=3, rate=1))
    job = pool.wait(0)
    pool.rows.get(POOL)
    assert took(pool.rows, POOL, job.job_id, share="", limit=3, now=NOW * 1000)
    assert pool.admission.admit_next(POOL, enqueued=job) == 0
    assert pool.executions.started == []
    pool.now += 10
    assert pool.admission.admit_next(POOL, enqueued=job) == 1
    assert pool.executions.started == [job.job_id]
    assert pool.slots() == 1


def test_a_restored_lease_has_a_slot_even_in_a_crowded_minute() -> None:
    pool = Pool(Limits(limit=5, rate=1 / 50))
    job = pool.wait(0)
    pool.rows.get(POOL)
    assert took(pool.rows, POOL, job.job_id, share="", limit=5, now=NOW * 1000 - 10_000)
    assert [pool.admission.capacity.reserve_create_slot(POOL) is None for _ in range(3)] == [False, False, True]
    upkeep_of(pool.admission).run(pool.rows.all())
    assert pool.executions.started == [job.job_id]
    assert pool.ledger.get(job.job_id).create_at == NOW * 1000 + 2 * 50_500


def crowd(pool: Pool, groups: int) -> list[Job]:
    """So many groups of one fresh and urgent job."""
    return [pool.wait(number, f"share-{number:04}", priority=9) for number in range(groups)]


def test_urgent_groups_do_not_starve_the_longest_waiting_job() -> None:
    """As many new ones come as are let in, so that there are always more than one admission reads."""
    pool = Pool(Limits(limit=1, rate=1000))
    old = pool.wait(0, "old", priority=0, waited=240 * 3600)
    groups = 5 * MAX_GROUPS // 2
    crowd(pool, groups)
    admissions = groups // (MAX_GROUPS // 2) + 1
    for number in range(admissions):
        assert pool.admission.admit_next(POOL) == 1
        pool.wait(10_000 + number, f"share-{10_000 + number}", priority=9)
        pool.end(pool.executions.started[-1])
    assert old.job_id in pool.executions.started


def test_a_queue_of_many_groups_is_read_in_turn() -> None:
    pool = Pool(Limits())
    jobs = [job.job_id for job in crowd(pool, 2 * MAX_GROUPS + 50)]
    half = MAX_GROUPS // 2
    walked_to, seen = "", []
    for _ in range(4):
        line = pool.admission.queues.read(POOL, each=1, walked_to=walked_to)
        assert [place.job_id for place in line.places][:half] == jobs[:half]
        seen.append([place.job_id for place in line.places][half:])
        walked_to = line.walked_to or ""
    rest = jobs[half:]
    assert seen == [
        rest[:half],
        rest[half : 2 * half],
        rest[2 * half : 3 * half],
        rest[3 * half :] + rest[: 4 * half - len(rest)],
    ]


@pytest.mark.parametrize("groups", [1, MAX_GROUPS // 2, MAX_GROUPS // 2 + 1, MAX_GROUPS])
def test_a_queue_of_few_groups_is_read_whole(groups: int) -> None:
    pool = Pool(Limits())
    jobs = crowd(pool, groups)
    for stopped_at in (jobs[0], jobs[groups // 2], jobs[-1]):
        line = pool.admission.queues.read(POOL, each=1, walked_to=QueuePosition.of(stopped_at).group)
        assert sorted(place.job_id for place in line.places) == sorted(job.job_id for job in jobs)


def test_where_an_admission_stopped_is_written_with_the_lease() -> None:
    pool = Pool(Limits(limit=1, rate=1000))
    jobs = crowd(pool, MAX_GROUPS + 1)
    pool.calls.clear()
    assert pool.admission.admit_next(POOL) == 1
    assert pool.rows.get(POOL).walked_to == QueuePosition.of(jobs[MAX_GROUPS - 1]).group
    # The lease with its slot, and the job's row. The pool's row is new.
    assert (pool.calls.count("put_item"), pool.calls.count("update_item")) == (1, 2)


def test_a_deleted_job_that_is_queued_yet_blocks_no_other() -> None:
    """Before, it took the one place that was free, and so did the next admission."""
    pool = Pool(Limits(limit=1, rate=1000))
    gone, next_one = pool.wait(0), pool.wait(1)
    pool.lose(gone.job_id)
    assert pool.admission.admit_next(POOL) == 1
    assert pool.executions.started == [next_one.job_id]
    assert set(pool.rows.get(POOL).leases) == {next_one.job_id}


def test_an_ended_job_that_is_queued_yet_blocks_no_other() -> None:
    pool = Pool(Limits(limit=1, rate=1000))
    ended, next_one = pool.wait(0), pool.wait(1)
    pool.is_lagging = True
    pool.ledger.move(ended.job_id, State.CANCELLED, NOW, only_from=(State.QUEUED,))
    assert pool.admission.admit_next(POOL) == 1
    assert pool.executions.started == [next_one.job_id]


def test_a_lease_that_cannot_be_repaired_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, the leases behind it, and the line, waited for ever."""
    pool = Pool(Limits(limit=3, rate=1000))
    broken, sound, waiting = (pool.wait(number) for number in range(3))
    pool.rows.get(POOL)
    for job in (broken, sound):
        pool.rows.leases.restore(POOL, job.job_id, share="", at=NOW * 1000 - 60_000)
    start = pool.executions.start
    monkeypatch.setattr(
        pool.executions, "start", lambda job: 1 / 0 if job.job_id == broken.job_id else start(job)
    )
    upkeep_of(pool.admission).run(pool.rows.all())
    assert pool.executions.started == [sound.job_id, waiting.job_id]
    assert pool.rows.get(POOL).repaired_at == 0


def test_a_sweep_lets_in_jobs_as_long_as_it_has_time() -> None:
    pool = Pool(Limits(limit=100, rate=1000))
    for number in range(20):
        pool.wait(number)
    pool.rows.get(POOL)
    done = upkeep_of(pool.admission).run(pool.rows.all(), has_time=lambda: len(pool.executions.started) < 5)
    assert len(pool.executions.started) == 5
    assert [each.row.pool for each in done.used] == [POOL]
