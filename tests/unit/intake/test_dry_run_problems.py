"""`dryRun` changes nothing about what is wrong with a document."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from jobchute.intake.cancel import Canceller
from jobchute.intake.process import DocumentProcessor
from jobchute.job import Api
from jobchute.lifecycle.accept import Lifecycle
from jobchute.parsing.documents import Position, RawDocument
from jobchute.problems import Problem
from jobchute.requests.guardrails import GuardRails
from jobchute.status.answers import Answers
from tests.unit.providers.constraint_cases import AWS_APIS, cases
from tests.unit.providers.rule_cases import REFUSED, VALID, changed

RAILS = GuardRails(
    roles=("arn:aws:iam::123456789012:role/Jobs",), instance_types=("ml.m5.*",), max_jobs_per_file=3
)


def requests(api: Api) -> Iterator[dict[str, Any]]:
    """Valid ones and broken ones, of every constraint and every rule."""
    yield VALID[api]
    for of, _, changes, *_ in REFUSED:
        if of is api:
            yield changed(api, changes)
    if api in AWS_APIS:
        for case in cases(api):
            yield from (request for request in (case.twin, case.broken) if isinstance(request, dict))


def problems_in(document: dict[str, Any]) -> list[Problem]:
    taker = DocumentProcessor(
        lifecycle=cast("Lifecycle", None),
        canceller=cast("Canceller", None),
        answers=cast("Answers", None),
        guard_rails=RAILS,
    )
    raw = RawDocument(index=0, value=document, problems=(), line=1, following=Position())
    asked = taker.read(raw, "")
    return asked if isinstance(asked, list) else []


@pytest.mark.parametrize("api", Api)
def test_every_constraint_rule_and_guard_rail_is_the_same(api: Api) -> None:
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
