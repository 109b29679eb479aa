"""A document's `retry`, `alternatives` and `patience`."""

from typing import Any

import pytest

from jobchute.attempts import Policy
from jobchute.job import Api
from jobchute.requests.alternatives import variants_of
from jobchute.requests.document import parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from jobchute.requests.submission import Submission
from jobchute.requests.sweep import Sweep
from jobchute.requests.sweep_problems import problems_in_sweep
from tests.apis import VALUES

API = Api.TRAINING_JOB
DOCUMENT = {"api": str(API), "request": VALUES[API].body_of(1)}
NAME, TYPE = "TrainingJobName", "ResourceConfig.InstanceType"
OTHERS = [{TYPE: "ml.m5.xlarge"}, {TYPE: "ml.c5.xlarge", "ResourceConfig.InstanceCount": 2}]
CAUSES = ("CAPACITY", "INTERRUPTED", "INTERNAL")


def parsed(**members: Any) -> Submission:
    found = parse_document({**DOCUMENT, **members})
    assert isinstance(found, Submission), found
    return found


def problems(**members: Any) -> list[tuple[str, str]]:
    found = parse_document({**DOCUMENT, **members})
    assert isinstance(found, list), found
    return [(problem.path, problem.code) for problem in found]


def judged(*, rails: GuardRails | None = None, **members: Any) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in Judge(rails).problems_in(parsed(**members))]


class TestRetry:
    def test_most_documents_have_one_attempt(self) -> None:
        assert parsed().retry is None
        assert parsed(retry={}).retry is None
        assert parsed(retry={"attempts": 1}).retry is None

    def test_the_defaults(self) -> None:
        assert parsed(retry={"attempts": 3}).retry == Policy(3, CAUSES, after=300)

    @pytest.mark.parametrize(
        ("text", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200)]
    )
    def test_a_wait_is_seconds_or_a_text(self, text: Any, seconds: int) -> None:
        assert parsed(retry={"attempts": 2, "after": text}).retry == Policy(2, CAUSES, after=seconds)

    def test_causes_are_one_or_several(self) -> None:
        policy = parsed(retry={"attempts": 2, "on": "THROTTLED"}).retry
        assert policy is not None
        assert policy.on == ("THROTTLED",)

    @pytest.mark.parametrize(
        ("retry", "expected"),
        [
            (3, ("retry", "WRONG_TYPE")),
            ({"on": ["CAPACITY"]}, ("retry.attempts", "MISSING")),
            ({"after": "90s"}, ("retry.attempts", "MISSING")),
            ({"attempts": 11}, ("retry.attempts", "TOO_LARGE")),
            ({"attempts": 0}, ("retry.attempts", "TOO_SMALL")),
            ({"attempts": "3"}, ("retry.attempts", "WRONG_TYPE")),
            ({"atempts": 3}, ("retry.atempts", "UNKNOWN_KEY")),
            ({"attempts": 2, "on": []}, ("retry.on", "TOO_FEW")),
            ({"attempts": 2, "on": "CODE"}, ("retry.on", "NOT_ALLOWED_VALUE")),
            ({"attempts": 2, "on": ["CAPACITY", "UNKNOWN"]}, ("retry.on[1]", "NOT_ALLOWED_VALUE")),
            ({"attempts": 2, "after": "soon"}, ("retry.after", "PATTERN")),
            ({"attempts": 2, "after": 1.5}, ("retry.after", "WRONG_TYPE")),
            ({"attempts": 2, "after": -1}, ("retry.after", "TOO_SMALL")),
            ({"attempts": 2, "after": "25h"}, ("retry.after", "TOO_LARGE")),
        ],
    )
    def test_mistakes_are_told_by_their_place(self, retry: Any, expected: tuple[str, str]) -> None:
        assert problems(retry=retry) == [expected]


