"""The deployment's limits: what each refuses and where, and what it lets pass."""

# ruff: noqa: E501 (tables with one case a line)

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.configuration import Configuration
from jobchute.job import Api
from jobchute.providers.members import values_at
from jobchute.providers.registry import SPECS
from jobchute.requests.allowed import SIZES, Size, is_in_bucket
from jobchute.requests.document import Submission
from jobchute.requests.guardrails import MAX_PROBLEMS, GuardRails
from tests.paths import EXAMPLES
from tests.unit.providers.rule_requests import (
    SERVERLESS,
    VALID,
    changed,
    channel,
)
from tests.unit.requests.guardrail_cases import (
    ALLOWED,
    ANY_ROLE,
    ANYTHING,
    COUNT,
    ELSEWHERE,
    HOUR,
    IMAGES,
    INPUTS,
    OTHER,
    OUTPUTS,
    OWN_REGISTRY,
    REFUSED,
    ROLES,
    SUBNETS,
    TYPES,
    VOLUME,
)

BRAKET, BEDROCK, FIREWORKS = Api.BRAKET_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB
TRAINING, PROCESSING = Api.TRAINING_JOB, Api.PROCESSING_JOB

VALID_EXAMPLES = sorted((EXAMPLES / "valid").glob("*/*.json"))


def found(rails: GuardRails, api: Api, request: dict[str, Any], **labels: str) -> list[tuple[str, str]]:
    submission = Submission(api=api, request=request, labels=labels)
    return [(problem.path, problem.code) for problem in rails.problems_in(submission)]


def values_of(api: Api, name: str) -> list[Any]:
    """What the valid request has at the members that a guard rail limits."""
    return [value for path in getattr(SPECS[api].members, name) for value in values_at(VALID[api], path)]


@pytest.mark.parametrize(("api", "rails", "changes", "path", "code"), REFUSED)
def test_what_is_outside_the_guard_rails_is_refused_by_field(
    api: Api, rails: dict[str, Any], changes: dict[str, Any], path: str, code: str
) -> None:
    assert found(GuardRails(**rails), api, changed(api, changes)) == [(path, code)]


@pytest.mark.parametrize(("api", "rails", "changes"), ALLOWED)
def test_what_is_inside_passes(api: Api, rails: dict[str, Any], changes: dict[str, Any]) -> None:
    assert found(GuardRails(**rails), api, changed(api, changes)) == []


@pytest.mark.parametrize("api", [BRAKET, BEDROCK, TRAINING, PROCESSING])
def test_by_default_no_role_is_allowed_and_all_else_is(api: Api) -> None:
    assert [code for _, code in found(GuardRails(), api, VALID[api])] == ["ROLE_NOT_ALLOWED"]


@pytest.mark.parametrize("api", Api)
def test_by_default_a_job_without_a_role_names_what_is_allowed(api: Api) -> None:
    """Its rights are those of what it runs, so a list of these takes the place of the list of roles."""
    expected = {"roles": "ROLE_NOT_ALLOWED", "models": "MODEL_NOT_ALLOWED"}
    expected |= {"outputs": "OUTPUT_NOT_ALLOWED", "devices": "DEVICE_NOT_ALLOWED"}
    closed = [name for name in SPECS[api].closed if values_of(api, name)]
    assert [code for _, code in found(GuardRails(), api, VALID[api])] == [expected[name] for name in closed]
    assert SPECS[api].members.roles or closed


@pytest.mark.parametrize("path", VALID_EXAMPLES, ids=lambda path: path.name[:20])
def test_real_requests_pass_where_roles_and_models_are_allowed(path: Path) -> None:
    example = json.loads(path.read_text())
    rails = GuardRails(roles=("arn:aws:iam::*:role/*",), models=("*",), devices=("*",), outputs=("s3://",))
    assert found(rails, Api(example["api"]), example["request"]) == []


def test_a_checkpoint_must_be_allowed_by_both_lists() -> None:
    rails = GuardRails(roles=ANY_ROLE, inputs=("s3://bucket",), outputs=("s3://bucket",))
    request = changed(TRAINING, {"CheckpointConfig": {"S3Uri": ELSEWHERE}})
    at = "request.CheckpointConfig.S3Uri"
    assert found(rails, TRAINING, request) == [(at, "INPUT_NOT_ALLOWED"), (at, "OUTPUT_NOT_ALLOWED")]


