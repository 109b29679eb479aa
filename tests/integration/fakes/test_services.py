# ruff: noqa: ARG005 - the names are those of what is replaced
"""What Jobchute relies on in SQS, Step Functions and EventBridge, over moto and over the fakes."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clock import Clock
from tests.fakes.events import FakeEvents, entry_bytes
from tests.fakes.states import FakeStates
from tests.integration.fakes.services import NOW, Services, code, fakes


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
    ENTRY: ClassVar = {"Source": "jobchute", "DetailType": "t", "Detail": "{}", "EventBusName": "jobchute"}

    def test_an_entry_is_taken(self, aws: Services) -> None:
        answer = aws.events.put_events(Entries=[self.ENTRY])
        assert answer["FailedEntryCount"] == 0
        assert len(answer["Entries"]) == 1

    def test_a_wrong_entry_is_reported_and_the_others_are_accepted(self, aws: Services) -> None:
        answer = aws.events.put_events(Entries=[{**self.ENTRY, "Detail": "no JSON"}, self.ENTRY])
        assert answer["FailedEntryCount"] == 1
        assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail"
        assert "ErrorCode" not in answer["Entries"][1]

    def test_eleven_entries_are_refused(self, aws: Services) -> None:
        aws.events.put_events(Entries=[self.ENTRY] * 10)
        with pytest.raises(ClientError) as error:
            aws.events.put_events(Entries=[self.ENTRY] * 11)
        assert code(error) == "ValidationException"

    def test_entries_of_256_kb_are_refused_and_of_less_are_taken(self) -> None:
        """moto does not count."""
        events = fakes().events
        rest = entry_bytes({**self.ENTRY, "Detail": '{"a": ""}'})
        for size, is_taken in ((262_143, True), (262_144, False)):
            entry = {**self.ENTRY, "Detail": json.dumps({"a": "x" * (size - rest)})}
            assert entry_bytes(entry) == size
            if is_taken:
                assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
                continue
            with pytest.raises(ClientError) as error:
                events.put_events(Entries=[entry])
            assert code(error) == "ValidationException"

    def test_the_sizes_of_all_entries_count_together(self) -> None:
        entry = {**self.ENTRY, "Detail": json.dumps({"a": "x" * 140_000})}
        fakes().events.put_events(Entries=[entry])
        with pytest.raises(ClientError) as error:
            fakes().events.put_events(Entries=[entry, entry])
        assert "over the limit" in str(error.value)

    def test_a_size_is_of_bytes_and_a_time_counts_fourteen(self) -> None:
        """EventBridge user guide, "Calculating PutEvents event entry size"."""
        entry = {"Source": "é", "DetailType": "tt", "Detail": "{}", "Resources": ["abc"], "Time": NOW}
        assert entry_bytes(entry) == 14 + 2 + 2 + 2 + 3

    def test_the_bus_can_fail_one_entry_for_the_moment(self) -> None:
        events = FakeEvents()
        events.failing = lambda entry: "ThrottlingException"
        answer = events.put_events(Entries=[self.ENTRY])
        assert (answer["FailedEntryCount"], answer["Entries"][0]["ErrorCode"]) == (1, "ThrottlingException")
        assert events.heard == []
