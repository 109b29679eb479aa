"""What the checkers find and we keep, each with its reason. One that nothing finds any more fails a test."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from jobchute.providers.registry import SPECS
from jobchute.status.documents import STATUS_FOLDERS
from tests.infra.checks.findings import Finding
from tests.infra.configurations import BUCKETS, JOB_BUCKETS

ROLES = ("DispatchRole", "ExpireRole", "ValidateRole", "ObserveRole", "ReconcileRole", "AnnounceRole")
FUNCTIONS = tuple(role.removesuffix("Role") for role in ROLES)
MANIFESTS = tuple(spec.records.manifest for spec in SPECS.values() if spec.records)
ARN = "arn:<AWS::Partition>"
HERE = "<AWS::Region>:<AWS::AccountId>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """rules: exact. resources: construct paths; `*` is any part. aws_key: holds for AWS's keys alone."""

    rules: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str
    aws_key: bool = False

    def covers(self, finding: Finding) -> bool:
        return finding.rule in self.rules and any(
            fnmatchcase(finding.resource, pattern) for pattern in self.resources
        )


def _wildcard(*resources: str) -> tuple[str, ...]:
    return tuple(f"AwsSolutions-IAM5[Resource::{resource}]" for resource in resources)


def _jobs() -> Iterator[str]:
    """The jobs of each API, as its functions may describe them."""
    stack = {"partition": "<AWS::Partition>", "region": "<AWS::Region>", "account": "<AWS::AccountId>"}
    for iam in (spec.iam for spec in SPECS.values() if spec.iam):
        yield from (resource.format(**stack) for resource in iam.read.resources)


def _policies(*roles: str) -> tuple[str, ...]:
    return tuple(f"{role}/DefaultPolicy" for role in roles)


