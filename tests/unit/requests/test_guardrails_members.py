"""The tables of guarded members against the request models: what looks like one is in them, or has a reason."""

# ruff: noqa: E501 (tables with one case a line)

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from typing_extensions import is_typeddict

from jobchute.job import Api
from jobchute.providers import BACKENDS
from jobchute.requests.guarded import GUARDED, RunTime
from jobchute.requests.models import model_for
from jobchute.requests.models.explain import members_of, unwrapped
from jobchute.runtime import adapters
from jobchute.settings import FireworksSettings

LOOKS_GUARDED = re.compile(
    r"s3|uri$|url$|path$|location|bucket|arn$|role|instance|count$|device|seconds$|hours$|ranks|duration",
    re.IGNORECASE,
)

# What looks like a guarded member and is none, with the reason.
EXEMPT = {
    r"^checkpointConfig\.localPath$|LocalPath$|DirectoryPath$": "a path in the container or on a file system",
    r"^associations\[\]\.arn$": "a reservation, which the account has paid for",
    r"containerImage\.uri$|ImageUri$": "an image in ECR, not a location in S3",
    r"instanceConfig\.volumeSizeInGb$|VolumeSizeInGB$|VolumeSizeInGb$": "a size of disks, not a number of instances",
    r"s3InputFormat$|S3DataType$|S3DataDistributionType$|S3InputMode$|S3CompressionType$|S3UploadMode$": "how, not where",
    r"s3BucketOwner$": "asserts who owns the bucket of the location beside it; it names none",
    r"s3EncryptionKeyId$": "a key, not a location",
    r"TrainingRepositoryCredentialsProviderArn$": "a Lambda function, which the execution role must be able to call",
    r"HubContentArn$|DatasetArn$|BaseModelArn$|EvaluatorArn$|SourceModelPackageArn$": "SageMaker's own content",
    r"MlflowResourceArn$|ModelPackageGroupArn$": "a SageMaker resource that the execution role must be able to use",
    r"TrainingPlanArns?(\[\])?$": "capacity that the account has paid for",
    r"InstanceGroupNames?(\[\])?$": "a name within the request",
    r"InstancePlacementConfig\.": "how the counted instances are placed; its counts are parts of theirs",
    r"KeepAlivePeriodInSeconds$": "how long idle instances wait for the next job; not a run time of this one",
    r"MaxWaitTimeInSeconds$|MaxPendingTimeInSeconds$": "includes waiting; the run within is limited beside it",
    r"ProfilingIntervalInMilliseconds$": "how often the profiler looks",
    r"MaximumRetryAttempts$": "all attempts share the run time (documentation of MaxRuntimeInSeconds)",
}  # fmt: skip


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
    guarded = GUARDED[api]
    groups = {f"{path}[].{member}" for path, member in (guarded.groups or {}).items()}
    run_time = {guarded.run_time.path} - {None}
    names = (
        guarded.roles,
        guarded.inputs,
        guarded.outputs,
        guarded.instance_types,
        guarded.devices,
        guarded.counts,
    )
    return {path for paths in names for path in paths} | groups | {str(path) for path in run_time}


MEMBERS = {api: dict(leaves(model_for(api).request)) for api in Api}


@pytest.mark.parametrize("api", list(Api))
def test_a_member_that_looks_guarded_is_in_the_table_or_has_a_reason(api: Api) -> None:
    names = {path: re.sub(r"\[\]$", "", path).rpartition(".")[2] for path in MEMBERS[api]}
    suspicious = {path for path, name in names.items() if LOOKS_GUARDED.search(name)}
    suspicious |= {path for path, kind in MEMBERS[api].items() if is_instance_type(kind)}
    missing = suspicious - guarded_paths(api)
    assert [path for path in missing if not any(re.search(reason, path) for reason in EXEMPT)] == []


@pytest.mark.parametrize("api", list(Api))
def test_every_guarded_member_is_in_the_model_and_has_no_reason_to_be_exempt(api: Api) -> None:
    assert guarded_paths(api) <= set(MEMBERS[api])
    assert [path for path in guarded_paths(api) if any(re.search(reason, path) for reason in EXEMPT)] == []


def test_every_reason_is_for_something() -> None:
    paths = [path for members in MEMBERS.values() for path in members]
    assert [reason for reason in EXEMPT if not any(re.search(reason, path) for path in paths)] == []


@pytest.mark.parametrize("api", list(Api))
def test_locations_are_text_and_instance_types_are_those_of_the_model(api: Api) -> None:
    guarded, members = GUARDED[api], MEMBERS[api]
    assert {
        members[path] for path in (*guarded.roles, *guarded.inputs, *guarded.outputs, *guarded.devices)
    } <= {str}
    assert {path for path, kind in members.items() if is_instance_type(kind)} == set(guarded.instance_types)
    assert all(members[path] is int for path in guarded.counts)


def test_an_api_has_a_role_to_guard_where_it_is_passed_one() -> None:
    assert all(GUARDED[api].roles for api, backend in BACKENDS.items() if backend.passed_to)
    assert set(GUARDED) == set(Api)


@pytest.mark.parametrize("api", list(Api))
def test_the_default_run_time_is_the_adapters(api: Api) -> None:
    settings = FireworksSettings(table="t", state_machine_arn="arn", fireworks_secret_arn="arn")
    run_time: RunTime = GUARDED[api].run_time
    assert run_time.default == adapters(settings)[api].time_limit({})


def test_the_number_of_guarded_members_is_known() -> None:
    assert sum(len(guarded_paths(api)) for api in Api) == 44
