"""What SQS refuses, what it tells of a message, and where Lambda stops a chain of messages."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clock import Clock
from tests.fakes.messages import MAX_BYTES, message_bytes
from tests.fakes.queues import FUNCTION, MAX_CHAIN, MAX_RECEIVES, PERSON, FakeQueue, FakeSQS, Letter
from tests.harness.faults.functions import sqs_record
from tests.integration.fakes.services import NOW, Services, code, fakes

ONE = {"DataType": "String", "StringValue": "v"}


@pytest.fixture
def url(aws: Services) -> str:
    return str(aws.sqs.create_queue(QueueName="letters")["QueueUrl"])


class TestLimits:
    def send(self, sqs: Any, url: str, body: str, **options: Any) -> Any:
        return sqs.send_message(QueueUrl=url, MessageBody=body, **options)

    def refused(self, sqs: Any, url: str, body: str, **options: Any) -> str:
        with pytest.raises(ClientError) as error:
            self.send(sqs, url, body, **options)
        return code(error)

    def test_a_message_of_one_mib_is_accepted_and_not_a_byte_more(self, aws: Services, url: str) -> None:
        self.send(aws.sqs, url, "x" * MAX_BYTES)
        assert self.refused(aws.sqs, url, "x" * (MAX_BYTES + 1)) == "InvalidParameterValue"

    def test_bytes_count_and_not_characters(self) -> None:
        """moto counts characters."""
        sqs, url = self.fake()
        assert self.refused(sqs, url, "é" * (MAX_BYTES // 2 + 1)) == "InvalidParameterValue"

    def test_attributes_count_with_their_names_and_types(self) -> None:
        """moto counts the body alone."""
        assert message_bytes("é", {"name": ONE}) == 2 + len("name" + "String" + "v")
        sqs, url = self.fake()
        body = "x" * (MAX_BYTES - 10)
        assert self.refused(sqs, url, body, MessageAttributes={"name": ONE}) == "InvalidParameterValue"
        self.send(sqs, url, body[1:], MessageAttributes={"name": ONE})

    def test_ten_attributes_are_taken_and_eleven_are_refused(self) -> None:
        """moto does not count."""
        sqs, url = self.fake()
        ten: Mapping[str, Any] = {f"name-{number}": ONE for number in range(10)}
        self.send(sqs, url, "body", MessageAttributes=ten)
        eleven = {**ten, "name": ONE}
        assert self.refused(sqs, url, "body", MessageAttributes=eleven) == "InvalidParameterValue"

    def test_an_empty_attribute_is_refused(self) -> None:
        sqs, url = self.fake()
        empty = {"name": {"DataType": "String", "StringValue": ""}}
        assert self.refused(sqs, url, "body", MessageAttributes=empty) == "InvalidParameterValue"

    @pytest.mark.parametrize("character", ["\0", "\x1b", "\ufffe", "\uffff"])
    def test_control_characters_are_refused(self, character: str) -> None:
        """moto takes them."""
        assert self.refused(*self.fake(), f"a{character}b") == "InvalidMessageContents"

    def test_tabs_line_ends_and_all_of_unicode_are_taken(self, aws: Services, url: str) -> None:
        self.send(aws.sqs, url, "\t\r\n \x7f\x9b é\u202e\ufffd\U0010ffff")

    def test_an_empty_message_is_refused(self) -> None:
        """moto takes it."""
        assert self.refused(*self.fake(), "") == "MissingParameter"

    def test_a_message_waits_for_a_quarter_of_an_hour_at_most(self, aws: Services, url: str) -> None:
        self.send(aws.sqs, url, "body", DelaySeconds=900)
        assert self.refused(aws.sqs, url, "body", DelaySeconds=901) == "InvalidParameterValue"
        assert "Messages" not in aws.sqs.receive_message(QueueUrl=url)

    def fake(self) -> tuple[FakeSQS, str]:
        sqs = fakes().sqs
        return sqs, sqs.create_queue(QueueName="letters")["QueueUrl"]


class TestSenders:
    def test_a_message_tells_who_sent_it(self, aws: Services, url: str) -> None:
        aws.sqs.send_message(QueueUrl=url, MessageBody="body")
        (message,) = aws.sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["SenderId"])["Messages"]
        assert message["Attributes"]["SenderId"]

    def test_the_function_sees_it_too(self) -> None:
        """As an event source mapping shows a message; moto has none."""
        seen: list[dict[str, Any]] = []

        def deliver(batch: list[Letter]) -> set[str]:
            seen.extend(map(sqs_record, batch))
            return set()

        clock = Clock(NOW)
        queue = FakeQueue(clock, {}, deliver)
        queue.send("one")
        queue.send("two", sender_id="AROAEXAMPLEANOTHER01:session")
        clock.run(NOW + 1)
        senders = [record["attributes"]["SenderId"] for record in seen]
        assert senders == [PERSON, "AROAEXAMPLEANOTHER01:session"]


class TestRecursion:
    """moto invokes no function. Lambda developer guide: it stops after about 16 invocations of one chain."""

    def chain(self, *, allows_loops: bool, hops: int) -> tuple[FakeQueue, FakeSQS, dict[str, Letter]]:
        """A function that sends each message again, until it came so often."""
        clock, dead = Clock(NOW), dict[str, Letter]()
        sqs = FakeSQS(lambda: clock.now)

        def deliver(batch: list[Letter]) -> set[str]:
            for letter in batch:
                if int(letter.body) < hops:
                    sqs.send_message(QueueUrl="intake", MessageBody=str(int(letter.body) + 1), DelaySeconds=5)
            return set()

        queue = FakeQueue(clock, dead, deliver, allows_loops=allows_loops)
        sqs.takers = {"intake": queue.take_from_function}
        queue.send("1")
        clock.run(NOW + 24 * 3600)
        return queue, sqs, dead

    def test_a_chain_that_is_allowed_goes_on(self) -> None:
        queue, _, dead = self.chain(allows_loops=True, hops=40)
        assert (len(queue.taken), queue.stopped, dead) == (40, 0, {})

    def test_one_that_is_not_is_stopped_and_its_message_dies(self) -> None:
        queue, _, dead = self.chain(allows_loops=False, hops=40)
        assert [letter.body for letter in dead.values()] == [str(MAX_CHAIN + 1)]
        assert (len(queue.taken), queue.stopped) == (MAX_CHAIN + 1, MAX_RECEIVES)

    def test_a_shorter_one_goes_to_its_end(self) -> None:
        queue, _, dead = self.chain(allows_loops=False, hops=MAX_CHAIN)
        assert (len(queue.taken), queue.stopped, dead) == (MAX_CHAIN, 0, {})

    def test_what_a_function_sends_is_sent_in_its_name(self) -> None:
        clock = Clock(NOW)
        seen: list[tuple[str, str]] = []
        sqs = FakeSQS(lambda: clock.now)

        def deliver(batch: list[Letter]) -> set[str]:
            seen.extend((letter.body, letter.sender_id) for letter in batch)
            if batch[0].body == "first":
                sqs.send_message(QueueUrl="intake", MessageBody="again", DelaySeconds=120)
            return set()

        queue = FakeQueue(clock, {}, deliver)
        sqs.takers = {"intake": queue.take_from_function}
        queue.send("first")
        clock.run(NOW + 119)
        assert seen == [("first", PERSON)]
        clock.run(NOW + 121)
        assert seen[1:] == [("again", FUNCTION)]
