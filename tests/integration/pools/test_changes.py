"""A change of the priority or labels of a job that waits, and admissions that meet it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jobchute.errors import UnknownJobError
from jobchute.job import Api, Job, Source, State
from jobchute.ledger.job_changes import MAX_CHANGES, ChangeRows
from jobchute.lifecycle.change import Changed, JobChanger
from jobchute.lifecycle.label_changes import LabelChanges
from jobchute.pools.limits import Limits, QueuePosition
from jobchute.providers.pool_defaults import pool_rules
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.submission import Setting
from tests.builders import a_job
from tests.integration.pools.one_pool import POOL, Pool

FULL = Limits(limit=0, rate=10)


def changer(pool: Pool, **rails: Any) -> JobChanger:
    labels = LabelChanges(
        pool.ledger.requests, lambda: pool_rules({POOL: FULL}), "submitter", "cost-centre", GuardRails(**rails)
    )
    return JobChanger(pool.ledger, pool.rows, pool.admission, labels, pool._now)


def change(
    pool: Pool, job: Job, *, document: str = "sqs://1#0", owner: str | None = None, **to: Any
) -> Changed:
    setting = Setting(job.job_id, **to)
    return changer(pool).change(job.job_id, setting, owner=owner, document=document)


def waiting_job(pool: Pool, number: int = 0, **more: Any) -> Job:
    job = pool.wait(number, **more)
    pool.ledger.requests.keep(job.job_id, job.digest, {"a": 1}, job.created_at)
    return job


def places(pool: Pool) -> list[str]:
    return [place.job_id for place in pool.admission.queues.line(POOL, limit=10)]


def test_the_priority_and_the_place_change_in_one_write() -> None:
    pool = Pool(FULL)
    first, second = waiting_job(pool, 1), waiting_job(pool, 2)
    pool.rows.get(POOL)
    found = change(pool, second, priority=7)
    assert (found.changed, found.job.priority) == (("priority",), 7)
    assert found.job.place == str(QueuePosition.of(found.job))
    assert places(pool) == [second.job_id, first.job_id]
    (entry,) = found.job.changes
    assert entry == {"at": entry["at"], "document": "sqs://1#0", "priority": 7, "priorityBefore": 5}
    assert found.job.moves == second.moves


def test_the_next_job_is_the_one_with_the_new_priority() -> None:
    pool = Pool(Limits(limit=1, rate=10))
    _, second = waiting_job(pool, 1), waiting_job(pool, 2)
    change(pool, second, priority=9)
    assert pool.executions.started == [second.job_id]


def test_an_admission_that_comes_first_wins() -> None:
    pool = Pool(Limits(limit=1, rate=10))
    job = waiting_job(pool)
    pool.rows.mark_queue(POOL, now=int(pool.now * 1000))
    pool.meanwhile = [lambda: None, lambda: pool.admission.admit_next(POOL)]
    found = change(pool, job, priority=9)
    assert (found.changed, found.problems) == ((), ())
    assert pool.executions.started == [job.job_id]
    row = pool.ledger.get(job.job_id)
    assert (row.priority, row.waiting, row.place, row.changes) == (5, None, None, ())


def test_an_admission_by_a_stale_entry_starts_it_once() -> None:
    pool = Pool(Limits(limit=3, rate=10))
    job, other = waiting_job(pool, 1), waiting_job(pool, 2)
    old = QueuePosition.of(job)
    job = ChangeRows(pool.ledger.rows).write(job, {"document": "x"}, priority=1, labels={})[0]
    row = pool.rows.mark_queue(POOL, now=int(pool.now * 1000))
    view = pool.admission.look(row, 2)
    admitted = pool.admission.admit_from(view._replace(places=[old, *view.places]), row, 2)
    assert admitted == pool.executions.started
    assert sorted(admitted) == sorted([job.job_id, other.job_id])


def test_two_changes_at_once_are_both_kept() -> None:
    pool = Pool(FULL)
    job = waiting_job(pool)
    pool.rows.mark_queue(POOL, now=int(pool.now * 1000))
    pool.meanwhile = [lambda: None, lambda: change(pool, job, document="sqs://2#0", labels={"note": "b"})]
    found = change(pool, job, priority=8)
    assert (found.job.priority, found.job.labels["note"]) == (8, "b")
    assert [entry["document"] for entry in found.job.changes] == ["sqs://2#0", "sqs://1#0"]


def test_a_document_is_applied_once() -> None:
    pool = Pool(FULL)
    job = waiting_job(pool)
    change(pool, job, priority=8)
    change(pool, job, priority=2, document="sqs://2#0")
    assert change(pool, job, priority=8).changed == ("priority",)
    row = pool.ledger.get(job.job_id)
    assert (row.priority, len(row.changes)) == (2, 2)


def test_a_call_that_died_after_its_write_is_finished() -> None:
    pool = Pool(Limits(limit=1, rate=10))
    job = waiting_job(pool)
    entry = {"document": "sqs://1#0", "priority": 9, "labels": {"note": "a"}}
    ChangeRows(pool.ledger.rows).write(job, entry, priority=9, labels={"note": "a"})
    change(pool, job, priority=9, labels={"note": "a"})
    assert pool.executions.started == [job.job_id]
    assert [each.job_id for each in pool.ledger.queries.by_label("note", "a")] == [job.job_id]


def test_the_row_keeps_the_latest_changes_only() -> None:
    pool = Pool(FULL)
    job = waiting_job(pool)
    for number in range(MAX_CHANGES + 2):
        found = change(pool, job, document=str(number), priority=number)
    assert [entry["document"] for entry in found.job.changes] == ["2", "3", "4", "5", "6"]


def test_a_value_that_it_has_already_changes_nothing() -> None:
    pool = Pool(FULL)
    found = change(pool, waiting_job(pool), priority=5)
    assert (found.changed, found.job.changes) == ((), ())


def test_the_queue_is_marked_before_a_place_changes() -> None:
    """While the index shows neither place, the queue looks empty: its mark must not go."""
    pool = Pool(FULL)
    job = waiting_job(pool)
    change(pool, job, priority=9)
    assert pool.rows.find(POOL).queued_at == int(pool.now * 1000)


NOT_WAITING: list[Callable[[Job], Job]] = [
    lambda job: replace(job, waiting=None, place=None, create_at=1),
    lambda job: replace(job, state=State.RUNNING, waiting=None, place=None),
    lambda job: replace(job, state=State.SUBMITTING, waiting=None, place=None),
    lambda job: replace(job, stop_cause=State.CANCELLED),
    lambda job: replace(job, state=State.CANCELLED, waiting=None, place=None),
    lambda job: replace(job, pool=None, waiting=None, place=None),
]


@pytest.mark.parametrize("variant", NOT_WAITING)
def test_a_job_that_does_not_wait_stays_as_it_is(variant: Callable[[Job], Job]) -> None:
    pool = Pool(FULL)
    base = a_job("a", pool=POOL)
    job = variant(replace(base, waiting=POOL, place=str(QueuePosition.of(base))))
    pool.ledger.add(job)
    assert change(pool, job, priority=9, labels={"a": "b"}).changed == ()
    assert pool.ledger.get(job.job_id) == job


class TestLabels:
    def test_a_job_is_found_by_its_new_value_alone(self) -> None:
        pool = Pool(FULL)
        job = waiting_job(pool)
        change(pool, job, labels={"note": "a"})
        found = change(pool, job, document="2", labels={"note": "b", "more": "c"})
        assert found.job.labels == {**job.labels, "note": "b", "more": "c"}
        by_label = pool.ledger.queries.by_label
        assert [[each.job_id for each in by_label("note", value)] for value in "ab"] == [[], [job.job_id]]

    @pytest.mark.parametrize(
        ("name", "what"), [("team", "pool"), ("submitter", "share"), ("cost-centre", "budget")]
    )
    def test_a_label_that_decides_something_stays(self, name: str, what: str) -> None:
        pool = Pool(FULL)
        job = waiting_job(pool)
        (problem,) = change(pool, job, priority=9, labels={name: "other"}).problems
        assert (problem.path, problem.code) == (f"labels.{name}", "FIXED_LABEL")
        assert f"decides the job's {what}" in problem.message
        assert pool.ledger.get(job.job_id) == job

    def test_a_job_that_its_provider_has_refused_keeps_its_labels(self) -> None:
        """Another body under the same idempotency token would be refused."""
        pool = Pool(FULL)
        base = a_job("a", pool=POOL)
        job = replace(base, state=State.SUBMITTING, waiting=POOL, place=str(QueuePosition.of(base)))
        pool.ledger.add(job)
        assert [each.code for each in change(pool, job, labels={"note": "a"}).problems] == ["FIXED_LABEL"]
        assert change(pool, job, priority=9).changed == ("priority",)

    def test_a_required_label_is_not_emptied(self) -> None:
        pool = Pool(FULL)
        job = waiting_job(pool)
        setting = Setting(job.job_id, labels={"note": " "})
        rails = changer(pool, required_labels=("note",))
        (problem,) = rails.change(job.job_id, setting, owner=None, document="1").problems
        assert problem.code == "LABEL_REQUIRED"

    def test_there_are_not_too_many(self) -> None:
        pool = Pool(FULL)
        job = waiting_job(pool)
        many = {f"label-{number}": "x" for number in range(21)}
        assert [each.code for each in change(pool, job, labels=many).problems] == ["TOO_LONG"]


def test_a_job_that_waits_for_others_enters_with_it() -> None:
    """The call that enqueues it had read it before."""
    pool = Pool(FULL)
    job = a_job("a", pool=POOL, api=Api.TRAINING_JOB)
    pool.ledger.add(job)
    assert change(pool, job, priority=9).changed == ("priority",)
    row = pool.admission.enqueue(job)
    assert (row.priority, row.place) == (9, str(QueuePosition.of(row)))
    assert places(pool) == [job.job_id]


def test_it_is_of_its_owner_alone() -> None:
    pool = Pool(FULL)
    job = replace(a_job("a", pool=POOL), source=Source("sqs://1", "s", owner="ada"))
    pool.ledger.add(job)
    with pytest.raises(UnknownJobError):
        change(pool, job, priority=9, owner="bob")
    assert change(pool, job, priority=9, owner="ada").changed == ("priority",)