def with_value(member: str, value: str) -> dict[str, Any]:
    """A request that has this value, and nothing else. member: as in a spec, `[]` for each item of a list."""
    if "{" in member:
        bucket, _, key = value.removeprefix("s3://").partition("/")
        return dict(zip(re.findall(r"{(\w+)}", member), (bucket, key), strict=True))
    nested: Any = value
    for name in reversed(member.split(".")):
        nested = {name.removesuffix("[]"): [nested] if name.endswith("[]") else nested}
    return dict(nested)


@pytest.mark.parametrize(("api", "member"), [(api, each) for api in Api for each in SPECS[api].members.outputs])
def test_no_job_writes_to_the_deployment_s_own_bucket(api: Api, member: str) -> None:
    """Not even where a context value lists it."""
    request = with_value(member, "s3://bucket/status/x")
    rails = GuardRails(**{**ANYTHING, "outputs": ("s3://bucket",), "own_bucket": "bucket"})
    ((path, _),) = values_at(request, member)
    assert found(rails, api, request) == [(path, "OWN_BUCKET_NOT_ALLOWED")]
    assert found(rails._replace(own_bucket="bucket-2"), api, request) == []


@pytest.mark.parametrize(
    ("location", "is_there"),
    [
        ("s3://own", True),
        ("s3://own/status/a.json", True),
        ("S3://own/x", True),
        ("own", True),
        ("https://own.s3.eu-central-1.amazonaws.com/x", True),
        ("https://s3.eu-central-1.amazonaws.com/own/x", True),
        ("s3://own-2/x", False),
        ("s3://own.eu/x", False),
        ("s3://other/own/x", False),
        ("https://other.s3.amazonaws.com/x/own", False),
        ("", False),
    ],
)
def test_a_location_in_a_bucket_is_told_however_it_is_written(location: str, is_there: bool) -> None:
    assert is_in_bucket("own", location) is is_there


@pytest.mark.parametrize(("labels", "is_there"), [({"team": "growth"}, True), ({"team": " "}, False), ({"Team": "g"}, False)])  # fmt: skip
def test_a_label_counts_if_it_has_a_value(labels: dict[str, str], is_there: bool) -> None:
    rails = GuardRails(roles=ANY_ROLE, required_labels=("team",))
    assert (found(rails, BEDROCK, VALID[BEDROCK], **labels) == []) is is_there


