"""The facts that a job's page shows, over moto."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from jobchute import runtime
from jobchute.attempts import ended
from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.job import JobFacts, JobReader
from jobchute.cli.facts.job_logs import MAX_LINES, MAX_STREAMS
from jobchute.cli.retry_documents import retry_key
from jobchute.job import Job, State, iso, job_id_for_key
from jobchute.ledger.plans import Variant, name_of
from jobchute.lifecycle.variants import plans_of
from jobchute.masking import MASK
from jobchute.outcomes import Cause
from tests.aws_calls import counted_calls
from tests.builders import NOW, a_job, a_source

GROUP = "/aws/sagemaker/TrainingJobs"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
ROLE = "arn:aws:iam::123456789012:role/Other"
SECRET = "canary-of-a-secret-value"
BODY = {
    "TrainingJobName": "churn",
    "HyperParameters": {"eta": "0.1"},
    "Environment": {"API_KEY": SECRET},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


def facts_of(deployment: Deployment, job: Job) -> JobFacts:
    reader = JobReader(deployment, runtime.current().adapters, runtime.client("logs"))
    return reader.facts_of(job, now=NOW + 100)


def stored(deployment: Deployment, *jobs: Job) -> None:
    for job in jobs:
        deployment.ledger.requests.keep(job.job_id, job.digest, BODY, job.created_at)
        deployment.ledger.add(job)


@pytest.fixture
def failed(deployment: Deployment) -> Job:
    job = a_job(state=State.FAILED, cause=Cause.CODE, provider_id=ARN, labels={"team": "growth"})
    stored(deployment, job)
    return job


def write(stream: str, *lines: str, at: int = NOW * 1000) -> None:
    logs = runtime.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events: Any = [{"timestamp": at + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def test_the_request_and_the_call_are_shown_without_secrets(deployment: Deployment, failed: Job) -> None:
    facts = facts_of(deployment, failed)
    assert facts.request is not None
    assert facts.request["Environment"] == {"API_KEY": MASK}
    assert facts.call is not None
    assert facts.call.operation == "sagemaker:CreateTrainingJob"
    assert {tag["Key"] for tag in facts.call.body["Tags"]} == {"team", "jobchute:job-id"}
    assert facts.call.body["StoppingCondition"] == BODY["StoppingCondition"]
    assert SECRET not in repr(facts)
    assert facts.advice == "Read its logs and, of a processing job, exitMessage."


def test_the_call_is_that_of_the_alternative_in_use(deployment: Deployment) -> None:
    plan = [Variant([], None, 60, 0, None), Variant([[["RoleArn"], ROLE]], None, 60, 0, None)]
    plans_of(deployment.ledger.requests).keep(a_job().job_id, plan, a_job().created_at)
    retry = {"attempts": 2, "alternatives": 1, "plan": name_of(plan)}
    job = a_job(attempt=2, alternative=1, name="churn-2", retry=retry)
    stored(deployment, job)
    facts = facts_of(deployment, job)
    assert facts.call is not None
    assert (facts.call.body["TrainingJobName"], facts.call.body["RoleArn"]) == ("churn-2", ROLE)
    assert facts.request is not None
    assert (facts.request.get("RoleArn"), facts.changes) == (None, {"RoleArn": ROLE})
    assert facts.tries[-1] == ("alternative 1", f"RoleArn = {ROLE}")


def test_a_request_that_has_expired_is_left_out(deployment: Deployment) -> None:
    job = a_job(state=State.SUCCEEDED)
    deployment.ledger.add(job)
    facts = facts_of(deployment, job)
    assert (facts.request, facts.call, facts.advice) == (None, None, "")


def test_a_rejection_has_neither_request_nor_logs(deployment: Deployment) -> None:
    job = a_job(state=State.REJECTED, api=None, cause=Cause.INPUT)
    facts = facts_of(deployment, job)
    assert (facts.request, facts.call, facts.attempts) == (None, None, ())
    assert facts.logs.note.endswith("it has no logs")
    assert "execution" not in facts.links


class TestLogs:
    def test_the_last_lines_of_all_streams_come_in_order(self, deployment: Deployment, failed: Job) -> None:
        write("churn/algo-1-1", *(f"epoch {number}" for number in range(80)))
        write("churn/algo-2-2", "other", at=NOW * 1000 + 78)
        write("churn-2/algo-1-1", "of another job")
        lines = facts_of(deployment, failed).logs.lines
        assert len(lines) == MAX_LINES
        assert [line.text for line in lines[-3:]] == ["epoch 78", "other", "epoch 79"]
        assert lines[-2].instance == "algo-2-2"

    def test_they_repeat_no_secret_of_the_request(self, deployment: Deployment, failed: Job) -> None:
        write("churn/algo-1-1", f"API_KEY={SECRET}\nepoch 1")
        texts = [line.text for line in facts_of(deployment, failed).logs.lines]
        assert texts == [f"API_KEY={MASK}", "epoch 1"]

    def test_of_many_streams_some_are_read_and_the_page_says_so(
        self, deployment: Deployment, failed: Job
    ) -> None:
        for number in range(MAX_STREAMS + 2):
            write(f"churn/algo-{number}", "x")
        logs = facts_of(deployment, failed).logs
        assert len(logs.lines) == MAX_STREAMS
        assert logs.note == "The ends of the first 4 of 6 log streams."

    def test_without_a_group_there_are_none_yet(self, deployment: Deployment, failed: Job) -> None:
        assert facts_of(deployment, failed).logs == ((), "The job has written no log lines yet.")

    def test_a_long_line_is_cut(self, deployment: Deployment, failed: Job) -> None:
        write("churn/algo-1-1", "x" * 10_000)
        (line,) = facts_of(deployment, failed).logs.lines
        assert (len(line.text), line.text[-1]) == (1001, "…")

    def test_a_job_without_a_provider_says_why(self, deployment: Deployment) -> None:
        job = a_job(state=State.QUEUED)
        stored(deployment, job)
        assert facts_of(deployment, job).logs.note.endswith("its provider does not have it yet")

    def test_an_attempt_that_was_never_submitted_names_another(self, deployment: Deployment) -> None:
        past = (ended(a_job(provider_id=ARN), State.FAILED, Cause.INTERNAL, "again", at=iso(NOW)),)
        job = a_job(state=State.CANCELLED, attempt=2, past=past)
        stored(deployment, job)
        note = facts_of(deployment, job).logs.note
        assert note.endswith(f"to see those of attempt 1: jobchute logs {job.job_id[:15]} --attempt 1")


class TestRelations:
    def test_what_it_waits_for_and_what_waits_for_it(self, deployment: Deployment) -> None:
        first, gone, later = a_job("first", state=State.RUNNING), a_job("gone"), a_job("later")
        job = a_job(
            after=({"job": first.job_id, "on": ["SUCCEEDED"]}, {"job": gone.job_id, "on": ["FAILED"]}),
            waits_for=frozenset({first.job_id}),
            awaits=({"name": "nightly", "on": ["SUCCEEDED"]},),
            dependents=frozenset({later.job_id}),
        )
        stored(deployment, first, replace(later, waits_for=frozenset({job.job_id})), job)
        relations = facts_of(deployment, job).relations
        assert [each.name for each in relations.before] == ["first", gone.job_id, "nightly"]
        assert [each.is_open for each in relations.before] == [True, False, True]
        assert [each.state for each in relations.before] == [State.RUNNING, None, None]
        (waiting,) = relations.dependents
        assert (waiting.name, waiting.is_open) == ("later", True)

    def test_retries_are_found_by_the_keys_that_they_have(self, deployment: Deployment, failed: Job) -> None:
        retry = a_job("again", retry_of=failed.job_id)
        retry = replace(retry, job_id=job_id_for_key(retry_key(failed, 2)))
        stored(deployment, retry)
        assert [each.job_id for each in facts_of(deployment, failed).relations.retries] == [retry.job_id]
        origin = facts_of(deployment, retry).relations.retry_of
        assert origin is not None
        assert (origin.job_id, origin.state) == (failed.job_id, State.FAILED)

    def test_repeated_documents_are_named(self, deployment: Deployment, failed: Job) -> None:
        again = a_source(uri="sqs://2", status_key="status-messages/2.json")
        deployment.ledger.add_duplicate(failed.job_id, again, not_applied=("labels",))
        (repeated,) = facts_of(deployment, deployment.ledger.get(failed.job_id)).relations.repeated
        assert repeated == ("sqs://2", ("labels",))

    def test_of_many_dependents_twenty_are_read(self, deployment: Deployment) -> None:
        job = a_job(dependents=frozenset(f"jc-{number:064}" for number in range(100)))
        relations = facts_of(deployment, job).relations
        assert (len(relations.dependents), relations.more_dependents) == (20, 80)


def test_the_number_of_calls_is_bounded(deployment: Deployment) -> None:
    job = a_job(
        state=State.FAILED,
        provider_id=ARN,
        retry_of=a_job("origin").job_id,
        dependents=frozenset(f"jc-{number:064}" for number in range(100)),
    )
    stored(deployment, job)
    for number in range(10):
        write(f"churn/algo-{number}", *["x"] * 60)
    with counted_calls() as calls:
        facts_of(deployment, job)
    assert calls == Counter(GetItem=1, BatchGetItem=1, DescribeLogStreams=1, GetLogEvents=MAX_STREAMS)
