"""The guard rails on their way from cdk.json to the functions' environment and to IAM."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from pydantic import ValidationError

from infra.configuration import OPEN, Configuration, ConfigurationError
from jobchute.providers.registry import SPECS
from jobchute.requests.allowed import SIZES
from jobchute.requests.guardrails import GuardRails
from tests.infra.conftest import Template, listed, synthesized
from tests.paths import DOCS, ROOT

PAGE = DOCS / "guard-rails.md"
ROLE = "arn:aws:iam::123456789012:role/Jobs"
EMBEDDED = {"provider_url": "http://127.0.0.1:1", "event_source_prefix": "x."}
RAILS: dict[str, Any] = {
    "roles": [ROLE],
    "inputs": ["s3://bucket/in"],
    "outputs": ["s3://bucket/out/"],
    "instance_types": ["ml.m5.*", "ml.g5.xlarge"],
    "devices": ["local:*"],
    "most_instances": 4,
    "longest_run_seconds": 7200,
    "required_labels": ["team"],
    "images": ["123456789012.dkr.ecr.*/team/*"],
    "models": ["amazon.nova-*", "Churn-*"],
    "destinations": ["arn:aws:sagemaker:*:123456789012:mlflow-app/*"],
    "subnets": ["subnet-1"],
    "security_groups": ["sg-1", "sg-2"],
    "max_jobs_per_file": 500,
    "remote_debug": False,
}
LARGEST: dict[str, Any] = {size.name: 500 for size in SIZES}


def from_context(**values: Any) -> Configuration:
    context = {f"jobchute:{name}": value for name, value in values.items()}
    return Configuration.from_context(cdk.App(context=context).node)


def test_every_guard_rail_is_in_cdk_json_and_in_the_docs() -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    docs = PAGE.read_text()
    defaults = GuardRails._field_defaults | {size.name: None for size in SIZES}
    for name in defaults.keys() - {"own_bucket", "sizes"}:
        unsaid = defaults[name]
        default = Configuration.model_fields[name].default
        assert default == unsaid
        assert context[f"jobchute:{name}"] == ([] if default == () else default)
        assert f"`jobchute:{name}`" in docs


def test_values_come_as_json_and_from_the_command_line_as_text() -> None:
    said = RAILS | LARGEST
    as_text = {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
    assert from_context(**said) == from_context(**as_text) == Configuration.model_validate(said)


def test_the_functions_get_what_the_context_says() -> None:
    rails = GuardRails.of_json(json.dumps(RAILS | {"sizes": LARGEST}))
    made = Configuration.model_validate(RAILS | LARGEST)
    assert made.guard_rails == rails
    assert GuardRails.of_json(made.guard_rails_json) == rails
    assert Configuration().guard_rails_json == "{}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"inputs": ["bucket"]},
            "jobchute:inputs[0]: 'bucket' does not do; it takes a JSON list of S3 prefixes",
        ),
        ({"outputs": ["s3://b/*"]}, "jobchute:outputs[0]: "),
        ({"roles": ["Jobs"]}, "jobchute:roles[0]: "),
        (
            {"roles": ROLE},
            f"jobchute:roles: {ROLE!r} does not do; it takes a JSON list of role ARNs, such as '[\"arn:",
        ),
        ({"instance_types": ["ml.m5.?"]}, "jobchute:instance_types[0]: "),
        ({"devices": [""]}, "jobchute:devices[0]: "),
        (
            {"most_instances": 0},
            "jobchute:most_instances: 0 does not do; it takes a whole number from 1 on, such as 4",
        ),
        ({"longest_run_seconds": "an hour"}, "jobchute:longest_run_seconds: "),
        ({"required_labels": ["a b"]}, "jobchute:required_labels[0]: "),
        (
            {"instance_type": []},
            "jobchute:instance_type: there is no such value; did you mean jobchute:instance_types",
        ),
        ({"embedded": {"url": 1}}, "jobchute:embedded.url: "),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        from_context(**values)
    assert message in str(error.value)


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(
        ConfigurationError, match=r"jobchute:most_instances: .*; jobchute:devices\[1\]: |devices.*most"
    ):
        from_context(most_instances=-1, devices=["local:*", "?"])


def test_the_embedded_aws_allows_all_that_is_closed_by_default() -> None:
    assert OPEN.keys() == {name for spec in SPECS.values() for name in spec.closed}
    rails = Configuration.model_validate({"embedded": EMBEDDED}).guard_rails
    assert {name: getattr(rails, name) for name in OPEN} == OPEN
    assert Configuration.model_validate({"embedded": EMBEDDED, "roles": [ROLE]}).guard_rails.roles == (ROLE,)


def test_a_name_of_no_guard_rail_is_refused() -> None:
    with pytest.raises(ValidationError):
        Configuration.model_validate({"role": [ROLE]})


def conditions_by_action(template: Template) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for _, statement in template.statements():
        if "training-plan" in json.dumps(statement["Resource"]):
            continue  # IAM has no condition keys for it: test_providers_template.py
        for action in listed(statement["Action"]):
            found.setdefault(action, []).append(statement.get("Condition"))
    return found


def test_iam_limits_sagemaker_s_types_and_run_time_alone(asset: Path) -> None:
    found = conditions_by_action(synthesized(asset, **RAILS, max_keep_alive_seconds=0))
    limits = {
        "ForAllValues:StringLike": {
            "sagemaker:InstanceTypes": ["ml.m5.*", "ml.g5.xlarge"],
            "sagemaker:VpcSubnets": ["subnet-1"],
            "sagemaker:VpcSecurityGroupIds": ["sg-1", "sg-2"],
        },
        "Null": {
            "sagemaker:InstanceTypes": "false",
            "sagemaker:VpcSubnets": "false",
            "sagemaker:VpcSecurityGroupIds": "false",
        },
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": 7200},
    }
    training = {
        "NumericLessThanEqualsIfExists": {"sagemaker:KeepAlivePeriod": 0},
        "BoolIfExists": {"sagemaker:EnableRemoteDebug": "false"},
    }
    assert found["sagemaker:CreateProcessingJob"] == [limits, limits]
    assert found["sagemaker:CreateTrainingJob"] == [limits | training] * 2
    for action in (
        "sagemaker:AddTags",
        "braket:CreateJob",
        "bedrock:CreateModelInvocationJob",
        "braket:TagResource",
    ):
        assert found[action] == [None] * len(found[action]) != []
    assert all(list(condition) == ["StringEquals"] for condition in found["iam:PassRole"])


def test_a_request_without_a_run_time_is_a_day_to_iam_too(asset: Path) -> None:
    found = conditions_by_action(synthesized(asset, longest_run_seconds=86400))
    limits = {"NumericLessThanEqualsIfExists": {"sagemaker:MaxRuntimeInSeconds": 86400}}
    assert found["sagemaker:CreateTrainingJob"] == [limits, limits]


def test_iam_refuses_a_request_without_limited_instance_types(asset: Path) -> None:
    """`ForAllValues` alone is true for an absent key, so a serverless job would pass."""
    found = conditions_by_action(synthesized(asset, instance_types=["ml.m5.*"]))
    for condition in found["sagemaker:CreateTrainingJob"]:
        assert condition["Null"] == {"sagemaker:InstanceTypes": "false"}


def test_iam_lets_serverless_jobs_pass_where_they_are_listed(asset: Path) -> None:
    found = conditions_by_action(synthesized(asset, instance_types=["ml.m5.*", "serverless"]))
    limits = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*", "serverless"]}}
    assert found["sagemaker:CreateTrainingJob"] == [limits, limits]


@pytest.mark.parametrize("rails", [{"devices": ["*"]}, {"outputs": ["s3://results"]}, {}])
def test_without_devices_and_outputs_no_task_is_created(asset: Path, rails: dict[str, Any]) -> None:
    template = synthesized(asset, **rails)
    assert "braket:CreateQuantumTask" not in conditions_by_action(template)
    assert not [statement for _, statement in template.statements() if ":::results" in json.dumps(statement)]


def test_results_of_tasks_are_written_where_outputs_are_allowed(asset: Path) -> None:
    template = synthesized(asset, devices=["*"], outputs=["s3://results", "s3://shared/team/"])
    found: dict[str, set[str]] = {}
    for module in ("dispatch", "reconcile"):
        for action, places in template.actions_of(module).items():
            texts = {json.dumps(place) for place in places}
            found.setdefault(action, set()).update(
                each for each in texts if "results" in each or "shared" in each
            )
    objects = {":s3:::results/*", ":s3:::shared/team/*"}
    for action, wanted in (
        ("s3:GetObject", objects),
        ("s3:PutObject", objects),
        ("s3:ListBucket", {":s3:::results", ":s3:::shared"}),
    ):
        assert {each.partition('Partition"}, ')[2].strip('"]} ') for each in found[action]} == wanted


def test_iam_limits_the_models_of_batch_transform(asset: Path) -> None:
    rails = {"models": ["amazon.nova-*", "Churn-*"], "instance_types": ["ml.m5.*"]}
    for condition in conditions_by_action(synthesized(asset, **rails))["sagemaker:CreateTransformJob"]:
        named = condition.pop("ArnLike")["sagemaker:ModelArn"]
        resources = [json.dumps(arn).partition(":model/")[2].rstrip('"]}') for arn in named]
        assert resources == ["amazon.nova-*", "Churn-*", "churn-*"]
        assert condition == {
            "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]},
            "Null": {"sagemaker:InstanceTypes": "false"},
        }


def test_iam_allows_no_job_of_a_model_until_a_model_is_listed(template: Template, asset: Path) -> None:
    assert "sagemaker:CreateTransformJob" not in conditions_by_action(template)
    every = conditions_by_action(synthesized(asset, models=["*"]))
    assert every["sagemaker:CreateTransformJob"] == [None, None]


def test_without_guard_rails_iam_has_no_conditions_on_creating(template: Template) -> None:
    found = conditions_by_action(template)
    assert found["sagemaker:CreateTrainingJob"] == [None, None]
    assert "iam:PassRole" not in found
