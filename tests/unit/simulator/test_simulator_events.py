"""The events that the state changes send, and how they are sent."""

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from infra.local.simulator.events import Entry, Event, EventBridge, Publisher, spoken_time
from infra.local.simulator.messages import Request, Response, json_response
from infra.local.simulator.server import HttpServer


def test_training_events_have_the_documented_form(
    client: Any, training_job: Any, simulator: Any, sink: Any
) -> None:
    arn = client("sagemaker").create_training_job(**training_job)["TrainingJobArn"]
    simulator.advance(1000)
    details = sink.details(5)
    assert [detail["SecondaryStatus"] for detail in details] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    last = details[-1]
    assert (last["TrainingJobArn"], last["TrainingJobStatus"]) == (arn, "Completed")
    assert last["Tags"] == {"team": "growth"}
    assert int(last["TrainingEndTime"]) - int(last["TrainingStartTime"]) == pytest.approx(100_000, abs=2)
    assert last["ResourceConfig"] == training_job["ResourceConfig"]
    entry = sink.entries[-1]
    assert entry["Source"] == "jobchute.simulator.sagemaker"
    assert entry["DetailType"] == "SageMaker Training Job State Change"
    assert entry["Resources"] == [arn]


def test_processing_events_have_the_documented_form(
    client: Any, processing_job: Any, simulator: Any, sink: Any
) -> None:
    client("sagemaker").create_processing_job(**processing_job | {"ProcessingJobName": "sim-fail"})
    simulator.advance(1000)
    details = sink.details(2)
    assert [detail["ProcessingJobStatus"] for detail in details] == ["InProgress", "Failed"]
    assert details[-1]["FailureReason"].startswith("AlgorithmError")
    assert isinstance(details[-1]["ProcessingEndTime"], int)
    assert sink.entries[-1]["DetailType"] == "SageMaker Processing Job State Change"


def test_transform_events_have_the_documented_form(
    client: Any, transform_job: Any, simulator: Any, sink: Any
) -> None:
    arn = client("sagemaker").create_transform_job(**transform_job)["TransformJobArn"]
    simulator.advance(1000)
    first, last = sink.details(2)
    assert (first["TransformJobStatus"], first["TransformStartTime"]) == ("InProgress", None)
    assert (last["TransformJobArn"], last["TransformJobStatus"]) == (arn, "Completed")
    assert last["TransformEndTime"] - last["TransformStartTime"] == pytest.approx(100_000, abs=2)
    assert (last["Tags"], last["FailureReason"]) == ({"team": "growth"}, None)
    assert sink.entries[-1]["DetailType"] == "SageMaker Transform Job State Change"


def test_tuning_events_have_the_documented_form(
    client: Any, tuning_job: Any, simulator: Any, sink: Any
) -> None:
    arn = client("sagemaker").create_hyper_parameter_tuning_job(**tuning_job)["HyperParameterTuningJobArn"]
    simulator.advance(1000)
    first, *_, last = sink.details(3)
    assert (first["HyperParameterTuningJobStatus"], first["HyperParameterTuningJobArn"]) == ("InProgress", arn)
    assert last["HyperParameterTuningJobStatus"] == "Completed"
    assert isinstance(last["HyperParameterTuningEndTime"], int)
    assert sink.entries[-1]["DetailType"] == "SageMaker HyperParameter Tuning Job State Change"


def test_customization_events_have_the_documented_form(
    client: Any, customization_job: Any, simulator: Any, sink: Any
) -> None:
    job = customization_job | {"jobTags": [{"key": "jobchute:simulate", "value": "fail"}]}
    arn = client("bedrock").create_model_customization_job(**job)["jobArn"]
    simulator.advance(1000)
    first, last = sink.details(2)
    assert (first["jobStatus"], first["jobName"], first["endTime"]) == ("InProgress", "routing", None)
    assert (last["jobStatus"], last["jobArn"], "status" in last) == ("Failed", arn, False)
    assert last["failureMessage"].startswith("Unable to parse")
    assert sink.entries[-1]["DetailType"] == "Model Customization Job State Change"


