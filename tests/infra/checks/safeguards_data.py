"""Our own assertions over buckets, the table, logs, rules, alarms, the state machine; and the list of all."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.infra.checks.safeguards import (
    EVENTS,
    STATEFUL,
    Resources,
    Safeguard,
    every_function_has_its_own_role,
    no_wildcard_action,
    of,
    on_everything,
    plain_http_is_refused,
    roles_are_passed_to_one_provider,
    services_come_from_this_account,
    target,
    trusts_are_of_this_account,
)
from tests.infra.checks.safeguards_account import (
    a_failed_deployment_leaves_nothing,
    a_machine_s_log_takes_no_room_in_the_account,
    alarms_have_few_metrics,
    environments_fit,
    events_reach_an_encrypted_topic,
    one_function_may_call_itself,
    roles_have_room_for_their_policies,
)
from tests.infra.checks.safeguards_queues import (
    other_queues_are_looked_at,
    queues_are_encrypted,
    queues_give_functions_time_and_keep_what_failed,
)


def buckets_are_private_versioned_encrypted_and_logged(resources: Resources) -> Iterator[str]:
    logs = {target(b["LoggingConfiguration"]["DestinationBucketName"]) for b in _logged(resources)}
    for logical_id, bucket in of(resources, "AWS::S3::Bucket"):
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        if sorted(blocked) != sorted(BLOCKS) or not all(value is True for value in blocked.values()):
            yield f"{logical_id}: not all public access is blocked"
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{logical_id}: no versions"
        if not bucket.get("BucketEncryption") or "AccessControl" in bucket:
            yield f"{logical_id}: no encryption, or an access control list"
        if not bucket.get("LifecycleConfiguration", {}).get("Rules"):
            yield f"{logical_id}: keeps everything for ever"
        if "LoggingConfiguration" not in bucket and logical_id not in logs:
            yield f"{logical_id}: nobody logs who reads it"


BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def _logged(resources: Resources) -> list[Any]:
    return [bucket for _, bucket in of(resources, "AWS::S3::Bucket") if "LoggingConfiguration" in bucket]


def data_outlive_the_stack(resources: Resources) -> Iterator[str]:
    for logical_id, resource in resources.items():
        if resource["Type"] in STATEFUL:
            policies = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
            if policies not in (("Retain", "Retain"), ("RetainExceptOnCreate", "Retain")):
                yield f"{logical_id}: {policies}"


def the_table_can_be_recovered(resources: Resources) -> Iterator[str]:
    for logical_id, table in of(resources, "AWS::DynamoDB::Table"):
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if recovery.get("PointInTimeRecoveryEnabled") is not True:
            yield f"{logical_id}: no recovery to a point in time"
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"{logical_id}: can be deleted"
        if table.get("SSESpecification", {}).get("SSEEnabled") is not True:
            yield f"{logical_id}: not encrypted with a key in the account"


def keys_turn(resources: Resources) -> Iterator[str]:
    for logical_id, key in of(resources, "AWS::KMS::Key"):
        if key.get("EnableKeyRotation") is not True:
            yield f"{logical_id}: never turns"


def functions_log_and_trace(resources: Resources) -> Iterator[str]:
    groups = dict(of(resources, "AWS::Logs::LogGroup"))
    yield from (f"{name}: keeps for ever" for name, group in groups.items() if not group.get("RetentionInDays"))
    for logical_id, function in of(resources, "AWS::Lambda::Function"):
        if target(function.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{logical_id}: its log is not of this stack"
        if function.get("TracingConfig") != {"Mode": "Active"}:
            yield f"{logical_id}: not traced"


SECRET = re.compile("api_?key|password|secret|token", re.IGNORECASE)


def no_secret_is_written_down(resources: Resources) -> Iterator[str]:
    for logical_id, secret in of(resources, "AWS::SecretsManager::Secret"):
        if "SecretString" in secret:
            yield f"{logical_id}: its value is in the template"
    for logical_id, function in of(resources, "AWS::Lambda::Function"):
        for name, value in function["Environment"]["Variables"].items():
            if isinstance(value, str) and SECRET.search(name):
                yield f"{logical_id}: {name} has a value"


def rules_match_what_they_are_for(resources: Resources) -> Iterator[str]:
    for logical_id, rule in of(resources, "AWS::Events::Rule"):
        pattern = rule.get("EventPattern")
        if pattern is None and "ScheduleExpression" in rule:
            pattern = {"source": ["jobchute"], "detail-type": [*EVENTS["jobchute"]]}
        sources = (pattern or {}).get("source", [])
        kinds = (pattern or {}).get("detail-type", [])
        known = [EVENTS.get(source) if isinstance(source, str) else None for source in sources]
        if len(sources) != 1 or None in known or not kinds:
            yield f"{logical_id}: matches {json.dumps(pattern)}"
        elif set(kinds) - (known[0] or set()):
            yield f"{logical_id}: matches {kinds}"
        if rule.get("State") != "ENABLED":
            yield f"{logical_id}: is off"
        for each in rule["Targets"]:
            if "DeadLetterConfig" not in each:
                yield f"{logical_id}: what it cannot deliver is lost"


def executions_end_and_are_logged(resources: Resources) -> Iterator[str]:
    for logical_id, machine in of(resources, "AWS::StepFunctions::StateMachine"):
        parts = machine["DefinitionString"]["Fn::Join"][1]
        definition = json.loads("".join(part if isinstance(part, str) else "?" for part in parts))
        for name, state in definition["States"].items():
            waits = state.get("Resource", "").endswith(".waitForTaskToken")
            if waits and not {"TimeoutSeconds", "TimeoutSecondsPath"} & state.keys():
                yield f"{logical_id}: {name} waits for a year"
            if state["Type"] == "Task" and not state.get("Catch") and waits:
                yield f"{logical_id}: {name} catches nothing"
        logging = machine.get("LoggingConfiguration", {})
        if logging.get("Level") != "ALL" or logging.get("IncludeExecutionData"):
            yield f"{logical_id}: logs too little, or what goes in and out"
        if machine.get("TracingConfiguration") != {"Enabled": True}:
            yield f"{logical_id}: not traced"


def somebody_is_told(resources: Resources) -> Iterator[str]:
    """Of dead letters in every queue that keeps them, of functions that fail or are throttled, of no sweep."""
    watched = {
        (metric.get("MetricName"), target(dimension["Value"]))
        for _, alarm in of(resources, "AWS::CloudWatch::Alarm")
        for metric in (
            alarm,
            *(m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m),
        )
        for dimension in metric.get("Dimensions", [])
    }
    kept = {
        target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for _, queue in of(resources, "AWS::SQS::Queue")
        if "RedrivePolicy" in queue
    }
    for mapping in (m for _, m in of(resources, "AWS::Lambda::EventSourceMapping")):
        kept.add(target(mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")))
    for _, rule in of(resources, "AWS::Events::Rule"):
        kept |= {
            target(each["DeadLetterConfig"]["Arn"]) for each in rule["Targets"] if "DeadLetterConfig" in each
        }
    for logical_id in kept - {""}:
        if ("ApproximateNumberOfMessagesVisible", logical_id) not in watched:
            yield f"{logical_id}: nobody is told of dead letters"
    for logical_id, _ in of(resources, "AWS::Lambda::Function"):
        for metric in ("Errors", "Throttles"):
            if (metric, logical_id) not in watched:
                yield f"{logical_id}: nobody is told of {metric}"
    for _, rule in of(resources, "AWS::Events::Rule"):
        for each in rule["Targets"] if "ScheduleExpression" in rule else []:
            if ("Invocations", target(each["Arn"])) not in watched:
                yield f"{target(each['Arn'])}: nobody is told if its schedule stops"


STACK = "Jobchute"  # as tests.infra.conftest.synthesized names it


def nothing_has_a_name_of_its_own(resources: Resources) -> Iterator[str]:
    """Or two stacks could not stand side by side; what begins with the stack's name is no other stack's."""
    names = ("BucketName", "FunctionName", "Name", "QueueName", "RoleName", "StateMachineName", "TableName")
    kinds = (
        "Bucket",
        "Function",
        "Queue",
        "Role",
        "StateMachine",
        "Table",
        "LogGroup",
        "Rule",
        "Secret",
        "Topic",
    )
    for logical_id, resource in resources.items():
        if resource["Type"].rsplit("::")[-1] in kinds:
            given = {name: resource.get("Properties", {}).get(name) for name in names}
            for name, value in given.items():
                if isinstance(value, str) and not value.startswith(f"{STACK}-"):
                    yield f"{logical_id}: has a {name}"


def nothing_else_is_deployed(resources: Resources) -> Iterator[str]:
    """A function's URL, another account's permission, a custom resource: none of these came by itself."""
    unknown = {resource["Type"] for resource in resources.values()} - KINDS
    yield from sorted(unknown)


KINDS = {
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}

SAFEGUARDS: tuple[Safeguard, ...] = (
    no_wildcard_action,
    on_everything,
    roles_are_passed_to_one_provider,
    every_function_has_its_own_role,
    trusts_are_of_this_account,
    services_come_from_this_account,
    plain_http_is_refused,
    buckets_are_private_versioned_encrypted_and_logged,
    data_outlive_the_stack,
    the_table_can_be_recovered,
    queues_are_encrypted,
    keys_turn,
    functions_log_and_trace,
    no_secret_is_written_down,
    queues_give_functions_time_and_keep_what_failed,
    other_queues_are_looked_at,
    rules_match_what_they_are_for,
    executions_end_and_are_logged,
    somebody_is_told,
    nothing_has_a_name_of_its_own,
    nothing_else_is_deployed,
    environments_fit,
    one_function_may_call_itself,
    a_machine_s_log_takes_no_room_in_the_account,
    a_failed_deployment_leaves_nothing,
    alarms_have_few_metrics,
    roles_have_room_for_their_policies,
    events_reach_an_encrypted_topic,
)
