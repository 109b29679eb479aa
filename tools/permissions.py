"""Writes the table of the functions' permissions into docs/permissions.md, from the synthesized template.

    make permissions

A test fails when the table is stale.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

import infra  # before anything imports jsii: it says which node that takes
from infra.configuration import Configuration
from infra.stack import JobchuteStack
from tools.pages import DOCS, Section

assert infra
SECTION = Section(DOCS / "permissions.md", name="permissions", target="permissions")
MODEL = "jobchute:models"
ROLE, BUCKET, RESULTS = "arn:aws:iam::123456789012:role/Jobs", "feeds", "results"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:feeds-too"
# CDK moves to a managed policy what a role's own has no room for.
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
# What a reader calls it; the rest is named by its construct.
NAMES = {
    "LedgerTable": "table",
    "IntakeBucket": "bucket",
    "FireworksAccount": "Fireworks secret",
    "TrackingStateMachine": "state machine",
    "Bus": "bus",
    ROLE: "jobchute:roles",
    BUCKET: "jobchute:buckets",
    RESULTS: "jobchute:outputs",
    QUEUE: "jobchute:queues",
}


def main() -> None:
    SECTION.write(table(synthesized()))


def synthesized() -> dict[str, Any]:
    """The resources of a deployment with one role, model, device, output, bucket and queue more."""
    app = cdk.App(analytics_reporting=False)
    configuration = Configuration(
        roles=(ROLE,),
        models=(MODEL,),
        devices=("*",),
        outputs=(f"s3://{RESULTS}",),
        buckets=(BUCKET,),
        queues=(QUEUE,),
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "handler.py").touch()
        JobchuteStack(app, "Jobchute", configuration=configuration, asset=Path(folder))
        template = app.synth().get_stack_by_name("Jobchute").template
    resources: dict[str, Any] = template["Resources"]
    return resources


def table(resources: Mapping[str, Any]) -> str:
    """A row for each role and each resource that it may act on; every action of the role is in one of them."""
    lines = ["| role of | on | may |", "|---|---|---|"]
    for name, role in holders(resources):
        for where, actions in allowed(resources, role).items():
            lines.append(f"| {name} | {where} | {', '.join(actions)} |")
    return "\n".join(lines)


def holders(resources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function":
            yield properties["Handler"].removesuffix(".handler"), properties["Role"]["Fn::GetAtt"][0]
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            yield "state machine", properties["RoleArn"]["Fn::GetAtt"][0]


def allowed(resources: Mapping[str, Any], role: str) -> dict[str, list[str]]:
    """Where, in words → the actions allowed there, as `service:Action`."""
    found: dict[str, list[str]] = {}
    for resource in resources.values():
        if resource["Type"] not in POLICIES or {"Ref": role} not in resource["Properties"]["Roles"]:
            continue
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            passed = statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService")
            for each in _listed(statement["Resource"]):
                where = where_of(each) + (f", to {passed.split('.')[0]}" if passed else "")
                found.setdefault(where, []).extend(f"`{action}`" for action in _listed(statement["Action"]))
    return {where: sorted(set(actions)) for where, actions in sorted(found.items())}


def where_of(resource: Any) -> str:
    text = _flat(resource)
    text = re.sub(r"arn:<Partition>:\w+:(<Region>|\*)?:?(<AccountId>)?:?", "", text)
    for name, word in sorted(NAMES.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"{re.escape(name)}(?![A-Za-z])", word, text)
    return "everything" if text == "*" else f"`{text.lstrip(':')}`"


def _flat(value: Any) -> str:
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return f"<{name.removeprefix('AWS::')}>" if name.startswith("AWS::") else _without_hash(name)
        case {"Fn::GetAtt": [str(name), _]}:
            return _without_hash(name)
        case {"Fn::Join": [_, parts]}:
            return "".join(map(_flat, parts))
        case _:
            raise ValueError(f"no name for {value}")


def _without_hash(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    main()
