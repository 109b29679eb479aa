"""Defects to plant in a synthesized template, each of a kind that has cost somebody data, money or sleep.

A defect changes the template's resources in place. DEFECTS maps what it is, in words, to the change.
"""

from collections.abc import Callable
from typing import Any

from jobchute.metrics import UNSAFE_QUEUES
from tests.infra.checks.safeguards import target

Resources = dict[str, Any]
Defect = Callable[[Resources], None]
DEFECTS: dict[str, Defect] = {}


def defect(name: str) -> Callable[[Defect], Defect]:
    def remember(change: Defect) -> Defect:
        DEFECTS[name] = change
        return change

    return remember


def first(resources: Resources, kind: str, *having: str) -> Any:
    """The properties of the first resource of a kind that has these properties."""
    return next(
        each["Properties"]
        for each in resources.values()
        if each["Type"] == kind and all(name in each["Properties"] for name in having)
    )


def statement(resources: Resources, action: str, kind: str = "AWS::IAM::Policy") -> Any:
    return next(
        each
        for resource in resources.values()
        if resource["Type"] == kind
        for each in resource["Properties"]["PolicyDocument"]["Statement"]
        if action in (each["Action"], *(each["Action"] if isinstance(each["Action"], list) else ()))
    )


def set_to(kind: str, name: str, value: Any) -> Defect:
    def change(resources: Resources) -> None:
        first(resources, kind, name)[name] = value

    return change


def without(kind: str, name: str) -> Defect:
    def change(resources: Resources) -> None:
        del first(resources, kind, name)[name]

    return change


