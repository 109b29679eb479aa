"""A document's objective, and the best job of a file by it."""

from functools import reduce
from typing import Any

import pytest

from jobchute.job import Job, State
from jobchute.requests.document import parse_document
from jobchute.requests.objective import Best, better_of
from jobchute.requests.submission import Submission
from tests.builders import a_job, a_source

AUC = {"metric": "validation:auc", "goal": "maximize"}
DOCUMENT = {"api": "braket:CreateJob", "request": {}}


def job(number: int, value: float | None = None, **changes: Any) -> Job:
    result = None if value is None else {"version": 1, "metrics": {"validation:auc": value}}
    state = State.RUNNING if value is None else State.SUCCEEDED
    given = {"state": state, "result": result, "source": a_source(combination=number), "objective": AUC}
    return a_job(f"job {number}", **{**given, **changes})


def best_of(*jobs: Job) -> Best | None:
    return reduce(better_of, jobs, None)


class TestDocument:
    @pytest.mark.parametrize(
        ("given", "goal"),
        [({"metric": "loss"}, "maximize"), ({"metric": "loss", "goal": "minimize"}, "minimize")],
    )
    def test_the_goal_is_to_maximize_unless_it_is_given(self, given: Any, goal: str) -> None:
        found = parse_document({**DOCUMENT, "objective": given})
        assert isinstance(found, Submission)
        assert found.objective == ("loss", goal)

    def test_most_documents_have_none(self) -> None:
        found = parse_document(DOCUMENT)
        assert isinstance(found, Submission)
        assert found.objective is None

    @pytest.mark.parametrize(
        ("given", "path", "code"),
        [
            ("loss", "objective", "WRONG_TYPE"),
            ({}, "objective.metric", "MISSING"),
            ({"metric": 3}, "objective.metric", "WRONG_TYPE"),
            ({"metric": ""}, "objective.metric", "TOO_SHORT"),
            ({"metric": "x" * 256}, "objective.metric", "TOO_LONG"),
            ({"metric": "loss", "goal": "max"}, "objective.goal", "NOT_ALLOWED_VALUE"),
            ({"metric": "loss", "by": 1}, "objective.by", "UNKNOWN_KEY"),
        ],
    )
    def test_what_is_wrong_is_named(self, given: Any, path: str, code: str) -> None:
        found = parse_document({**DOCUMENT, "objective": given})
        assert isinstance(found, list)
        assert [(each.path, each.code) for each in found] == [(path, code)]


class TestBest:
    def test_the_largest_value_is_the_best(self) -> None:
        best = best_of(job(0, 0.5), job(1, 0.9), job(2), job(3, 0.7))
        assert best is not None
        assert (best.value, best.combination) == (0.9, 1)
        assert best.job_id == job(1).job_id

    def test_or_the_smallest(self) -> None:
        less = {**AUC, "goal": "minimize"}
        best = best_of(*(job(number, value, objective=less) for number, value in enumerate((0.5, -0.9, 0.7))))
        assert best is not None
        assert best.value == -0.9

    def test_of_equal_values_the_first_is_the_best(self) -> None:
        best = best_of(job(0, 0.5), job(1, 0.5))
        assert best is not None
        assert best.combination == 0

    def test_a_job_that_failed_does_not_compete(self) -> None:
        best = best_of(job(0, 0.5), job(1, 0.9, state=State.FAILED))
        assert best is not None
        assert best.combination == 0

    def test_without_a_value_there_is_an_objective_alone(self) -> None:
        assert best_of(job(0), job(1)) == Best("validation:auc", "maximize")

    def test_jobs_without_an_objective_have_no_best(self) -> None:
        assert best_of(job(0, 0.5, objective=None)) is None

    def test_a_value_that_is_no_number_is_the_worst(self) -> None:
        best = best_of(job(0, float("nan")), job(1, -1.0))
        assert best is not None
        assert best.value == -1.0
