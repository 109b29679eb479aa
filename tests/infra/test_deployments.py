"""The stack beside others and in other partitions: nothing in it is of one place alone."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.configuration import Configuration
from infra.stack import JobchuteStack
from tests.infra.conftest import Template

ACCOUNT = "123456789012"
PARTITIONS = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eu-central-1": "aws"}


def deployed_to(region: str, asset: Path, **values: Any) -> Template:
    app = cdk.App(analytics_reporting=False)
    where = cdk.Environment(account=ACCOUNT, region=region)
    JobchuteStack(app, "Jobchute", configuration=Configuration(**values), asset=asset, env=where)
    return Template(app.synth().get_stack_by_name("Jobchute").template)


@pytest.mark.parametrize("region", PARTITIONS)
def test_a_partition_is_named_by_nobody_but_the_configuration(region: str, asset: Path) -> None:
    partition = PARTITIONS[region]
    roles = (f"arn:{partition}:iam::{ACCOUNT}:role/Jobs",)
    template = deployed_to(region, asset, roles=roles, buckets=("uploads",), kms_key="new")
    text = json.dumps(template.body["Resources"])
    assert set(re.findall(r"arn:aws[a-z-]*:[^\"\\\s]*", text)) == set(roles)
    others = set(PARTITIONS.values()) - {partition, "aws"}
    assert [other for other in others if other in text] == []


def test_the_template_names_no_region_and_no_account(template: Template) -> None:
    text = json.dumps(template.body["Resources"])
    assert not re.search(r"\b\d{12}\b|\b(us|eu|ap|cn)-[a-z]+-\d\b", text)
    assert "arn:aws:" not in text


def test_two_stacks_stand_side_by_side(asset: Path) -> None:
    """Everything that is named at all is named after its own stack's resources."""
    app = cdk.App(analytics_reporting=False)
    for name in ("Jobchute", "Another"):
        JobchuteStack(app, name, configuration=Configuration(stack=name), asset=asset)
    assembly = app.synth()
    one, two = (assembly.get_stack_by_name(name).template for name in ("Jobchute", "Another"))
    # CDK names a bus by its construct's path, the one resource here that cannot go without a name.
    bus, other = (_take_bus_name(each) for each in (one, two))
    assert bus.startswith("Jobchute")
    assert other.startswith("Another")
    assert "ExportName" not in json.dumps([one, two])
    assert not re.search(r"\bJobchute[A-Z]\w+", json.dumps(_properties(two)))


def _take_bus_name(template: Any) -> str:
    (bus,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::Events::EventBus")
    return str(bus["Properties"].pop("Name"))


def _properties(template: Any) -> list[Any]:
    return [resource.get("Properties", {}) for resource in template["Resources"].values()]
