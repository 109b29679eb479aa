"""What the roles that the stack makes for jobs may do: what each provider's documentation asks."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.endpoints import SERVICES
from tests.infra.checks.safeguards_data import SAFEGUARDS
from tests.infra.conftest import Template, listed, synthesized

PULL = {"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
NEEDED = {
    "bedrock": {"bedrock:InvokeModel"},
    "braket": {
        "braket:CreateQuantumTask",
        "braket:GetQuantumTask",
        "braket:GetDevice",
        "cloudwatch:PutMetricData",
        *PULL,
    },
    "sagemaker": {"cloudwatch:PutMetricData", *PULL},
}
ON_EVERYTHING = {
    "braket:CreateQuantumTask",
    "braket:GetDevice",
    "braket:SearchDevices",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
}


@pytest.fixture(scope="module")
def with_roles(asset: Path) -> Template:
    return synthesized(asset, job_role_buckets=("amzn-s3-demo-bucket",))


def statements(template: Template, service: str) -> list[Any]:
    """Of the policy of the role for one provider's jobs."""
    return [each for name, each in template.statements() if name.startswith(f"JobRoles{service.capitalize()}")]


def actions(statement: Any) -> list[str]:
    return [str(action) for action in listed(statement["Action"])]


def test_no_role_for_jobs_is_made_unless_asked_for(template: Template, with_roles: Template) -> None:
    more = len(with_roles.of("AWS::IAM::Role")) - len(template.of("AWS::IAM::Role"))
    assert more == len(SERVICES)


def test_a_job_s_role_is_lent_to_this_account_s_jobs_alone(with_roles: Template) -> None:
    roles = {k: v for k, v in with_roles.of("AWS::IAM::Role").items() if k.startswith("JobRoles")}
    assert roles
    for role in roles.values():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert "AWS::AccountId" in json.dumps(statement["Condition"]["ArnLike"]["aws:SourceArn"])
    assert not [word for safeguard in SAFEGUARDS for word in safeguard(with_roles.body["Resources"])]


@pytest.mark.parametrize("service", SERVICES)
def test_a_job_may_do_what_its_provider_asks_of_its_role(with_roles: Template, service: str) -> None:
    allowed = {action for each in statements(with_roles, service) for action in actions(each)}
    assert {*NEEDED[service], "s3:GetObject", "s3:ListBucket", "s3:PutObject"} <= allowed
    assert "iam:PassRole" not in allowed


@pytest.mark.parametrize("service", SERVICES)
def test_on_everything_it_may_do_only_what_knows_no_resource(with_roles: Template, service: str) -> None:
    for statement in statements(with_roles, service):
        if listed(statement["Resource"]) == ["*"]:
            assert {*actions(statement)} <= ON_EVERYTHING


@pytest.mark.parametrize("service", ["braket", "sagemaker"])
def test_metrics_go_to_the_provider_s_namespaces(with_roles: Template, service: str) -> None:
    (metrics,) = (
        each for each in statements(with_roles, service) if "cloudwatch:PutMetricData" in actions(each)
    )
    prefix = f"/aws/{service}"
    assert metrics["Condition"] == {"StringLike": {"cloudwatch:namespace": [prefix, f"{prefix}/*"]}}


def test_a_batch_job_invokes_models_through_both_profiles(with_roles: Template) -> None:
    (invoke,) = (each for each in statements(with_roles, "bedrock") if "bedrock:InvokeModel" in actions(each))
    kinds = re.findall(r":([a-z-]+)/\*", json.dumps(invoke["Resource"]))
    assert kinds == ["inference-profile", "application-inference-profile", "foundation-model"]
