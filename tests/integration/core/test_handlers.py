"""The deployed handlers, from a dropped file to the job's end."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from jobchute import ledger, runtime
from jobchute.errors import JobCancelledError, JobFailedError, JobTimedOutError
from jobchute.job import Api, State, job_id_for_key
from jobchute.providers import BACKENDS
from jobchute.settings import FireworksSettings
from tests.integration.core.conftest import BUCKET, LEASE, RUN, SETTLE, World, invoke
from tests.integration.providers.conftest import REQUESTS

EVENTS = Path(__file__).parents[3] / "events"
VALID = {"api": Api.TRAINING_JOB, "request": REQUESTS[Api.TRAINING_JOB]}
WITH_EVENTS = [api for api, backend in BACKENDS.items() if backend.events]
OVER = LEASE + SETTLE
"""Seconds after which an attempt to submit is over."""


def keyed(key: str, **more: Any) -> dict[str, Any]:
    return {**VALID, "idempotencyKey": key, **more}


def message(name: str, **replacements: str) -> Any:
    """A sample message, with its bucket and version replaced by ours."""
    text = (EVENTS / "messages" / f"{name}.json").read_text()
    for old, new in {"amzn-s3-demo-bucket": BUCKET, **replacements}.items():
        text = text.replace(old, new)
    return json.loads(text)


@pytest.fixture
def hurried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled create call is not made again in the same attempt."""
    submitter = replace(runtime.dispatching(), patience=0)
    monkeypatch.setattr(runtime, "dispatching", lambda: submitter)


