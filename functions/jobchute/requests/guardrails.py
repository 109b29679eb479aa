"""The limits of a deployment, in addition to the providers' models. `docs/guard-rails.md` explains each."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from math import inf
from typing import Any, NamedTuple, Self

from jobchute.problems import Problem
from jobchute.providers.members import values_at
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import ApiSpec, Members, RunTime
from jobchute.requests.allowed import LIMITS, SHOWN_CHARACTERS, SIZES, how_to_allow, is_in_bucket, matches
from jobchute.requests.submission import Submission
from jobchute.requests.tags import tag_problems
from jobchute.validation.wording import shown

MAX_PROBLEMS = 200
MAX_JOBS_PER_FILE = 10_000
SERVERLESS = "serverless"
"""In `instance_types`: jobs for which SageMaker chooses the type and number of instances."""


class GuardRails(NamedTuple):
    """The deployment's limits. An empty list allows all, except of what an API's spec calls closed, as roles.

    In all lists but inputs, outputs and labels, `*` stands for any text; no other character is special.
    A prefix is a bucket or a folder in it: `s3://bucket/team` allows what is below `s3://bucket/team/`.
    Where subnets or security groups are listed, jobs that could be in a VPC have to be in one.
    sizes: the largest numbers, by the names of jobchute.requests.allowed.SIZES. max_cost is in US dollars.
    allow_unknown_cost: whether a job whose cost has no known bound passes it, and budgets. max_attempts: of one
    job; None for as many as a document may ask for. own_bucket: the deployment's, where no job may write; empty
    where it is not known, as it is in no context value.
    Their form is checked at synthesis, by infra.configuration.Configuration.
    """

    roles: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    most_instances: int | None = None
    longest_run_seconds: int | None = None
    required_labels: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    sizes: Mapping[str, int] = {}
    max_jobs_per_file: int = MAX_JOBS_PER_FILE
    remote_debug: bool = True
    max_cost: float | None = None
    allow_unknown_cost: bool = False
    max_attempts: int | None = None
    own_bucket: str = ""

    @property
    def allows_serverless(self) -> bool:
        """Whether jobs whose instances SageMaker chooses pass the limits of instances."""
        if self.instance_types:
            return any(matches(each, SERVERLESS) for each in self.instance_types)
        return self.most_instances is None

    @classmethod
    def of_json(cls, text: str) -> Self:
        """The inverse of `to_json`. Raises ValueError for other text."""
        try:
            said = json.loads(text).items()
            values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in said}
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"no guard rails: {error}") from error

    def to_json(self) -> str:
        """JSON without the values that are defaults."""
        unsaid = self._field_defaults
        said = {name: value for name, value in self._asdict().items() if value != unsaid[name]}
        return json.dumps(said, separators=(",", ":"))

    def problems_in(self, submission: Submission) -> list[Problem]:
        """Everything in a request that this deployment does not allow, at most MAX_PROBLEMS of it."""
        spec, request = SPECS[submission.api], submission.request
        members = spec.members
        found = chain(
            _names(self, spec, request),
            _own_bucket(self, members, request),
            _network(self, members, request),
            _serverless(self, members, request),
            _instances(self, members, request),
            _sizes(self, members, request),
            _debugging(self, members, request),
            _run_time(self, spec.run_time, request),
            _labels(self, submission.labels),
            _attempts(self, submission),
            tag_problems(submission),
        )
        return list(islice(found, MAX_PROBLEMS))

    def problems_of_labels(self, labels: Mapping[str, str]) -> list[Problem]:
        """What is wrong with a job's labels."""
        return [*_labels(self, labels)]

    def problems_of_number(self, jobs: int, *, before: int = 0) -> list[Problem]:
        """What is wrong with a document that asks for this many jobs. before: those of its file before it."""
        most = self.max_jobs_per_file
        if before + jobs <= most:
            return []
        message = (
            f"With this document, the file asks for {before + jobs:,} jobs; this deployment allows {most:,} in "
            f"a file. Give the rest in another one. {how_to_allow('max_jobs_per_file')}"
        )
        return [Problem("" if jobs == 1 else "matrix", "TOO_MANY_JOBS", message)]


def _names(rails: GuardRails, spec: ApiSpec, request: Mapping[str, Any]) -> Iterator[Problem]:
    """Names and locations that no list allows."""
    for limit in LIMITS:
        allowed: tuple[str, ...] = getattr(rails, limit.name)
        if not allowed and limit.name not in spec.closed:
            continue
        paths: tuple[str, ...] = getattr(spec.members, limit.name)
        for place in paths:
            for path, value in values_at(request, place):
                if isinstance(value, str) and not limit.allows_any(allowed, value):
                    yield Problem(path, limit.code, limit.message(value, allowed))


