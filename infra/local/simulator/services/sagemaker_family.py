"""What SageMaker's kinds of job have in common, and what one kind says of itself: a `Family`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ..errors import ServiceError, SimulatorError
from ..jobs import Job, Kind
from ..scenarios import Refusal
from ..settings import Settings

FAILED = "AlgorithmError: See job logs for more information (simulated)"
DEFAULT_MAX_RUNTIME = 86400  # seconds, where the request gives none [M]
FINAL = frozenset({"Completed", "Failed", "Stopped"})


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of job: `noun` is in the names of operations and members, `resource` in its ARNs.

    fields: what Describe says beyond the request. problems: what SageMaker says of a request that its model
    lets pass. cluster: the part of a request that asks for instances. not_found: the code of the answer where
    no job has the name. key: alike for names that are the same.
    """

    kind: Kind
    noun: str
    resource: str
    fields: Callable[[Job, Settings], dict[str, Any]]
    problems: Callable[[Mapping[str, Any]], Iterator[str]]
    cluster: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    not_found: str = "ValidationException"
    key: Callable[[str], str] = str

    @property
    def name_member(self) -> str:
        return f"{self.noun}JobName"


def refusals(use: str) -> Mapping[Refusal, Callable[[], SimulatorError]]:
    """The throttling is not modelled [T]; the quota's text is AWS's, with a limit that others' jobs use up
    [T].
    """
    full, zero = (
        f"The account-level service limit 'ml.m5.xlarge for {use} usage' is {limit} Instances, "
        f"with current utilization of {limit} Instances and a request delta of 1 Instances. "
        "Please use AWS Service Quotas to request an increase for this quota."
        for limit in (4, 0)
    )
    return MappingProxyType(
        {
            Refusal.THROTTLE: partial(ServiceError, "ThrottlingException", "Rate exceeded"),
            Refusal.QUOTA: partial(ServiceError, "ResourceLimitExceeded", full),
            Refusal.ZERO_QUOTA: partial(ServiceError, "ResourceLimitExceeded", zero),
            Refusal.UNAVAILABLE: partial(
                ServiceError, "ServiceUnavailable", "Service is unavailable", status=503
            ),
        }
    )


def instances_of(cluster: Mapping[str, Any]) -> int:
    """How many instances a request asks for; of a list of preferences, by its first entry."""
    first: Mapping[str, Any] = next(iter(cluster.get("InstancePreferences", [])), {})
    groups = sum(group["InstanceCount"] for group in cluster.get("InstanceGroups", []))
    count: int = cluster.get("InstanceCount") or groups or first.get("InstanceCount") or 1
    return count


def selected(path: str, config: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """The member at this path with the instances that were selected: the first preferred ones to be had [M].

    Nothing for a job that prefers none, or that has not got any.
    """
    preferred = config.get("InstancePreferences", [])
    if not preferred or job.started is None:
        return {}
    missing = job.scenario.missing
    one = next((each for each in preferred if each["InstanceType"] not in missing), preferred[0])
    count = one.get("InstanceCount", config.get("InstanceCount"))
    chosen = {"SelectedInstanceType": one["InstanceType"], "SelectedInstanceCount": count}
    return {path: {**config, **chosen}}


def problems_of_selection(config: Mapping[str, Any], path: str) -> Iterator[str]:
    for member in ("SelectedInstanceType", "SelectedInstanceCount"):
        if member in config:
            yield f"{path}.{member} isn't accepted in Create requests"
