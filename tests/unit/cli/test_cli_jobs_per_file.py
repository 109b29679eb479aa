"""The tool counts the jobs of a file as the deployed function does."""

import json

from jobchute.cli.document_checks import check
from jobchute.cli.request_files import RequestFile
from jobchute.job import Api
from jobchute.requests.guardrails import GuardRails
from tests.unit.providers.rule_requests import VALID


def sweep(key: str, values: int) -> str:
    matrix = {"HyperParameters.n": [str(number) for number in range(values)]}
    request = {**VALID[Api.TRAINING_JOB], "HyperParameters": {}}
    return json.dumps({"api": Api.TRAINING_JOB, "request": request, "idempotencyKey": key, "matrix": matrix})


def codes(rails: GuardRails | None) -> dict[int, set[str]]:
    data = "\n".join([sweep("a", 3), sweep("b", 3), sweep("c", 1), sweep("d", 1)]).encode()
    file = RequestFile(shown="many.jsonl", name="many.jsonl", data=data, path="")
    found: dict[int, set[str]] = {}
    for checked in check(file, rails):
        found.setdefault(checked.index, set()).update(each.problem.code for each in checked.mistakes)
    return found


def test_a_document_beyond_the_limit_is_told_before_it_is_sent() -> None:
    """A rejected document counts as one: 3, 1 and 1 make 5."""
    assert codes(GuardRails(roles=("*",), max_jobs_per_file=5)) == {
        0: set(),
        1: {"TOO_MANY_JOBS"},
        2: set(),
        3: {"TOO_MANY_JOBS"},
    }


def test_without_a_stack_the_default_limit_counts() -> None:
    assert codes(None) == {0: set(), 1: set(), 2: set(), 3: set()}
