"""Documents whose `after` names jobs that come later: taken, told, looked at, ended."""

import json
from typing import Any

import pytest

from jobchute.job import Job, State, job_id_for_key, job_id_of
from jobchute.ledger.dependencies import MAX_DEPENDENTS
from jobchute.lifecycle import name_checks
from jobchute.requests.owners import json_of_owners
from tests.aws import TABLE
from tests.integration.handlers.owned import ADA, OWNERS, send
from tests.integration.handlers.world import VALID, World, keyed, provider_calls, sqs_record

A, B, C = map(job_id_for_key, "abc")


def look(world: World, job_id: str, *, after: float = name_checks.FIRST_CHECK_SECONDS) -> Job:
    """What the message that asks for a look makes the function do."""
    world.pass_time(after)
    assert world.receive({"look": job_id}) == []
    return world.job(job_id)


def rejected(world: World, *documents: object) -> list[tuple[str, str, str]]:
    world.receive(*documents)
    found = [problem for job in world.jobs() for problem in job.problems]
    return [(problem["path"], problem["code"], problem["message"]) for problem in found]


def asked(world: World) -> list[str]:
    """The messages on the intake queue, those that are still delayed included."""
    url = world.aws["sqs"].get_queue_url(QueueName="intake")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    counts = world.aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return ["message"] * sum(map(int, counts.values()))


