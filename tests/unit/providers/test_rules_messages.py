"""What the rules say, word for word, and that validation asks every rule that has something to say.

    python -m tests.unit.providers.test_rules_messages

writes the file of messages anew.
"""

from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.providers.rules import rules_for, table_of
from jobchute.requests.body import rule_problems
from jobchute.validation.rules import unique
from tests.unit.providers.rule_cases import ACCEPTED, REFUSED
from tests.unit.providers.rule_requests import ATHENA, changed, items

MESSAGES = Path(__file__).with_name("rule_messages.txt")
HEADER = (
    "# Made by python -m tests.unit.providers.test_rules_messages: the problem that each refused request has.\n"
)
SHOWN = [
    *((api, changes) for api, _, changes, *_ in REFUSED),
    *((api, changes) for api, _, changes in ACCEPTED),
]


def messages() -> str:
    lines = [
        f"{api} {rule} {problem.path[:200]} {problem.code}\n    {problem.message}\n"
        for api, rule, changes, *_ in REFUSED
        for problem in rule_problems(api, changed(api, changes))
    ]
    return HEADER + "".join(lines)


def test_the_messages_are_those_that_were_read_and_found_good() -> None:
    assert messages() == MESSAGES.read_text(), (
        "if that is meant: python -m tests.unit.providers.test_rules_messages"
    )


@pytest.mark.parametrize("api", list(Api))
def test_asking_the_rules_about_what_is_there_is_asking_all(api: Api) -> None:
    for each, changes in SHOWN:
        if each is not api:
            continue
        request = changed(api, changes)
        of_all = [problem for rule in rules_for(api) for problem in rule(request)]
        assert rule_problems(api, request) == of_all
        for path, rules in table_of(api):
            rest = without(request, path)
            assert [problem for rule in rules if path for problem in rule(rest)] == []


def without(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The request without the member at a path."""
    if not path or path[0] not in value:
        return value
    first, *rest = path
    if not rest:
        return {name: inner for name, inner in value.items() if name != first}
    inner = value[first]
    return {**value, first: without(inner, tuple(rest)) if isinstance(inner, dict) else inner}


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("request_", [None, [], "x", 7])
def test_what_is_no_object_breaks_no_rule(api: Api, request_: object) -> None:
    found: list[Problem] = rule_problems(api, request_)
    assert found == []


def test_two_data_sets_have_different_local_paths() -> None:
    dataset = {"DatasetDefinition": {"LocalPath": "/data", "AthenaDatasetDefinition": ATHENA}}
    request = changed(Api.PROCESSING_JOB, items(dataset, dataset))
    found = [(problem.path, problem.code) for problem in rule_problems(Api.PROCESSING_JOB, request)]
    assert found == [("request.ProcessingInputs[1].DatasetDefinition.LocalPath", "DUPLICATE")]


def test_what_is_no_text_is_passed_over_where_names_are_compared() -> None:
    found = unique({0: 1, 1: "a", 2: None, 3: "b", 4: "a", 5: 1}, "request.x[{}]", "name")
    assert [(problem.path, problem.message) for problem in found] == [
        ("request.x[4]", 'The name "a" is already used at request.x[1]; each must be unique.')
    ]


if __name__ == "__main__":
    MESSAGES.write_text(messages())
