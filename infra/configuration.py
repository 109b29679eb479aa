"""What a deployment may choose: the context values that begin with `jobchute:`, checked at synthesis."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal, Self

from constructs import Node
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    create_model,
)

from infra.budgets import BudgetsEntry
from infra.configuration_messages import explained, misspelt
from infra.configuration_types import (
    BucketName,
    DevicePattern,
    EmailAddress,
    InstanceTypePattern,
    KeyArn,
    LabelName,
    NamePattern,
    OwnerName,
    PrincipalId,
    QueueArn,
    RoleArn,
    S3Prefix,
    StackName,
    TopicArn,
)
from jobchute.cli.pool_names import problem_with
from jobchute.job import Api
from jobchute.pools.limits import Limits, json_of_rules
from jobchute.requests.allowed import SIZES
from jobchute.requests.guardrails import MAX_JOBS_PER_FILE, GuardRails
from jobchute.requests.owners import Owner, json_of_owners

PREFIX = "jobchute:"
OPEN = {"roles": ("arn:*:iam::*:role/*",), "models": ("*",), "devices": ("*",), "outputs": ("s3://",)}
"""Guard rails that allow anything, where an empty list allows nothing."""

SERVICES = frozenset(str(api).partition(":")[0] for api in Api)
"""Folders of the bare form, `requests/<service>/<operation>/`."""


class ConfigurationError(ValueError):
    """Context values that cannot be deployed. args: a line for each, which names it and says what would do."""

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))


class Embedded(BaseModel):
    """How a deployment to the embedded AWS differs: where the simulator is, and that time is compressed.

    There is nothing there to be protected: unless some are listed, requests may name any role, model, device
    and output.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_url: str = Field(description="the provider simulator's address")
    event_source_prefix: str = Field(
        description="PutEvents refuses aws.*, so simulated events say this instead"
    )
    seconds: dict[str, int] = Field(default_factory=dict, description="shorter waits, by setting")