class TestTaken:
    def test_a_document_that_names_an_unknown_job_is_taken_and_waits(self, world: World) -> None:
        assert world.receive(keyed("b", after=["a"])) == []
        job = world.job(B)
        assert (job.state, job.waiting, world.executions()) == (State.QUEUED, None, [])
        assert job.awaits == ({"name": "a", "on": ["SUCCEEDED"]},)
        assert job.awaits_until == int(world.now) + name_checks.NAME_WAIT_SECONDS

    def test_its_status_document_says_for_which_name_and_until_when(self, world: World) -> None:
        world.receive_records([sqs_record("m0", keyed("b", after=[{"job": "a", "on": "ENDED"}, "c"]))])
        world.announce()
        status = world.status("status-messages/m0.json")
        assert [each["name"] for each in status["awaits"]] == ["a", "c"]
        assert f"jobs named 'a', 'c', until {status['awaitsUntil']}" in status["reason"]

    def test_its_status_document_follows_each_name_that_is_found(self, world: World) -> None:
        world.receive_records([sqs_record("m0", keyed("b", after=["a", "c"]))])
        world.receive_records([sqs_record("m1", keyed("a"))])
        look(world, B)
        world.announce()
        status = world.status("status-messages/m0.json")
        assert ([each["name"] for each in status["awaits"]], status["after"][0]["job"]) == (["c"], A)

    def test_a_look_is_asked_for(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        assert len(asked(world)) == 1

    def test_a_job_without_after_asks_for_nothing(self, world: World) -> None:
        world.receive(keyed("b"))
        assert asked(world) == []
        row = world.aws["dynamodb"].get_item(TableName=TABLE, Key={"pk": {"S": B}, "sk": {"S": "JOB"}})["Item"]
        assert not {"awaits", "awaitsUntil", "unchecked"} & row.keys()

    def test_a_failing_queue_keeps_no_document_from_being_accepted(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/gone")
        assert world.receive(keyed("b", after=["a"])) == []
        world.receive(keyed("a"))
        world.sweep(after=120)
        assert world.job(B).waits_for == {A}

    @pytest.mark.parametrize("matrix", [{}, {"matrix": {"HyperParameters.a": ["1", "2"]}}])
    def test_a_document_with_a_matrix_may_name_one_that_comes_later(
        self, world: World, matrix: dict[str, Any]
    ) -> None:
        request = {**VALID["request"], **({"HyperParameters": {}} if matrix else {})}
        world.receive({**keyed("sweep", after=["a"], **matrix), "request": request})
        assert [len(job.awaits) for job in world.jobs()] == [1] * (2 if matrix else 1)

    def test_a_repeated_delivery_looks_again(self, world: World) -> None:
        record = sqs_record("m0", keyed("b", after=["a"]))
        world.receive_records([record])
        world.receive(keyed("a"))
        world.receive_records([record])
        assert world.job(B).waits_for == {A}
        assert world.job(A).dependents == {B}


class TestFound:
    def test_a_look_finds_the_job_and_has_it_tell_of_its_end(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]), keyed("a"))
        job = look(world, B)
        assert job.awaits == ()
        assert job.waits_for == {A}
        assert world.job(A).dependents == {B}
        world.dispatch(A)
        world.sweep(after=3600)
        world.announce()
        assert world.executions() == sorted([A, B])

    def test_one_that_has_ended_meanwhile_lets_it_go_at_once(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]), keyed("a"))
        world.dispatch(A)
        world.sweep(after=30)
        world.pass_time(3000)
        world.sweep()
        look(world, B)
        assert world.job(A).state is State.SUCCEEDED
        assert world.executions() == sorted([A, B])

    def test_one_that_ended_otherwise_ends_it(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]), keyed("a"))
        world.receive({"cancel": "a"})
        job = look(world, B)
        assert (job.state, job.reason) == (
            State.CANCELLED,
            f"{A} ended CANCELLED, but this job runs only after SUCCEEDED",
        )

    def test_by_the_id_of_a_job_that_has_no_key(self, world: World) -> None:
        job_id = job_id_of(VALID["api"], VALID["request"], None)
        world.receive(keyed("b", after=[job_id]), VALID)
        assert look(world, B).waits_for == {job_id}

    def test_the_sweep_finds_it_where_the_message_was_lost(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]), keyed("a"))
        world.sweep(after=name_checks.FIRST_CHECK_SECONDS + name_checks.GRACE_SECONDS + 60)
        assert world.job(B).waits_for == {A}

    def test_the_sweep_comes_within_five_minutes_of_any_look(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        for _ in range(12):
            job = look(world, B, after=max((world.job(B).due or 0) - name_checks.GRACE_SECONDS - world.now, 1))
            assert job.due is not None
            assert job.due + 60 - world.now < 300


class TestLookedAt:
    def test_anyone_s_message_leads_to_no_other(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        for _ in range(20):
            look(world, B, after=0.1)
        assert len(asked(world)) == 1

    @pytest.mark.parametrize("job_id", [f"jc-{'0' * 64}", A])
    def test_a_job_that_does_not_wait_is_left_alone(self, world: World, job_id: str) -> None:
        world.receive(keyed("a"))
        before = world.job(A)
        assert world.receive({"look": job_id}) == []
        assert (world.job(A), len(world.jobs()), asked(world)) == (before, 1, [])

    @pytest.mark.parametrize("body", [{"look": "b"}, {"look": B, "api": "x"}, {"look": [B]}])
    def test_any_other_message_is_a_document(self, world: World, body: object) -> None:
        assert "UNKNOWN_KEY" in {code for _, code, _ in rejected(world, body)}

    def test_a_file_cannot_ask_for_a_look(self, world: World) -> None:
        assert rejected(world, {"Records": [world.drop("requests/x.json", {"look": B})]})

    def test_where_there_are_owners_the_function_may_ask_itself(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))
        (job,) = send(world, ADA, keyed("b", after=["a"]))
        send(world, ADA, keyed("a"))
        assert send(world, "AROAFUNCTION", {"look": job.job_id}) == []
        assert world.job(job.job_id).waits_for == {job_id_for_key("a", "ada")}

    def test_trouble_with_a_look_brings_no_message_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("b", after=["a"]), keyed("a"))
        with monkeypatch.context() as broken:
            broken.setattr(world.parts.ledger.client, "get_item", None)
            assert world.receive({"look": B}) == []
        world.sweep(after=120)
        assert world.job(B).waits_for == {A}


