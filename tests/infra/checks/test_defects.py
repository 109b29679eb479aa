"""Defects planted in the template, one at a time: each is found, and the run says by whom."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.checks import acknowledged, findings
from tests.infra.checks.defects_grants import DEFECTS
from tests.infra.checks.safeguards_account import events_reach_an_encrypted_topic
from tests.infra.checks.safeguards_data import SAFEGUARDS
from tests.infra.conftest import Template

pytestmark = pytest.mark.sampled


def test_the_template_itself_is_sound(
    template: Template, everything: Template, configurations: dict[str, Template]
) -> None:
    for name, each in {"default": template, "everything": everything, **configurations}.items():
        wrong = [word for safeguard in SAFEGUARDS for word in safeguard(each.body["Resources"])]
        assert not wrong, name


def test_at_least_25_defects_are_planted() -> None:
    assert len(DEFECTS) >= 25


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(
    name: str, everything: Template, record_property: Callable[[str, object], None]
) -> None:
    planted = copy.deepcopy(everything.body)
    DEFECTS[name](planted["Resources"])
    assert json.dumps(planted) != json.dumps(everything.body), "the defect changed nothing"
    found_by = [each.__name__ for each in SAFEGUARDS if [*each(planted["Resources"])]]
    found_by += sorted({found.rule for found in findings_of_nag(planted)})
    record_property("defect", name)
    record_property("found by", ", ".join(found_by))
    assert found_by


def test_mail_that_its_key_keeps_away_is_found(configurations: dict[str, Template]) -> None:
    """In a template of its own: the others have no key."""
    planted = copy.deepcopy(configurations["customer key"].body["Resources"])
    (key,) = (each["Properties"] for each in planted.values() if each["Type"] == "AWS::KMS::Key")
    for statement in key["KeyPolicy"]["Statement"]:
        if statement["Principal"] == {"Service": "events.amazonaws.com"}:
            statement["Condition"] = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert [*events_reach_an_encrypted_topic(planted)]


def findings_of_nag(body: dict[str, Any]) -> list[findings.Finding]:
    return acknowledged.unacknowledged(findings.by_nag(body), has_own_key=False)
