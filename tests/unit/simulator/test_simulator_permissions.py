"""What a call needs of its role, and when a statement gives it."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.simulator.clock import Clock
from infra.local.simulator.events import Publisher
from infra.local.simulator.permissions import Need
from infra.local.simulator.roles import Roles, allows, session_key
from infra.local.simulator.services.bedrock import Bedrock
from infra.local.simulator.services.sagemaker import SageMaker
from infra.local.simulator.settings import Settings
from infra.local.simulator.world import World

ROLE = "arn:aws:iam::000000000000:role/Job"
SETTINGS = Settings(region="eu-central-2", account="000000000000")
WORLD = World(SETTINGS, clock=Clock(), publisher=Publisher(None))


def statement(**values: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"} | values


def test_creating_with_tags_needs_tagging_and_passing_the_role() -> None:
    request = {
        "TrainingJobName": "churn",
        "RoleArn": ROLE,
        "Tags": [{"Key": "a", "Value": "b"}],
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    arn = "arn:aws:sagemaker:eu-central-2:000000000000:training-job/churn"
    create, tag, passing = SageMaker(WORLD).needs_of("CreateTrainingJob", request)
    asked = {"sagemaker:InstanceTypes": ["ml.m5.large"], "sagemaker:MaxRuntimeInSeconds": ["60"]}
    assert create == Need("sagemaker:CreateTrainingJob", arn, asked)
    assert tag == Need("sagemaker:AddTags", arn)
    assert passing == Need("iam:PassRole", ROLE, {"iam:PassedToService": ["sagemaker.amazonaws.com"]})


def test_a_customization_needs_its_model_and_what_it_tags() -> None:
    tags = [{"key": "a", "value": "b"}]
    request = {"baseModelIdentifier": "amazon.titan-text-express-v1", "roleArn": ROLE, "jobTags": tags}
    here, job = "arn:aws:bedrock:eu-central-2:000000000000", "model-customization-job/new"
    action = "bedrock:CreateModelCustomizationJob"
    assert [*Bedrock(WORLD).needs_of("CreateModelCustomizationJob", request | {"customModelTags": tags})] == [
        Need(action, f"{here}:{job}"),
        Need(action, "arn:aws:bedrock:eu-central-2::foundation-model/amazon.titan-text-express-v1"),
        Need("bedrock:TagResource", f"{here}:{job}"),
        Need("bedrock:TagResource", f"{here}:custom-model/new"),
        Need("iam:PassRole", ROLE, {"iam:PassedToService": ["bedrock.amazonaws.com"]}),
    ]
    (by_name,) = Bedrock(WORLD).needs_of("GetModelCustomizationJob", {"jobIdentifier": "routing"})
    assert by_name == Need("bedrock:GetModelCustomizationJob", f"{here}:model-customization-job/routing")


def test_a_transform_job_needs_its_model_and_no_role() -> None:
    request = {
        "TransformJobName": "scores",
        "ModelName": "churn",
        "TransformResources": {"InstanceType": "ml.m5.large"},
    }
    here = "arn:aws:sagemaker:eu-central-2:000000000000"
    asked = {"sagemaker:InstanceTypes": ["ml.m5.large"], "sagemaker:ModelArn": [f"{here}:model/churn"]}
    assert [*SageMaker(WORLD).needs_of("CreateTransformJob", request)] == [
        Need("sagemaker:CreateTransformJob", f"{here}:transform-job/scores", asked)
    ]


def test_a_tuning_job_passes_the_roles_of_its_training_jobs() -> None:
    request = {
        "HyperParameterTuningJobName": "tune",
        "TrainingJobDefinitions": [{"RoleArn": ROLE, "ResourceConfig": {"InstanceType": "ml.m5.large"}}],
    }
    create, passing = SageMaker(WORLD).needs_of("CreateHyperParameterTuningJob", request)
    arn = "arn:aws:sagemaker:eu-central-2:000000000000:hyper-parameter-tuning-job/tune"
    asked = {"sagemaker:InstanceTypes": ["ml.m5.large"]}
    assert create == Need("sagemaker:CreateHyperParameterTuningJob", arn, asked)
    assert passing == Need("iam:PassRole", ROLE, {"iam:PassedToService": ["sagemaker.amazonaws.com"]})


@pytest.mark.parametrize(
    "cluster",
    [{"TrainingPlanArn": "arn:plan"}, {"InstancePreferences": [{"TrainingPlanArns": ["arn:plan"]}]}],
    ids=["of the job", "of a preference"],
)
def test_a_job_on_a_training_plan_needs_the_plan_too(
    cluster: dict[str, Any],
) -> None:
    request = {"TrainingJobName": "churn", "RoleArn": ROLE, "ResourceConfig": cluster}
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 60}
    assert Need("sagemaker:CreateTrainingJob", "arn:plan") in [
        *SageMaker(WORLD).needs_of("CreateTrainingJob", request)
    ]


def test_a_batch_job_is_created_from_its_model_too() -> None:
    request = {"modelId": "amazon.nova-micro-v1:0", "roleArn": ROLE, "jobName": "j"}
    needs = [*Bedrock(WORLD).needs_of("CreateModelInvocationJob", request)]
    resources = [need.resource for need in needs if need.action == "bedrock:CreateModelInvocationJob"]
    assert resources[1] == "arn:aws:bedrock:eu-central-2::foundation-model/amazon.nova-micro-v1:0"
    assert "iam:PassRole" in {need.action for need in needs}
    assert "bedrock:TagResource" not in {need.action for need in needs}


@pytest.mark.parametrize(
    ("values", "conditions", "is_allowed"),
    [
        ({}, {}, True),
        ({"Action": ["sagemaker:Create*"]}, {}, True),
        ({"Action": "sagemaker:StopTrainingJob"}, {}, False),
        ({"Resource": "arn:aws:sagemaker:*:training-job/*"}, {}, True),
        ({"Resource": "arn:aws:sagemaker:*:processing-job/*"}, {}, False),
        ({"Condition": {"StringEquals": {"iam:PassedToService": "a"}}}, {"iam:PassedToService": ["a"]}, True),
        ({"Condition": {"StringEquals": {"iam:PassedToService": "a"}}}, {"iam:PassedToService": ["b"]}, False),
        ({"Condition": {"StringEquals": {"iam:PassedToService": "a"}}}, {}, False),
        ({"Condition": {"ForAllValues:StringLike": {"t": ["ml.m5.*"]}}}, {"t": ["ml.m5.large"]}, True),
        ({"Condition": {"ForAllValues:StringLike": {"t": ["ml.m5.*"]}}}, {"t": ["ml.m5.x", "ml.p4d"]}, False),
        ({"Condition": {"ForAllValues:StringLike": {"t": ["ml.m5.*"]}}}, {}, True),
        ({"Condition": {"NumericLessThanEquals": {"s": 60}}}, {"s": ["60"]}, True),
        ({"Condition": {"NumericLessThanEquals": {"s": 60}}}, {"s": ["61"]}, False),
        ({"Condition": {"ArnLike": {"m": ["arn:*:model/churn-*"]}}}, {"m": ["arn:x:model/churn-1"]}, True),
        ({"Condition": {"ArnLike": {"m": ["arn:*:model/churn-*"]}}}, {"m": ["arn:x:model/other"]}, False),
        ({"Condition": {"ArnLike": {"m": ["arn:*:model/churn-*"]}}}, {}, False),
        ({"Condition": {"NumericLessThanEqualsIfExists": {"s": 60}}}, {}, True),
    ],
)
def test_a_statement_gives_what_it_says(
    values: dict[str, Any], conditions: dict[str, list[str]], is_allowed: bool
) -> None:
    need = Need(
        "sagemaker:CreateTrainingJob", "arn:aws:sagemaker:eu-central-2:000000000000:training-job/x", conditions
    )
    assert allows(statement(**values), need) == is_allowed


@pytest.mark.parametrize("values", [{"Effect": "Deny"}, {"NotAction": "a:B"}])
def test_a_statement_that_is_not_understood_is_no_yes(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="understood"):
        allows(statement(**values), Need("sagemaker:CreateTrainingJob", "*"))


def test_an_operator_that_is_not_understood_is_no_yes() -> None:
    with pytest.raises(KeyError):
        allows(
            statement(Condition={"DateLessThan": {"aws:CurrentTime": "2026"}}),
            Need("sagemaker:CreateTrainingJob", "*", {"aws:CurrentTime": ["2025"]}),
        )


def test_a_function_s_session_has_one_key() -> None:
    one, two = (session_key("arn:aws:lambda:x:0:function:f", role) for role in ("r", "s"))
    assert one != two
    assert one.startswith("ASIA")
    assert len(one) == 20


@mock_aws
def test_managed_policies_of_a_role_count_as_inline_ones_do() -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName="Reconcile", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    inline, overflow = (
        json.dumps({"Version": "2012-10-17", "Statement": [statement(Action=action)]})
        for action in ("braket:GetJob", "braket:CancelJob")
    )
    iam.put_role_policy(RoleName="Reconcile", PolicyName="Default", PolicyDocument=inline)
    policy = iam.create_policy(PolicyName="Overflow", PolicyDocument=overflow)["Policy"]
    iam.attach_role_policy(RoleName="Reconcile", PolicyArn=policy["Arn"])
    roles = Roles(endpoint="https://iam.amazonaws.com", region="us-east-1")
    roles._role_arns["its key"] = role["Arn"]
    needs = (Need(f"braket:{name}Job", "*") for name in ("Get", "Cancel", "Create"))
    assert [roles("its key", need) for need in needs] == [None, None, role["Arn"]]
