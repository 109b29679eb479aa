"""The template that a deployment to a real account gets, synthesized once in this process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.configuration import Configuration, Embedded
from infra.stack import JobchuteStack
from tests.infra.configurations import MANY_QUEUES, QUEUE, ROLES

__all__ = ["PROVIDER_URL", "QUEUE", "ROLES", "Template", "listed", "synthesized"]
PROVIDER_URL = "http://127.0.0.1:4999"


@dataclass(frozen=True)
class Template:
    """A synthesized stack."""

    body: dict[str, Any]

    def of(self, kind: str) -> dict[str, Any]:
        """Logical id → resource, of one type."""
        return {
            logical_id: resource
            for logical_id, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def functions(self) -> dict[str, Any]:
        """Handler module → logical id and properties, of every function."""
        return {
            resource["Properties"]["Handler"].removesuffix(".handler"): {"LogicalId": logical_id}
            | resource["Properties"]
            for logical_id, resource in self.of("AWS::Lambda::Function").items()
        }

    def module_of(self, logical_id: str) -> str:
        return next(name for name, values in self.functions().items() if values["LogicalId"] == logical_id)

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every Allow statement of every role's policy, with its policy's logical id."""
        policies = self.of("AWS::IAM::Policy") | self.of("AWS::IAM::ManagedPolicy")
        for logical_id, resource in policies.items():
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield logical_id, statement

    def actions_of(self, module: str) -> dict[str, list[Any]]:
        """Action → the resources it is allowed on, of one function."""
        role = self.functions()[module]["Role"]["Fn::GetAtt"][0]
        allowed: dict[str, list[Any]] = {}
        for logical_id, statement in self.statements():
            roles = self.body["Resources"][logical_id]["Properties"]["Roles"]
            if {"Ref": role} in roles:
                for action in listed(statement["Action"]):
                    allowed.setdefault(action, []).extend(listed(statement["Resource"]))
        return allowed

    def machine(self) -> dict[str, Any]:
        """The state machine's definition; what is only known at deployment stands as `?`."""
        (machine,) = self.of("AWS::StepFunctions::StateMachine").values()
        definition = machine["Properties"]["DefinitionString"]
        parts = definition["Fn::Join"][1] if isinstance(definition, dict) else [definition]
        text = "".join(part if isinstance(part, str) else "?" for part in parts)
        parsed: dict[str, Any] = json.loads(text)
        return parsed


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def synthesized(asset: Path, **values: Any) -> Template:
    app = cdk.App(analytics_reporting=False, context={"aws:cdk:enable-path-metadata": True})
    JobchuteStack(app, "Jobchute", configuration=Configuration(**values), asset=asset)
    return Template(app.synth().get_stack_by_name("Jobchute").template)


@pytest.fixture(scope="session")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In place of the built one, which takes the package index."""
    folder = tmp_path_factory.mktemp("asset")
    (folder / "validate.py").write_text("")
    return folder


@pytest.fixture(scope="session")
def template(asset: Path) -> Template:
    """Without any context."""
    return synthesized(asset)


@pytest.fixture(scope="session")
def open_to_all(asset: Path) -> Template:
    """With everything allowed that is closed by default."""
    return synthesized(asset, roles=ROLES, models=("*",), devices=("*",), outputs=("s3://results",))


@pytest.fixture(scope="session")
def configured(asset: Path) -> Template:
    """With roles, another bucket and another queue."""
    return synthesized(asset, roles=ROLES, buckets=("uploads",), queues=(QUEUE,), retention_days=30)


@pytest.fixture(scope="session")
def many_queues(asset: Path) -> Template:
    """With more queues than one alarm can watch."""
    return synthesized(asset, queues=MANY_QUEUES)


@pytest.fixture(scope="session")
def embedded(asset: Path) -> Template:
    """As `infra.local` deploys it."""
    from infra.local.deployment import SECONDS

    values = Embedded(provider_url=PROVIDER_URL, event_source_prefix="jobchute.simulator.", seconds=SECONDS)
    return synthesized(asset, embedded=values, throwaway=True)
