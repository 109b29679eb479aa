"""What the system must know of an API, as data. Each API's folder has one `ApiSpec`, in its `spec.py`.

Guard rails, names, pools, console links, IAM grants, event rules and the tables of the tests follow from it. It
holds no code and imports nothing but `jobchute.job`: every function loads the specs of all APIs at its cold
start. What only code can say is in the other modules of the folder, which `jobchute.providers.registry` imports
when they are asked for.

A member is written as a path in the request: names with dots between them; `[]` stands for every item of a
list, as in `Outputs[].S3Uri`. An S3 URI that the request has in two members is written with both, as in
`s3://{outputS3Bucket}/{outputS3KeyPrefix}`. `{partition}`, `{region}` and `{account}` in an ARN or a link stand
for the place where the job runs.
"""

from collections.abc import Mapping
from typing import NamedTuple

from jobchute.job import Api

DAY = 24 * 3600


class JobName(NamedTuple):
    """The member that names the job, and its longest value in characters.

    member: empty where jobs have no name at their provider. Jobchute then calls each by its id.
    """

    member: str
    max_length: int


class RunTime(NamedTuple):
    """How long a job may run by its request.

    path: the member that says so, None if the API has none; unit: its seconds.
    default: seconds by the provider, or by Jobchute where the provider has no limit.
    """

    path: str | None
    default: int
    unit: int = 1


class Members(NamedTuple):
    """The members that a deployment may limit (`docs/guard-rails.md`).

    inputs: where a job reads or looks for what is there; outputs: where it writes. Both where it does both.
    counts: numbers of instances, each for the whole job; groups: lists whose items' counts add up.
    parallel: how many times so many instances the job may have at a time; empty for once.
    images: what runs: container images, and what stands for one. models: what is trained, evaluated or asked.
    destinations: where a job writes that is not S3. vpc: the VPCs of the job, one for each way of asking for
    instances; subnets and security_groups in it.
    sizes: numbers, by the name of their limit (jobchute.requests.allowed.SIZES).
    remote_debug: whether the container may be entered. serverless: what leaves instances to the provider.
    """

    roles: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    groups: Mapping[str, str] | None = None
    parallel: str = ""
    images: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    vpc: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    sizes: Mapping[str, tuple[str, ...]] = {}
    remote_debug: str = ""
    serverless: str = ""


class Locality(NamedTuple):
    """The members whose values the provider takes from the job's own region or account alone.

    role: the role that is passed to the provider, which is of the job's account. device: an ARN; the region
    that it names, if any, is the job's. image: a container image; a repository in Amazon ECR is in the job's
    region, unless the member image_access is `Vpc`.
    """

    role: str = ""
    device: str = ""
    image: str = ""
    image_access: str = ""


class Tags(NamedTuple):
    """The member with the job's tags, and the most that the provider takes."""

    member: str
    max_count: int


class Capacity(NamedTuple):
    """What the provider counts a job by, beside the API: its device, model, instance type or node pool.

    members: the first one that is in the request counts, and of a list its first item.
    listed: the name of the Literal in the folder's `model.py` that lists every value; empty if none does.
    pattern: a regular expression for what the name of a pool may say instead of a value, `*` included.
    rule, example: how a message describes such a name to a user who wrote another one.
    """

    members: tuple[str, ...]
    listed: str = ""
    pattern: str = ""
    rule: str = ""
    example: str = ""


class PoolDefaults(NamedTuple):
    """The limits of the API's pools where a deployment sets none.

    rate: create calls a second. in_flight: jobs of the API at a time; None for as many as a pool can hold.
    in_flight_each: jobs of one capacity at a time; None if the provider does not count by capacity.
    """

    rate: float
    in_flight: int | None = None
    in_flight_each: int | None = None


class EventSource(NamedTuple):
    """The provider's state change events on EventBridge, and where they name the job.

    status_field, unheard: where they name its status, and those from which no move of the ledger follows:
    events that say one of these are not asked for. Every other one is, so that a new status is looked into.
    """

    source: str
    detail_type: str
    arn_field: str
    status_field: str
    unheard: tuple[str, ...]


