"""jobchute doctor over moto: what it finds, and that it only reads."""

import json
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.doctor.findings import Finding
from jobchute.cli.doctor.quotas import _compared, _quota_name
from jobchute.cli.doctor.roles import trusts
from jobchute.cli.main import app
from jobchute.job import Api
from jobchute.ledger.pools import PoolRows
from jobchute.runtime.clients import AwsClients
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.test_cli_deployment import create_stack
from tests.paths import DOCS

ACCOUNT = "123456789012"
READS = ("Get", "List", "Describe", "Query", "Head", "BatchGet")
TRAINING = f"{Api.TRAINING_JOB}/ml.m5.large"
SAGEMAKER = "sagemaker.amazonaws.com"


class Recorder:
    """Real clients, which note the names of the calls that are made."""

    def __init__(self, clients: AwsClients) -> None:
        self.clients = clients
        self.calls: list[str] = []
        self._heard: set[str] = set()

    def client(self, service: str) -> Any:
        found = self.clients.client(service)
        if service not in self._heard:
            self._heard.add(service)
            found.meta.events.register("before-call.*", self._note)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clients, name)

    def _note(self, model: Any, **_: Any) -> None:
        prefix = model.service_model.service_name
        self.calls.append(f"{prefix}:{model.name}")


def deployed(deployment: Deployment, *, roles: tuple[str, ...] = (), **variables: str) -> None:
    outputs = {
        "BucketName": deployment.bucket,
        "QueueUrl": deployment.queue_url,
        "TableName": deployment.table,
        "StateMachineArn": deployment.state_machine_arn,
    }
    secret = runtime.client("secretsmanager").create_secret(Name="fireworks", SecretString="placeholder")
    outputs["FireworksSecretArn"] = secret["ARN"]
    place = {"JOBCHUTE_PLACE": f"us-east-1:{ACCOUNT}"}
    create_stack("Jobchute", outputs, json.dumps({"roles": roles}), **{**place, **variables})


