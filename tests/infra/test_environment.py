"""Lambda takes 4 KB of environment a function (Lambda quotas): what is deployed fits, or is refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from infra.configuration import ConfigurationError
from jobchute.packing import unpacked
from jobchute.pools.limits import Limits, rules_of_json
from jobchute.settings import ReconcileFunctionSettings, ValidateSettings
from tests.infra.configurations import POOLS, TWENTY_ROLES
from tests.infra.conftest import Template, synthesized

# As AWS makes them, at their longest: a queue's URL, a table's name with a stack's name of 128 characters.
LONGEST = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
OTHERS = "n" * 170


def bytes_of(variables: dict[str, Any]) -> int:
    """As Lambda counts: the JSON text of all variables."""
    return len(json.dumps({name: deployed(value) for name, value in variables.items()}).encode())


def deployed(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(deployed(part) for part in value["Fn::Join"][1])
    return LONGEST.get(value.get("Ref", ""), OTHERS)


@pytest.fixture(scope="module")
def large(asset: Path) -> Template:
    """20 roles, 25 pools, 12 other queues and 30 prefixes."""
    queues = tuple(f"arn:aws:sqs:eu-central-1:123456789012:requests-of-team-{n}" for n in range(12))
    inputs = tuple(f"s3://amzn-s3-demo-bucket-{n}/team-{n}/input" for n in range(30))
    return synthesized(asset, roles=TWENTY_ROLES, pools=POOLS, queues=queues, inputs=inputs)


def test_twenty_roles_with_25_pools_deploy(large: Template) -> None:
    for module, function in large.functions().items():
        assert bytes_of(function["Environment"]["Variables"]) <= 4096, module


def test_what_was_packed_is_read_as_it_was_said(large: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in large.functions()["validate"]["Environment"]["Variables"].items():
        monkeypatch.setenv(name, deployed(value))
    read = ValidateSettings.from_environment()
    assert read.guard_rails.roles == TWENTY_ROLES
    assert len(read.guard_rails.inputs) == 30
    assert read.pools == POOLS
    variables = large.functions()["reconcile"]["Environment"]["Variables"]
    assert rules_of_json(unpacked(variables["JOBCHUTE_POOLS"])) == POOLS


def test_a_value_from_before_the_upgrade_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation gives a function its new code and its new environment in two calls."""
    for name, is_required in ReconcileFunctionSettings.variables().items():
        if is_required:
            monkeypatch.setenv(name, "text")
    monkeypatch.setenv("JOBCHUTE_POOLS", '{"braket:CreateJob":{"limit":2}}')
    assert ReconcileFunctionSettings.from_environment().pools == {"braket:CreateJob": Limits(limit=2)}


def test_an_oversized_environment_is_refused_at_synthesis(asset: Path) -> None:
    """Digests, which nothing makes shorter."""
    inputs = [f"s3://{hashlib.sha256(bytes([n])).hexdigest()[:60]}" for n in range(99)]
    with pytest.raises(ConfigurationError) as refused:
        synthesized(asset, roles=TWENTY_ROLES, inputs=inputs)
    words = str(refused.value)
    assert words.startswith("the environment of Validate can have ")
    assert "Lambda takes 4,096" in words
    assert "JOBCHUTE_GUARD_RAILS" in words
    assert words.endswith("in jobchute:inputs (6,831 bytes), jobchute:roles (1,500 bytes)")


def test_many_queues_are_refused_by_name(asset: Path) -> None:
    queues = [f"arn:aws:sqs:eu-central-1:123456789012:{'q' * 70}{n}" for n in range(40)]
    with pytest.raises(
        ConfigurationError, match=r"environment of Reconcile .*OTHER_QUEUE_URLS.* jobchute:queues"
    ):
        synthesized(asset, queues=queues)