def without_any(kind: str, chosen: Callable[[Any], bool]) -> Defect:
    def change(resources: Resources) -> None:
        gone = [name for name, each in resources.items() if each["Type"] == kind and chosen(each["Properties"])]
        # As if it had never been drawn: nothing shows it, and nothing waits for it.
        gone += [name for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Dashboard"]
        for name in gone:
            del resources[name]
        for each in resources.values():
            each["DependsOn"] = [name for name in each.get("DependsOn", []) if name not in gone]

    return change


def _watches(metric: str) -> Callable[[Any], bool]:
    return lambda alarm: metric in str(alarm)


BUCKET, QUEUE, TABLE = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table"
FUNCTION, MAPPING, ROLE = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::IAM::Role"
MACHINE, RULE, LOG = "AWS::StepFunctions::StateMachine", "AWS::Events::Rule", "AWS::Logs::LogGroup"
ALARM = "AWS::CloudWatch::Alarm"

DEFECTS |= {
    "a bucket that the public may read": without(BUCKET, "PublicAccessBlockConfiguration"),
    "a bucket with a public access control list": lambda r: first(r, BUCKET).update(AccessControl="PublicRead"),
    "a bucket without encryption": without(BUCKET, "BucketEncryption"),
    "a bucket without versions": without(BUCKET, "VersioningConfiguration"),
    "a bucket without access logs": without(BUCKET, "LoggingConfiguration"),
    "a bucket without lifecycle": without(BUCKET, "LifecycleConfiguration"),
    "a table without recovery": without(TABLE, "PointInTimeRecoverySpecification"),
    "a table without deletion protection": set_to(TABLE, "DeletionProtectionEnabled", False),
    "a table without a key in the account": without(TABLE, "SSESpecification"),
    "a queue without encryption": set_to(QUEUE, "SqsManagedSseEnabled", False),
    "a queue without dead letters": without(QUEUE, "RedrivePolicy"),
    "dead letters after one delivery": lambda r: first(r, QUEUE, "RedrivePolicy")["RedrivePolicy"].update(
        maxReceiveCount=1
    ),
    "dead letters forgotten after four days": lambda r: first(r, QUEUE).update(MessageRetentionPeriod=345600),
    "a visibility timeout equal to the function's": set_to(QUEUE, "VisibilityTimeout", 90),
    "a batch that fails as one": without(MAPPING, "FunctionResponseTypes"),
    "a stream's failures that are lost": without(MAPPING, "DestinationConfig"),
    "a stream that is tried for ever": set_to(MAPPING, "MaximumRetryAttempts", -1),
    "a log that is kept for ever": without(LOG, "RetentionInDays"),
    "a function without traces": without(FUNCTION, "TracingConfig"),
    "a function with another's log": without(FUNCTION, "LoggingConfig"),
    "a machine that logs nothing": without(MACHINE, "LoggingConfiguration"),
    "a machine that logs what goes in": lambda r: first(r, MACHINE)["LoggingConfiguration"].update(
        IncludeExecutionData=True
    ),
    "a rule that is off": set_to(RULE, "State", "DISABLED"),
    "an alarm for dead letters missing": without_any(ALARM, _watches("ApproximateNumberOfMessagesVisible")),
    "an alarm for errors missing": without_any(ALARM, _watches("Errors")),
    "an alarm for throttled functions missing": without_any(ALARM, _watches("Throttles")),
    "an alarm for a sweep that stopped missing": without_any(ALARM, _watches("Invocations")),
    "an alarm for another's queue missing": without_any(ALARM, _watches(UNSAFE_QUEUES)),
    "a log that needs a part of the account's policy": without(LOG, "LogGroupName"),
    "a large file that Lambda takes for a loop": without(FUNCTION, "RecursiveLoop"),
    "policies against plain HTTP missing on queues": without_any("AWS::SQS::QueuePolicy", lambda _: True),
}


@defect("another's queue that the sweep does not know")
def _(resources: Resources) -> None:
    for resource in resources.values():
        if resource["Type"] == FUNCTION:
            resource["Properties"]["Environment"]["Variables"].pop("JOBCHUTE_OTHER_QUEUE_URLS", None)


@defect("an environment that Lambda refuses")
def _(resources: Resources) -> None:
    first(resources, FUNCTION)["Environment"]["Variables"]["JOBCHUTE_POOLS"] = "p" * 4000


@defect("a loop that Lambda lets run")
def _(resources: Resources) -> None:
    for each in resources.values():
        if each["Type"] == FUNCTION:
            each["Properties"]["RecursiveLoop"] = "Allow"


@defect("a bucket that a failed first deployment leaves behind")
def _(resources: Resources) -> None:
    next(each for each in resources.values() if each["Type"] == BUCKET)["DeletionPolicy"] = "Retain"


@defect("a rollback that a protected table makes fail")
def _(resources: Resources) -> None:
    next(each for each in resources.values() if each["Type"] == TABLE)["DeletionPolicy"] = (
        "RetainExceptOnCreate"
    )


@defect("an alarm over more metrics than CloudWatch takes")
def _(resources: Resources) -> None:
    alarm = first(resources, ALARM, "Metrics")
    alarm["Metrics"] += [each for each in alarm["Metrics"] if "MetricStat" in each]


@defect("a role without room for its policy")
def _(resources: Resources) -> None:
    roles = [f"arn:aws:iam::123456789012:role/{number:064}" for number in range(120)]
    statement(resources, "iam:PassRole")["Resource"] = roles


@defect("a secret's value in the template")
def _(resources: Resources) -> None:
    first(resources, "AWS::SecretsManager::Secret")["SecretString"] = '{"apiKey": "fw_3ZpQ9x"}'


@defect("a key in a function's environment")
def _(resources: Resources) -> None:
    first(resources, FUNCTION)["Environment"]["Variables"]["FIREWORKS_API_KEY"] = "fw_3ZpQ9x"


@defect("data that go with the stack")
def _(resources: Resources) -> None:
    next(each for each in resources.values() if each["Type"] == TABLE)["DeletionPolicy"] = "Delete"


@defect("a queue that takes S3's messages for any account")
def _(resources: Resources) -> None:
    del statement(resources, "sqs:SendMessage", "AWS::SQS::QueuePolicy")["Condition"]


@defect("a queue that anybody may send to")
def _(resources: Resources) -> None:
    found = statement(resources, "sqs:SendMessage", "AWS::SQS::QueuePolicy")
    found["Principal"] = "*"


@defect("a bucket that takes plain HTTP")
def _(resources: Resources) -> None:
    policy = first(resources, "AWS::S3::BucketPolicy")["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] != "Deny"]


@defect("a function that any account's rule may call")
def _(resources: Resources) -> None:
    del first(resources, "AWS::Lambda::Permission", "SourceArn")["SourceArn"]


@defect("a function with an address for everybody")
def _(resources: Resources) -> None:
    properties = {"AuthType": "NONE", "TargetFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:x"}
    resources["Url"] = {"Type": "AWS::Lambda::Url", "Properties": properties}


@defect("a broader event pattern")
def _(resources: Resources) -> None:
    del first(resources, RULE, "EventPattern")["EventPattern"]["detail-type"]


@defect("a pattern for every source of AWS")
def _(resources: Resources) -> None:
    first(resources, RULE, "EventPattern")["EventPattern"]["source"] = [{"prefix": "aws."}]


@defect("a rule that loses what it cannot deliver")
def _(resources: Resources) -> None:
    del first(resources, RULE, "EventPattern")["Targets"][0]["DeadLetterConfig"]


@defect("mail that is lost when it cannot be delivered")
def _(resources: Resources) -> None:
    for resource in resources.values():
        pattern = resource.get("Properties", {}).get("EventPattern", {})
        if resource["Type"] == RULE and pattern.get("source") == ["jobchute"]:
            del resource["Properties"]["Targets"][0]["DeadLetterConfig"]


@defect("a machine that waits for a year")
def _(resources: Resources) -> None:
    parts = first(resources, MACHINE)["DefinitionString"]["Fn::Join"][1]
    for number, part in enumerate(parts):
        if isinstance(part, str):
            parts[number] = part.replace('"TimeoutSecondsPath":"$.timeoutSeconds",', "")


@defect("a role's name that two stacks would share")
def _(resources: Resources) -> None:
    first(resources, ROLE)["RoleName"] = "jobchute"


@defect("a dead-letter queue that is not watched")
def _(resources: Resources) -> None:
    (queue,) = {
        target(each["Properties"]["DestinationConfig"]["OnFailure"]["Destination"])
        for each in resources.values()
        if each["Type"] == MAPPING and "DestinationConfig" in each["Properties"]
    }
    without_any(ALARM, lambda alarm: queue in str(alarm))(resources)