def test_bedrock_events_have_the_documented_form(
    client: Any, bedrock_job: Any, simulator: Any, sink: Any
) -> None:
    arn = client("bedrock").create_model_invocation_job(**bedrock_job)["jobArn"]
    simulator.advance(1000)
    detail = sink.details(5)[-1]
    assert spoken_time(1724885273) == "Aug 28, 2024, 10:47:53 PM"
    assert detail.pop("creationTime").endswith("M")
    assert detail == {
        "version": "0.0",
        "accountId": "000000000000",
        "batchJobName": "summaries",
        "batchJobArn": arn,
        "batchModelId": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        "status": "Completed",
        "failureMessage": "",
    }
    assert sink.entries[-1]["Source"] == "jobchute.simulator.bedrock"
    assert sink.entries[-1]["DetailType"] == "Batch Inference Job State Change"


def test_braket_events_have_the_known_members(client: Any, braket_job: Any, simulator: Any, sink: Any) -> None:
    arn = client("braket").create_job(**braket_job)["jobArn"]
    simulator.advance(1000)
    details = sink.details(3)
    assert [(detail["status"], detail["jobArn"]) for detail in details] == [
        ("QUEUED", arn),
        ("RUNNING", arn),
        ("COMPLETED", arn),
    ]
    assert details[-1]["startedAt"] < details[-1]["endedAt"]
    assert sink.entries[-1]["DetailType"] == "Braket Job State Change"


def test_scenarios_keep_events_back_and_double_them(
    client: Any, braket_job: Any, simulator: Any, sink: Any
) -> None:
    braket = client("braket")
    braket.create_job(**braket_job | {"jobName": "sim-never-event", "clientToken": "a"})
    braket.create_job(**braket_job | {"jobName": "sim-double-event", "clientToken": "b"})
    simulator.advance(1000)
    sent = [(detail["jobName"], detail["status"]) for detail in sink.details(6)]
    statuses = ["QUEUED", "QUEUED", "RUNNING", "RUNNING", "COMPLETED", "COMPLETED"]
    assert sent == [("sim-double-event", status) for status in statuses]


def test_fireworks_sends_none(fireworks: Any, client: Any, braket_job: Any, simulator: Any, sink: Any) -> None:
    fireworks.create()
    client("braket").create_job(**braket_job)
    simulator.advance(1000)
    sink.details(3)
    assert {entry["Source"] for entry in sink.entries} == {"jobchute.simulator.braket"}


def entry_of(number: int) -> Entry:
    return Event("braket", "Some Change", "arn", {"number": number}, 0.0).as_entry(
        source_prefix="test.", bus="default"
    )


class Unreliable:
    """Takes nothing the first `failures` times: once by raising, then by refusing the last entry."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.batches: list[int] = []
        self.taken: list[int] = []

    def __call__(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        self.batches.append(len(entries))
        self.failures -= 1
        if self.failures > 0:
            raise ConnectionError("no emulator")
        refused = entries[-1:] if self.failures == 0 else []
        self.taken += [json.loads(entry["Detail"])["number"] for entry in entries if entry not in refused]
        return refused


def test_events_are_sent_ten_at_a_time_and_again_until_taken() -> None:
    send = Unreliable(failures=3)
    publisher = Publisher(send, first_pause=0.001)
    for number in range(23):
        publisher.publish(entry_of(number))
    publisher.start()
    publisher.stop()
    assert sorted(send.taken) == list(range(23))
    assert max(send.batches) == 10
    assert (publisher.sent, publisher.lost) == (23, 0)


def test_an_event_that_cannot_be_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    publisher = Publisher(Unreliable(failures=1000), first_pause=0.0001)
    publisher.publish(entry_of(7))
    with caplog.at_level(logging.ERROR):
        publisher.start()
        publisher.stop()
    assert publisher.lost == 1
    assert any(
        "an event is lost" in record.getMessage() and '"number": 7' in record.getMessage()
        for record in caplog.records
    )


def test_put_events_reports_the_entries_that_were_refused(caplog: pytest.LogCaptureFixture) -> None:
    received: list[dict[str, Any]] = []

    def event_bridge(request: Request) -> Response:
        received.append({"target": request.headers["x-amz-target"], **request.json()})
        results = [{"EventId": "1"}, {"ErrorCode": "InternalFailure", "ErrorMessage": "later"}]
        return json_response(200, {"FailedEntryCount": 1, "Entries": results})

    server = HttpServer(0, event_bridge)
    server.start()
    try:
        send = EventBridge(endpoint=server.url, region="us-east-1")
        refused = send([entry_of(1), entry_of(2)])
    finally:
        server.stop()
    assert [json.loads(entry["Detail"]) for entry in refused] == [{"number": 2}]
    assert received[0]["target"] == "AWSEvents.PutEvents"
    assert received[0]["Entries"][0]["Source"] == "test.braket"
    assert "InternalFailure" in caplog.text
