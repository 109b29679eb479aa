"""A queue that was there before the stack: read, looked at, watched, and never set or written to."""

import json
import re
from pathlib import Path

import pytest

from infra.configuration import ConfigurationError
from infra.intake import MAX_RECEIVES
from infra.resources import TIMEOUT
from jobchute.aws.other_queues import MIN_RECEIVES, MIN_RETENTION, what_is_wrong
from jobchute.metrics import UNSAFE_QUEUES
from jobchute.settings import OtherQueueSettings
from tests.infra.conftest import QUEUE, Template, listed
from tests.infra.test_deployments import deployed_to
from tests.paths import DOCS

PAGE = DOCS / "existing-resources.md"
OTHER = "arn:aws:sqs:eu-central-1:123456789012:invoices"


def test_validate_is_fed_from_it_as_from_jobchute_s_own(configured: Template) -> None:
    mappings = {
        json.dumps(each["Properties"]["EventSourceArn"]): each["Properties"]
        for each in configured.of("AWS::Lambda::EventSourceMapping").values()
        if configured.module_of(each["Properties"]["FunctionName"]["Ref"]) == "validate"
    }
    other = mappings.pop(json.dumps(QUEUE))
    (own,) = mappings.values()
    assert {**other, "EventSourceArn": None} == {**own, "EventSourceArn": None}


def test_validate_may_empty_it_and_the_reconciler_look_at_it(
    configured: Template,
) -> None:
    allowed = {
        module: {action for action, where in configured.actions_of(module).items() if QUEUE in where}
        for module in configured.functions()
    }
    read = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    assert allowed.pop("validate") == read
    assert allowed.pop("reconcile") == {"sqs:GetQueueAttributes"}
    assert not any(allowed.values())


def test_the_sweep_knows_it_and_what_it_must_be_set_to(configured: Template, template: Template) -> None:
    given = configured.functions()["reconcile"]["Environment"]["Variables"]
    url = "".join(
        part if isinstance(part, str) else "?" for part in given["JOBCHUTE_OTHER_QUEUE_URLS"]["Fn::Join"][1]
    )
    assert url == "https://sqs.eu-central-1.?/123456789012/orders"
    assert int(given["JOBCHUTE_SHORTEST_HIDDEN_SECONDS"]) == 6 * TIMEOUT.to_seconds()
    assert OtherQueueSettings.shortest_hidden_seconds == 6 * TIMEOUT.to_seconds()
    assert "JOBCHUTE_OTHER_QUEUE_URLS" not in template.functions()["reconcile"]["Environment"]["Variables"]


def test_alarms_ring_when_it_loses_messages_or_is_not_read(configured: Template, template: Template) -> None:
    alarms = configured.of("AWS::CloudWatch::Alarm").values()
    (unsafe,) = [each for each in alarms if each["Properties"].get("MetricName") == UNSAFE_QUEUES]
    assert unsafe["Properties"]["Threshold"] == 1
    (waiting,) = [each for each in alarms if "ApproximateAgeOfOldestMessage" in json.dumps(each)]
    assert '"Value": "orders"' in json.dumps(waiting)
    assert UNSAFE_QUEUES not in json.dumps(template.body)


def test_the_dashboard_shows_it(configured: Template) -> None:
    (page,) = configured.of("AWS::CloudWatch::Dashboard").values()
    assert '\\"orders\\"' in json.dumps(page["Properties"]["DashboardBody"])


def test_nothing_of_the_stack_sets_it(configured: Template) -> None:
    for policy in configured.of("AWS::SQS::QueuePolicy").values():
        assert [each for each in listed(policy["Properties"]["Queues"]) if isinstance(each, str)] == []


def test_its_owner_is_told_where_dead_letters_go(configured: Template, template: Template) -> None:
    for each in (configured, template):
        (queue, _) = each.body["Outputs"]["DeadLetterQueueArn"]["Value"]["Fn::GetAtt"]
        assert queue.startswith("IntakeMessagesDeadLetters")
    assert "ValidateRoleArn" in configured.body["Outputs"]
    assert "ValidateRoleArn" not in template.body["Outputs"]


def test_there_may_be_several(asset: Path) -> None:
    template = deployed_to("eu-central-1", asset, queues=(QUEUE, OTHER))
    for each in (QUEUE, OTHER):
        assert each in template.actions_of("validate")["sqs:ReceiveMessage"]
        assert each in template.actions_of("reconcile")["sqs:GetQueueAttributes"]


@pytest.mark.parametrize("place", ["us-east-1:123456789012", "eu-central-1:210987654321"])
def test_one_of_another_region_or_account_is_refused(place: str, asset: Path) -> None:
    with pytest.raises(ConfigurationError, match="queues"):
        deployed_to("eu-central-1", asset, queues=(f"arn:aws:sqs:{place}:orders",))


def test_the_page_for_its_owner_says_what_the_sweep_holds_it_to() -> None:
    page = PAGE.read_text()
    for words in (
        f"{OtherQueueSettings.shortest_hidden_seconds} seconds or more",
        f"`maxReceiveCount` {MIN_RECEIVES} or more (Jobchute's own: {MAX_RECEIVES})",
        f"{MIN_RETENTION // 86400} days or more",
    ):
        assert words in page
    command = re.search(r"--attributes '(.*?)'", page, re.DOTALL)
    assert command is not None
    attributes = json.loads(command[1].replace("<DeadLetterQueueArn>", "arn:aws:sqs:::dead"))
    assert not [*what_is_wrong(attributes, "dead", OtherQueueSettings.shortest_hidden_seconds)]
