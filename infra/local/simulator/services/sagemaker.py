"""Amazon SageMaker's kinds of job: the operations, alike for all of them but for a word in their names.

No token: the name is the identity, free again after a delete. A used one is refused with ResourceInUse; a
missing job is a ValidationException "Requested resource not found." [T, and botocore's waiters]; so is a stop
of a finished one [D for training, I for processing].
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import ServiceError
from ..jobs import Job
from ..listing import InvalidPageToken, page
from ..permissions import Conditions, Need, Parameters, passing
from ..world import World
from .sagemaker_family import Family
from .sagemaker_processing import PROCESSING
from .sagemaker_training import TRAINING
from .sagemaker_transform import TRANSFORM
from .sagemaker_tuning import TUNING

DEFAULT_PAGE = 10
Operation = Callable[[dict[str, Any]], Mapping[str, Any]]

FAMILIES = (TUNING, TRAINING, PROCESSING, TRANSFORM)


class SageMaker:
    """The operations, by name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.operations: dict[str, Operation] = {"AddTags": self._add_tags, "ListTags": self._list_tags}
        for family in FAMILIES:
            self.operations |= FamilyOperations(world, family).by_name()

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        family = next((each for each in FAMILIES if f"{each.noun}Job" in operation), None)
        if family is None:
            yield Need(f"sagemaker:{operation}", given["ResourceArn"])
            return
        name, cluster = given.get(family.name_member), family.cluster(given)
        resource = self._world.arn("sagemaker", f"{family.resource}/{name}") if name else "*"
        conditions = dict(_conditions(given, cluster))
        if "ModelName" in given:
            conditions["sagemaker:ModelArn"] = [self._world.arn("sagemaker", f"model/{given['ModelName']}")]
        yield Need(f"sagemaker:{operation}", resource, conditions)
        if operation.startswith("Create"):
            if given.get("Tags"):
                yield Need("sagemaker:AddTags", resource)
            yield from (Need(f"sagemaker:{operation}", plan) for plan in _training_plans(cluster))
            yield from (passing(role, "sagemaker.amazonaws.com") for role in _roles(given))

    def _add_tags(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self._job(request["ResourceArn"])
        job.tags.update(_tags(request))
        return {"Tags": _tag_list(job)}

    def _list_tags(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {"Tags": _tag_list(self._job(request["ResourceArn"]))}

    def _job(self, arn: str) -> Job:
        for family in FAMILIES:
            job = self._world.jobs.get(family.kind.api, family.key(arn.rpartition("/")[2]))
            if job is not None and job.arn == arn:
                return job
        raise _not_found()


class FamilyOperations:
    """Create, Describe, Stop, List and Delete of one family."""

    def __init__(self, world: World, family: Family) -> None:
        self._world = world
        self._family = family
        self._kind = family.kind

    def by_name(self) -> dict[str, Operation]:
        noun = self._family.noun
        return {
            f"Create{noun}Job": self._create,
            f"Describe{noun}Job": self._describe,
            f"Stop{noun}Job": self._stop,
            f"List{noun}Jobs": self._list,
            f"Delete{noun}Job": self._delete,
        }

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        family, name = self._family, request[self._family.name_member]
        if problems := list(family.problems(request)):
            raise ServiceError("ValidationException", "; ".join(problems))
        self._world.admission.check_rate(self._kind)
        key = family.key(name)
        if (namesake := self._world.jobs.get(self._kind.api, key)) is not None:
            namesake.create_calls += 1
            raise ServiceError("ResourceInUse", self._name_taken(namesake))
        arn = self._world.arn("sagemaker", f"{family.resource}/{name}")
        job = self._world.launch(
            self._kind, name=name, request=request, tags=_tags(request), identify=lambda: (key, arn)
        )
        return {f"{family.noun}JobArn": job.arn}

    def _name_taken(self, job: Job) -> str:
        noun = self._family.noun
        return (
            f"{noun} job names must be unique within an AWS account and region, "
            f"and a {noun.lower()} job with this name already exists ({job.arn})"
        )

    def _describe(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self._job(request)
        return {**job.request, **self._family.fields(job, self._world.settings)}

    def _stop(self, request: dict[str, Any]) -> Mapping[str, Any]:
        job = self._job(request)
        if job.is_final:
            state = f"the {self._family.noun.lower()} job is in status {job.status}"
            raise ServiceError("ValidationException", f"The request was rejected because {state}.")
        if job.status != "Stopping":
            self._world.jobs.stop(job)
        return {}

    def _delete(self, request: dict[str, Any]) -> Mapping[str, Any]:
        """Only a job in a terminal state [M]; that the refusal is a ResourceInUse is inferred."""
        job = self._job(request)
        if not job.is_final:
            state = f"the {self._family.noun.lower()} job is in status {job.status}"
            raise ServiceError("ResourceInUse", f"The request was rejected because {state}.")
        self._world.jobs.remove(job)
        return {}

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        jobs = [job for job in self._world.jobs.of(self._kind.api) if _is_listed(job, request)]
        jobs.sort(
            key=_ORDERS[request.get("SortBy", "CreationTime")],
            reverse=request.get("SortOrder") != "Ascending",
        )
        try:
            shown, following = page(
                jobs, size=request.get("MaxResults", DEFAULT_PAGE), token=request.get("NextToken")
            )
        except InvalidPageToken as problem:
            raise ServiceError("ValidationException", "Invalid NextToken") from problem
        return {
            f"{self._family.noun}JobSummaries": [self._summary(job) for job in shown],
            "NextToken": following,
        }

    def _summary(self, job: Job) -> dict[str, Any]:
        return {self._family.name_member: job.name, **self._family.fields(job, self._world.settings)}

    def _job(self, request: Mapping[str, Any]) -> Job:
        job = self._world.jobs.get(self._kind.api, self._family.key(request[self._family.name_member]))
        if job is None:
            raise _not_found(self._family.not_found)
        return job


_ORDERS: Mapping[str, Callable[[Job], Any]] = {
    "CreationTime": lambda job: job.created,
    "Name": lambda job: job.name,
    "Status": lambda job: job.status,
}


def _is_listed(job: Job, request: Mapping[str, Any]) -> bool:
    return (
        request.get("NameContains", "") in job.name
        and request.get("StatusEquals", job.status) == job.status
        and request.get("CreationTimeAfter", 0.0)
        <= job.created
        <= request.get("CreationTimeBefore", float("inf"))
        and request.get("LastModifiedTimeAfter", 0.0) <= job.modified
        and job.modified <= request.get("LastModifiedTimeBefore", float("inf"))
    )


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}


def _tag_list(job: Job) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in job.tags.items()]


def _not_found(code: str = "ValidationException") -> ServiceError:
    return ServiceError(code, "Requested resource not found.")


def _roles(given: Parameters) -> Iterator[str]:
    """Of the job, or of the training jobs that it defines."""
    for each in (given, given.get("TrainingJobDefinition", {}), *given.get("TrainingJobDefinitions", [])):
        if "RoleArn" in each:
            yield each["RoleArn"]


def _training_plans(cluster: Mapping[str, Any]) -> Iterator[str]:
    """The reference lists no condition keys for them."""
    if "TrainingPlanArn" in cluster:
        yield cluster["TrainingPlanArn"]
    for preference in cluster.get("InstancePreferences", []):
        yield from preference.get("TrainingPlanArns", [])


def _conditions(given: Parameters, cluster: Mapping[str, Any]) -> Conditions:
    """The condition keys of a call that asks for instances or a run time."""
    groups = cluster.get("InstanceGroups", [cluster])
    types = [group["InstanceType"] for group in groups if "InstanceType" in group]
    longest = given.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    conditions = {"sagemaker:InstanceTypes": types} if types else {}
    return conditions | ({} if longest is None else {"sagemaker:MaxRuntimeInSeconds": [str(longest)]})
