"""The handlers of a deployment with owners: no sender reaches another's jobs, or learns of them."""

import json
from typing import Any

import pytest

from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.pools.limits import Limits, json_of_rules
from jobchute.requests.owners import json_of_owners
from tests.apis import REQUESTS
from tests.integration.handlers.files.many import deliver, go_on, lines
from tests.integration.handlers.owned import (
    ADA,
    BOB,
    OWNERS,
    STRANGER,
    UNKNOWN,
    problem,
    refused_cancel,
    send,
    upload,
)
from tests.integration.handlers.world import VALID, World, keyed


@pytest.fixture(autouse=True)
def owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(OWNERS))


class TestWhoseItIs:
    def test_a_message_is_its_sender_s(self, world: World) -> None:
        (of_ada,), (of_bob,) = (send(world, sender, keyed("nightly")) for sender in (ADA, BOB))
        assert (of_ada.owner, of_bob.owner) == ("ada", "bob")
        assert (of_ada.job_id, of_bob.job_id) == (
            job_id_for_key("nightly", "ada"),
            job_id_for_key("nightly", "bob"),
        )
        assert (of_ada.share, of_bob.share) == ("ada", "bob")

    def test_an_object_is_its_folder_s_whoever_sent_its_notification(self, world: World) -> None:
        (job,) = upload(world, "requests/ada/x.json", keyed("nightly"))
        assert (job.owner, job.share, job.state) == ("ada", "ada", State.QUEUED)
        world.announce()
        assert world.status("ada/x.json.json")["owner"] == "ada"

    def test_every_job_of_a_file_and_of_a_matrix_is_its_owner_s(self, world: World) -> None:
        matrix = {"HyperParameters.a": ["1", "2"]}
        sweep = {
            **keyed("sweep", matrix=matrix),
            "request": {**REQUESTS[Api.TRAINING_JOB], "HyperParameters": {}},
        }
        deliver(world, {"Records": [world.drop("requests/ada/many.jsonl", lines(5))]}, looks=3)
        assert go_on(world, looks=99) == 1
        send(world, ADA, sweep)
        assert [job.owner for job in world.jobs()] == ["ada"] * 7
        ids = {job.job_id for job in world.jobs()}
        assert {job_id_for_key(f"k{number}", "ada") for number in range(5)} < ids
        listed = next(
            world.status(name)["jobs"] for name in world.statuses() if name.startswith("status-messages/")
        )
        assert {each["jobId"] for each in listed} < ids

    def test_the_bare_form_lies_below_the_owner_s_folder(self, world: World) -> None:
        body = REQUESTS[Api.TRAINING_JOB]
        (job,) = upload(world, "requests/ada/sagemaker/create-training-job/x.json", body)
        assert (job.state, job.api, job.owner) == (State.QUEUED, Api.TRAINING_JOB, "ada")
        lines_of_two = b"\n".join([json.dumps(body).encode()] * 2)
        (job,) = upload(world, "requests/bob/sagemaker/create-training-job/x.jsonl", lines_of_two)
        assert (job.state, job.api, job.owner) == (State.QUEUED, Api.TRAINING_JOB, "bob")

    def test_an_owner_s_bucket_is_the_owner_s_whatever_its_folders(self, world: World) -> None:
        world.aws["s3"].create_bucket(Bucket="ada-uploads")
        world.aws["s3"].put_object(Bucket="ada-uploads", Key="requests/bob/x.json", Body=json.dumps(keyed("k")))
        record = world.drop("requests/ada/x.json", VALID)
        record["s3"] = {"bucket": {"name": "ada-uploads"}, "object": {"key": "requests/bob/x.json", "size": 9}}
        (job,) = send(world, BOB, {"Records": [record]})
        assert job.owner == "ada"

    def test_a_dry_run_tells_the_id_that_the_owner_s_job_would_have(self, world: World) -> None:
        send(world, ADA, keyed("nightly", dryRun=True))
        (name,) = world.statuses()
        assert world.status(name)["jobId"] == job_id_for_key("nightly", "ada")


class TestNoOwner:
    def test_an_unlisted_sender_is_rejected_with_its_unique_id(self, world: World) -> None:
        code, message = problem(send(world, STRANGER, keyed("nightly")))
        assert code == "NO_OWNER"
        assert "its unique id is AROAEXAMPLEEVE123456)" in message

    @pytest.mark.parametrize("document", [{"cancel": "nightly"}, [keyed("a")], "api: x"])
    def test_whatever_it_asks_for(self, world: World, document: object) -> None:
        send(world, ADA, keyed("nightly"))
        assert problem(send(world, STRANGER, document))[0] == "NO_OWNER"
        assert world.job(job_id_for_key("nightly", "ada")).state is State.QUEUED

    @pytest.mark.parametrize("key", ["requests/x.json", "requests/eve/x.json"])
    def test_an_object_outside_every_folder_is_rejected(self, world: World, key: str) -> None:
        code, message = problem(upload(world, key, keyed("nightly")))
        assert code == "NO_OWNER"
        assert "upload it to your folder, requests/OWNER/" in message
        world.announce()
        assert world.status(f"{key.removeprefix('requests/')}.json")["errors"][0]["code"] == "NO_OWNER"

    def test_an_object_of_a_bucket_that_is_no_owner_s_is_rejected(self, world: World) -> None:
        record = world.drop("requests/ada/x.json", VALID)
        record["s3"]["bucket"]["name"] = "uploads"
        code, message = problem(send(world, ADA, {"Records": [record]}))
        assert (code, "the bucket uploads belongs to no owner" in message) == ("NO_OWNER", True)


