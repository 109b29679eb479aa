"""The tables of guarded members against the request models: what looks like one is in them, or has a reason."""

# ruff: noqa: E501 (tables with one case a line)

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from typing_extensions import is_typeddict

from jobchute.job import Api
from jobchute.providers.models import model_for
from jobchute.providers.registry import SPECS
from jobchute.requests.allowed import SIZES, matches
from jobchute.runtime import compose
from jobchute.validation.explain import members_of, unwrapped
from tests.apis import VALUES
from tests.fakes.clients import GivenClients
from tests.fakes.settings import GivenSettings
from tests.paths import DOCS

PAGE = DOCS / "guard-rails.md"

# Members that name nothing to read, write, run or pay for.
HARMLESS = {
    "how it is called, and what of it is told": (
        "*jobName", "*JobName", "displayName", "clientToken", "clientRequestToken", "*Tags[].*", "tags[].*", "tags{}",
        "annotations{}", "ExperimentConfig.*", "MlflowConfig.MlflowExperimentName", "MlflowConfig.MlflowRunName",
        "*channelName", "*ChannelName", "*InputName", "*OutputName", "*RuleConfigurationName", "*CollectionName",
        "*InstanceGroupName", "*InstanceGroupNames[]", "*MetricDefinitions[].*", "*EnableSageMakerMetricsTimeSeries",
        "ProfilerConfig.ProfilingIntervalInMilliseconds", "ProfilerConfig.DisableProfiler",
    ),
    "a path in the container": ("*LocalPath", "*localPath"),
    "how data are read and written, not where": (
        "*compressionType", "*CompressionType", "*contentType", "*ContentType", "*s3InputFormat", "*S3DataType",
        "*S3DataDistributionType", "*AttributeNames[]", "*RecordWrapperType", "*InputMode", "*ShuffleConfig.Seed",
        "*S3InputMode", "*S3UploadMode", "*AppManaged", "modelInvocationType",
    ),
    "what a serverless job does with its model": (
        "ServerlessJobConfig.JobType", "ServerlessJobConfig.CustomizationTechnique", "ServerlessJobConfig.Peft",
        "ServerlessJobConfig.EvaluationType", "ServerlessJobConfig.SequenceLength",
    ),
}  # fmt: skip


def unlimited() -> tuple[str, ...]:
    """The members that the documentation names as not limited."""
    table = PAGE.read_text().partition("## What is not limited")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return tuple(pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row))


def leaves(annotation: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    kind, _ = unwrapped(annotation)
    if is_typeddict(kind):
        for name, member in members_of(kind).items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif get_origin(kind) is list:
        yield from leaves(get_args(kind)[0], f"{path}[]")
    elif get_origin(kind) is dict:
        yield f"{path}{{}}", kind
    else:
        yield path, kind


def is_instance_type(kind: Any) -> bool:
    return get_origin(kind) is Literal and str(get_args(kind)[0]).startswith("ml.")


def guarded_paths(api: Api) -> set[str]:
    guarded = SPECS[api].members
    groups = {f"{path}[].{member}" for path, member in (guarded.groups or {}).items()}
    run_time = {SPECS[api].run_time.path} - {None}
    lists = guarded._replace(vpc=())
    paths = {path for member in lists if isinstance(member, tuple) for path in member if isinstance(path, str)}
    sizes = {path for paths in guarded.sizes.values() for path in paths}
    others = {guarded.remote_debug, guarded.parallel, *sizes}
    named = {each for path in paths for each in members_of_path(path)}
    return (named | groups | {str(path) for path in run_time} | others) - {""}


def members_of_path(path: str) -> list[str]:
    """The path; the members of a location that is in several."""
    return re.findall(r"{(\w+)}", path) or [path]


MEMBERS = {api: dict(leaves(model_for(api).request)) for api in Api}


EXEMPT = (
    *unlimited(),
    *(pattern for patterns in HARMLESS.values() for pattern in patterns),
    *(pattern for values in VALUES.values() for pattern in values.harmless),
)


@pytest.mark.parametrize("api", list(Api))
def test_every_member_is_limited_or_documented_as_free(api: Api) -> None:
    rest = set(MEMBERS[api]) - guarded_paths(api)
    assert [path for path in rest if not any(matches(pattern, path) for pattern in EXEMPT)] == []


@pytest.mark.parametrize("api", list(Api))
def test_every_guarded_member_is_in_the_model(api: Api) -> None:
    assert guarded_paths(api) <= set(MEMBERS[api])
    wrong = [path for path in guarded_paths(api) if any(matches(pattern, path) for pattern in EXEMPT)]
    assert [path for path in wrong if not path.startswith("ProcessingInputs[].DatasetDefinition.")] == []


def test_every_reason_is_for_something() -> None:
    paths = [path for members in MEMBERS.values() for path in members]
    assert [pattern for pattern in EXEMPT if not any(matches(pattern, path) for path in paths)] == []


@pytest.mark.parametrize("api", list(Api))
def test_locations_are_text_and_types_are_the_model_s(api: Api) -> None:
    guarded, members = SPECS[api].members, MEMBERS[api]
    locations = (*guarded.roles, *guarded.inputs, *guarded.outputs, *guarded.devices)
    assert {members[name] for path in locations for name in members_of_path(path)} <= {str}
    assert {path for path, kind in members.items() if is_instance_type(kind)} == set(guarded.instance_types)
    sizes = [path for paths in guarded.sizes.values() for path in paths]
    assert all(members[path] is int for path in (*guarded.counts, *sizes))
    assert guarded.sizes.keys() <= {size.name for size in SIZES}
    names = (guarded.images, guarded.models, guarded.destinations, guarded.subnets, guarded.security_groups)
    assert {members[path] for paths in names for path in paths} <= {str}
    assert not guarded.remote_debug or members[guarded.remote_debug] is bool


@pytest.mark.parametrize("api", list(Api))
def test_vpc_and_serverless_members_are_where_the_model_has_them(api: Api) -> None:
    for path in filter(None, (*SPECS[api].members.vpc, SPECS[api].members.serverless)):
        assert any(member.startswith(f"{path}.") for member in MEMBERS[api])
    subnets = {path for path in MEMBERS[api] if "subnet" in path.lower()}
    assert subnets == set(SPECS[api].members.subnets)


def test_an_api_has_a_role_to_guard_where_it_is_passed_one() -> None:
    assert all(spec.members.roles for spec in SPECS.values() if spec.iam and spec.iam.passed_to)


@pytest.mark.parametrize("api", list(Api))
def test_the_default_run_time_is_the_adapters(api: Api) -> None:
    adapters = compose(GivenClients({}), GivenSettings()).adapters
    assert SPECS[api].run_time.default == adapters[api].time_limit({})


@pytest.mark.parametrize("api", list(Api))
def test_the_number_of_guarded_members_is_known(api: Api) -> None:
    assert len(guarded_paths(api)) == VALUES[api].guarded_members
