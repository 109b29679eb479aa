"""Our own assertions over a template: what the three checkers miss, and what only we can know.

Each takes the resources of a template and yields what is wrong, in words. SAFEGUARDS is the list of them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jobchute.providers.registry import SPECS

Resources = Mapping[str, Mapping[str, Any]]
Safeguard = Callable[[Resources], Iterator[str]]

FOURTEEN_DAYS = 14 * 24 * 3600
LISTS = {action for spec in SPECS.values() if spec.iam for action in spec.iam.list.actions}
"""The providers' calls that list jobs; these know no resources."""

# Traces, log delivery, metrics and streams know no resources; Braket's reference names none for what is created
# and for devices.
ON_EVERYTHING = re.compile(
    r"xray:\w+|logs:(Create|Delete|Get|List|Update)LogDelivery|logs:ListLogDeliveries"
    r"|logs:(Put|Describe)ResourcePolic(y|ies)|logs:DescribeLogGroups|dynamodb:ListStreams"
    r"|braket:(CreateJob|TagResource|CreateQuantumTask|GetDevice|SearchDevices)"
    r"|cloudwatch:PutMetricData|ecr:GetAuthorizationToken"
)
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
"""CDK moves what a role's own policies have no room for (10,240 characters in all) to a managed one."""
STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::KMS::Key")
EVENTS = {"jobchute": {"Jobchute Job State Change"}}
for _source in (spec.events for spec in SPECS.values() if spec.events):
    EVENTS.setdefault(_source.source, set()).add(_source.detail_type)
PROVIDERS = {spec.iam.passed_to for spec in SPECS.values() if spec.iam}


def of(resources: Resources, kind: str) -> Iterator[tuple[str, Any]]:
    for logical_id, resource in resources.items():
        if resource["Type"] == kind:
            yield logical_id, resource.get("Properties", {})


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def target(reference: Any) -> str:
    """The logical id that a Ref or GetAtt leads to."""
    match reference:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), _]}:
            return name
        case _:
            return ""


def statements(resources: Resources, *kinds: str) -> Iterator[tuple[str, Any]]:
    for kind in kinds:
        for logical_id, properties in of(resources, kind):
            document = properties.get("PolicyDocument") or properties.get("KeyPolicy") or {"Statement": []}
            for statement in document["Statement"]:
                yield logical_id, statement


def allowed(resources: Resources) -> Iterator[tuple[str, Any]]:
    yield from statements(resources, *POLICIES)


def no_wildcard_action(resources: Resources) -> Iterator[str]:
    for logical_id, statement in allowed(resources):
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{logical_id}: allows all but something"
        yield from (f"{logical_id}: {a}" for a in listed(statement.get("Action", [])) if "*" in a)
    for logical_id, role in of(resources, "AWS::IAM::Role"):
        drawn = [each for each in role.get("ManagedPolicyArns", []) if _kind_of(resources, each) in POLICIES]
        if role.get("ManagedPolicyArns", []) != drawn or role.get("Policies"):
            yield f"{logical_id}: has policies that nobody drew here"


def on_everything(resources: Resources) -> Iterator[str]:
    for logical_id, statement in allowed(resources):
        if "*" in listed(statement["Resource"]):
            others = [action for action in listed(statement["Action"]) if action not in LISTS]
            unknown = [action for action in others if not ON_EVERYTHING.fullmatch(action)]
            yield from (f"{logical_id}: {action} on everything" for action in unknown)


def roles_are_passed_to_one_provider(resources: Resources) -> Iterator[str]:
    for logical_id, statement in allowed(resources):
        if "iam:PassRole" not in listed(statement["Action"]):
            continue
        if listed(statement["Action"]) != ["iam:PassRole"]:
            yield f"{logical_id}: PassRole among other actions"
        service = statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService")
        if service not in PROVIDERS:
            yield f"{logical_id}: PassRole to {service}"
        roles = [
            each for each in listed(statement["Resource"]) if str(each).count(":") < 5 or ":*:" in str(each)
        ]
        yield from (f"{logical_id}: PassRole of {role}" for role in roles)