def a_role(name: str, *services: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = runtime.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    return str(made["Role"]["Arn"])


def findings(exit_code: int) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == exit_code, result.output
    return {found["check"]: found for found in map(json.loads, result.stdout.splitlines())}


def test_a_deployment_that_is_well_has_no_problem(deployment: Deployment) -> None:
    deployed(deployment, roles=(a_role("Jobs", SAGEMAKER),))
    found = findings(0)
    assert [*found] == [
        *("region", "credentials", "stack", "ledger", "bucket", "queue", "role Jobs", "secret", "quotas")
    ]
    assert found["role Jobs"]["text"] == f"trusts {SAGEMAKER}"
    assert found["credentials"]["text"].endswith(f"account {ACCOUNT}")
    shown = CliRunner().invoke(app, ["doctor"]).stdout
    assert f"ok       role Jobs: trusts {SAGEMAKER}\n" in shown
    assert "problem" not in shown


def test_each_problem_says_what_to_change(deployment: Deployment) -> None:
    missing = f"arn:aws:iam::{ACCOUNT}:role/Missing"
    elsewhere = "arn:aws:iam::999999999999:role/Elsewhere"
    roles = (a_role("Wrong", "ec2.amazonaws.com"), missing, elsewhere, "arn:aws:iam::*:role/Any*")
    deployed(deployment, roles=roles)
    runtime.client("s3").delete_bucket(Bucket=deployment.bucket)
    found = findings(1)
    wrong = [check for check, each in found.items() if not each["ok"]]
    assert wrong == ["bucket", "role Wrong", "role Missing"]
    assert all(each["ok"] == ("advice" not in each) for each in found.values())
    assert "sts:AssumeRole" in found["role Wrong"]["advice"]
    assert "does not exist" in found["role Missing"]["text"]
    assert "change: create it, or correct jobchute:roles" in CliRunner().invoke(app, ["doctor"]).stdout


def test_without_a_stack_nothing_further_is_checked(deployment: Deployment) -> None:
    found = findings(1)
    assert [*found] == ["region", "credentials", "stack"]
    assert found["stack"]["text"] == "there is no stack Jobchute here"
    assert "--stack" in found["stack"]["advice"]


def test_a_stack_of_another_region_is_a_problem(deployment: Deployment) -> None:
    deployed(deployment, JOBCHUTE_PLACE=f"eu-west-1:{ACCOUNT}")
    assert "region eu-west-1" in findings(1)["stack"]["text"]


def test_a_deployment_that_allows_no_role_is_told(deployment: Deployment) -> None:
    deployed(deployment)
    assert "jobchute:roles" in findings(1)["roles"]["advice"]


def test_the_secret_is_unset_set_or_deleted(deployment: Deployment) -> None:
    deployed(deployment, roles=(a_role("Jobs", SAGEMAKER),))
    secrets = runtime.client("secretsmanager")
    assert findings(0)["secret"]["text"].startswith("still as it was deployed")
    secrets.put_secret_value(SecretId="fireworks", SecretString="{}")
    assert findings(0)["secret"]["text"] == "a value was stored in the Fireworks secret"
    secrets.delete_secret(SecretId="fireworks")
    assert "restore-secret" in findings(1)["secret"]["advice"]


class NoCredentials:
    """Clients of a person without credentials."""

    def __init__(self, clients: AwsClients) -> None:
        self.clients = clients

    def client(self, service: str) -> Any:
        if service == "sts":
            raise NoCredentialsError
        return self.clients.client(service)


def test_missing_credentials_are_a_problem_with_advice(clients: AwsClients, aws: None) -> None:
    with tool_with(NoCredentials(clients)):  # type: ignore[arg-type]
        found = findings(1)
    assert found["credentials"]["text"].startswith("no AWS credentials: run `aws configure`")


def test_every_call_reads_and_the_permissions_page_lists_it(
    deployment: Deployment, clients: AwsClients
) -> None:
    deployed(deployment, roles=(a_role("Jobs", SAGEMAKER),))
    PoolRows(runtime.client("dynamodb"), deployment.table).get(TRAINING)
    recorder = Recorder(clients)
    with tool_with(recorder):
        CliRunner().invoke(app, ["doctor"])
    calls = {*recorder.calls}
    assert len(calls) >= 10
    assert not [call for call in calls if not call.partition(":")[2].startswith(READS)]
    page = (DOCS / "permissions.md").read_text()
    quotas = "ListServiceQuotas"
    names = {"s3:ListObjectsV2": "s3:ListBucket", f"service-quotas:{quotas}": f"servicequotas:{quotas}"}
    assert [call for call in calls if f"`{names.get(call, call)}`" not in page] == []


USAGE = "ml.m5.large for training job usage"
LESS = "less than the pool's limit of 20"


@pytest.mark.parametrize(
    ("value", "is_good", "text"),
    [
        (4.0, False, f"{USAGE!r} is 4, {LESS}: further jobs are refused, and wait"),
        (0.0, False, f"{USAGE!r} is 0, {LESS}: no job of it can start"),
        (20.0, True, f"{USAGE!r} is 20, the pool's limit 20"),
        (None, True, "Service Quotas lists none of its name: not checked"),
    ],
)
def test_a_limit_is_held_against_the_account_s_quota(value: float | None, is_good: bool, text: str) -> None:
    name = _quota_name(TRAINING)
    assert name is not None
    quotas = {"ml.m5.large for spot training job usage": 99.0, "ml.m5xlarge for training job usage": 98.0}
    if value is not None:
        quotas[USAGE] = value
    finding = _compared(TRAINING, 20, name, quotas)
    assert (finding.is_good, finding.text) == (is_good, text)
    if not is_good:
        assert f"jobchute pools set {TRAINING} --limit {value:g}" in finding.advice


@pytest.mark.parametrize("pool", ["label:team=a", str(Api.TRAINING_JOB), f"{Api.BEDROCK_JOB}/model"])
def test_no_quota_is_guessed_for_other_pools(pool: str) -> None:
    assert _quota_name(pool) is None


@pytest.mark.parametrize(
    ("statement", "is_trusted"),
    [
        ({"Effect": "Allow", "Principal": {"Service": SAGEMAKER}, "Action": "sts:AssumeRole"}, True),
        ({"Effect": "Allow", "Principal": {"Service": ["x", SAGEMAKER]}, "Action": ["sts:*"]}, True),
        ({"Effect": "Allow", "Principal": "*", "Action": "*"}, True),
        ({"Effect": "Deny", "Principal": {"Service": SAGEMAKER}, "Action": "sts:AssumeRole"}, False),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}, False),
        ({"Effect": "Allow", "Principal": {"Service": SAGEMAKER}, "Action": "sts:TagSession"}, False),
    ],
)
def test_trust_is_read_from_the_policy(statement: dict[str, Any], is_trusted: bool) -> None:
    assert trusts({"Statement": statement}, SAGEMAKER) is is_trusted
    assert trusts(json.dumps({"Statement": [statement]}), SAGEMAKER) is is_trusted


def test_a_finding_is_printed_with_its_advice_alone() -> None:
    assert Finding("a", True, "b").document() == {"check": "a", "ok": True, "text": "b"}
