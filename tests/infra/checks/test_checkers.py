"""cdk-nag, cfn-lint and checkov over what is deployed: nothing is found but what is acknowledged."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.infra.checks import acknowledged, findings
from tests.infra.checks.findings import Finding
from tests.infra.configurations import CONFIGURATIONS
from tests.infra.conftest import Template

DIFFERENT = (
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::Function",
)


def test_a_stack_without_context_is_seen_whole_by_the_checkers(
    template: Template, everything: Template
) -> None:
    """But for what roles may do, and what follows from that: there they may do more."""
    for logical_id, resource in template.body["Resources"].items():
        seen = everything.body["Resources"][logical_id]
        assert seen["Type"] == resource["Type"]
        if resource["Type"] not in DIFFERENT:
            assert seen == resource


@pytest.fixture(scope="module")
def found(everything: Template) -> set[Finding]:
    return _found({"everything": everything})["everything"]


@pytest.fixture(scope="module")
def found_in(configurations: dict[str, Template]) -> dict[str, set[Finding]]:
    return _found(configurations)


def _found(templates: dict[str, Template]) -> dict[str, set[Finding]]:
    bodies = {name: each.body for name, each in templates.items()}
    with ThreadPoolExecutor() as aside:
        # A process of its own, which takes as long as the others together.
        by_checkov = aside.submit(findings.by_checkov, bodies)
        found = {name: findings.by_nag(body) | findings.by_cfn_lint(body) for name, body in bodies.items()}
        return {name: each | by_checkov.result()[name] for name, each in found.items()}


def test_nothing_is_found_but_what_is_acknowledged(found: set[Finding]) -> None:
    assert not acknowledged.unacknowledged(found, has_own_key=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_nothing_else_is_found_in_a_configuration(name: str, found_in: dict[str, set[Finding]]) -> None:
    assert not acknowledged.unacknowledged(found_in[name], has_own_key=name == "customer key")


@pytest.mark.slow
def test_every_acknowledgement_is_used(found: set[Finding], found_in: dict[str, set[Finding]]) -> None:
    unused = acknowledged.unused(found.union(*found_in.values()))
    assert not unused


def test_every_checker_has_found_something(found: set[Finding]) -> None:
    """A checker that does not run finds nothing either."""
    assert {finding.checker for finding in found} == {"cdk-nag", "cfn-lint", "checkov"}
