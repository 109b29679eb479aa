"""What tests need to know of an API beside its spec: a small body, the provider's own words, what it tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobchute.job import JOB_ID_TAG, Api, Job, State
from jobchute.validation.codes import Code

ROLE = "arn:aws:iam::123456789012:role/JobchuteMachine"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
"""Of SageMaker's jobs."""

HOUR = 3600
REMOVED = object()
"""In changes to a body: a member that is taken out."""


@dataclass(frozen=True, slots=True)
class Natives:
    """The provider's words for a job's states, in order; `/` parts a secondary status. reason: of a failure."""

    begin: tuple[str, ...]
    good: str
    bad: str
    stopping: str
    stopped: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a request carries tags. keys: the members of a list's items; None where the tags are a map.

    proof: the tag that holds the job id. takes_own: whether a request may bring tags of its own.
    """

    member: str
    keys: tuple[str, str] | None = None
    proof: str = JOB_ID_TAG
    takes_own: bool = True

    def proof_of(self, job: Job) -> str:
        """The value of the tag that proves a job to be ours."""
        return job.job_id

    def members_with(self, tags: Mapping[str, str]) -> dict[str, Any]:
        """The member of a request that carries these tags."""
        if self.keys is None:
            return {self.member: dict(tags)}
        key, value = self.keys
        return {self.member: [{key: name, value: text} for name, text in tags.items()]}

    def tags_in(self, call: Mapping[str, Any]) -> dict[str, str]:
        """The tags of a provider's request."""
        given = call.get(self.member, {})
        if self.keys is None:
            return dict(given)
        key, value = self.keys
        return {tag[key]: tag[value] for tag in given}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiValues:
    """One row of the table.

    body: a small valid body without a name. numbered: members that make it another job for another number.
    free: a member that takes any text. secret: members with a text that must not be repeated anywhere, for a
    sample's body.
    time_limit: members that limit the job's time, and the seconds that it may then take at its provider.
    provider_id: of the job `{number}` named `{name}`.
    guarded_members: how many members of the request guard rails can limit.
    states: the adapter's table of native states; states_of_others: those in it that only another API has.
    status_enum: botocore's service and shape that list them.
    logs: of a job whose provider id ends with `{last}`. max_wait: seconds for which a job may wait at its
    provider before it runs.
    """

    api: Api
    body: Mapping[str, Any]
    numbered: Callable[[int], dict[str, Any]]
    free: str
    natives: Natives
    guarded_members: int
    tagging: Tagging
    time_limit: tuple[Mapping[str, Any], int]
    provider_id: str
    states: Mapping[str, State | None]
    states_of_others: frozenset[str] = frozenset()
    status_enum: tuple[str, str] | None = None
    secret: Callable[[str], dict[str, Any]] = field(default=lambda _: {})
    logs: str | None = None
    max_wait: float = 0.0
    others: tuple[str, str] = ("ml.c5.4xlarge", "ml.c5.9xlarge")
    """What else may be asked for at the first capacity member of the spec."""
    scarce: str = "capacity@{first}+capacity@{second}"
    """What to simulate for a job that only the second of `others` has capacity for. first: what it asks for at
    first; second: the first of `others`."""
    names_are_unique: bool = False
    tells_waiting: bool = True
    """From running, by its states."""
    limits_waiting: bool = False
    """Its time limit counts from the submission, not from when the job runs."""
    tells_time_outs: bool = True
    """False: the simulator's outcome `timeout` ends as a failure."""
    tells_quotas: bool = True
    """From throttling, by its error codes."""
    tells_outputs: bool = True
    has_partial_success: bool = False
    repair: Callable[[dict[str, Any]], None] | None = None
    """Makes a document keep the rules that narrow what the model allows."""
    harmless: tuple[str, ...] = ()
    """Members that name nothing to read, write, run or pay for, beside those that all APIs have."""
    refused: tuple[tuple[str, dict[str, Any], str, Code], ...] = ()
    """A rule, changes to `body_of(1)` that break it, the path and the code of the problem."""
    accepted: tuple[tuple[str, dict[str, Any]], ...] = ()
    """A rule, and changes to `body_of(1)` that it still lets pass."""

    def body_of(self, number: int) -> dict[str, Any]:
        """A valid body; another number makes another job."""
        return {**self.body, **self.numbered(number)}
