"""Every rule across fields: what it refuses and where, what it lets pass, and that nothing else refuses it."""

import re
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.providers.rules import rules_for
from jobchute.requests.body import problems_in, shape_problems
from jobchute.validation.codes import Code
from tests.paths import DOCS
from tests.unit.providers.rule_cases import ACCEPTED, REFUSED
from tests.unit.providers.rule_requests import VALID, changed

PAGE = DOCS / "validation-rules.md"


@pytest.mark.parametrize("api", list(Api))
def test_the_valid_request_is_accepted(api: Api) -> None:
    assert problems_in(api, VALID[api]) == []


@pytest.mark.parametrize(("api", "rule", "changes", "path", "code"), REFUSED)
def test_a_rule_refuses_what_breaks_it_and_only_it_does(
    api: Api, rule: str, changes: dict[str, Any], path: str, code: Code
) -> None:
    request = changed(api, changes)
    found = {
        each.__name__: [(problem.path, problem.code) for problem in problems]
        for each in rules_for(api)
        if (problems := list(each(request)))
    }
    assert shape_problems(api, request) == []
    assert found == {rule: [(path, code)]}


@pytest.mark.parametrize(("api", "rule", "changes"), ACCEPTED)
def test_a_rule_lets_pass_what_keeps_it(api: Api, rule: str, changes: dict[str, Any]) -> None:
    assert rule in {each.__name__ for each in rules_for(api)}
    assert problems_in(api, changed(api, changes)) == []


def test_every_rule_is_shown_to_refuse_and_to_accept() -> None:
    rules = {(api, rule.__name__) for api in Api for rule in rules_for(api)}
    assert {(api, rule) for api, rule, *_ in REFUSED} == rules
    assert {(api, rule) for api, rule, *_ in ACCEPTED} == rules


@pytest.mark.parametrize(("api", "rule"), [(api, rule) for api in Api for rule in rules_for(api)])
def test_every_rule_names_its_source_and_stands_in_the_docs(api: Api, rule: Any) -> None:
    assert "Source: " in rule.__doc__
    assert re.search(rf"^\| {re.escape(api)} \| `{rule.__name__}` \|", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("wrong", [None, 1, "x", [], {}, [[]], [None], [{}], {"": None}, True])
def test_rules_bear_any_value_in_any_place(api: Api, wrong: Any) -> None:
    """Each member of each request that the tables above show, replaced by a value of a wrong kind."""
    shown = [
        *((each, changes) for each, _, changes, *_ in REFUSED),
        *((each, changes) for each, _, changes in ACCEPTED),
    ]
    for request in [changed(each, changes) for each, changes in shown if each is api]:
        for broken in with_one_value_replaced(request, wrong):
            for rule in rules_for(api):
                list(rule(broken))


def with_one_value_replaced(value: Any, wrong: Any) -> list[Any]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    replaced: list[Any] = []
    for key in keys:
        for inner in [wrong, *with_one_value_replaced(value[key], wrong)][:40]:
            copied = dict(value) if isinstance(value, dict) else list(value)
            copied[key] = inner
            replaced.append(copied)
    return replaced


def test_every_code_stands_in_the_docs() -> None:
    listed = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert listed == [code.value for code in Code]