class OwnerEntry(BaseModel):
    """One owner in `jobchute:owners`: who sends messages for it, and which other buckets are its alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principals: tuple[PrincipalId, ...] = ()
    buckets: tuple[BucketName, ...] = ()


def pools_can_match(pools: dict[str, Limits]) -> dict[str, Limits]:
    """A rule that matches no pool would hold for nothing, and so would one that says nothing."""
    for name, limits in pools.items():
        problem = problem_with(name)
        if problem is not None:
            raise ValueError(problem)
        if limits == Limits():
            raise ValueError(f"{name!r} says neither limit nor rate")
    return pools


def owners_are_apart(owners: dict[str, OwnerEntry], info: ValidationInfo) -> dict[str, OwnerEntry]:
    """Nothing is two owners', no owner hides the bare form's folders, and every bucket can be read."""
    for name in owners:
        if name in SERVICES:
            raise ValueError(f"{name} is a folder of the bare form; name the owner otherwise")
    for members in ("principals", "buckets"):
        counts = Counter(each for entry in owners.values() for each in getattr(entry, members))
        for each, count in counts.items():
            if count > 1:
                raise ValueError(f"{each} is listed {count} times; it can belong to one owner")
    unread = {each for entry in owners.values() for each in entry.buckets} - {*info.data.get("buckets", ())}
    if unread:
        raise ValueError(f"{', '.join(sorted(unread))}: list it in {PREFIX}buckets too, to be read from")
    return owners


ManifestBuckets = Annotated[
    tuple[BucketName, ...],
    Field(
        description="buckets whose manifests functions read when a job ends, for its tokens; see docs/costs.md"
    ),
]


if TYPE_CHECKING:
    Sizes = BaseModel
else:
    Sizes = create_model(
        "Sizes",
        **{
            size.name: (int | None, Field(default=None, ge=size.least, description=size.description))
            for size in SIZES
        },
    )
"""The largest numbers that requests may have. Its fields are those of a table, which mypy cannot read."""


class Configuration(Sizes):
    """Everything that `cdk deploy -c jobchute:NAME=VALUE` or cdk.json's context may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: StackName = Field(
        default="Jobchute", description="name of the CloudFormation stack; several can exist side by side"
    )
    roles: tuple[RoleArn, ...] = Field(
        default=(),
        description="execution roles that requests may name, and that are passed to providers; if empty, none",
    )
    inputs: tuple[S3Prefix, ...] = Field(
        default=(), description="S3 prefixes that jobs may read; if empty, any"
    )
    outputs: tuple[S3Prefix, ...] = Field(
        default=(),
        description="S3 prefixes that jobs may write; if empty, any, but none where requests name no role",
    )
    instance_types: tuple[InstanceTypePattern, ...] = Field(
        default=(), description="instance types that requests may ask for; if empty, any"
    )
    devices: tuple[DevicePattern, ...] = Field(
        default=(),
        description="devices that Braket jobs may use; if empty, any, but none where requests name no role",
    )
    most_instances: int | None = Field(default=None, ge=1, description="maximum number of instances of one job")
    longest_run_seconds: int | None = Field(default=None, ge=1, description="maximum run time of one job")
    required_labels: tuple[LabelName, ...] = Field(default=(), description="labels that a request must have")
    images: tuple[NamePattern, ...] = Field(
        default=(), description="container images, algorithms and environments that jobs may run; if empty, any"
    )
    models: tuple[NamePattern, ...] = Field(
        default=(),
        description="models and evaluators that jobs may use; if empty, any, but none where requests name no "
        "role",
    )
    destinations: tuple[NamePattern, ...] = Field(
        default=(),
        description="MLflow apps, model package groups and feature groups to write to; if empty, any",
    )
    subnets: tuple[NamePattern, ...] = Field(
        default=(), description="subnets that jobs must use; if empty, any or none"
    )
    security_groups: tuple[NamePattern, ...] = Field(
        default=(), description="security groups that jobs must use; if empty, any or none"
    )
    max_jobs_per_file: int = Field(
        default=MAX_JOBS_PER_FILE, ge=1, description="maximum number of jobs that one file may ask for"
    )
    remote_debug: bool = Field(default=True, description="whether requests may enable RemoteDebugConfig")
    max_cost: float | None = Field(
        default=None, gt=0, description="what one job may cost at most, in US dollars; see docs/costs.md"
    )
    allow_unknown_cost: bool = Field(
        default=False, description="whether limits of cost let jobs pass whose cost has no known bound"
    )
    max_attempts: int | None = Field(default=None, ge=1, description="maximum number of attempts of one job")
    budgets: BudgetsEntry | None = Field(default=None, description="cost of jobs in a month; see docs/costs.md")
    manifest_buckets: ManifestBuckets = ()
    buckets: tuple[BucketName, ...] = Field(
        default=(), description="additional buckets whose objects are requests; see docs/existing-resources.md"
    )
    owners: Annotated[dict[OwnerName, OwnerEntry], AfterValidator(owners_are_apart)] = Field(
        default={},
        description="boundaries between senders, by owner; drain the stack before you change them, because job "
        "ids depend on the owner; see docs/security.md",
    )
    queues: tuple[QueueArn, ...] = Field(
        default=(), description="additional queues that requests are read from; see docs/existing-resources.md"
    )
    retention_days: int = Field(default=365, ge=1, description="days that an ended job stays in the ledger")
    notify_email: EmailAddress | None = Field(
        default=None,
        description="address that is notified of ended jobs, through a topic; see docs/notifications.md",
    )
    notify_topic_arn: TopicArn | None = Field(
        default=None, description="SNS topic that is notified of ended jobs; its policy must allow EventBridge"
    )
    alarm_topic_arn: TopicArn | None = Field(
        default=None,
        description="SNS topic that every alarm publishes to; its policy, and its key's, must allow CloudWatch",
    )
    pools: Annotated[dict[str, Limits], AfterValidator(pools_can_match)] = Field(
        default={}, description="limits of jobs in flight and create rates, by pool; see docs/queues.md"
    )
    fair_by: LabelName = Field(
        default="submitter", description="label whose values share a pool fairly; see docs/queues.md"
    )
    job_role_buckets: tuple[BucketName, ...] = Field(
        default=(),
        description="buckets for which the stack creates execution roles, one for each provider",
    )
    kms_key: KeyArn | Literal["new"] | None = Field(
        default=None,
        description="key that encrypts data at rest; `new` makes one; none: AWS's keys; see docs/security.md",
    )
    throwaway: bool = Field(default=False, description="delete bucket, table, secret and key with the stack")
    embedded: Embedded | None = None

    @property
    def guard_rails(self) -> GuardRails:
        """What the deployed functions hold requests against."""
        same = self.model_dump(include=set(GuardRails._fields))
        sizes = self.model_dump(include={size.name for size in SIZES}, exclude_none=True)
        if self.embedded is not None:
            same |= {name: same[name] or every for name, every in OPEN.items()}
        return GuardRails(**same, sizes=sizes)

    @property
    def guard_rails_json(self) -> str:
        """As it stands in the functions' environment."""
        return self.guard_rails.to_json()

    @property
    def owners_json(self) -> str:
        """As it stands in the functions' environment."""
        return json_of_owners(
            {name: Owner(entry.principals, entry.buckets) for name, entry in self.owners.items()}
        )

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
        unread = list(misspelt(context, PREFIX))
        try:
            configuration = cls.model_validate(given)
        except ValidationError as error:
            raise ConfigurationError(*explained(error.errors(), PREFIX), *unread) from error
        if unread:
            raise ConfigurationError(*unread)
        return configuration


def _parsed(value: object) -> object:
    if not isinstance(value, str) or value[:1] not in '[{"tf0123456789':
        return value
    try:
        return TypeAdapter(Json).validate_python(value)
    except ValueError:
        return value
