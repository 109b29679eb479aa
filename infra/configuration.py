"""What a deployment may choose: the context values that begin with `jobchute:`, checked at synthesis."""

from typing import Annotated, Literal, Self

from constructs import Node
from pydantic import BaseModel, ConfigDict, Field, Json, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from jobchute.pools import Limits, json_of_rules
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.labels import LABEL_NAME

PREFIX = "jobchute:"
ANY_ROLE = "arn:*:iam::*:role/*"

RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/*-]+$")]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
TopicArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$")
]
S3Prefix = Annotated[
    str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*?]+)*/?$", max_length=1024)
]
InstanceTypePattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.*-]{1,64}$")]
DevicePattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:/._*-]{1,256}$")]
LabelName = Annotated[str, StringConstraints(pattern=f"^{LABEL_NAME.pattern}$")]
KeyArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f-]{36})$"),
]
# A FIFO queue's dead letters would want a FIFO queue.
QueueArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}$")
]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]


class ConfigurationError(ValueError):
    """Context values that cannot be deployed; the message names each and says what is wrong with it."""


class Embedded(BaseModel):
    """How a deployment to the embedded AWS differs: where the simulator is, and that time is compressed.

    There are no roles there to be protected: unless some are listed, requests may name any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_url: str = Field(description="the provider simulator's address")
    event_source_prefix: str = Field(
        description="PutEvents refuses aws.*, so simulated events say this instead"
    )
    seconds: dict[str, int] = Field(default_factory=dict, description="shorter waits, by setting")


class Configuration(BaseModel):
    """Everything that `cdk deploy -c jobchute:NAME=VALUE` or cdk.json's context may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str = "Jobchute"
    roles: tuple[RoleArn, ...] = Field(
        default=(), description="execution roles that requests may name; each may be passed to its provider"
    )
    inputs: tuple[S3Prefix, ...] = Field(default=(), description="S3 prefixes that jobs may read; none: any")
    outputs: tuple[S3Prefix, ...] = Field(default=(), description="S3 prefixes that jobs may write; none: any")
    instance_types: tuple[InstanceTypePattern, ...] = Field(
        default=(), description="instance types that requests may ask for; none: any"
    )
    devices: tuple[DevicePattern, ...] = Field(
        default=(), description="devices that Braket jobs may use; none: any"
    )
    most_instances: int | None = Field(default=None, ge=1, description="the most instances of one job")
    longest_run_seconds: int | None = Field(default=None, ge=1, description="the longest run time of one job")
    required_labels: tuple[LabelName, ...] = Field(default=(), description="labels that a request must have")
    buckets: tuple[BucketName, ...] = Field(
        default=(), description="other buckets that may feed the intake queue, to be read from"
    )
    queues: tuple[QueueArn, ...] = Field(
        default=(), description="other queues to take requests from; see docs/existing-resources.md"
    )
    retention_days: int = Field(default=365, ge=1, description="how long ended jobs stay in the ledger")
    notify_email: EmailAddress | None = Field(
        default=None, description="who is told of ended jobs by e-mail, by a topic of the stack"
    )
    notify_topic_arn: TopicArn | None = Field(
        default=None, description="an SNS topic that is told of ended jobs; its policy must allow EventBridge"
    )
    alarm_topic_arn: TopicArn | None = Field(
        default=None, description="an SNS topic that alarms publish to; its policy must allow CloudWatch"
    )
    pools: dict[str, Limits] = Field(
        default={}, description="limits of jobs in flight and create rates, by pool; see docs/queues.md"
    )
    fair_by: LabelName = Field(
        default="submitter", description="the label that tells whose a job is, where jobs wait for their turn"
    )
    job_role_buckets: tuple[BucketName, ...] = Field(
        default=(),
        description="make a role a provider, for jobs that use these buckets; none: no roles",
    )
    kms_key: KeyArn | Literal["new"] | None = Field(
        default=None, description="the key that encrypts data at rest; `new` makes one; none: AWS's own keys"
    )
    throwaway: bool = Field(default=False, description="delete bucket, table and secret with the stack")
    embedded: Embedded | None = None

    @property
    def allowed_roles(self) -> tuple[str, ...]:
        return (ANY_ROLE,) if self.embedded is not None and not self.roles else self.roles

    @property
    def guard_rails(self) -> GuardRails:
        """What the deployed functions hold requests against."""
        same = self.model_dump(include=set(GuardRails._fields))
        return GuardRails(**{**same, "roles": self.allowed_roles})

    @property
    def guard_rails_json(self) -> str:
        """What the environment tells the functions."""
        return self.guard_rails.to_json()

    @property
    def pools_json(self) -> str:
        return json_of_rules(self.pools)

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Values from the command line arrive as text; JSON is taken for what it says.

        Raises ConfigurationError for values that are wrong, and for names that nothing reads.
        """
        context = {str(name): value for name, value in node.get_all_context().items()}
        given = {
            name.removeprefix(PREFIX): _parsed(value)
            for name, value in context.items()
            if name.startswith(PREFIX) and value is not None
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise ConfigurationError("; ".join(_explained(each) for each in error.errors())) from error


def _parsed(value: object) -> object:
    if not isinstance(value, str) or value[:1] not in '[{"tf0123456789':
        return value
    try:
        return TypeAdapter(Json).validate_python(value)
    except ValueError:
        return value


def _explained(error: ErrorDetails) -> str:
    name, *inner = error["loc"]
    if error["type"] == "extra_forbidden" and not inner:
        return f"{PREFIX}{name}: there is no such value; there are {', '.join(Configuration.model_fields)}"
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner)
    hint = ", as a JSON list: '[\"…\"]'" if error["type"] == "tuple_type" else ""
    return f"{PREFIX}{name}{place}: {error['msg']}{hint}, not {error['input']!r}"