class TestValidate:
    def test_a_batch_of_ten_with_one_that_cannot_be_handled_now_gives_back_that_one(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = runtime.intake().taker.lifecycle.watcher.admission.executions.start

        def start_all_but_one(executions: object, job: Any) -> bool:
            if job.idempotency_key == "poison":
                raise TimeoutError("Step Functions does not answer")
            return start(job)

        monkeypatch.setattr("jobchute.executions.Executions.start", start_all_but_one)
        keys = ["poison" if number == 4 else f"k{number}" for number in range(10)]
        assert world.receive(*map(keyed, keys)) == ["m4"]
        assert world.executions() == sorted(job_id_for_key(key) for key in keys if key != "poison")

    def test_what_is_wrong_for_good_is_answered_and_does_not_come_back(self, world: World) -> None:
        bad = [b"{", "nonsense", {"api": "x"}, [1], {"Type": "Notification", "Message": 7}]
        bodies = [body.decode() if isinstance(body, bytes) else body for body in bad]
        assert world.receive(*bodies) == []
        assert {job.state for job in world.jobs()} == {State.REJECTED}
        assert len(world.jobs()) == len(bad)

    def test_when_every_message_fails_every_message_comes_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runtime, "intake", lambda: None)
        assert world.receive(keyed("a"), keyed("b")) == ["m0", "m1"]

    def test_a_dropped_file_becomes_a_queued_job_with_an_execution(self, world: World) -> None:
        assert world.receive({"Records": [world.drop("requests/a b/churn.json", VALID)]}) == []
        (job,) = world.jobs()
        assert (job.state, job.api, job.source.uri) == (
            State.QUEUED,
            Api.TRAINING_JOB,
            f"s3://{BUCKET}/requests/a b/churn.json",
        )
        assert world.executions() == [job.job_id]
        assert world.announce() == []
        assert world.status("a b/churn.json.json")["jobId"] == job.job_id

    @pytest.mark.parametrize("name", ["s3-notification", "s3-notification-by-sns", "s3-event-by-eventbridge"])
    def test_a_notification_is_understood_plain_by_sns_and_by_eventbridge(
        self, world: World, name: str
    ) -> None:
        key = "requests/growth team/churn nightly.yaml"
        body = (EVENTS / "requests" / "churn-nightly.yaml").read_bytes()
        version = world.drop(key, body)["s3"]["object"]["versionId"]
        assert world.receive(message(name, yd3d4HaWOT2zguDLvIQLU6ptDTwKBnQV=version)) == []
        (job,) = world.jobs()
        assert (job.state, job.source.version) == (State.QUEUED, version)

    def test_every_record_of_a_notification_is_taken(self, world: World) -> None:
        records = [world.drop(f"requests/{name}.json", keyed(name)) for name in "abc"]
        assert world.receive({"Records": records}) == []
        assert len(world.jobs()) == 3

    @pytest.mark.parametrize(
        "body",
        [
            message("s3-test-event"),
            {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete", "s3": {}}]},
            {"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}},
        ],
        ids=["test event", "removal", "removal by EventBridge"],
    )
    def test_what_announces_no_new_object_is_nothing_to_do(self, world: World, body: object) -> None:
        assert world.receive(body) == []
        assert world.jobs() == []

    def test_what_is_not_under_requests_is_nothing_to_do(self, world: World) -> None:
        records = [world.drop(key, VALID) for key in ("status/a.json", "other.json", "requests/folder/")]
        assert world.receive({"Records": records}) == []
        assert world.jobs() == []

    def test_the_bare_form_takes_its_api_from_its_path(self, world: World) -> None:
        record = world.drop("requests/sagemaker/create-training-job/churn.json", VALID["request"])
        world.receive({"Records": [record]})
        assert [job.api for job in world.jobs()] == [Api.TRAINING_JOB]

    def test_a_file_of_several_documents_has_a_status_document_for_each_and_one_for_all(
        self, world: World
    ) -> None:
        lines = [json.dumps(keyed("a")), "{", json.dumps(keyed("b")), json.dumps(keyed("a"))]
        record = world.drop("requests/many.jsonl", "\n".join(lines).encode())
        assert world.receive({"Records": [record]}) == []
        world.announce()
        summary = world.status("many.jsonl.json")
        assert [summary[each] for each in ("accepted", "rejected", "duplicate")] == [2, 1, 1]
        assert world.status("many.jsonl/1.json")["state"] == "REJECTED"
        assert world.status("many.jsonl/2.json")["idempotencyKey"] == "b"
        assert world.status("many.jsonl/3.json")["duplicate"] is True

    @pytest.mark.parametrize("name", sorted(path.name for path in (EVENTS / "requests").glob("*.*")))
    def test_every_sample_file_is_taken(self, world: World, name: str) -> None:
        record = world.drop(f"requests/{name}", (EVENTS / "requests" / name).read_bytes())
        assert world.receive({"Records": [record]}) == []
        world.announce()
        assert f"{name}.json" in world.statuses()
        is_rejected = any(job.state is State.REJECTED for job in world.jobs())
        assert is_rejected == name.startswith("invalid")

    def test_a_rejected_file_says_what_is_wrong_by_field(self, world: World) -> None:
        request = {**VALID["request"], "TrainingJobNme": "x", "RoleArn": "nobody"}
        world.receive(
            {"Records": [world.drop("requests/bad.json", {**VALID, "request": request, "lables": {}})]}
        )
        world.announce()
        first = world.status("bad.json.json")
        assert (first["state"], first["errors"][0]["path"]) == ("REJECTED", "lables")
        world.receive({"Records": [world.drop("requests/bad2.json", {**VALID, "request": request})]})
        world.announce()
        errors = {error["path"]: error["code"] for error in world.status("bad2.json.json")["errors"]}
        assert errors["request.TrainingJobNme"] == "UNKNOWN_KEY"
        assert "request.RoleArn" in errors

    def test_a_role_that_the_deployment_does_not_allow_is_a_rejection(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBCHUTE_GUARD_RAILS", '{"roles": []}')
        world.receive(VALID)
        (job,) = world.jobs()
        assert [problem["code"] for problem in job.problems] == ["ROLE_NOT_ALLOWED"]

    def test_an_object_that_is_gone_is_answered(self, world: World) -> None:
        record = world.drop("requests/gone.json", VALID)
        version = record["s3"]["object"]["versionId"]
        world.aws["s3"].delete_object(Bucket=BUCKET, Key="requests/gone.json", VersionId=version)
        assert world.receive({"Records": [record]}) == []
        assert [problem["code"] for job in world.jobs() for problem in job.problems] == ["OBJECT_GONE"]

    def test_the_version_that_was_announced_is_what_is_read(self, world: World) -> None:
        record = world.drop("requests/a.json", keyed("first"))
        world.drop("requests/a.json", keyed("second"))
        world.receive({"Records": [record]})
        assert [job.idempotency_key for job in world.jobs()] == ["first"]


class TestIdentity:
    def test_a_message_delivered_twice_is_one_job(self, world: World) -> None:
        record = world.drop("requests/a.json", VALID)
        for _ in range(3):
            assert world.receive({"Records": [record]}) == []
        (job,) = world.jobs()
        assert (job.duplicates, world.executions()) == (frozenset(), [job.job_id])

    def test_a_repeated_delivery_starts_the_execution_that_the_first_could_not(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("jobchute.executions.Executions.start", lambda *_: 1 / 0)
            assert world.receive(VALID) == ["m0"]
        assert world.executions() == []
        assert world.receive(VALID) == []
        assert world.executions() == [job.job_id for job in world.jobs()]

    def test_the_same_request_from_elsewhere_is_told_which_job_it_is(self, world: World) -> None:
        world.receive({"Records": [world.drop(f"requests/{name}.json", VALID) for name in "ab"]})
        world.announce()
        (job,) = world.jobs()
        answer = world.status("b.json.json")
        assert (answer["duplicate"], answer["jobId"]) == (True, job.job_id)
        assert "idempotencyKey" in answer["note"]
        assert "duplicate" not in world.status("a.json.json")

    def test_the_status_document_of_a_duplicate_follows_the_job(self, world: World) -> None:
        world.receive({"Records": [world.drop(f"requests/{name}.json", VALID) for name in "ab"]})
        (job,) = world.jobs()
        world.dispatch(job.job_id)
        world.announce()
        assert world.status("b.json.json")["state"] == world.status("a.json.json")["state"] == "SUBMITTED"

    def test_another_body_under_a_used_key_is_a_rejection(self, world: World) -> None:
        world.receive(keyed("k"), keyed("k", request={**VALID["request"], "TrainingJobName": "other"}))
        accepted, rejected = sorted(world.jobs(), key=lambda job: job.state)
        assert (accepted.state, rejected.state) == (State.QUEUED, State.REJECTED)
        assert rejected.problems[0]["code"] == "KEY_USED"
        assert accepted.job_id in rejected.problems[0]["message"]

    def test_an_older_version_never_replaces_a_newer_one_s_status_document(self, world: World) -> None:
        old = world.drop("requests/a.json", keyed("old"))
        new = world.drop("requests/a.json", keyed("new"))
        world.receive({"Records": [new]})
        world.announce()
        world.receive({"Records": [old]})
        world.announce()
        for job in world.jobs():
            world.dispatch(job.job_id)
        world.announce()
        assert world.status("a.json.json")["idempotencyKey"] == "new"

    @pytest.mark.parametrize("late", ["dry run", "cancellation", "file of several", "rejection"])
    def test_no_kind_of_answer_to_an_older_version_replaces_a_newer_one_s(
        self, world: World, late: str
    ) -> None:
        world.receive(keyed("other"))
        documents: dict[str, object] = {
            "dry run": keyed("old", dryRun=True),
            "cancellation": {"cancel": "other"},
            "file of several": b"{}\n{}\n",
            "rejection": {},
        }
        old = world.drop("requests/a.json", documents[late])
        new = world.drop("requests/a.json", keyed("new"))
        for record in (new, old):
            world.receive({"Records": [record]})
            world.announce()
        assert world.status("a.json.json")["idempotencyKey"] == "new"

    def test_a_newer_version_s_rejection_replaces_the_job_s_document_for_good(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/a.json", VALID)]})
        (job,) = world.jobs()
        world.announce()
        world.receive({"Records": [world.drop("requests/a.json", {})]})
        world.dispatch(job.job_id)
        world.announce()
        assert world.status("a.json.json")["state"] == "REJECTED"

    def test_a_job_that_came_again_too_often_to_be_remembered_is_answered_still(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger, "MOST_DUPLICATES", 2)
        for _ in range(5):
            world.receive({"Records": [world.drop("requests/cron.json", keyed("same"))]})
        world.announce()
        (job,) = world.jobs()
        assert len(job.duplicates) == 2
        assert world.status("cron.json.json")["duplicate"] is True


class TestDryRun:
    def test_it_answers_with_the_very_call_and_writes_nothing(self, world: World) -> None:
        record = world.drop("requests/a.json", {**VALID, "dryRun": True, "labels": {"team": "growth"}})
        before = world.aws["dynamodb"].scan(TableName="ledger")["Count"]
        world.receive({"Records": [record]})
        answer = world.status("a.json.json")
        assert (answer["dryRun"], answer["valid"], answer["api"]) == (True, True, "sagemaker:CreateTrainingJob")
        assert {"Key": "team", "Value": "growth"} in answer["call"]["Tags"]
        items = world.aws["dynamodb"].scan(TableName="ledger")["Items"]
        assert [item for item in items if not item["pk"]["S"].startswith("SOURCE#")] == []
        assert (before, world.executions(), world.there()) == (0, [], [])

    def test_the_call_is_the_one_that_is_sent(self, world: World) -> None:
        world.receive({"Records": [world.drop("requests/a.json", keyed("k", dryRun=True))]})
        call = world.status("a.json.json")["call"]
        world.receive(keyed("k"))
        world.dispatch(job_id_for_key("k"))
        (there,) = world.there()
        assert there["name"] == call["TrainingJobName"]
        assert there["tags"] == {tag["Key"]: tag["Value"] for tag in call["Tags"]}

    def test_a_bad_request_is_rejected_all_the_same(self, world: World) -> None:
        world.receive({**VALID, "request": {}, "dryRun": True})
        assert [job.state for job in world.jobs()] == [State.REJECTED]


@pytest.mark.parametrize("api", Api)
class TestDispatch:
    def test_it_submits_once_and_remembers_the_provider_s_id(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        assert world.dispatch(job_id) == "SUBMITTED"
        (there,) = world.there()
        assert world.job(job_id).provider_id in (there["arn"], there["id"])
        assert [entry["state"] for entry in world.job(job_id).history] == ["QUEUED", "SUBMITTING", "SUBMITTED"]

    def test_a_second_dispatch_makes_no_second_job_but_leaves_its_token(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id, token="first")
        assert world.dispatch(job_id, token="second") == "SUBMITTED"
        assert len(world.there()) == 1
        assert world.job(job_id).task_token == "second"

    def test_two_dispatches_at_once_make_one_job(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rival runs while the first one's call to the provider is on its way."""
        job_id = world.submit(api)
        adapter = type(runtime.dispatching().watcher.adapters[api])
        submit, rival = adapter.submit, list[str]()

        def submit_slowly(self: Any, call: Any) -> str:
            rival.append(world.dispatch(job_id, "rival"))
            return submit(self, call)

        monkeypatch.setattr(adapter, "submit", submit_slowly)
        assert world.dispatch(job_id, "first") == "SUBMITTED"
        assert rival == ["SUBMITTING"]
        assert len(world.there()) == 1

    def test_a_lost_answer_is_adopted_and_not_submitted_again(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="lost-answer")
        assert world.dispatch(job_id) == "SUBMITTING"
        assert "waiting after" in str(world.job(job_id).reason)
        assert world.sweep(after=SETTLE - 2) == 0
        assert world.sweep(after=3) == 1
        (there,) = world.there()
        job = world.job(job_id)
        assert (job.state, job.attempts, job.reason) == (State.SUBMITTED, 2, None)
        assert job.provider_id in (there["arn"], there["id"])

    def test_after_a_crash_before_the_call_the_job_is_submitted_by_the_sweep(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        with monkeypatch.context() as crashing:
            crashing.setattr(type(runtime.dispatching().watcher.adapters[api]), "submit", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                world.dispatch(job_id)
        assert world.job(job_id).state is State.SUBMITTING
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    def test_after_a_crash_behind_the_call_the_job_is_adopted_by_the_sweep(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(runtime.dispatching().watcher.adapters[api])
        submit = adapter.submit

        def submit_and_die(self: Any, call: Any) -> str:
            submit(self, call)
            raise ZeroDivisionError

        with monkeypatch.context() as crashing:
            crashing.setattr(adapter, "submit", submit_and_die)
            with pytest.raises(ZeroDivisionError):
                world.dispatch(job_id)
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize("how", ["throttle", "quota", "unavailable"])
    def test_what_passes_is_waited_for(self, world: World, api: Api, how: str) -> None:
        job_id = world.submit(api, simulate=how)
        assert world.dispatch(job_id) == "SUBMITTING"
        world.sweep(after=OVER + 601)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    def test_a_create_call_that_came_too_close_is_made_again_at_its_pool_s_next_moment(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []
        patient = replace(runtime.dispatching(), sleep=waits.append)
        monkeypatch.setattr(runtime, "dispatching", lambda: patient)
        job_id = world.submit(api, simulate="throttle")
        assert world.dispatch(job_id) == "SUBMITTED"
        assert waits
        assert all(0 < wait <= patient.patience for wait in waits)
        assert world.job(job_id).attempts == len(world.there()) == 1

    def test_a_job_that_comes_before_its_moment_waits_it_out(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        runtime.dispatching().watcher.ledger.note(job_id, create_at=int((world.now + 3) * 1000))
        waits: list[float] = []
        patient = replace(runtime.dispatching(), sleep=waits.append)
        monkeypatch.setattr(runtime, "dispatching", lambda: patient)
        assert world.dispatch(job_id) == "SUBMITTED"
        (wait,) = waits
        assert 0 < wait <= 3

    @pytest.mark.parametrize("how", [None, "throttle"])
    def test_a_job_that_is_cancelled_while_it_waits_for_its_moment_is_never_submitted(
        self, world: World, api: Api, how: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api, **({} if how is None else {"simulate": how}))
        ledger = runtime.dispatching().watcher.ledger
        if how is None:
            ledger.note(job_id, create_at=int((world.now + 3) * 1000))

        def cancel(_: float) -> None:
            ledger.note(job_id, stop_cause=State.CANCELLED)

        cancelling = replace(runtime.dispatching(), sleep=cancel)
        monkeypatch.setattr(runtime, "dispatching", lambda: cancelling)
        assert world.dispatch(job_id) == "CANCELLED"
        assert world.there() == []

    def test_a_refused_request_ends_failed_with_the_provider_s_words(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(runtime.dispatching().watcher.adapters[api])
        wrong = {"roleArn": 7, "RoleArn": 7, "numRanks": "x"}
        monkeypatch.setattr(adapter, "request_for", lambda *given: {**given[2], **wrong})
        assert world.dispatch(job_id) == "FAILED"
        job = world.job(job_id)
        assert job.reason
        assert [entry["state"] for entry in job.history] == ["QUEUED", "SUBMITTING", "FAILED"]
        assert world.there() == []


@pytest.mark.parametrize("api", WITH_EVENTS)
class TestObserve:
    def test_an_event_is_a_nudge_and_the_truth_is_read(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        assert world.observe(world.event(job_id)) == []
        assert not world.job(job_id).state.is_final
        world.pass_time(2 * RUN)
        assert world.observe(world.event(job_id)) == []
        assert world.job(job_id).state is State.SUCCEEDED

    def test_a_late_or_repeated_event_changes_nothing(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="fail")
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        world.observe(world.event(job_id))
        ended = world.job(job_id)
        for _ in range(2):
            world.observe(world.event(job_id))
        assert world.job(job_id) == ended
        assert (ended.state, ended.reason) == (State.FAILED, world.there()[0]["reason"])

    def test_an_event_of_a_foreign_job_is_nothing_to_do(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        event = world.event(job_id)
        for arn in ("arn:aws:other", "", None):
            field = next(iter(event["detail"]))
            assert world.observe({**event, "detail": {**event["detail"], field: arn}}) == []
        assert world.observe({**event, "detail": {}}) == []

    def test_an_event_that_cannot_be_looked_into_comes_back(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        event = world.event(job_id)
        monkeypatch.setattr(type(runtime.observing().adapters[api]), "observe", lambda *_: 1 / 0)
        assert world.observe(event) == ["e1"]


class TestSampleEvents:
    @pytest.mark.parametrize("path", sorted((EVENTS / "provider").glob("*.json")), ids=lambda path: path.stem)
    def test_the_documented_events_are_understood(self, world: World, path: Path) -> None:
        event = json.loads(path.read_text())
        assert world.observe(event) == []
        backend = next(
            b for b in BACKENDS.values() if b.events and b.events.detail_type == event["detail-type"]
        )
        assert backend.events is not None
        assert event["source"] == backend.events.source
        assert event["detail"][backend.events.arn_field].startswith("arn:aws:")


@pytest.mark.parametrize("api", Api)
class TestReconcile:
    def test_without_any_event_every_job_is_seen_to_its_end(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="never-event")
        world.dispatch(job_id)
        world.sweep(after=3600)
        job = world.job(job_id)
        assert job.state is State.SUCCEEDED
        assert world.sweep(after=10_000) == 0

    def test_a_job_whose_execution_never_began_gets_one(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("jobchute.executions.Executions.start", lambda *_: True)
            job_id = world.submit(api)
        assert world.executions() == []
        assert world.sweep(after=LEASE + 1) == 1
        assert world.executions() == [job_id]

    def test_a_job_whose_execution_is_gone_is_submitted_all_the_same(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        monkeypatch.setattr("jobchute.executions.Executions.start", lambda *_: False)
        world.sweep(after=LEASE + 1)
        assert world.job(job_id).state is State.SUBMITTED

    def test_a_job_past_its_deadline_is_stopped_and_ends_timed_out(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now = world.job(job_id).deadline + 1
        world.sweep()
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.TIMED_OUT

    def test_a_job_that_waited_too_long_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.sweep(after=15 * 24 * 3600)
        assert world.job(job_id).state is State.TIMED_OUT
        assert world.there() == []

    def test_a_wish_to_stop_that_a_crash_left_on_the_row_is_carried_out(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.ledger().note(job_id, stop_cause=State.CANCELLED)
        world.sweep(after=2 * RUN + 200)
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    def test_a_sweep_that_runs_short_of_time_leaves_the_rest_due(self, world: World, api: Api) -> None:
        for _ in range(3):
            world.dispatch(world.submit(api, request=renamed(api, next(world.numbers))))
        assert world.sweep(after=3600, remaining_ms=5_000) == 0
        assert world.sweep() == 3


def renamed(api: Api, number: int) -> dict[str, Any]:
    names = ("jobName", "TrainingJobName", "ProcessingJobName", "displayName")
    request = REQUESTS[api]
    return {key: f"{value}-{number}" if key in names else value for key, value in request.items()}


class TestSweepOfMany:
    def test_one_broken_job_keeps_no_other_from_its_turn(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, sound = world.submit(Api.TRAINING_JOB), world.submit(Api.BRAKET_JOB)
        key = {"pk": {"S": broken}, "sk": {"S": "REQUEST"}}
        world.aws["dynamodb"].delete_item(TableName="ledger", Key=key)
        monkeypatch.setattr("jobchute.executions.Executions.start", lambda *_: False)
        assert world.sweep(after=LEASE + 1) == 2
        assert world.job(sound).state is State.SUBMITTED

    def test_a_provider_that_cannot_be_asked_keeps_no_other_from_its_turn(self, world: World) -> None:
        first, second = world.submit(Api.FIREWORKS_JOB), world.submit(Api.BRAKET_JOB)
        for job_id in (first, second):
            world.dispatch(job_id)
        secret = FireworksSettings.from_environment().fireworks_secret_arn
        world.aws["secretsmanager"].put_secret_value(SecretId=secret, SecretString="not JSON")
        runtime._fresh_account.cache_clear()
        world.sweep(after=3600)
        assert world.job(second).state is State.SUCCEEDED
        assert world.job(first).state is State.SUBMITTED

    def test_a_new_key_of_fireworks_is_used_within_five_minutes(self, world: World) -> None:
        settings = FireworksSettings.from_environment()
        account = {"accountId": "acme", "apiKey": "a-new-key"}
        before = runtime._fireworks_account(settings).api_key
        world.aws["secretsmanager"].put_secret_value(
            SecretId=settings.fireworks_secret_arn, SecretString=json.dumps(account)
        )
        assert before != "a-new-key"
        world.pass_time(runtime.SECRET_IS_FRESH_SECONDS)
        assert runtime._fireworks_account(settings).api_key == "a-new-key"
        assert runtime.SECRET_IS_FRESH_SECONDS <= 300

    def test_fireworks_is_asked_once_for_all_of_its_jobs(self, world: World) -> None:
        for _ in range(5):
            job_id = world.submit(Api.FIREWORKS_JOB, request=renamed(Api.FIREWORKS_JOB, next(world.numbers)))
            world.dispatch(job_id)
        assert world.sweep(after=3600) == 5
        calls = urllib3.request("GET", f"{world.url}/_simulator/calls").json()["calls"]
        assert (calls["fireworks:ListBatchJobs"], calls.get("fireworks:GetBatchJob")) == (1, None)


class TestCancel:
    def cancel(self, world: World, target: str) -> Any:
        record = world.drop("requests/cancel.json", {"cancel": target})
        assert world.receive({"Records": [record]}) == []
        world.announce()
        return world.status("cancel.json.json")

    @pytest.mark.parametrize("api", Api)
    def test_a_queued_job_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        assert self.cancel(world, job_id)["state"] == "CANCELLED"
        assert world.dispatch(job_id) == "CANCELLED"
        assert world.there() == []

    def test_it_takes_the_idempotency_key_too(self, world: World) -> None:
        world.submit(Api.TRAINING_JOB, idempotencyKey="nightly")
        assert self.cancel(world, "nightly")["state"] == "CANCELLED"

    @pytest.mark.parametrize("api", Api)
    @pytest.mark.parametrize("after", [0, RUN + RUN // 2], ids=["submitted", "running"])
    def test_a_job_at_its_provider_is_stopped_there(self, world: World, api: Api, after: int) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(after)
        world.sweep(after=1)
        assert self.cancel(world, job_id)["state"] == "CANCELLING"
        assert world.job(job_id).stop_cause is State.CANCELLED
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    @pytest.mark.parametrize("api", Api)
    def test_a_job_whose_submission_is_unclear_is_looked_for_and_stopped(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="lost-answer")
        world.dispatch(job_id)
        assert self.cancel(world, job_id)["state"] == "SUBMITTING"
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED
        assert len(world.there()) == 1

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize("api", Api)
    def test_a_job_that_was_refused_for_now_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="throttle")
        world.dispatch(job_id)
        self.cancel(world, job_id)
        world.sweep(after=OVER + 601)
        assert world.job(job_id).state is State.CANCELLED
        assert world.there() == []

    @pytest.mark.parametrize("api", Api)
    def test_a_cancel_while_the_create_call_is_on_its_way_is_not_lost(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(runtime.dispatching().watcher.adapters[api])
        submit = adapter.submit

        def submit_slowly(self_: Any, call: Any) -> str:
            self.cancel(world, job_id)
            return submit(self_, call)

        monkeypatch.setattr(adapter, "submit", submit_slowly)
        assert world.dispatch(job_id) == "CANCELLING"
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    @pytest.mark.parametrize("api", Api)
    def test_a_job_that_has_ended_keeps_its_end_whatever_the_ledger_knows(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        self.cancel(world, job_id)
        world.sweep(after=3600)
        assert world.job(job_id).state is State.SUCCEEDED
        answer = self.cancel(world, job_id)
        assert (answer["state"], "SUCCEEDED" in answer["note"]) == ("SUCCEEDED", True)

    @pytest.mark.parametrize("api", Api)
    def test_twice_is_as_good_as_once(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        for _ in range(2):
            assert self.cancel(world, job_id)["state"] == "CANCELLING"
        world.sweep(after=3600)
        assert self.cancel(world, job_id)["state"] == "CANCELLED"

    def test_of_a_job_that_is_not_there_is_a_rejection(self, world: World) -> None:
        answer = self.cancel(world, "jc-nobody")
        assert (answer["state"], answer["errors"][0]["code"]) == ("REJECTED", "UNKNOWN_JOB")


class TestExpire:
    def expire(self, job_id: str) -> Any:
        return invoke("expire", {"jobId": job_id})

    @pytest.mark.parametrize("api", Api)
    def test_a_job_that_has_ended_meanwhile_is_seen_to_have(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        assert self.expire(job_id)["state"] == "SUCCEEDED"

    @pytest.mark.parametrize("api", Api)
    def test_a_job_past_its_deadline_is_stopped(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now = world.job(job_id).deadline + 1
        assert self.expire(job_id)["state"] == "CANCELLING"
        assert not any(job["status"] in ("RUNNING", "InProgress") for job in world.there())

    def test_a_job_within_its_time_goes_on(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate="slow")
        world.dispatch(job_id)
        answer = self.expire(job_id)
        assert answer["state"] == "SUBMITTED"
        assert answer["reason"]

    def test_a_job_that_was_never_submitted_stays_as_it_is(self, world: World) -> None:
        assert self.expire(world.submit(Api.TRAINING_JOB))["state"] == "QUEUED"


class Answers:
    """Step Functions' side of the task tokens."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.given: list[tuple[str, str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self.given.append((taskToken, "success", output))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:  # noqa: N803
        self.given.append((taskToken, error, cause))


class TestAnnounce:
    @pytest.fixture
    def answers(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Answers:
        answers = Answers(world.aws["stepfunctions"])
        replaced = {**world.aws, "stepfunctions": answers}
        monkeypatch.setattr(runtime, "client", replaced.__getitem__)
        return answers

    def test_every_move_is_told_once_with_a_stable_id(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB, labels={"team": "growth"})
        world.dispatch(job_id)
        world.sweep(after=3600)
        assert world.announce() == []
        heard = world.heard()
        assert [event["detail"]["state"] for event in heard] == [
            "QUEUED",
            "SUBMITTING",
            "SUBMITTED",
            "SUCCEEDED",
        ]
        assert [event["detail"]["id"] for event in heard] == [f"{job_id}:{number}" for number in (1, 2, 3, 4)]
        assert all(event["detail"]["labels"]["team"] == "growth" for event in heard)
        assert {event["detail-type"] for event in heard} == {"Jobchute Job State Change"}

    def test_what_is_no_move_is_not_told(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.heard()
        world.ledger().note(job_id, due=1)
        world.announce()
        assert world.heard() == []

    def test_a_record_delivered_again_tells_the_same(self, world: World) -> None:
        world.submit(Api.TRAINING_JOB)
        records = world.changes()
        for _ in range(2):
            assert world.announce(records) == []
        first, second = [event["detail"] for event in world.heard()]
        assert first == second

    def test_the_first_record_that_fails_is_where_the_next_delivery_begins(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.receive(keyed("a"), keyed("b"), keyed("c"))
        changes = world.changes()
        records = [
            each
            for each in changes
            if each["eventName"] == "INSERT" and each["dynamodb"]["Keys"]["sk"]["S"] == "JOB"
        ]
        publish = runtime.announcer().bus.publish

        def publish_all_but_one(bus: object, job: Any) -> None:
            if job.idempotency_key == "b":
                raise TimeoutError
            publish(job)

        with monkeypatch.context() as broken:
            broken.setattr("jobchute.announcements.Bus.publish", publish_all_but_one)
            assert world.announce(records) == [records[1]["dynamodb"]["SequenceNumber"]]
        assert world.announce(records[1:]) == []
        assert [event["detail"]["idempotencyKey"] for event in world.heard()] == ["a", "b", "c"]

    def test_a_row_that_time_to_live_takes_away_is_not_told(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.announce()
        world.heard()
        world.aws["dynamodb"].delete_item(TableName="ledger", Key={"pk": {"S": job_id}, "sk": {"S": "JOB"}})
        assert world.announce() == []
        assert world.heard() == []

    @pytest.mark.parametrize(
        ("how", "error"),
        [("succeed", "success"), ("fail", JobFailedError.__name__), ("stop", JobCancelledError.__name__)],
    )
    def test_the_execution_ends_as_its_job_ended(
        self, world: World, answers: Answers, how: str, error: str
    ) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate=how)
        world.dispatch(job_id, token="the-token")
        world.announce()
        assert answers.given == []
        world.sweep(after=3600)
        world.announce()
        ((token, outcome, words),) = answers.given
        assert (token, outcome) == ("the-token", error)
        assert words == world.job(job_id).reason or json.loads(words)["state"] == "SUCCEEDED"

    def test_a_time_out_has_its_own_name(self, world: World, answers: Answers) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate="timeout")
        world.dispatch(job_id)
        world.sweep(after=3600)
        world.announce()
        assert [error for _, error, _ in answers.given] == [JobTimedOutError.__name__]

    def test_a_token_that_comes_after_the_end_is_answered(self, world: World, answers: Answers) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        world.dispatch(job_id, token="early")
        world.sweep(after=3600)
        world.announce()
        world.dispatch(job_id, token="late")
        world.announce()
        assert [token for token, _, _ in answers.given] == ["early", "late"]

    @pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    def test_a_token_that_is_over_is_no_failure(
        self, world: World, answers: Answers, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(**request: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "over"}}, "SendTaskSuccess")

        monkeypatch.setattr(answers, "send_task_success", refuse)
        world.dispatch(world.submit(Api.TRAINING_JOB))
        world.sweep(after=3600)
        assert world.announce() == []
