"""What a deployment allows beyond what the providers' models do. `docs/guard-rails.md` explains each limit."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple, Self

from jobchute.requests.guarded import GUARDED, Guarded, RunTime, values_at
from jobchute.requests.models.wording import listed, shown
from jobchute.requests.problems import Problem
from jobchute.requests.submission import Submission
from jobchute.requests.tags import tag_problems

MOST_PROBLEMS = 200
SHOWN_CHARACTERS = 200


class GuardRails(NamedTuple):
    """The deployment's limits. An empty list of roles allows none; of anything else, it allows all.

    In roles, instance types and devices, `*` stands for any text; no other character is special.
    A prefix is a bucket or a folder in it: `s3://bucket/team` allows what is below `s3://bucket/team/`.
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

    @classmethod
    def of_json(cls, text: str) -> Self:
        """What `to_json` wrote. Raises ValueError for anything else."""
        try:
            said = json.loads(text).items()
            values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in said}
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"no guard rails: {error}") from error

    def to_json(self) -> str:
        """Without what is left unsaid."""
        unsaid = self._field_defaults
        said = {name: value for name, value in self._asdict().items() if value != unsaid[name]}
        return json.dumps(said, separators=(",", ":"))

    def problems_in(self, submission: Submission) -> list[Problem]:
        """Everything in a request that this deployment does not allow, at most MOST_PROBLEMS of it."""
        guarded, request = GUARDED[submission.api], submission.request
        found = chain(
            self._names(guarded, request),
            self._instances(guarded, request),
            self._run_time(guarded.run_time, request),
            self._labels(submission.labels),
            tag_problems(submission),
        )
        return list(islice(found, MOST_PROBLEMS))

    def _names(self, guarded: Guarded, request: Mapping[str, Any]) -> Iterator[Problem]:
        """Roles, locations, instance types and devices that are on no list."""
        for limit in LIMITS:
            allowed: tuple[str, ...] = getattr(self, limit.name)
            if not allowed and limit is not ROLES:
                continue
            paths: tuple[str, ...] = getattr(guarded, limit.name)
            for place in paths:
                for path, value in values_at(request, place):
                    if isinstance(value, str) and not limit.allows_any(allowed, value):
                        yield Problem(path, limit.code, limit.message(value, allowed))

    def _instances(self, guarded: Guarded, request: Mapping[str, Any]) -> Iterator[Problem]:
        most = self.most_instances
        if most is None:
            return
        for path, count in _counts(guarded, request):
            if count > most:
                message = f"This deployment allows at most {most} instances in a job, not {shown(count)}."
                yield Problem(path, "TOO_MANY_INSTANCES", f"{message} {_whom_to_ask('most_instances')}")

    def _run_time(self, run_time: RunTime, request: Mapping[str, Any]) -> Iterator[Problem]:
        longest = self.longest_run_seconds
        if longest is None:
            return
        for path, seconds, why in _run_times(run_time, request):
            if seconds > longest:
                may = f"The job may run for {shown(seconds)} seconds{why}"
                message = f"{may}; this deployment allows at most {longest}."
                yield Problem(path, "RUN_TIME_TOO_LONG", f"{message} {_whom_to_ask('longest_run_seconds')}")

    def _labels(self, labels: Mapping[str, str]) -> Iterator[Problem]:
        for name in self.required_labels:
            if not labels.get(name, "").strip():
                message = (
                    f"This deployment asks for the label {name} with a value. A body that stands alone has no "
                    "labels: put it under `request`, with `api` and `labels` beside it. "
                    f"{_whom_to_ask('required_labels')}"
                )
                yield Problem(f"labels.{name}", "LABEL_REQUIRED", message)


def matches(pattern: str, text: str) -> bool:
    """Whether text is what the pattern says, where `*` stands for any text; in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    position, end = len(first), len(text) - len(last)
    if position > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def holds_input(prefix: str, uri: str) -> bool:
    """Whether all that a job reads at this URI is below the prefix.

    A provider reads every key that begins with the URI: `s3://bucket/team` would reach `s3://bucket/team-b/`.
    So the folder itself needs its slash; a bucket has nothing beside it.
    """
    folder = _folder(prefix)
    is_bucket = folder.count("/") == 3 and uri == folder[:-1]
    return _is_plain(uri) and (is_bucket or uri.startswith(folder))


def holds_output(prefix: str, uri: str) -> bool:
    """Whether all that a job writes to this URI is below the prefix: providers put a slash after it."""
    return _is_plain(uri) and f"{uri}/".startswith(_folder(prefix))


def _folder(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/"


def _is_plain(uri: str) -> bool:
    """S3 takes `..` for a name, but what copies files to a disk may not."""
    return not {".", ".."} & set(uri.split("/"))


def _whom_to_ask(name: str) -> str:
    return f"Whoever deploys it changes the context value jobchute:{name}."


class Limit(NamedTuple):
    """A list of names in the guard rails. name: of the list, there and in the table of guarded members."""

    name: str
    code: str
    what: str
    allows: Callable[[str, str], bool]
    hint: str = ""

    def allows_any(self, allowed: tuple[str, ...], value: str) -> bool:
        """Whether one of the entries allows the value."""
        return any(self.allows(each, value) for each in allowed)

    def message(self, value: str, allowed: tuple[str, ...]) -> str:
        those = listed([shown(each, SHOWN_CHARACTERS) for each in allowed]) or "none"
        refused = f"This deployment does not allow the {self.what} {shown(value, SHOWN_CHARACTERS)}"
        return f"{refused}; it allows {those}.{self.hint} {_whom_to_ask(self.name)}"


PREFIX_HINT = " A location is written s3://BUCKET/KEY, without `.` or `..` between slashes"
ROLES = Limit(name="roles", code="ROLE_NOT_ALLOWED", what="role", allows=matches)
LIMITS = (
    ROLES,
    Limit(
        name="inputs",
        code="INPUT_NOT_ALLOWED",
        what="input location",
        allows=holds_input,
        hint=f"{PREFIX_HINT}, and a folder ends in a slash: without it, it is the beginning of other names.",
    ),
    Limit(
        name="outputs",
        code="OUTPUT_NOT_ALLOWED",
        what="output location",
        allows=holds_output,
        hint=f"{PREFIX_HINT}.",
    ),
    Limit(name="instance_types", code="INSTANCE_TYPE_NOT_ALLOWED", what="instance type", allows=matches),
    Limit(name="devices", code="DEVICE_NOT_ALLOWED", what="device", allows=matches),
)


def _counts(guarded: Guarded, request: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The numbers of instances that a request asks for, each for the whole job."""
    for path, value in chain.from_iterable(values_at(request, path) for path in guarded.counts):
        if isinstance(value, int):
            yield path, value
    for path, member in (guarded.groups or {}).items():
        found = [value for _, value in values_at(request, f"{path}[].{member}")]
        yield f"request.{path}", sum(value for value in found if isinstance(value, int))


def _run_times(run_time: RunTime, request: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """How many seconds a job may run, where its request says so or could say so, and why it is a default."""
    if run_time.path is None:
        yield "request", run_time.default, ", since its provider knows no limit and Jobchute's own counts"
        return
    given = values_at(request, run_time.path)
    for path, value in given:
        if isinstance(value, int):
            yield path, value * run_time.unit, ""
    if not given:
        why = f" by its provider's default, since the request has no {run_time.path}"
        yield f"request.{run_time.path}", run_time.default, why