def _own_bucket(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    """What a job writes there would be taken for requests, or overwrite answers."""
    for path, value in chain.from_iterable(values_at(request, place) for place in members.outputs):
        if rails.own_bucket and isinstance(value, str) and is_in_bucket(rails.own_bucket, value):
            message = (
                f"{shown(value, SHOWN_CHARACTERS)} is in the deployment's own bucket, where requests and "
                "status documents are. Let the job write to another bucket."
            )
            yield Problem(path, "OWN_BUCKET_NOT_ALLOWED", message)


def _network(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    """A job without subnets runs outside the deployment's subnets."""
    for path in _without_vpc(members.vpc, request):
        for name, what in (("subnets", "subnets"), ("security_groups", "security groups")):
            if getattr(rails, name):
                missing = path.removeprefix("request.")
                message = f"This deployment only allows jobs in its {what}; the request has no {missing}."
                yield Problem(path, "VPC_REQUIRED", f"{message} {how_to_allow(name)}")


def _without_vpc(places: tuple[str, ...], request: Mapping[str, Any]) -> Iterator[str]:
    """Where a VPC is missing: in the items of a list of jobs; else in the request, if it has none anywhere."""
    if places and not any(values_at(request, place) for place in places):
        yield f"request.{places[0]}"
        return
    for place in places:
        items, is_list, member = place.rpartition("[].")
        for path, item in values_at(request, f"{items}[]") if is_list else ():
            if not values_at(item, member):
                yield f"{path}.{member}"


def _serverless(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    if not members.serverless or members.serverless not in request or rails.allows_serverless:
        return
    message = (
        "This deployment limits instances, but for a serverless job SageMaker chooses their type and number. "
        f"To allow such jobs, add {SERVERLESS} to the context value jobchute:instance_types and deploy."
    )
    yield Problem(f"request.{members.serverless}", "SERVERLESS_NOT_ALLOWED", message)


def _instances(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    most = rails.most_instances
    if most is None:
        return
    times = _parallel(members, request)
    for path, count in _counts(members, request):
        if count * times > most:
            number = shown(count) if times == 1 else f"{shown(times)} times {shown(count)}"
            message = f"This deployment allows at most {most} instances in a job, not {number}."
            yield Problem(path, "TOO_MANY_INSTANCES", f"{message} {how_to_allow('most_instances')}")


def _sizes(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    """Numbers that are larger than the deployment allows."""
    for size in SIZES if rails.sizes else ():
        most = rails.sizes.get(size.name, inf)
        paths = members.sizes.get(size.name, ())
        for path, value in chain.from_iterable(values_at(request, each) for each in paths):
            if isinstance(value, int) and value > most:
                message = f"This deployment allows at most {most} {size.what}, not {shown(value)}."
                yield Problem(path, size.code, f"{message} {how_to_allow(size.name)}")


def _debugging(rails: GuardRails, members: Members, request: Mapping[str, Any]) -> Iterator[Problem]:
    if rails.remote_debug or not members.remote_debug:
        return
    for path, value in values_at(request, members.remote_debug):
        if value is True:
            message = "This deployment does not allow remote debugging: it opens a shell in the container."
            yield Problem(path, "REMOTE_DEBUG_NOT_ALLOWED", f"{message} {how_to_allow('remote_debug')}")


def _run_time(rails: GuardRails, run_time: RunTime, request: Mapping[str, Any]) -> Iterator[Problem]:
    longest = rails.longest_run_seconds
    if longest is None:
        return
    for path, seconds, why in _run_times(run_time, request):
        if seconds > longest:
            may = f"The job may run for {shown(seconds)} seconds{why}"
            message = f"{may}; this deployment allows at most {longest}."
            yield Problem(path, "RUN_TIME_TOO_LONG", f"{message} {how_to_allow('longest_run_seconds')}")


def _labels(rails: GuardRails, labels: Mapping[str, str]) -> Iterator[Problem]:
    for name in rails.required_labels:
        if not labels.get(name, "").strip():
            message = (
                f"This deployment requires the label {name} with a value. A body that stands alone has no "
                "labels: put it under `request`, with `api` and `labels` beside it. "
                f"{how_to_allow('required_labels')}"
            )
            yield Problem(f"labels.{name}", "LABEL_REQUIRED", message)


def _attempts(rails: GuardRails, submission: Submission) -> Iterator[Problem]:
    attempts = 1 if submission.retry is None else submission.retry.attempts
    if rails.max_attempts is not None and attempts > rails.max_attempts:
        is_of_alternatives = submission.alternatives and attempts == 1 + len(submission.alternatives)
        path = "alternatives" if is_of_alternatives else "retry.attempts"
        message = f"This deployment allows at most {rails.max_attempts} attempts of a job, not {attempts}."
        yield Problem(path, "TOO_MANY_ATTEMPTS", f"{message} {how_to_allow('max_attempts')}")


def _counts(members: Members, request: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The numbers of instances in a request, each for the whole job."""
    for path, value in chain.from_iterable(values_at(request, path) for path in members.counts):
        if isinstance(value, int):
            yield path, value
    for place, member in (members.groups or {}).items():
        for path, groups in values_at(request, place):
            items = [group for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
            found = [group.get(member) for group in items]
            yield path, sum(value for value in found if isinstance(value, int))


def _parallel(members: Members, request: Mapping[str, Any]) -> int:
    found = values_at(request, members.parallel) if members.parallel else []
    return max((value for _, value in found if isinstance(value, int)), default=1)


def _run_times(run_time: RunTime, request: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """How many seconds a job may run, with the path of the member that says so, and why a default applies."""
    if run_time.path is None:
        yield "request", run_time.default, ", the limit of Jobchute, because the provider has none"
        return
    given = values_at(request, run_time.path)
    for path, value in given:
        if isinstance(value, int):
            yield path, value * run_time.unit, ""
    if not given:
        why = f" by its provider's default, since the request has no {run_time.path}"
        yield f"request.{run_time.path}", run_time.default, why
