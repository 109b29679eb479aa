"""What a deployment may choose, on the command line and in cdk.json."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.configuration import PREFIX, Configuration
from infra.function import Function
from infra.resources import TIMEOUT
from jobchute.requests.owners import Owner, owners_of_json
from jobchute.settings import DispatchSettings, LedgerSettings
from tests.infra.conftest import ROLES
from tests.paths import ROOT


def configured(**context: Any) -> Configuration:
    app = cdk.App(
        analytics_reporting=False, context={f"{PREFIX}{name}": value for name, value in context.items()}
    )
    return Configuration.from_context(app.node)


def test_without_context_it_is_for_a_real_account() -> None:
    configuration = configured()
    assert configuration == Configuration()
    assert (configuration.embedded, configuration.guard_rails.roles, configuration.throwaway) == (
        None,
        (),
        False,
    )


def test_the_context_of_cdk_json_is_read() -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    ours = {name.removeprefix(PREFIX): value for name, value in context.items() if name.startswith(PREFIX)}
    assert ours.keys() <= Configuration.model_fields.keys()
    assert configured(**ours) == Configuration()


def test_text_from_the_command_line_is_taken_for_what_it_says() -> None:
    configuration = configured(
        roles=json.dumps(ROLES), buckets='["uploads"]', retention_days="30", throwaway="true", stack="Two"
    )
    assert configuration == Configuration(
        roles=ROLES, buckets=("uploads",), retention_days=30, throwaway=True, stack="Two"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roles", '["arn:aws:iam::12:role/x"]'),
        ("roles", '["*"]'),
        ("roles", '["arn:aws:iam::123456789012:user/x"]'),
        ("roles", '["arn:aws:iam::*:role/x"]'),
        ("roles", "arn:aws:iam::123456789012:role/x"),
        ("roles", "[not json"),
        ("buckets", '["Upper_Case"]'),
        ("buckets", '["arn:aws:s3:::uploads"]'),
        ("queues", '["orders"]'),
        ("queues", '["arn:aws:sqs:eu-central-1:123456789012:orders.fifo"]'),
        ("queues", '["arn:aws:sns:eu-central-1:123456789012:orders"]'),
        ("owners", '["ada"]'),
        ("owners", '{"Ada": {}}'),
        ("owners", '{"a/b": {}}'),
        ("owners", '{"": {}}'),
        ("owners", '{"ada": {"principal": []}}'),
        ("owners", '{"ada": {"principals": ["arn:aws:iam::123456789012:role/ada"]}}'),
        ("owners", '{"ada": {"principals": ["123456789012"]}}'),
        ("owners", '{"ada": {"principals": ["AIDAEXAMPLEADA123456:session"]}}'),
        ("owners", '{"ada": {"principals": ["AROAEXAMPLEADA123456:*"]}}'),
        ("owners", '{"ada": {"buckets": ["unread"]}}'),
        ("owners", '{"sagemaker": {}}'),
        ("retention_days", "0"),
        ("retention_days", "soon"),
        ("throwaway", "perhaps"),
        ("embedded", "{}"),
        ("embedded", '{"provider_url": "x", "event_source_prefix": "y", "port": 1}'),
    ],
)
def test_what_makes_no_sense_is_refused_at_synthesis(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        configured(**{name: value})


def test_what_is_wrong_is_told_without_pydantic_s_name_for_it() -> None:
    with pytest.raises(ValueError, match="owners: sagemaker is a folder of the bare form"):
        configured(owners='{"sagemaker": {}}')


def test_a_key_that_nobody_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="role_arns"):
        configured(role_arns="[]")


def test_a_variable_that_is_missing_is_refused_at_synthesis(tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Stack")
    with pytest.raises(
        ValueError, match=r"dispatch lacks \['JOBCHUTE_FIREWORKS_SECRET_ARN', 'JOBCHUTE_STATE_MACHINE_ARN'\]"
    ):
        Function(
            stack,
            module="dispatch",
            asset=tmp_path,
            settings=DispatchSettings,
            environment={"TABLE": "t"},
            timeout=TIMEOUT,
        )


def test_a_function_gets_what_it_reads_and_no_more(tmp_path: Path) -> None:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Stack")
    environment = {"TABLE": "t", "BUCKET": "b"}
    Function(
        stack, module="look", asset=tmp_path, settings=LedgerSettings, environment=environment, timeout=TIMEOUT
    )
    resources = app.synth().get_stack_by_name("Stack").template["Resources"].values()
    (function,) = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"]
    variables = function["Environment"]["Variables"]
    assert {name: value for name, value in variables.items() if "JOBCHUTE" in name} == {"JOBCHUTE_TABLE": "t"}
    assert variables["POWERTOOLS_SERVICE_NAME"] == "look"


ADA = {"principals": ["AROAEXAMPLEADA123456"], "buckets": ["uploads"]}


def test_owners_have_principals_sessions_and_buckets() -> None:
    of_bob = ["AIDAEXAMPLEBOB123456", "AROAEXAMPLEALL123456:bob@x.example"]
    owners = {"ada": ADA, "bob-2": {"principals": of_bob}}
    configuration = configured(owners=json.dumps(owners), buckets=["uploads"])
    assert owners_of_json(configuration.owners_json) == {
        "ada": Owner(("AROAEXAMPLEADA123456",), ("uploads",)),
        "bob-2": Owner(tuple(of_bob)),
    }


@pytest.mark.parametrize("member", ["principals", "buckets"])
def test_nothing_belongs_to_two_owners(member: str) -> None:
    owners = {"ada": ADA, "bob": {member: ADA[member]}}
    with pytest.raises(ValueError, match=r"owners: .*is listed 2 times; it can belong to one owner"):
        configured(owners=owners, buckets=["uploads"])