def every_function_has_its_own_role(resources: Resources) -> Iterator[str]:
    roles = [target(properties["Role"]) for _, properties in of(resources, "AWS::Lambda::Function")]
    yield from (f"{role} is shared" for role in {role for role in roles if roles.count(role) > 1})
    for kind in POLICIES:
        for logical_id, properties in of(resources, kind):
            if len(properties["Roles"]) != 1:
                yield f"{logical_id}: a policy of several roles"


def trusts_are_of_this_account(resources: Resources) -> Iterator[str]:
    """Lambda's trust has no source: the role is named to it before there is a function."""
    for logical_id, role in of(resources, "AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement["Principal"]
            if set(principal) != {"Service"}:
                yield f"{logical_id}: is trusted to {principal}"
            condition = statement.get("Condition", {}).get("StringEquals", {})
            if principal.get("Service") != "lambda.amazonaws.com" and "aws:SourceAccount" not in condition:
                yield f"{logical_id}: trust without aws:SourceAccount"


def services_come_from_this_account(resources: Resources) -> Iterator[str]:
    """EventBridge and S3 act for whoever asks: a resource's policy must say for whom.

    EventBridge's guide has no conditions in the policies of SNS topics: there the topic's own name must do; and
    a key's statement for an encrypted topic must have none (SNS developer guide).
    """
    kinds = ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")
    for logical_id, statement in statements(resources, *kinds):
        if statement["Effect"] != "Allow":
            continue
        if "AWS" in statement["Principal"] and "*" in listed(statement["Principal"]["AWS"]):
            sources = json.dumps(statement.get("Condition", {}))
            if "kms:CallerAccount" not in sources:
                yield f"{logical_id}: allows anybody"
        if statement["Principal"] == "*":
            yield f"{logical_id}: allows anybody"
        keys = {key for each in statement.get("Condition", {}).values() for key in each}
        bound = keys & {"aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"}
        if (
            "Service" in statement["Principal"]
            and not bound
            and "TopicPolicy" not in _kind(resources, logical_id)
            and not (_is_for_topics(statement) and any(of(resources, "AWS::SNS::Topic")))
        ):
            yield f"{logical_id}: {statement['Principal']} for anybody's account"
    for logical_id, permission in of(resources, "AWS::Lambda::Permission"):
        if "SourceArn" not in permission and "SourceAccount" not in permission:
            yield f"{logical_id}: may be called for anybody"


def _is_for_topics(statement: Any) -> bool:
    return statement["Principal"] == {"Service": "events.amazonaws.com"} and sorted(statement["Action"]) == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ]


def plain_http_is_refused(resources: Resources) -> Iterator[str]:
    guarded: dict[str, list[Any]] = {}
    for kind, names in (
        ("AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SNS::TopicPolicy", "Topics"),
    ):
        for _, policy in of(resources, kind):
            for each in listed(policy[names]):
                guarded.setdefault(target(each), []).extend(policy["PolicyDocument"]["Statement"])
    for kind in ("AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SNS::Topic"):
        for logical_id, _ in of(resources, kind):
            if not any(_refuses_plain_http(each) for each in guarded.get(logical_id, [])):
                yield f"{logical_id}: takes plain HTTP"


def _refuses_plain_http(statement: Mapping[str, Any]) -> bool:
    is_for_all = statement["Principal"] in ("*", {"AWS": "*"})
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return statement["Effect"] == "Deny" and is_for_all and statement.get("Condition") == condition


def _kind_of(resources: Resources, reference: Any) -> str:
    return str(resources.get(target(reference), {}).get("Type", ""))


def _kind(resources: Resources, logical_id: str) -> str:
    return str(resources[logical_id]["Type"])
