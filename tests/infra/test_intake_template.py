"""The queues that feed the functions, and what arrives there."""

import json
from typing import Any

from infra import function
from jobchute.ledger.items import JOB
from tests.infra.conftest import Template

BUCKET = "IntakeBucketDF3620F2"


class TestQueues:
    def test_a_message_is_invisible_for_six_function_time_outs(self, template: Template) -> None:
        read = self.mappings(template)
        assert set(read) == {"validate", "observe"}
        for module, mapping in read.items():
            queue = template.body["Resources"][mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            assert queue["VisibilityTimeout"] >= 6 * template.functions()[module]["Timeout"]

    def test_throttling_alone_fills_no_dead_letter_queue(self, template: Template) -> None:
        for mapping in self.mappings(template).values():
            queue = template.body["Resources"][mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
            dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            letters = template.body["Resources"][dead]["Properties"]
            assert letters["MessageRetentionPeriod"] == 14 * 24 * 3600 >= queue["MessageRetentionPeriod"]

    def test_a_batch_reports_the_items_that_failed(self, template: Template) -> None:
        mappings = template.of("AWS::Lambda::EventSourceMapping").values()
        assert len(mappings) == 3
        for mapping in mappings:
            assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def test_a_batch_from_a_queue_is_of_ten(self, template: Template) -> None:
        for mapping in self.mappings(template).values():
            assert mapping["BatchSize"] == 10
            assert mapping["ScalingConfig"]["MaximumConcurrency"] == function.QUEUE_CONCURRENCY <= 1000

    def test_the_stream_is_read_from_its_start_and_failures_are_kept(self, template: Template) -> None:
        (mapping,) = (
            each["Properties"]
            for each in template.of("AWS::Lambda::EventSourceMapping").values()
            if "StartingPosition" in each["Properties"]
        )
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["ParallelizationFactor"] == function.STREAM_READERS
        (only,) = mapping["FilterCriteria"]["Filters"]
        assert json.loads(only["Pattern"]) == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"sk": {"S": [JOB]}}},
        }
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in template.of(
            "AWS::SQS::Queue"
        )
        assert template.module_of(mapping["FunctionName"]["Ref"]) == "announce"

    def test_every_queue_that_waits_for_a_person_has_an_alarm(self, template: Template) -> None:
        queues = template.of("AWS::SQS::Queue")
        read = {mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in self.mappings(template).values()}
        watched = {
            dimension["Value"]["Fn::GetAtt"][0]
            for alarm in template.of("AWS::CloudWatch::Alarm").values()
            for dimension in alarm["Properties"].get("Dimensions", [])
            if dimension["Name"] == "QueueName"
        }
        targets = {
            queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            for logical_id, queue in queues.items()
            if logical_id in read
        }
        assert targets <= watched
        assert watched <= queues.keys()

    def test_every_queue_and_bucket_refuses_plain_http(self, template: Template) -> None:
        for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
            for policy in template.of(kind).values():
                statements = policy["Properties"]["PolicyDocument"]["Statement"]
                denied = [each for each in statements if each["Effect"] == "Deny"]
                assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def mappings(self, template: Template) -> dict[str, dict[str, Any]]:
        return {
            template.module_of(mapping["Properties"]["FunctionName"]["Ref"]): mapping["Properties"]
            for mapping in template.of("AWS::Lambda::EventSourceMapping").values()
            if "StartingPosition" not in mapping["Properties"]
        }


class TestIntake:
    def test_the_bucket_is_versioned_and_notifies_of_requests_alone(self, template: Template) -> None:
        bucket = template.body["Resources"][BUCKET]
        properties = bucket["Properties"]
        (told,) = properties["NotificationConfiguration"]["QueueConfigurations"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert told["Event"] == "s3:ObjectCreated:*"
        assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "requests/"}]
        assert all(properties["PublicAccessBlockConfiguration"].values())

    def test_the_queue_lets_s3_in_before_the_bucket_is_made(self, template: Template) -> None:
        bucket = template.body["Resources"][BUCKET]
        policies = template.of("AWS::SQS::QueuePolicy")
        needed = [each for each in bucket["DependsOn"] if each in policies]
        statements = policies[needed[0]]["Properties"]["PolicyDocument"]["Statement"]
        (allowed,) = [each for each in statements if each.get("Principal") == {"Service": "s3.amazonaws.com"}]
        assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}

    def test_another_bucket_may_be_read_when_it_is_configured(
        self, template: Template, configured: Template
    ) -> None:
        assert "uploads" not in json.dumps(template.actions_of("validate"))
        assert "uploads/*" in json.dumps(configured.actions_of("validate")["s3:GetObjectVersion"])


def test_validate_alone_knows_the_other_buckets_that_it_may_read(
    configured: Template, template: Template
) -> None:
    given = {
        module: function["Environment"]["Variables"].get("JOBCHUTE_BUCKETS")
        for module, function in configured.functions().items()
    }
    assert {module: buckets for module, buckets in given.items() if buckets} == {"validate": "uploads"}
    assert "JOBCHUTE_BUCKETS" not in template.functions()["validate"]["Environment"]["Variables"]
