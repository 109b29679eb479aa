"""cdk-nag, cfn-lint and checkov over what is deployed: nothing is found but what is acknowledged."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from tests.infra.checks import acknowledged, findings
from tests.infra.checks.findings import Finding
from tests.infra.conftest import QUEUE, ROLES, Template, synthesized

EVERYTHING = {"roles": ROLES, "buckets": ("uploads",), "queues": (QUEUE,), "notify_email": "team@example.com"}


@pytest.fixture(scope="module")
def templates(template: Template, asset: Path) -> dict[str, Template]:
    """Without context, with all of it, and with a customer's key besides."""
    return {
        "default": template,
        "everything": synthesized(asset, **EVERYTHING),
        "own-key": synthesized(asset, **EVERYTHING, kms_key="new"),
    }


@pytest.fixture(scope="module")
def found(templates: dict[str, Template]) -> dict[str, set[Finding]]:
    bodies = {name: each.body for name, each in templates.items()}
    with ThreadPoolExecutor() as aside:
        # A process of its own, which takes as long as the others together.
        by_checkov = aside.submit(findings.by_checkov, bodies)
        found = {name: findings.by_nag(body) for name, body in bodies.items()}
        # It takes three seconds a template, and this one has every kind of resource.
        found["own-key"] |= findings.by_cfn_lint(bodies["own-key"])
        return {name: each | by_checkov.result()[name] for name, each in found.items()}


@pytest.mark.parametrize("name", ["default", "everything", "own-key"])
def test_nothing_is_found_but_what_is_acknowledged(name: str, found: dict[str, set[Finding]]) -> None:
    assert not acknowledged.unacknowledged(found[name], has_own_key=name == "own-key")


def test_every_acknowledgement_is_used(found: dict[str, set[Finding]]) -> None:
    unused = acknowledged.unused(chain.from_iterable(found.values()))
    assert not unused


def test_every_checker_has_found_something(found: dict[str, set[Finding]]) -> None:
    """A checker that does not run finds nothing either."""
    checkers = {finding.checker for finding in chain.from_iterable(found.values())}
    assert checkers == {"cdk-nag", "cfn-lint", "checkov"}
