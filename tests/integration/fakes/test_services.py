# ruff: noqa: ARG005 - the names are those of what is replaced
"""What Jobchute relies on in S3, SQS, Step Functions and EventBridge, over moto and over the fakes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.fakes.clock import Clock
from tests.fakes.objects import FakeEvents, FakeS3
from tests.fakes.queues import FakeSQS
from tests.fakes.states import FakeStates
from tests.integration.core.aws import client

BUCKET = "drop"
NOW = 1_795_000_000.0
ROLE = "arn:aws:iam::123456789012:role/JobchuteMachine"


@dataclass
class Services:
    s3: Any
    sqs: Any
    states: Any
    events: Any
    machine: str
    upload: Callable[[str, bytes], str]


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    return {service: client(service) for service in ("s3", "sqs", "stepfunctions", "events")}


@pytest.fixture(params=["moto", "fake"])
def aws(request: pytest.FixtureRequest, clients: dict[str, Any]) -> Iterator[Services]:
    if request.param == "fake":
        yield fakes()
        return
    with mock_aws():
        s3, states, events = clients["s3"], clients["stepfunctions"], clients["events"]
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        events.create_event_bus(Name="jobchute")
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": True}}})
        machine = states.create_state_machine(name="jobs", definition=definition, roleArn=ROLE)

        def upload(key: str, data: bytes) -> str:
            return str(s3.put_object(Bucket=BUCKET, Key=key, Body=data)["VersionId"])

        yield Services(s3, clients["sqs"], states, events, machine["stateMachineArn"], upload)


def fakes() -> Services:
    s3 = FakeS3(lambda: NOW, bucket=BUCKET)
    states = FakeStates(Clock(NOW), Random(0), lambda name, event: None)
    return Services(
        s3, FakeSQS(lambda: NOW), states, FakeEvents(), "machine", lambda key, data: s3.upload(key, data)[0]
    )


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


class TestS3:
    def test_each_version_is_read_as_it_was_put(self, aws: Services) -> None:
        versions = [aws.upload("requests/a.json", data) for data in (b"one", b"three")]
        for version, data in zip(versions, (b"one", b"three"), strict=True):
            answer = aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json", VersionId=version)
            assert (answer["Body"].read(), answer["ContentLength"]) == (data, len(data))
        assert aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json")["Body"].read() == b"three"

    def test_the_answer_says_which_version_it_is_and_when_it_was_put_in_whole_seconds(
        self, aws: Services
    ) -> None:
        old, new = (aws.upload("requests/a.json", data) for data in (b"one", b"two"))
        asked = aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json", VersionId=old)
        current = aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json")
        head = aws.s3.head_object(Bucket=BUCKET, Key="requests/a.json")
        assert (asked["VersionId"], current["VersionId"], head["VersionId"]) == (old, new, new)
        assert head["ETag"] == current["ETag"] != asked["ETag"]
        modified = asked["LastModified"]
        assert (modified.microsecond, modified.utcoffset().total_seconds()) == (0, 0)
        assert modified <= current["LastModified"] == head["LastModified"]

    def test_an_object_is_put_where_there_is_none_and_nowhere_else(self, aws: Services) -> None:
        def put(body: bytes) -> None:
            aws.s3.put_object(
                Bucket=BUCKET, Key="status/a.json", Body=body, ContentType="application/json", IfNoneMatch="*"
            )

        put(b"first")
        with pytest.raises(ClientError) as error:
            put(b"second")
        assert code(error) == "PreconditionFailed"
        assert aws.s3.get_object(Bucket=BUCKET, Key="status/a.json")["Body"].read() == b"first"

    def test_what_is_not_there(self, aws: Services) -> None:
        with pytest.raises(ClientError) as error:
            aws.s3.get_object(Bucket=BUCKET, Key="requests/none.json")
        assert code(error) == "NoSuchKey"
        with pytest.raises(ClientError) as error:
            aws.s3.head_object(Bucket=BUCKET, Key="status/none.json")
        assert code(error) == "404"

    def test_a_status_document_is_replaced_and_says_when_in_whole_seconds(self, aws: Services) -> None:
        for body in (b"{}", b'{"state": "QUEUED"}'):
            aws.s3.put_object(Bucket=BUCKET, Key="status/a.json", Body=body, ContentType="application/json")
        modified = aws.s3.head_object(Bucket=BUCKET, Key="status/a.json")["LastModified"]
        assert (modified.microsecond, modified.utcoffset().total_seconds()) == (0, 0)

    def test_the_fake_lets_functions_write_below_status_alone(self) -> None:
        with pytest.raises(ClientError) as error:
            fakes().s3.put_object(Bucket=BUCKET, Key="requests/a.json", Body=b"", ContentType="text/plain")
        assert code(error) == "AccessDenied"


class TestSQS:
    @pytest.fixture
    def url(self, aws: Services) -> str:
        return str(aws.sqs.create_queue(QueueName="letters")["QueueUrl"])

    def receive(self, aws: Services, url: str, hidden: int = 60) -> list[dict[str, Any]]:
        answer = aws.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=hidden,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def counts(self, aws: Services, url: str) -> tuple[str, str]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return told[names[0]], told[names[1]]

    def test_what_was_sent_is_received_and_then_hidden(self, aws: Services, url: str) -> None:
        sent = aws.sqs.send_message(QueueUrl=url, MessageBody="body")
        assert self.counts(aws, url) == ("1", "0")
        (message,) = self.receive(aws, url)
        assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "body")
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        assert int(message["Attributes"]["SentTimestamp"]) > 10**12
        assert self.receive(aws, url) == []
        assert self.counts(aws, url) == ("0", "1")

    def test_what_is_shown_again_counts_how_often(self, aws: Services, url: str) -> None:
        aws.sqs.send_message(QueueUrl=url, MessageBody="body")
        (message,) = self.receive(aws, url)
        entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        answer = aws.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[entry])
        assert [each["Id"] for each in answer["Successful"]] == ["0"]
        (again,) = self.receive(aws, url)
        assert again["Attributes"]["ApproximateReceiveCount"] == "2"

    def test_what_is_deleted_is_gone_and_nothing_is_raised_of_it(self, aws: Services, url: str) -> None:
        aws.sqs.send_message(QueueUrl=url, MessageBody="body")
        (message,) = self.receive(aws, url)
        for _ in range(2):
            aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert self.counts(aws, url) == ("0", "0")
        entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        answer = aws.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[entry])
        assert [each["Id"] for each in answer.get("Failed", [])] == ["0"]

    def test_a_queue_that_is_not_there(self, aws: Services) -> None:
        with pytest.raises(ClientError) as error:
            aws.sqs.receive_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/none")
        assert code(error) == "AWS.SimpleQueueService.NonExistentQueue"


def execution_input(job_id: str) -> str:
    not_before = datetime.fromtimestamp(NOW, UTC).isoformat()
    return json.dumps({"jobId": job_id, "timeoutSeconds": 9, "notBefore": not_before})


class TestStepFunctions:
    def start(self, aws: Services, text: str = execution_input("jc-1")) -> Any:
        return aws.states.start_execution(stateMachineArn=aws.machine, name="jc-1", input=text)["executionArn"]

    def test_a_running_execution_is_started_again_by_the_same_input(self, aws: Services) -> None:
        assert self.start(aws) == self.start(aws)

    def test_another_input_under_its_name_is_refused(self, aws: Services) -> None:
        self.start(aws)
        with pytest.raises(aws.states.exceptions.ExecutionAlreadyExists):
            self.start(aws, execution_input("jc-2"))

    def test_a_name_stays_taken_after_the_end(self) -> None:
        """For 90 days; moto lets an ended execution be started again with the same input."""
        aws = fakes()
        self.start(aws)
        aws.states.abort("jc-1")
        with pytest.raises(aws.states.exceptions.ExecutionAlreadyExists):
            self.start(aws)

    def test_a_token_that_is_over_is_refused(self) -> None:
        """moto waits for no task tokens."""
        clock = Clock(NOW)
        states = FakeStates(clock, Random(0), lambda name, event: None)
        states.start_execution(stateMachineArn="machine", name="jc-1", input=execution_input("jc-1"))
        clock.run(NOW + 5)
        token = states.executions[0].token
        states.send_task_success(taskToken=token, output="{}")
        assert states.executions[0].status == "SUCCEEDED"
        with pytest.raises(ClientError) as error:
            states.send_task_success(taskToken=token, output="{}")
        assert code(error) == "TaskTimedOut"


class TestEventBridge:
    def test_an_entry_is_taken(self, aws: Services) -> None:
        entry = {"Source": "jobchute", "DetailType": "t", "Detail": "{}", "EventBusName": "jobchute"}
        answer = aws.events.put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        assert len(answer["Entries"]) == 1
