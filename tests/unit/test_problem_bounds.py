"""However much is wrong with a document, its rejection can be written down, told and read."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import Api
from jobchute.problems import (
    MAX_MESSAGE,
    MAX_PATH,
    MAX_PROBLEMS,
    MAX_PROBLEMS_BYTES,
    MORE_PROBLEMS,
    Problem,
    bounded,
)
from jobchute.requests.body import MAX_COUNTED, problems_in
from jobchute.requests.document import MAX_TARGET_BYTES, Cancellation, parse_document

TEXTS = st.text(max_size=30).map(lambda text: text * 100)
PROBLEMS = st.builds(Problem, TEXTS, st.sampled_from(["MISSING", MORE_PROBLEMS]), TEXTS)


def document(**changes: Any) -> dict[str, Any]:
    return {"api": str(Api.TRAINING_JOB), "request": {"TrainingJobName": "churn"}, **changes}


def told(value: object) -> list[Problem]:
    found = parse_document(value)
    assert isinstance(found, list)
    return bounded(found)


def size(problems: list[Problem]) -> int:
    return len(json.dumps([problem._asdict() for problem in problems]))


def test_a_few_problems_stay_as_they_are() -> None:
    few = [Problem(f"request.{number}", "MISSING", "give it") for number in range(MAX_PROBLEMS)]
    assert bounded(few) == few


def test_of_many_the_first_are_listed_and_the_others_counted() -> None:
    many = [Problem(str(number), "MISSING", "give it") for number in range(MAX_PROBLEMS + 1234)]
    *listed, last = bounded(many)
    assert listed == many[:MAX_PROBLEMS]
    assert last == Problem("", MORE_PROBLEMS, "1,234 more problems are not listed; correct these first")


def test_long_ones_are_fewer() -> None:
    many = [Problem("a" * MAX_PATH, "MISSING", "é" * MAX_MESSAGE)] * 50
    *listed, last = bounded(many)
    assert 1 <= len(listed) < 10
    assert last.message.startswith(f"{50 - len(listed)} more")


def test_what_was_left_uncounted_before_is_said() -> None:
    many = [Problem("a", "MISSING", "give it")] * 150 + [Problem("matrix", MORE_PROBLEMS, "not all looked at")]
    assert bounded(many)[-1].message.startswith("at least 50 more")
    assert bounded(many[-3:]) == many[-3:]


def test_paths_and_messages_are_cut() -> None:
    (problem,) = bounded([Problem("p" * 9000, "PATTERN", "m" * 9000)])
    assert (len(problem.path), len(problem.message)) == (MAX_PATH, MAX_MESSAGE)
    assert problem.path.endswith("…")


@given(st.lists(PROBLEMS, max_size=150))
def test_any_number_of_problems_is_bounded_once(problems: list[Problem]) -> None:
    found = bounded(problems)
    listed = [problem for problem in found if problem.code != MORE_PROBLEMS]
    assert len(listed) <= MAX_PROBLEMS
    assert sum(len(json.dumps(problem._asdict())) for problem in listed) <= MAX_PROBLEMS_BYTES
    assert bounded(found) == found


class TestHostileDocuments:
    def test_thousands_of_unknown_keys(self) -> None:
        begin = time.perf_counter()
        found = told(document(**{f"key number {number}": 1 for number in range(2400)}))
        assert time.perf_counter() - begin < 1
        assert len(found) == MAX_PROBLEMS + 1
        assert found[-1].message.startswith("2,300 more problems")

    def test_a_matrix_of_equal_values_under_long_paths(self) -> None:
        matrix = {f"HyperParameters.{'x' * 300}{number}": [1] * 700 for number in range(10)}
        found = told(document(request={"HyperParameters": {}}, matrix=matrix))
        assert size(found) < 40_000
        assert found[-1].code == MORE_PROBLEMS

    @pytest.mark.parametrize(
        "value",
        [
            document(**{"k" * 200_000: 1}),
            {"cancel": "jc-1", "k" * 200_000: 1},
            document(labels={"k" * 200_000: "v"}),
            document(after=[{"job": "a", "k" * 200_000: 1}]),
            document(matrix={"k" * 200_000: [1]}),
            document(api="k" * 200_000),
            document(retryOf="k" * 200_000),
            document(idempotencyKey="k" * 200_000),
        ],
    )
    def test_a_text_of_200_kb(self, value: object) -> None:
        assert size(told(value)) < 4000

    @pytest.mark.parametrize("api", Api)
    def test_a_body_of_deep_and_long_keys(self, api: Api) -> None:
        body: dict[str, Any] = {"k" * 2000: 1}
        for _ in range(60):
            body = {"K" * 2000: body, "Environment": body, "tags": body}
        found = bounded(problems_in(api, body))
        assert size(found) < MAX_PROBLEMS_BYTES + 1000
        assert all(len(problem.path) <= MAX_PATH for problem in found)

    def test_a_body_of_more_problems_than_are_counted(self) -> None:
        body = {f"Unknown{number}": 1 for number in range(MAX_COUNTED + 500)}
        found = bounded(problems_in(Api.TRAINING_JOB, body))
        assert size(found) < MAX_PROBLEMS_BYTES + 1000
        assert found[-1].message.startswith(f"at least {MAX_COUNTED - len(found) + 1} more")


class TestCancel:
    @pytest.mark.parametrize("target", ["x" * 3000, "s3://bucket/" + "é" * 1000])
    def test_a_target_that_no_row_can_have_is_too_long(self, target: str) -> None:
        (problem,) = told({"cancel": target})
        assert (problem.path, problem.code) == ("cancel", "TOO_LONG")
        assert f"{MAX_TARGET_BYTES:,} bytes" in problem.message

    def test_the_longest_file_can_be_named(self) -> None:
        target = f"s3://{'b' * 63}/{'k' * 1024}?version={'v' * 64}"
        assert parse_document({"cancel": target}) == Cancellation(target)
