"""`jobchute dlq` over announcements: records of the ledger's stream that could not be delivered."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli import redrive
from jobchute.cli.main import app
from jobchute.job import Api, Job, Source, State
from tests.fakes.clients import GivenClients
from tests.fakes.stream import FakeTrimmedStreams
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.dead_letter_queues import Place

run = CliRunner().invoke
JOB = Job(
    job_id="jc-1",
    api=Api.TRAINING_JOB,
    state=State.SUCCEEDED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:05:00.000Z",
    source=Source(uri="sqs://1", status_key="status-messages/1.json"),
    history=(
        {"state": "QUEUED", "at": "2026-11-21T10:00:00.000Z"},
        {"state": "SUCCEEDED", "at": "2026-11-21T10:05:00.000Z"},
    ),
    moves=2,
)


class TestStreamFailures:
    @pytest.fixture
    def stream(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> str:
        # moto does not know the stream's endpoint of one account.
        monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        dynamodb = runtime.client("dynamodb")
        return str(dynamodb.describe_table(TableName=place.deployment.table)["Table"]["LatestStreamArn"])

    def failure(self, stream: str, **batch: Any) -> dict[str, Any]:
        info = {
            "streamArn": stream,
            "shardId": "shard-gone",
            "startSequenceNumber": "1",
            "endSequenceNumber": "1",
            "batchSize": 1,
            "approximateArrivalOfFirstRecord": "2026-11-21T10:05:01Z",
            "approximateArrivalOfLastRecord": "2026-11-21T10:05:02Z",
        }
        return {"DDBStreamBatchInfo": info | batch}

    def records(self, stream: str) -> tuple[str, list[Any]]:
        streams = runtime.client("dynamodbstreams")
        (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return shard["ShardId"], streams.get_records(ShardIterator=iterator)["Records"]

    def test_the_jobs_in_the_batch_are_told_again_and_no_others(self, place: Place, stream: str) -> None:
        ledger = place.deployment.ledger
        for number in range(3):
            ledger.add(replace(JOB, job_id=f"jc-{number}"))
        shard, records = self.records(stream)
        number = next(
            record["dynamodb"]["SequenceNumber"]
            for record in records
            if record["dynamodb"]["Keys"]["pk"]["S"] == "jc-1"
        )
        batch = {"shardId": shard, "startSequenceNumber": number, "endSequenceNumber": number}
        message_id = place.put("stream", self.failure(stream, **batch))
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert json.loads(result.stdout)["jobIds"] == ["jc-1"]
        assert [ledger.get(f"jc-{number}").retold for number in range(3)] == [0, 1, 0]
        assert place.count("stream") == (0, 0)
        assert place.rows.all() == []

    def test_what_the_stream_has_forgotten_is_found_by_the_histories(
        self, place: Place, stream: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ledger = place.deployment.ledger
        later, earlier = "2026-11-21T12:00:00.000Z", "2026-11-21T09:00:00.000Z"
        moved_on = replace(
            JOB, job_id="jc-on", updated_at=later, history=(*JOB.history, {"state": "X", "at": later})
        )
        for job in (
            JOB,
            moved_on,
            replace(JOB, job_id="jc-later", updated_at=later, history=({"state": "X", "at": later},)),
            replace(JOB, job_id="jc-before", updated_at=earlier, history=({"state": "X", "at": earlier},)),
        ):
            ledger.add(job)
        message_id = place.put("stream", self.failure(stream))
        monkeypatch.setattr(
            runtime.client("dynamodbstreams"), "get_shard_iterator", FakeTrimmedStreams().get_shard_iterator
        )
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert sorted(json.loads(result.stdout)["jobIds"]) == ["jc-1", "jc-on"]

    def test_the_job_of_an_announcement_put_aside_is_told_again(self, place: Place) -> None:
        ledger = place.deployment.ledger
        for number in range(2):
            ledger.add(replace(JOB, job_id=f"jc-{number}"))
        record = {"jobId": "jc-1", "changedAt": JOB.updated_at, "errors": ["KeyTooLongError"]}
        message_id = place.put("stream", {"putAside": record})
        result = run(app, ["dlq", "redrive", message_id, "--json"])
        assert json.loads(result.stdout)["jobIds"] == ["jc-1"]
        assert [ledger.get(f"jc-{number}").retold for number in range(2)] == [0, 1]
        assert place.count("stream") == (0, 0)
        assert place.rows.all() == []

    def test_one_whose_job_is_gone_is_taken_away(self, place: Place) -> None:
        record = {"jobId": "jc-gone", "changedAt": JOB.updated_at, "errors": ["KeyTooLongError"]}
        message_id = place.put("stream", {"putAside": record})
        assert json.loads(run(app, ["dlq", "redrive", message_id, "--json"]).stdout)["jobIds"] == []
        assert place.count("stream") == (0, 0)

    def test_a_trimmed_stream_is_no_error(self) -> None:
        class Trimmed:
            def get_shard_iterator(self, **_: Any) -> Any:
                raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")

        batch = {"streamArn": "a", "shardId": "s", "startSequenceNumber": "1", "batchSize": 1}
        with tool_with(GivenClients({"dynamodbstreams": Trimmed()})):
            assert redrive._in_stream(batch) is None
