"""What a well-formed document asks for: one job, the end of one, or a change of one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.requests.ordering import DEFAULT_PRIORITY, Dependency

if TYPE_CHECKING:
    from jobchute.attempts import Policy
    from jobchute.requests.alternatives import Alternative
    from jobchute.requests.objective import Objective


class Submission(NamedTuple):
    """A well-formed document that asks for a job. Its request must still be checked against the API's model.

    priority: 0 to 9, the higher the sooner. after: the jobs that this one waits for, all of them. objective: by
    which the jobs of its file are compared.
    max_cost: the most that it may cost, in millionths of a dollar. usage: quantities that its request does not
    say (jobchute.providers.charges). waits_for_budget: whether it waits where its budget has no room, instead
    of being rejected. retry: when other attempts follow; None for a single one. alternatives: what they
    ask for where there is no capacity.
    """

    api: Api
    request: Mapping[str, Any]
    idempotency_key: str | None = None
    labels: Mapping[str, str] = MappingProxyType({})
    dry_run: bool = False
    priority: int = DEFAULT_PRIORITY
    after: tuple[Dependency, ...] = ()
    retry_of: str | None = None
    objective: "Objective | None" = None
    max_cost: int | None = None
    usage: Mapping[str, int] = MappingProxyType({})
    waits_for_budget: bool = False
    retry: "Policy | None" = None
    alternatives: "tuple[Alternative, ...]" = ()


class Cancellation(NamedTuple):
    """A document that asks for the end of a job or a file. target: a job id, an idempotency key, or a file."""

    target: str


class Setting(NamedTuple):
    """A document that changes a job that waits. target: its id or idempotency key. priority: None to leave it.
    labels: those to set; the job's others stay.
    """

    target: str
    priority: int | None = None
    labels: Mapping[str, str] = MappingProxyType({})


class CancellationProblems(list[Problem]):
    """What is wrong with a cancellation. It has a status document, but no row among the jobs."""


class SettingProblems(list[Problem]):
    """What is wrong with a document that would change a job. As for a cancellation, it has no row."""