class TestAlternatives:
    def test_each_is_the_request_with_its_changes(self) -> None:
        first, second = variants_of(parsed(alternatives=OTHERS))
        assert first.request["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
        assert second.request["ResourceConfig"] == {
            **DOCUMENT["request"]["ResourceConfig"],  # type: ignore[index]
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 2,
        }

    def test_each_is_tried_once_unless_attempts_are_given(self) -> None:
        alone, more = parsed(alternatives=OTHERS), parsed(alternatives=OTHERS, retry={"attempts": 5})
        assert (alone.retry or Policy()).attempts == 3
        assert (alone.retry or Policy()).on == ()
        assert (more.retry or Policy())[:2] == (5, CAUSES)

    def test_causes_and_waits_count_without_attempts(self) -> None:
        policy = parsed(alternatives=OTHERS, retry={"on": ["INTERNAL"], "after": 2}).retry or Policy()
        assert (policy.attempts, policy.on, policy.after) == (3, ("INTERNAL",), 2)

    def test_patience_is_15_minutes_by_default(self) -> None:
        assert (parsed(alternatives=OTHERS).retry or Policy()).patience == 900
        assert (parsed(alternatives=OTHERS, patience="1h").retry or Policy()).patience == 3600

    @pytest.mark.parametrize(
        ("members", "expected"),
        [
            ({"alternatives": {}}, ("alternatives", "WRONG_TYPE")),
            ({"alternatives": []}, ("alternatives", "TOO_FEW")),
            ({"alternatives": OTHERS * 6}, ("alternatives", "TOO_MANY")),
            ({"alternatives": ["ml.c5.xlarge"]}, ("alternatives[0]", "WRONG_TYPE")),
            ({"alternatives": [{}]}, ("alternatives[0]", "TOO_FEW")),
            ({"alternatives": [{"Nowhere.Type": "a"}]}, ("alternatives[0].Nowhere.Type", "MISSING")),
            (
                {"alternatives": [{"TrainingJobName": "b"}]},
                ("alternatives[0].TrainingJobName", "NOT_ALLOWED_VALUE"),
            ),
            ({"alternatives": [OTHERS[0], OTHERS[0]]}, ("alternatives[1]", "DUPLICATE")),
            ({"alternatives": [{TYPE: "ml.m5.large"}]}, ("alternatives[0]", "DUPLICATE")),
            (
                {"alternatives": [{"ResourceConfig": {}, TYPE: "ml.c5.large"}]},
                (f"alternatives[0].{TYPE}", "EXCLUSIVE"),
            ),
            ({"alternatives": OTHERS, "retry": {"attempts": 2}}, ("retry.attempts", "TOO_SMALL")),
            ({"alternatives": OTHERS, "retry": {"attempts": 1}}, ("retry.attempts", "TOO_SMALL")),
            ({"alternatives": OTHERS, "patience": 10}, ("patience", "TOO_SMALL")),
            ({"patience": 900}, ("patience", "EXCLUSIVE")),
        ],
    )
    def test_mistakes_are_told_by_their_place(self, members: Any, expected: tuple[str, str]) -> None:
        assert problems(**members) == [expected]

    def test_each_is_held_against_the_model(self) -> None:
        assert judged(alternatives=[OTHERS[0], {TYPE: "ml.none"}]) == [
            (f"alternatives[1].{TYPE}", "NOT_ALLOWED_VALUE")
        ]

    def test_each_is_held_against_the_guard_rails(self) -> None:
        rails = GuardRails(roles=("*",), instance_types=("ml.m5.*",))
        assert judged(rails=rails, alternatives=OTHERS) == [
            (f"alternatives[1].{TYPE}", "INSTANCE_TYPE_NOT_ALLOWED")
        ]

    def test_a_deployment_limits_the_attempts(self) -> None:
        rails = GuardRails(roles=("*",), max_attempts=2)
        assert judged(rails=rails, alternatives=OTHERS[:1]) == []
        assert judged(rails=rails, alternatives=OTHERS) == [("alternatives", "TOO_MANY_ATTEMPTS")]
        assert judged(rails=rails, retry={"attempts": 3}) == [("retry.attempts", "TOO_MANY_ATTEMPTS")]
        too_many = judged(rails=rails, alternatives=OTHERS, retry={"attempts": 4})
        assert too_many == [("retry.attempts", "TOO_MANY_ATTEMPTS")]

    def test_none_repeats_a_combination_of_a_matrix(self) -> None:
        asked = parse_document(
            {**DOCUMENT, "matrix": {TYPE: ["ml.m5.large", "ml.m5.xlarge"]}, "alternatives": OTHERS}
        )
        assert isinstance(asked, Sweep)
        found = problems_in_sweep(asked, Judge().problems_in)
        assert [(each.path, each.code) for each in found] == [("matrix[1].alternatives[0]", "DUPLICATE")]