class TestNeverComes:
    def ended(self, world: World, *after: str) -> Job:
        world.receive(keyed("b", after=list(after)), keyed("c"))
        for _ in range(20):
            world.sweep(after=200)
        return world.job(B)

    def test_it_is_cancelled_after_an_hour_with_a_remedy(self, world: World) -> None:
        job = self.ended(world, "a", "c")
        assert job.state is State.CANCELLED
        assert job.reason == (
            "no job with the id or idempotency key 'a' was submitted within an hour: check the names, "
            f"send those jobs, then run: jobchute retry {B}"
        )
        assert [entry["state"] for entry in job.history] == ["QUEUED", "CANCELLED"]

    def test_of_many_names_three_are_told(self, world: World) -> None:
        job = self.ended(world, *"adefg")
        assert "'a', 'd', 'e' and 2 more" in (job.reason or "")

    def test_a_name_that_came_just_before_is_found_by_the_last_look(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        world.pass_time(name_checks.NAME_WAIT_SECONDS)
        world.receive(keyed("a"))
        world.sweep(after=120)
        assert world.job(B).state is State.QUEUED
        assert world.job(B).waits_for == {A}

    def test_what_is_cancelled_meanwhile_has_ended(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        world.receive({"cancel": "b"})
        world.receive(keyed("a"))
        assert look(world, B).state is State.CANCELLED
        assert world.executions() == [A]


class TestCircles:
    @pytest.mark.parametrize("target", ["b", B])
    def test_a_job_that_names_itself_is_refused_at_once(self, world: World, target: str) -> None:
        ((path, code, message),) = rejected(world, keyed("b", after=["a", target]))
        assert (path, code) == ("after[1]", "OWN_JOB")
        assert "a job cannot wait for itself; remove the entry" in message
        assert not any(job.state is State.QUEUED for job in world.jobs())

    def test_one_of_a_circle_ends_and_names_it(self, world: World) -> None:
        world.receive(keyed("a", after=["b"]), keyed("b", after=["c"]), keyed("c", after=["a"]))
        for job_id in (A, B, C) * 2:
            look(world, job_id)
        world.announce()
        (found,) = {job.reason for job in world.jobs() if "circle" in (job.reason or "")}
        assert found is not None
        assert found.startswith("jobs wait for each other in a circle, ")
        assert "send that job with another idempotencyKey" in found
        ways = ("a after b after c after a", "b after c after a after b", "c after a after b after c")
        assert any(f"{way}: " in found for way in ways)
        world.announce()
        assert {job.state for job in world.jobs()} == {State.CANCELLED}
        assert provider_calls(world).total() == 0

    def test_a_long_one_is_told_in_part(self, world: World) -> None:
        names = [f"n{number}" for number in range(12)]
        world.receive(
            *(keyed(name, after=[names[number - 1]]) for number, name in enumerate(names) if number < 10)
        )
        world.receive(
            *(keyed(name, after=[names[number - 1]]) for number, name in enumerate(names) if number >= 10)
        )
        look(world, job_id_for_key("n0"))
        (reason,) = {job.reason for job in world.jobs() if "circle" in (job.reason or "")}
        assert "n0 after n11 after n10 after 7 more after" in (reason or "")

    def test_many_that_wait_for_the_same_are_none(self, world: World) -> None:
        world.receive(keyed("a", after=["b", "c"]), keyed("b", after=["c"]), keyed("c"))
        for job_id in (A, B):
            look(world, job_id)
        assert [world.job(job_id).waits_for for job_id in (A, B)] == [{B, C}, {C}]


class TestTooMany:
    def full(self, world: World) -> None:
        world.receive(keyed("a"))
        for number in range(MAX_DEPENDENTS):
            world.ledger().dependencies.wait_for(A, f"jc-{number:064}")

    def test_a_document_that_is_one_too_many_leaves_no_job(self, world: World) -> None:
        """Its row stayed, and ran when the other job had ended."""
        self.full(world)
        ((path, code, _),) = rejected(world, keyed("b", after=["a"]))
        assert (path, code) == ("after", "TOO_MANY")
        assert {job.job_id for job in world.jobs() if job.state is not State.REJECTED} == {A}

    def test_one_that_finds_its_name_too_late_ends_and_says_why(self, world: World) -> None:
        world.receive(keyed("b", after=["a"]))
        self.full(world)
        job = look(world, B)
        assert (job.state, job.reason) == (State.CANCELLED, f"{MAX_DEPENDENTS} jobs already wait for {A}")


def test_a_look_that_became_a_dead_letter_answers_nobody() -> None:
    from jobchute.aws.queues import Message
    from jobchute.dead_letters.messages import message_sources

    body = json.dumps({"look": B})
    message = Message(message_id="m", receipt="r", body=body, sent_at=0, receive_count=1, attributes={})
    assert message_sources(message, "drop", lambda _: None) == []
