"""Our own assertions over what a real account refuses, stops or runs out of, and the embedded AWS does not."""

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.checks.safeguards import POLICIES, Resources, listed, of, statements, target

MAX_ENVIRONMENT_BYTES = 4096
MAX_INLINE_CHARACTERS = 10_240
MAX_ALARM_METRICS = 10
REFERENCE = "x" * 128


def environments_fit(resources: Resources) -> Iterator[str]:
    """4 KB of JSON in all (Lambda quotas)."""
    for logical_id, function in of(resources, "AWS::Lambda::Function"):
        variables = {name: _as_text(value) for name, value in function["Environment"]["Variables"].items()}
        size = len(json.dumps(variables).encode())
        if size > MAX_ENVIRONMENT_BYTES:
            yield f"{logical_id}: an environment of {size} bytes"


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(_as_text, value["Fn::Join"][1]))
    return REFERENCE


def one_function_may_call_itself(resources: Resources) -> Iterator[str]:
    """Lambda stops a chain of some 16 calls: the intake's are its own, and any other would be a mistake."""
    for logical_id, function in of(resources, "AWS::Lambda::Function"):
        expected = "Allow" if function["Handler"] == "validate.handler" else None
        if function.get("RecursiveLoop") != expected:
            yield f"{logical_id}: its recursive loop is {function.get('RecursiveLoop')}"


def a_machine_s_log_takes_no_room_in_the_account(resources: Resources) -> Iterator[str]:
    """Resource policies of CloudWatch Logs have 5,120 characters in all; this prefix needs none of them."""
    groups = dict(of(resources, "AWS::Logs::LogGroup"))
    for logical_id, machine in of(resources, "AWS::StepFunctions::StateMachine"):
        for each in machine.get("LoggingConfiguration", {}).get("Destinations", []):
            group = groups.get(target(each["CloudWatchLogsLogGroup"]["LogGroupArn"]), {})
            if not str(group.get("LogGroupName", "")).startswith("/aws/vendedlogs/states/"):
                yield f"{logical_id}: its log needs a part of the account's resource policy"


def a_failed_deployment_leaves_nothing(resources: Resources) -> Iterator[str]:
    """But a table that is protected from deletion, which would make the rollback fail."""
    for logical_id, resource in resources.items():
        is_protected = resource.get("Properties", {}).get("DeletionProtectionEnabled") is True
        if resource.get("DeletionPolicy") == "Retain" and not is_protected:
            yield f"{logical_id}: is left behind by a first deployment that fails"
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate" and is_protected:
            yield f"{logical_id}: makes the rollback of a first deployment fail"


def alarms_have_few_metrics(resources: Resources) -> Iterator[str]:
    for logical_id, alarm in of(resources, "AWS::CloudWatch::Alarm"):
        if sum("MetricStat" in each for each in alarm.get("Metrics", [])) > MAX_ALARM_METRICS:
            yield f"{logical_id}: more metrics than an alarm's expression may have"


def roles_have_room_for_their_policies(resources: Resources) -> Iterator[str]:
    """10,240 characters of inline policies in a role, and 6,144 of a managed one (IAM quotas)."""
    for kind, most in zip(POLICIES, (MAX_INLINE_CHARACTERS, 6_144), strict=True):
        for logical_id, policy in of(resources, kind):
            # References are about as long as the ARNs that take their places.
            size = len(json.dumps(policy["PolicyDocument"], separators=(",", ":")))
            if size > most:
                yield f"{logical_id}: a policy of {size} characters"


def events_reach_an_encrypted_topic(resources: Resources) -> Iterator[str]:
    """EventBridge tells a key no source (SNS developer guide): a mail's key needs a statement without."""
    for logical_id, topic in of(resources, "AWS::SNS::Topic"):
        key = target(topic.get("KmsMasterKeyId"))
        open_to = [
            statement["Principal"].get("Service")
            for name, statement in statements(resources, "AWS::KMS::Key")
            if name == key and "Condition" not in statement and isinstance(statement["Principal"], dict)
        ]
        if key and "events.amazonaws.com" not in [each for some in open_to for each in listed(some)]:
            yield f"{logical_id}: EventBridge cannot publish with its key"
