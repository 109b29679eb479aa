"""Where the tool finds its deployment, and what it says when it cannot."""

import json

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment, deployment_of
from jobchute.cli.errors import CannotAskError
from jobchute.cli.main import app
from jobchute.cli.stack import guard_rails_of
from jobchute.packing import packed
from jobchute.requests.guardrails import GuardRails
from jobchute.runtime.clients import AwsClients
from tests.aws import client, create_table
from tests.integration.cli.conftest import tool_with
from tests.paths import SAMPLES

run = CliRunner().invoke
OUTPUTS = {"BucketName": "b", "QueueUrl": "https://sqs/q", "TableName": "t", "StateMachineArn": "arn:m"}
NIGHTLY = SAMPLES / "churn-nightly.yaml"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def create_stack(name: str, outputs: dict[str, str], rails: str = "{}", **variables: str) -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": "def handler(event, context): pass"},
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Environment": {"Variables": {"JOBCHUTE_GUARD_RAILS": rails, **variables}},
        },
    }
    template = {
        "Resources": {"Role": ROLE, "Validate5E1F0A2B": function},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    runtime.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.mark.usefixtures("aws")
def test_the_outputs_of_the_stack_are_the_deployment() -> None:
    create_stack("Jobchute", OUTPUTS)
    expected = Deployment(bucket="b", queue_url="https://sqs/q", table="t", state_machine_arn="arn:m")
    assert deployment_of(None) == expected


@pytest.mark.usefixtures("aws")
def test_the_stack_is_named_by_the_environment_or_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    create_stack("Other", OUTPUTS)
    with pytest.raises(CannotAskError, match="no stack Jobchute here"):
        deployment_of(None)
    assert deployment_of("Other").table == "t"
    monkeypatch.setenv("JOBCHUTE_STACK", "Other")
    assert deployment_of(None).table == "t"


def test_the_option_precedes_the_environment_and_that_the_stack(deployment: Deployment) -> None:
    assert deployment_of(None) == deployment
    create_stack("Other", OUTPUTS)
    assert deployment_of("Other").table == "t"


def test_what_the_environment_lacks_the_stack_adds(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_stack("Jobchute", OUTPUTS)
    monkeypatch.delenv("JOBCHUTE_BUCKET")
    found = deployment_of(None)
    assert (found.bucket, found.table) == ("b", deployment.table)


@pytest.mark.usefixtures("aws")
def test_a_stack_of_something_else_is_told() -> None:
    create_stack("Jobchute", {"BucketName": "b"})
    with pytest.raises(CannotAskError, match="no output QueueUrl, TableName, StateMachineArn"):
        deployment_of(None)


@pytest.mark.usefixtures("aws")
def test_guard_rails_are_those_of_the_deployed_function() -> None:
    create_table(client("dynamodb"), OUTPUTS["TableName"])
    role = "arn:aws:iam::123456789012:role/SageMakerRole"
    create_stack("Strict", OUTPUTS, '{"roles": []}')
    create_stack("Open", OUTPUTS, json.dumps({"roles": [role]}), JOBCHUTE_BUCKET="b")
    assert guard_rails_of("Open") == GuardRails(roles=(role,), own_bucket="b")
    refused = run(app, ["validate", str(NIGHTLY), "--stack", "Strict"])
    assert refused.exit_code == 1
    assert "request.RoleArn: ROLE_NOT_ALLOWED" in refused.stdout
    assert run(app, ["validate", str(NIGHTLY), "--stack", "Open"]).exit_code == 0


@pytest.mark.usefixtures("aws")
def test_guard_rails_that_were_packed_are_read() -> None:
    roles = [f"arn:aws:iam::123456789012:role/team-{number}" for number in range(20)]
    create_stack("Large", OUTPUTS, packed(json.dumps({"roles": roles})))
    assert guard_rails_of("Large").roles == tuple(roles)


@pytest.mark.usefixtures("aws")
def test_a_request_is_checked_for_the_stack_s_region_and_account() -> None:
    create_table(client("dynamodb"), OUTPUTS["TableName"])
    roles = '{"roles": ["*"]}'
    create_stack("There", OUTPUTS, roles, JOBCHUTE_PLACE="us-east-1:123456789012")
    create_stack("Elsewhere", OUTPUTS, roles, JOBCHUTE_PLACE="eu-west-1:444455556666")
    assert run(app, ["validate", str(NIGHTLY), "--stack", "There"]).exit_code == 0
    refused = run(app, ["validate", str(NIGHTLY), "--stack", "Elsewhere"])
    assert "request.RoleArn: WRONG_ACCOUNT" in refused.stdout
    assert "request.AlgorithmSpecification.TrainingImage: WRONG_REGION" in refused.stdout


@pytest.mark.usefixtures("aws")
def test_without_a_stack_nobody_can_be_asked() -> None:
    result = run(app, ["jobs", "list"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no stack Jobchute here" in result.stderr
    assert "jobchute local env" in result.stderr


def test_a_table_that_is_not_there_is_told_with_what_to_check(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JOBCHUTE_TABLE", "gone")
    result = run(app, ["jobs", "show", "jc-1"])
    assert result.exit_code == 2
    assert "ResourceNotFoundException" in result.stderr
    assert "JOBCHUTE_TABLE" in result.stderr


def test_without_a_region_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with tool_with(AwsClients()):
        result = run(app, ["jobs", "list"])
    assert result.exit_code == 2
    assert "set AWS_DEFAULT_REGION" in result.stderr


def test_aws_region_alone_is_enough(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with tool_with(AwsClients()) as parts:
        run(app, ["jobs", "list"])
        assert parts.clients.client("dynamodb").meta.region_name == "eu-west-1"