class Grant(NamedTuple):
    """IAM actions, and the ARNs that they are allowed on; `*` where the action knows no resource."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)


class ConditionKeys(NamedTuple):
    """The create action's condition keys, by the guard rail that each of them enforces; empty if none does.

    models: of the ARN of a SageMaker model, which requests name without an ARN.
    Source: service authorization reference of the service.
    """

    instance_types: str = ""
    models: str = ""
    subnets: str = ""
    security_groups: str = ""
    longest_run_seconds: str = ""
    max_keep_alive_seconds: str = ""
    remote_debug: str = ""


class Iam(NamedTuple):
    """What the functions may do at the provider; action names as in the service authorization reference.

    passed_to: the service principal to which the job's role is passed; empty where a job has no role.
    create: the create call on the job, under `conditions`. create_on: the same call on what the request names
    beside the job, without conditions. tag: what tagging a new job needs.
    read, find, list, cancel: for the adapter's `observe`, `find`, `list_states` and `cancel`.
    objects, buckets: where jobs have no role and write as their caller may, the S3 actions that this takes: on
    the objects below the outputs that a deployment allows, and on their buckets.
    """

    passed_to: str
    create: Grant
    tag: Grant
    read: Grant
    find: tuple[Grant, ...]
    list: Grant
    cancel: Grant
    create_on: Grant | None = None
    objects: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    conditions: ConditionKeys = ConditionKeys()


class Records(NamedTuple):
    """A job over records: lines of JSON in, a line of JSON for each of them out.

    format: the module of the folder with `FORMAT` (jobchute.providers.records). input: the member with the S3
    URI of the input, a file or a folder. min_count, max_count: records of a job; max_bytes: of an input file.
    These are the usual quotas; a model or an account may have others.
    manifest: the name of the object beside the output that has the counts of the job.
    """

    format: str
    input: str
    manifest: str
    min_count: int
    max_count: int
    max_bytes: int


class ApiSpec(NamedTuple):
    """One create call of one provider.

    service: the provider's name in botocore; None if the provider is not an AWS service.
    documentation: the page on the create call in the provider's API reference.
    noun: a word for the API in the names of jobs whose request gives none.
    closed: the guard rails that allow nothing until a deployment lists something; the others allow all then.
    also_named: members that name what the job makes and that no other job may use either; a request may leave
        them out, as it may leave out the job's name.
    token: the member that takes the idempotency token; empty if the API has none.
    create_call: the create call as `jobchute plan` shows it; empty if it is the API's own name.
    warnings: the module of the folder with `warnings_in`, which finds what may go wrong with a valid request.
    usage_counts: the module with `usage_in`, which counts in the input what the request does not say.
    console: the job's page in the AWS console, `{name}` being the job's name; where no stable address of a
        single job is published, the list of all jobs; empty if the console has neither.
    log_group: the CloudWatch log group of all jobs; empty if there is none.
    log_streams: the beginning of the names of a job's log streams: `{name}` is the job's name, `{id}` the last
        part of its provider id.
    no_logs: where to look instead, if the API writes no logs to CloudWatch.
    iam: None if the provider is not an AWS service.
    events: None if the provider sends no events: its jobs are polled instead.
    records: None if the job's input is not a file of records.
    quota: a regular expression of the name of the quota of Service Quotas that limits the jobs in flight, or
        their instances; `{capacity}` stands for what the pool counts by. Empty if the name is not known.
    """

    api: Api
    service: str | None
    documentation: str
    noun: str
    name: JobName
    run_time: RunTime
    members: Members
    capacity: Capacity
    pool: PoolDefaults
    locality: Locality = Locality()
    tags: Tags | None = None
    closed: tuple[str, ...] = ("roles",)
    also_named: tuple[str, ...] = ()
    token: str = ""
    create_call: str = ""
    warnings: str = ""
    usage_counts: str = ""
    console: str = ""
    log_group: str = ""
    log_streams: str = ""
    no_logs: str = ""
    iam: Iam | None = None
    events: EventSource | None = None
    records: Records | None = None
    quota: str = ""

    @property
    def told_apart_by(self) -> str:
        """The member by which a request becomes another job than an equal one: the name, else the token."""
        return self.name.member or self.token
