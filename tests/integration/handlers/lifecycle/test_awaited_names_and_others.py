"""Jobs that wait for names, beside other parts: what is told, what is repeated, what else a sweep has to do."""

from typing import Any

import pytest

from jobchute.job import Job, State, job_id_for_key
from jobchute.ledger.dependencies import MAX_DEPENDENTS
from jobchute.lifecycle import name_checks
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.timing import Timing
from tests.aws import TABLE
from tests.integration.handlers.world import World, keyed, sqs_record

A, B, C = map(job_id_for_key, "abc")
STATUS = "status-messages/mb.json"


def told(world: World, *after: str) -> dict[str, Any]:
    """The status document of a job after others, of which `a` has ended."""
    world.receive_records([sqs_record("mb", keyed("b", after=list(after)))])
    world.announce()
    world.dispatch(A)
    world.sweep(after=3600)
    world.announce()
    world.announce()
    status: dict[str, Any] = world.status(STATUS)
    return status


class TestToldOfItsWait:
    """Its status document named jobs that had ended for as long as the job had no turn."""

    def test_a_job_whose_others_have_ended_waits_for_its_turn(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"))
        monkeypatch.setattr("jobchute.pools.limits.PoolRules.limit_of", lambda *_: 0)
        status = told(world, "a")
        assert (status["state"], status["waiting"]["for"]) == ("QUEUED", "turn")
        assert status["reason"].startswith("waiting for its turn in pool")

    def test_a_job_waits_for_those_that_are_open(self, world: World) -> None:
        world.receive(keyed("a"), keyed("c"))
        status = told(world, "a", "c")
        assert status["waiting"]["jobs"] == [C]
        assert status["reason"] == "waiting for the end of other jobs"

    def test_a_job_without_after_is_told_of_its_moves_alone(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[str] = []
        monkeypatch.setattr("jobchute.aws.objects.Objects.write", lambda *call: written.append(call[1]))
        world.receive(keyed("a"))
        world.announce()
        world.dispatch(A)
        world.announce()
        # One for each batch of moves.
        assert len(written) == 2
        assert len(world.heard()) == world.job(A).moves


@pytest.mark.parametrize("is_known", [True, False])
def test_a_job_that_is_named_twice_must_end_as_both_entries_want(world: World, is_known: bool) -> None:
    """By its key and by its id: the first entry alone counted, and the job ran."""
    dependent = keyed("b", after=[{"job": "a", "on": "ENDED"}, {"job": A, "on": "FAILED"}])
    documents = [keyed("a"), dependent] if is_known else [dependent, keyed("a")]
    world.receive(*documents)
    world.receive({"look": B})
    world.dispatch(A)
    world.sweep(after=3600)
    world.announce()
    assert world.job(A).state is State.SUCCEEDED
    assert (world.job(B).state, world.job(B).reason) == (
        State.CANCELLED,
        f"{A} ended SUCCEEDED, but this job runs only after FAILED",
    )


def test_a_redelivered_document_with_a_job_is_not_rejected(world: World) -> None:
    """Its name was found by others first; it was told REJECTED, while its job was open."""
    record = sqs_record("m0", keyed("b", after=["a"]))
    world.receive_records([record])
    world.receive(keyed("a"))
    for number in range(MAX_DEPENDENTS):
        world.ledger().dependencies.wait_for(A, f"jc-{number:064}")
    world.receive_records([record])
    assert State.REJECTED not in {job.state for job in world.jobs()}
    job = world.job(B)
    assert (job.state, job.reason) == (State.CANCELLED, f"{MAX_DEPENDENTS} jobs already wait for {A}")


def test_a_circle_is_searched_once_however_often_it_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look that anyone asked for before its time followed up to 300 rows again."""
    world.receive(*(keyed(f"n{number}", **after_of(number)) for number in range(30)))
    world.receive(keyed("b", after=["a", "c"]))
    world.receive(keyed("c", after=["n29"]))
    reads: list[str] = []
    ledger = world.parts.ledger
    get_item = ledger.client.get_item

    def counted(**call: Any) -> Any:
        reads.append("read")
        return get_item(**call)

    monkeypatch.setattr(ledger.client, "get_item", counted)
    counts = []
    for _ in range(3):
        reads.clear()
        world.receive({"look": B})
        counts.append(len(reads))
    assert counts[0] > 30
    assert max(counts[1:]) < 10


def test_looks_that_a_call_has_no_time_for_are_left_to_the_sweep(world: World) -> None:
    """Each left a row for months, and another message, though anyone may send any number of them."""
    world.receive(keyed("b", after=["a"]))
    before = everything(world)
    records = [sqs_record(f"look-{number}", {"look": B}) for number in range(3)]
    assert world.invoke("validate", {"Records": records}, ms=1000)["batchItemFailures"] == []
    assert everything(world) == before


def everything(world: World) -> tuple[int, int]:
    """Rows in the table, and messages in the intake queue."""
    url = world.aws["sqs"].get_queue_url(QueueName="intake")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    counts = world.aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return world.aws["dynamodb"].scan(TableName=TABLE)["Count"], sum(map(int, counts.values()))


def after_of(number: int) -> dict[str, Any]:
    return {"after": [f"n{number - 1}"]} if number else {}


class TestSweep:
    """More looks are overdue than a sweep takes on, as their messages wait behind others or were lost."""

    def test_they_hide_no_job_that_may_be_at_its_provider(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Timing, "max_jobs", 3)
        world.receive(*(keyed(f"w{number}", after=["never"]) for number in range(6)))
        world.receive(keyed("a"))
        until = int(world.now) + name_checks.FIRST_CHECK_SECONDS + name_checks.GRACE_SECONDS + 5
        world.ledger().claim(A, attempt_id="died", until=until, now=world.now, due=until)
        world.sweep(after=70)
        assert world.job(A).state is State.SUBMITTED

    def test_they_leave_time_for_jobs_of_which_no_event_tells(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"))
        world.dispatch(A)
        world.receive(*(keyed(f"w{number}", after=["never"]) for number in range(6)))
        world.pass_time(3600)
        looked: list[Job] = []

        def enqueue_when_ready(_: Dependencies, job: Job) -> Job:
            looked.append(job)
            return job

        monkeypatch.setattr(Dependencies, "enqueue_when_ready", enqueue_when_ready)
        world.parts.reconciler.reconcile("sweep", time_left=lambda: 90.0 - 20 * len(looked))
        assert looked
        assert world.job(A).state is State.SUCCEEDED

    def test_an_older_release_s_rows_are_looked_at(self, world: World) -> None:
        """They are among the open jobs that are due."""
        world.receive(keyed("b", after=["a"]), keyed("a"))
        world.ledger().note(B, due=int(world.now))
        world.sweep(after=1)
        assert world.job(B).waits_for == {A}
