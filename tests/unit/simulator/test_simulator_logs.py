"""What simulated jobs write to CloudWatch Logs: a stream for each instance, named as its provider names it."""

import re
import time
from collections.abc import Mapping
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]
from moto import mock_aws

from infra.local.simulator import Settings, Simulator
from infra.local.simulator.container_logs import CloudWatchLogs
from tests.unit.simulator.conftest import CLIENT, Sink

SETTINGS = Settings(queue_seconds=90, run_seconds=100, stop_seconds=10, log_lines=2)
GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def written() -> Sink:
    return Sink()


def play(written: Sink, service: str, operation: str, job: Mapping[str, Any], *seconds: float) -> None:
    """Create a job, and let time pass in steps. After return, every line is written."""
    simulator = Simulator(SETTINGS, write_logs=written)
    with simulator.serve() as url:
        client = boto3.client(service, endpoint_url=url, **CLIENT)  # type: ignore[call-overload]
        getattr(client, operation)(**job)
        for each in seconds:
            simulator.advance(each)
        client.close()


def test_each_instance_of_a_training_job_has_a_stream(written: Sink, training_job: dict[str, Any]) -> None:
    training_job["ResourceConfig"]["InstanceCount"] = 2
    play(written, "sagemaker", "create_training_job", training_job, 1000)
    streams = {line["stream"] for line in written.entries}
    assert len(streams) == 2
    assert all(re.fullmatch(r"churn/algo-[12]-\d{10}", stream) for stream in streams)
    assert {line["group"] for line in written.entries} == {GROUP}
    of_first = [line for line in written.entries if "algo-1-" in line["stream"]]
    assert [line["message"].split()[0] for line in of_first] == ["container", "epoch", "epoch", "container"]
    times = [line["timestamp"] for line in of_first]
    assert times == sorted(times)


def test_lines_come_while_the_job_runs(written: Sink, training_job: dict[str, Any]) -> None:
    play(written, "sagemaker", "create_training_job", training_job, 90, 45)
    assert [line["message"][:9] for line in written.entries] == ["container", "epoch 1/2"]


def test_a_job_that_is_stopped_writes_no_more(written: Sink, training_job: dict[str, Any]) -> None:
    tags = [{"Key": "jobchute:simulate", "Value": "fail"}]
    play(written, "sagemaker", "create_training_job", training_job | {"Tags": tags}, 1000)
    assert written.entries[-1]["message"].startswith("AlgorithmError: ")


def test_the_streams_of_braket_have_the_job_s_uuid(written: Sink, braket_job: dict[str, Any]) -> None:
    play(written, "braket", "create_job", braket_job, 1000)
    (stream,) = {line["stream"] for line in written.entries}
    assert re.fullmatch(r"anneal/[0-9a-f-]{36}/algo-1-\d{10}", stream)


def test_bedrock_writes_none(written: Sink, bedrock_job: dict[str, Any]) -> None:
    play(written, "bedrock", "create_model_invocation_job", bedrock_job, 1000)
    assert written.entries == []


@pytest.fixture
def logs() -> Any:
    with mock_aws():
        yield CloudWatchLogs(endpoint="https://logs.us-east-1.amazonaws.com", region="us-east-1")


def a_line(stream: str, number: int) -> dict[str, Any]:
    at = int(time.time() * 1000) + number
    return {"group": GROUP, "stream": stream, "timestamp": at, "message": f"line {number}"}


def test_lines_are_put_into_the_streams_that_they_name(logs: CloudWatchLogs) -> None:
    client = boto3.client("logs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_log_group(logGroupName=GROUP)
    assert logs([a_line("churn/algo-1-1", 1), a_line("churn/algo-2-1", 2), a_line("churn/algo-1-1", 3)]) == []
    assert logs([a_line("churn/algo-1-1", 4)]) == []
    events = client.get_log_events(logGroupName=GROUP, logStreamName="churn/algo-1-1")["events"]
    assert [event["message"] for event in events] == ["line 1", "line 3", "line 4"]


def test_lines_that_were_not_taken_are_returned(logs: CloudWatchLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = ClientError({"Error": {"Code": "ServiceUnavailableException"}}, "PutLogEvents")

    def refuse(**_: Any) -> None:
        raise refused

    monkeypatch.setattr(logs._client, "put_log_events", refuse)
    lines = [a_line("churn/algo-1-1", 1)]
    assert logs(lines) == lines