MESSAGES = [
    (ROLES, BRAKET, {"roleArn": OTHER}, f'This deployment does not allow the role "{OTHER}"; it allows "arn:aws:iam::123456789012:role/Jobs". To allow more, deploy with a different context value jobchute:roles.'),
    ({}, BRAKET, {}, 'This deployment does not allow the role "arn:aws:iam::123456789012:role/Jobs"; it allows none. To allow more, deploy with a different context value jobchute:roles.'),
    (INPUTS, BEDROCK, {"inputDataConfig/s3InputDataConfig/s3Uri": ELSEWHERE}, f'This deployment does not allow the input location "{ELSEWHERE}"; it allows "s3://bucket". Write a location as s3://BUCKET/KEY, without `.` or `..` between slashes, and end a folder with a slash: without it, it is also a prefix of other names. To allow more, deploy with a different context value jobchute:inputs.'),
    (OUTPUTS, BRAKET, {"outputDataConfig/s3Path": ELSEWHERE}, f'This deployment does not allow the output location "{ELSEWHERE}"; it allows "s3://bucket". Write a location as s3://BUCKET/KEY, without `.` or `..` between slashes. To allow more, deploy with a different context value jobchute:outputs.'),
    (TYPES, BRAKET, {"instanceConfig/instanceType": "ml.p3.2xlarge"}, 'This deployment does not allow the instance type "ml.p3.2xlarge"; it allows "ml.m5.*". To allow more, deploy with a different context value jobchute:instance_types.'),
    ({"roles": ANY_ROLE, "devices": ("arn:*", "x")}, BRAKET, {}, 'This deployment does not allow the device "local:none/none"; it allows "arn:*", "x". To allow more, deploy with a different context value jobchute:devices.'),
    (COUNT, BRAKET, {"instanceConfig/instanceCount": 3}, "This deployment allows at most 2 instances in a job, not 3. To allow more, deploy with a different context value jobchute:most_instances."),
    (HOUR, PROCESSING, {"StoppingCondition": {"MaxRuntimeInSeconds": 3601}}, "The job may run for 3601 seconds; this deployment allows at most 3600. To allow more, deploy with a different context value jobchute:longest_run_seconds."),
    (HOUR, PROCESSING, {}, "The job may run for 86400 seconds by its provider's default, since the request has no StoppingCondition.MaxRuntimeInSeconds; this deployment allows at most 3600. To allow more, deploy with a different context value jobchute:longest_run_seconds."),
    (HOUR, FIREWORKS, {}, "The job may run for 604800 seconds, the limit of Jobchute, because the provider has none; this deployment allows at most 3600. To allow more, deploy with a different context value jobchute:longest_run_seconds."),
    (IMAGES, FIREWORKS, {"environmentId": "e"}, f'This deployment does not allow the image, algorithm or environment "e"; it allows "{OWN_REGISTRY}/*". To allow more, deploy with a different context value jobchute:images.'),
    (SUBNETS, TRAINING, {}, "This deployment only allows jobs in its subnets; the request has no VpcConfig. To allow more, deploy with a different context value jobchute:subnets."),
    (VOLUME, BRAKET, {"instanceConfig/volumeSizeInGb": 101}, "This deployment allows at most 100 GB of storage on an instance, not 101. To allow more, deploy with a different context value jobchute:max_volume_gb."),
    ({"roles": ANY_ROLE, "sizes": {"max_keep_alive_seconds": 0}}, TRAINING, {"ResourceConfig/KeepAlivePeriodInSeconds": 1}, "This deployment allows at most 0 seconds in a warm pool, not 1. To allow more, deploy with a different context value jobchute:max_keep_alive_seconds."),
    (TYPES, TRAINING, SERVERLESS, "This deployment limits instances, but for a serverless job SageMaker chooses their type and number. To allow such jobs, add serverless to the context value jobchute:instance_types and deploy."),
    ({"roles": ANY_ROLE, "remote_debug": False}, TRAINING, {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "This deployment does not allow remote debugging: it opens a shell in the container. To allow more, deploy with a different context value jobchute:remote_debug."),
    ({"roles": ANY_ROLE, "own_bucket": "bucket"}, BRAKET, {}, '"s3://bucket/out" is in the deployment\'s own bucket, where requests and status documents are. Let the job write to another bucket.'),
    ({"roles": ANY_ROLE, "required_labels": ("team",)}, BEDROCK, {}, "This deployment requires the label team with a value. A body that stands alone has no labels: put it under `request`, with `api` and `labels` beside it. To allow more, deploy with a different context value jobchute:required_labels."),
]  # fmt: skip


@pytest.mark.parametrize(("rails", "api", "changes", "message"), MESSAGES)
def test_a_message_says_what_is_allowed_and_how_to_change_it(
    rails: dict[str, Any], api: Api, changes: dict[str, Any], message: str
) -> None:
    submission = Submission(api=api, request=changed(api, changes))
    assert [problem.message for problem in GuardRails(**rails).problems_in(submission)] == [message]


def test_long_names_are_cut_late_and_long_lists_too() -> None:
    allowed = tuple(f"s3://bucket/{i:0150}" for i in range(13))
    request = changed(BEDROCK, {"inputDataConfig/s3InputDataConfig/s3Uri": f"s3://elsewhere/{'x' * 300}"})
    (problem,) = GuardRails(roles=ANY_ROLE, inputs=allowed).problems_in(
        Submission(api=BEDROCK, request=request)
    )
    assert f'"s3://elsewhere/{"x" * 185}…"' in problem.message
    assert f'"{allowed[11]}" and 1 more.' in problem.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": ("bucket/team",)},
        {"inputs": ("s3://",)},
        {"inputs": ("s3://bucket/*",)},
        {"outputs": ("s3://bucket/te?m",)},
        {"outputs": ("s3://bucket//team",)},
        {"outputs": ("https://bucket/team",)},
        {"instance_types": ("ml.[mp]5.large",)},
        {"instance_types": ("",)},
        {"devices": ("arn:aws:braket:::device/qpu/?",)},
        {"devices": ("",)},
        {"most_instances": 0},
        {"longest_run_seconds": 0},
        {"required_labels": ("my label",)},
        {"regions": ()},
        {"images": ("",)},
        {"images": ("my image",)},
        {"models": ("amazon.nova-[a-z]",)},
        {"subnets": ("subnet-?",)},
        {"max_jobs_per_file": 0},
        {"remote_debug": "maybe"},
    ],
)
def test_guard_rails_of_another_meaning_than_written_are_refused(wrong: dict[str, Any]) -> None:
    """At synthesis; a deployed function gets what was accepted there."""
    with pytest.raises(ValidationError):
        Configuration(**wrong)