ACKNOWLEDGED = (
    Acknowledgement(
        rules=_wildcard("*"),
        resources=_policies(*ROLES, "Tracking/Role"),
        reason="Actions that know no resource: traces, log delivery, ListStreams, the providers' List and "
        "Search, Braket's create calls. Which they are is held by `safeguards.on_everything`.",
    ),
    Acknowledgement(
        rules=_wildcard(*_jobs()),
        resources=_policies("DispatchRole", "ExpireRole", "ValidateRole", "ObserveRole", "ReconcileRole"),
        reason="Jobs are named by requests, or by their provider, after the deployment.",
    ),
    Acknowledgement(
        rules=_wildcard(
            f"{ARN}:bedrock:*::foundation-model/*",
            f"{ARN}:bedrock:{HERE}:custom-model/*",
            f"{ARN}:bedrock:{HERE}:inference-profile/*",
            f"{ARN}:bedrock:{HERE}:application-inference-profile/*",
            f"{ARN}:sagemaker:{HERE}:training-plan/*",
        ),
        resources=_policies("DispatchRole", "ReconcileRole"),
        reason="Requests name their model or training plan; an inference profile leads to models elsewhere.",
    ),
    Acknowledgement(
        rules=_wildcard(
            f"{ARN}:bedrock:*::foundation-model/*",
            f"{ARN}:bedrock:{HERE}:inference-profile/*",
            f"{ARN}:bedrock:{HERE}:application-inference-profile/*",
        ),
        resources=_policies("JobRoles/Bedrock"),
        reason="Requests name their model; an inference profile leads to models elsewhere.",
    ),
    Acknowledgement(
        rules=_wildcard("*"),
        resources=_policies("JobRoles/Braket", "JobRoles/Sagemaker"),
        reason="Actions that know no resource: metrics, held to a namespace, ECR's token, devices, new tasks.",
    ),
    Acknowledgement(
        rules=_wildcard(
            f"{ARN}:braket:{HERE}:quantum-task/*",
            f"{ARN}:ecr:*:*:repository/amazon-braket*",
            f"{ARN}:ecr:{HERE}:repository/*",
            f"{ARN}:logs:{HERE}:log-group:/aws/braket/*",
        ),
        resources=_policies("JobRoles/Braket"),
        reason="Tasks and log groups are named as jobs run; requests name their image.",
    ),
    Acknowledgement(
        rules=_wildcard(
            f"{ARN}:ecr:<AWS::Region>:*:repository/*",
            f"{ARN}:logs:{HERE}:log-group:/aws/sagemaker/*",
        ),
        resources=_policies("JobRoles/Sagemaker"),
        reason="Requests name their image, which may be one of AWS's own; log groups are named as jobs run.",
    ),
    Acknowledgement(
        rules=_wildcard(*(f"{ARN}:s3:::{name}/*" for name in JOB_BUCKETS)),
        resources=_policies("JobRoles/*"),
        reason="The buckets that this test's deployment names, for jobs to read and write.",
    ),
    Acknowledgement(
        rules=_wildcard(f"{ARN}:s3:::amzn-s3-demo-bucket/out/*"),
        resources=_policies("DispatchRole", "ReconcileRole"),
        reason="What `jobchute:outputs` of this test's deployment says; Braket writes as its caller may.",
    ),
    Acknowledgement(
        rules=_wildcard("arn:aws:iam::123456789012:role/service-role/Braket*"),
        resources=_policies("DispatchRole", "ReconcileRole"),
        reason="What `jobchute:roles` of this test's deployment says, passed to named services alone.",
    ),
    Acknowledgement(
        rules=_wildcard(*(f"{ARN}:s3:::{name}/*/{each}" for name in BUCKETS for each in MANIFESTS)),
        resources=_policies("ExpireRole", "ObserveRole", "ReconcileRole"),
        reason="Where a deployment asks for it, the counts that ended jobs left, below their outputs.",
    ),
    Acknowledgement(
        rules=_wildcard("<IntakeBucket.Arn>/requests/*", *(f"{ARN}:s3:::{name}/*" for name in BUCKETS)),
        resources=_policies("ValidateRole"),
        reason="Request files are named by their users.",
    ),
    Acknowledgement(
        rules=_wildcard(*(f"<IntakeBucket.Arn>/{folder}*" for folder in STATUS_FOLDERS)),
        resources=_policies("ValidateRole", "ReconcileRole", "AnnounceRole"),
        reason="A status document is named after its request file.",
    ),
    Acknowledgement(
        rules=("AwsSolutions-SMG4",),
        resources=("FireworksAccount",),
        reason="Fireworks has no call that turns an API key; its owner puts a new one, which is read "
        "within five minutes.",
    ),
    Acknowledgement(
        rules=("Serverless-SQSRedrivePolicy",),
        resources=(
            "Events/DeadLetters",
            "Intake/Messages/DeadLetters",
            "Notifications/DeadLetters",
            "StreamFailures",
        ),
        reason="These are the dead-letter queues; messages there wait for a person.",
    ),
    Acknowledgement(
        rules=("AwsSolutions-SQS3",),
        resources=("StreamFailures", "Notifications/DeadLetters"),
        reason="Where the stream's reader and EventBridge leave what failed: no queue redrives to these.",
    ),
    Acknowledgement(
        rules=("Serverless-LambdaDLQ", "CKV_AWS_116"),
        resources=FUNCTIONS,
        reason="Called by event sources and the state machine, which keep what failed; the sweep, called by a "
        "schedule, has its next turn a minute later, and alarms of its own.",
    ),
    Acknowledgement(
        rules=("Serverless-LambdaEventSourceMappingDestination",),
        resources=("*/SqsEventSource:*",),
        reason="Lambda knows failure destinations for streams alone; a queue has its redrive policy.",
    ),
    Acknowledgement(
        rules=("Serverless-SNSRedrivePolicy",),
        resources=("Notifications/Topic/*",),
        reason="SNS delivers mail without a redrive policy's help; the status document has the same news.",
    ),
    Acknowledgement(
        rules=("CKV_AWS_117",),
        resources=FUNCTIONS,
        reason="The functions call AWS and Fireworks alone and listen to nobody; a VPC would add the costs of "
        "a NAT gateway and no protection.",
    ),
    Acknowledgement(
        rules=("CKV_AWS_115",),
        resources=FUNCTIONS,
        reason="Reservations are taken from the account's other functions; queues feed these by 20 at most.",
    ),
    Acknowledgement(
        rules=("CKV_AWS_18",),
        resources=("Intake/AccessLogs",),
        reason="The bucket of access logs: logging its own deliveries would not end.",
    ),
    Acknowledgement(
        rules=("CKV_AWS_27", "CKV_AWS_119", "CKV_AWS_149", "CKV_AWS_158", "CKV_AWS_173", "CKV_AWS_26"),
        resources=("*",),
        reason="AWS's own keys, unless `jobchute:kms_key` names another; then none of these is found.",
        aws_key=True,
    ),
    Acknowledgement(
        rules=("W3005",),
        resources=("*",),
        reason="CDK writes dependencies that follow from references too.",
    ),
)


def unacknowledged(findings: Iterable[Finding], *, has_own_key: bool) -> list[Finding]:
    valid = [each for each in ACKNOWLEDGED if not (has_own_key and each.aws_key)]
    return sorted(found for found in findings if not any(each.covers(found) for each in valid))


def unused(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Rules and resource patterns of acknowledgements that nothing was found for."""
    found = [*findings]
    return [
        (rule, pattern)
        for each in ACKNOWLEDGED
        for rule in each.rules
        for pattern in each.resources
        if not any(finding.rule == rule and fnmatchcase(finding.resource, pattern) for finding in found)
    ]
