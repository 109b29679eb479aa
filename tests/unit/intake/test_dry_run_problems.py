"""`dryRun` changes nothing about what is wrong with a document."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from jobchute.intake.read import DocumentReader
from jobchute.job import Api
from jobchute.parsing.documents import Position, RawDocument
from jobchute.problems import Problem
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from tests.unit.providers.constraint_cases import AWS_APIS, cases
from tests.unit.providers.rule_cases import REFUSED
from tests.unit.providers.rule_requests import VALID, changed

RAILS = GuardRails(
    roles=("arn:aws:iam::123456789012:role/Jobs",), instance_types=("ml.m5.*",), max_jobs_per_file=3
)


def requests(api: Api) -> Iterator[dict[str, Any]]:
    """Valid and broken ones, of every rule and of every tenth constraint: the models do not see `dryRun`."""
    yield VALID[api]
    for of, _, changes, *_ in REFUSED:
        if of is api:
            yield changed(api, changes)
    if api in AWS_APIS:
        for case in islice(cases(api), None, None, 10):
            yield from (request for request in (case.twin, case.broken) if isinstance(request, dict))


def problems_in(document: dict[str, Any]) -> list[Problem]:
    raw = RawDocument(index=0, value=document, problems=(), line=1, following=Position())
    instruction = DocumentReader(Judge(RAILS)).read(raw, "")
    return instruction if isinstance(instruction, list) else []


@pytest.mark.parametrize("api", Api)
def test_every_rule_and_guard_rail_is_the_same(api: Api) -> None:
    documents = [{"api": api, "request": request} for request in requests(api)]
    real = [problems_in(document) for document in documents]
    assert [problems_in({**document, "dryRun": True}) for document in documents] == real
    assert any(real)


def test_so_is_the_number_of_jobs_of_a_matrix() -> None:
    request = {**VALID[Api.PROCESSING_JOB], "Environment": {}}
    matrix = {"Environment.NUMBER": ["0", "1", "2", "3"]}
    document = {"api": Api.PROCESSING_JOB, "request": request, "matrix": matrix}
    real = problems_in(document)
    assert "TOO_MANY_JOBS" in [problem.code for problem in real]
    assert problems_in({**document, "dryRun": True}) == real