@pytest.mark.parametrize("rails", [{"most_instances": 1}, {"max_jobs_per_file": 1, "remote_debug": False}, {"longest_run_seconds": 1}, {"inputs": ("s3://abc",), "outputs": ("s3://abc/d/",)}])  # fmt: skip
def test_the_least_of_each_limit_can_be_said_and_does_not_change(rails: dict[str, Any]) -> None:
    made = GuardRails(**rails)
    assert GuardRails.of_json(made.to_json()) == made
    assert Configuration(**rails).guard_rails == made


@pytest.mark.parametrize("size", SIZES)
def test_the_least_of_each_size_can_be_said_and_no_less(size: Size) -> None:
    made = GuardRails(sizes={size.name: size.least})
    assert GuardRails.of_json(made.to_json()) == made
    assert Configuration.model_validate({size.name: size.least}).guard_rails == made
    with pytest.raises(ValidationError):
        Configuration.model_validate({size.name: size.least - 1})


def test_a_request_of_many_mistakes_is_told_some_of_them() -> None:
    channels = [channel(source={"S3DataSource": {"S3Uri": ELSEWHERE}})] * (MAX_PROBLEMS + 10)
    rails = GuardRails(roles=ANY_ROLE, inputs=("s3://bucket",))
    assert len(found(rails, TRAINING, changed(TRAINING, {"InputDataConfig": channels}))) == MAX_PROBLEMS


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("wrong", [None, 1, "x", [], {}, [[]], [None], [{}], True])
def test_any_value_in_any_place_is_borne(api: Api, wrong: Any) -> None:
    """Mistakes of shape are reported apart; here they must neither raise nor be called too long or too many."""
    rails = GuardRails(
        inputs=("s3://bucket",),
        most_instances=1,
        longest_run_seconds=30 * 86400,
        sizes={"max_volume_gb": 100},
        remote_debug=False,
    )
    keys = {*VALID[api], "StoppingCondition", "stoppingCondition", "InputDataConfig", "ProcessingInputs", "tags", "Tags", "numRanks", "timeoutDurationInHours"}  # fmt: skip
    for key in keys:
        problems = found(rails, api, {**VALID[api], key: wrong})
        closed = {"ROLE_NOT_ALLOWED", "MODEL_NOT_ALLOWED", "DEVICE_NOT_ALLOWED", "OUTPUT_NOT_ALLOWED"}
        assert {code for _, code in problems} <= {*closed, "INPUT_NOT_ALLOWED"}


def test_a_number_too_long_to_be_written_is_too_large() -> None:
    rails = GuardRails(roles=ANY_ROLE, most_instances=1, longest_run_seconds=7 * 86400)
    assert [code for _, code in found(rails, FIREWORKS, {"numRanks": 10**5000})] == ["TOO_MANY_INSTANCES"]
    hours = {**VALID[BEDROCK], "timeoutDurationInHours": 10**5000}
    assert [code for _, code in found(rails, BEDROCK, hours)] == ["RUN_TIME_TOO_LONG"]


def test_a_run_time_of_the_wrong_type_is_no_default() -> None:
    assert found(GuardRails(**HOUR), TRAINING, changed(TRAINING, {"StoppingCondition/MaxRuntimeInSeconds": "x"})) == []  # fmt: skip


@pytest.mark.parametrize(
    ("jobs", "before", "is_allowed"), [(1, 99, True), (1, 100, False), (100, 0, True), (60, 41, False)]
)
def test_jobs_of_a_file_add_up_to_its_limit(jobs: int, before: int, is_allowed: bool) -> None:
    found = GuardRails(max_jobs_per_file=100).problems_of_number(jobs, before=before)
    assert (found == []) is is_allowed


def test_one_job_too_many_is_told_of_the_document_as_a_whole() -> None:
    assert [problem.path for problem in GuardRails().problems_of_number(1, before=10_000)] == [""]


def test_too_many_jobs_are_told_with_their_number_and_the_limit() -> None:
    (problem,) = GuardRails().problems_of_number(1000, before=9500)
    assert problem == (
        "matrix",
        "TOO_MANY_JOBS",
        "With this document, the file asks for 10,500 jobs; this deployment allows 10,000 in a file. Give the rest "
        "in another one. To allow more, deploy with a different context value jobchute:max_jobs_per_file.",
    )