class TestApart:
    """Bob knows every id, key and file of Ada's."""

    @pytest.fixture
    def of_ada(self, world: World) -> Job:
        (job,) = send(world, ADA, keyed("nightly"))
        return job

    @pytest.mark.parametrize("by", ["key", "id"])
    def test_a_cancel_reaches_one_s_own_job_alone(self, world: World, of_ada: Job, by: str) -> None:
        target = "nightly" if by == "key" else of_ada.job_id
        of_bob = refused_cancel(world, BOB, target)
        assert world.job(of_ada.job_id).state is State.QUEUED
        assert send(world, ADA, {"cancel": target}) == []
        assert world.job(of_ada.job_id).state is State.CANCELLED
        of_nobody = refused_cancel(world, BOB, "x" * len(target))
        assert of_bob == (of_nobody[0], of_nobody[1].replace("x" * len(target), target))
        assert of_bob[1].startswith(UNKNOWN)

    def test_an_ended_job_of_another_is_as_unknown(self, world: World, of_ada: Job) -> None:
        send(world, ADA, {"cancel": of_ada.job_id})
        assert refused_cancel(world, BOB, of_ada.job_id)[1].startswith(UNKNOWN)

    def test_a_rejection_of_another_is_as_unknown(self, world: World) -> None:
        (rejection,) = send(world, ADA, {"api": "x"})
        assert refused_cancel(world, BOB, rejection.job_id)[1].startswith(UNKNOWN)

    def test_a_key_taken_by_another_is_free_for_oneself(self, world: World, of_ada: Job) -> None:
        other = {**REQUESTS[Api.TRAINING_JOB], "TrainingJobName": "another"}
        (job,) = send(world, BOB, {**keyed("nightly"), "request": other})
        assert (job.state, job.owner, job.job_id == of_ada.job_id) == (State.QUEUED, "bob", False)

    @pytest.mark.parametrize("document", [VALID, {**VALID, "request": {**VALID["request"]}}])
    def test_the_same_body_of_another_is_no_duplicate(self, world: World, document: Any) -> None:
        (one,), (other,) = (send(world, sender, document) for sender in (ADA, BOB))
        assert one.job_id != other.job_id
        assert (one.duplicates, other.duplicates) == (frozenset(), frozenset())

    @pytest.mark.parametrize("by", ["key", "id"])
    def test_a_job_waits_for_one_s_own_jobs_alone(self, world: World, of_ada: Job, by: str) -> None:
        target = "nightly" if by == "key" else of_ada.job_id
        (of_bob,) = send(world, BOB, keyed("later", after=[target]))
        (of_nobody,) = send(world, BOB, keyed("later-2", after=["x" * len(target)]))
        for minutes in (1, 10, 50):
            world.sweep(after=60 * minutes)
        of_bob, of_nobody = world.job(of_bob.job_id), world.job(of_nobody.job_id)
        assert (of_bob.state, of_nobody.state) == (State.CANCELLED, State.CANCELLED)
        told = (of_nobody.reason or "").replace("x" * len(target), target)
        assert of_bob.reason == told.replace(of_nobody.job_id, of_bob.job_id)
        (job,) = send(world, ADA, keyed("later", after=[target]))
        assert job.waits_for == {of_ada.job_id}
        assert world.job(of_ada.job_id).dependents == {job.job_id}

    def test_a_retry_of_another_s_job_is_one_of_an_unknown_job(self, world: World, of_ada: Job) -> None:
        unknown = f"jc-{'0' * 64}"
        rows = [
            send(world, BOB, keyed(f"retry-{number}", retryOf=job_id))
            for number, job_id in enumerate((of_ada.job_id, unknown))
        ]
        assert [(job.state, job.owner, job.reason) for (job,) in rows] == [
            (State.QUEUED, "bob", rows[0][0].reason)
        ] * 2
        assert world.job(of_ada.job_id) == of_ada

    def test_labels_do_not_make_more_shares(self, world: World) -> None:
        jobs = [
            job for n in range(3) for job in send(world, BOB, keyed(f"k{n}", labels={"submitter": f"s{n}"}))
        ]
        assert {job.share for job in jobs} == {"bob"}


def test_without_the_setting_senders_and_folders_mean_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBCHUTE_OWNERS")
    monkeypatch.setenv("JOBCHUTE_POOLS", json_of_rules({str(api): Limits(rate=1000) for api in Api}))
    world.restart()
    (job,) = send(world, STRANGER, keyed("nightly"))
    assert (job.owner, job.job_id) == (None, job_id_for_key("nightly"))
    assert upload(world, "requests/x.json", {"cancel": "nightly"}) == []
    assert world.job(job.job_id).state is State.CANCELLED
