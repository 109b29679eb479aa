"""The request document: the envelope, the bare form, a cancellation, and what is wrong with any of them."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import Api
from jobchute.parsing.documents import read_documents
from jobchute.problems import Problem
from jobchute.requests.body import problems_in
from jobchute.requests.document import (
    ENVELOPE_KEYS,
    Cancellation,
    Submission,
    Sweep,
    api_of_path,
    parse_document,
)
from tests.apis import dashed
from tests.unit.bodies import VALID

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ENVELOPE_KEYS, "cancel", "Api", "x"]), inner, max_size=4)
    ),
)


def document(**changes: Any) -> dict[str, Any]:
    return {"api": Api.TRAINING_JOB.value, "request": {"TrainingJobName": "churn"}, **changes}


def problems(value: object, path: str = "") -> dict[str, str]:
    """Path → code of what is wrong."""
    found = parse_document(value, path=path)
    assert isinstance(found, list), found
    return {problem.path: problem.code for problem in found}


def test_an_envelope_says_everything() -> None:
    parsed = parse_document(document(idempotencyKey="nightly", labels={"team": "growth"}, dryRun=True))
    assert parsed == Submission(
        api=Api.TRAINING_JOB,
        request={"TrainingJobName": "churn"},
        idempotency_key="nightly",
        labels={"team": "growth"},
        dry_run=True,
    )


def test_only_api_and_request_are_needed() -> None:
    assert parse_document(document()) == Submission(api=Api.TRAINING_JOB, request={"TrainingJobName": "churn"})


@pytest.mark.parametrize("api", Api)
def test_a_bare_body_takes_its_api_from_its_path(api: Api) -> None:
    service, _, camel = api.partition(":")
    for operation in (dashed(api), camel):
        for rest in ("churn.json", "team/2026/churn.json"):
            path = f"requests/{service}/{operation}/{rest}"
            assert api_of_path(path) is api
            assert parse_document({"any": "body"}, path=path) == Submission(api=api, request={"any": "body"})


@pytest.mark.parametrize(
    "path",
    [
        "",
        "requests/churn.json",
        "requests/sagemaker/churn.json",
        "requests/sagemaker/create-training-job",
        "requests/sagemaker/create-trainingjobs/churn.json",
        "requests/braket/create-training-job/churn.json",
        "other/sagemaker/create-training-job/churn.json",
        "sagemaker/create-training-job/churn.json",
    ],
)
def test_another_path_names_no_api(path: str) -> None:
    assert api_of_path(path) is None
    assert problems({"TrainingJobName": "churn"}, path) == {"request": "MISSING"}


def bare_message(value: dict[str, Any]) -> str:
    (problem,) = cast("list[Problem]", parse_document(value, path="requests/churn.json"))
    assert (problem.path, problem.code) == ("request", "MISSING")
    return problem.message


@pytest.mark.parametrize("api", list(Api))
def test_a_body_without_an_envelope_is_told_once_what_to_do(api: Api) -> None:
    folder = f"{api.partition(':')[0]}/{dashed(api)}"
    assert bare_message(VALID[api]) == (
        f"this looks like {api}: wrap it under `request` with `api`, "
        f"put it below requests/{folder}/, or give --api"
    )
    assert api_of_path(f"requests/{folder}/x.json") is api


def test_a_body_beside_its_api_is_to_be_put_under_request() -> None:
    message = bare_message({"api": "braket:CreateJob", **VALID[Api.BRAKET_JOB]})
    assert message == "this has members of braket:CreateJob beside `api`: put them under `request`"


def test_a_body_that_could_be_of_two_apis_names_both() -> None:
    message = bare_message({"RoleArn": "x", "StoppingCondition": {}})
    assert "this looks like sagemaker:CreateTrainingJob or sagemaker:CreateProcessingJob:" in message


@pytest.mark.parametrize("value", [{}, {"x": 1}, {"lables": {}, "RoleArn": "x", "y": 1}, {"dryRun": True}])
def test_what_looks_like_no_body_is_told_what_a_document_needs(value: dict[str, Any]) -> None:
    assert {"api", "request"} <= set(problems(value))


def test_an_envelope_under_a_bare_path_is_an_envelope() -> None:
    path = "requests/braket/create-job/x.json"
    parsed = parse_document(document(), path=path)
    assert isinstance(parsed, Submission)
    assert parsed.api is Api.TRAINING_JOB
    assert problems({"request": {}}, path) == {"api": "MISSING"}


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"api": "sagemaker:CreateTraningJob"}, "api", "NOT_ALLOWED_VALUE"),
        ({"api": "sagemaker:createtrainingjob"}, "api", "NOT_ALLOWED_VALUE"),
        ({"api": 7}, "api", "NOT_ALLOWED_VALUE"),
        ({"api": None}, "api", "NOT_ALLOWED_VALUE"),
        ({"api": ["x"]}, "api", "NOT_ALLOWED_VALUE"),
        ({"request": []}, "request", "WRONG_TYPE"),
        ({"request": None}, "request", "WRONG_TYPE"),
        ({"idempotencyKey": 7}, "idempotencyKey", "WRONG_TYPE"),
        ({"idempotencyKey": "x" * 257}, "idempotencyKey", "TOO_LONG"),
        ({"labels": ["team"]}, "labels", "WRONG_TYPE"),
        ({"labels": {"team": 7}}, "labels.team", "PATTERN"),
        ({"labels": {"team": "a\nb"}}, "labels.team", "PATTERN"),
        ({"labels": {"team": "x" * 257}}, "labels.team", "PATTERN"),
        ({"labels": {"a:b": "x"}}, "labels.a:b", "PATTERN"),
        ({"labels": {"": "x"}}, "labels.", "PATTERN"),
        ({"labels": {"aws-x": "x"}}, "labels.aws-x", "PATTERN"),
        ({"labels": {f"l{n}": "x" for n in range(21)}}, "labels", "TOO_LONG"),
        ({"dryRun": "yes"}, "dryRun", "WRONG_TYPE"),
        ({"dryRun": 1}, "dryRun", "WRONG_TYPE"),
        ({"dryRun": "off"}, "dryRun", "WRONG_TYPE"),
        ({"lables": {}}, "lables", "UNKNOWN_KEY"),
    ],
)
def test_what_is_wrong_is_said_by_field(changes: dict[str, Any], path: str, code: str) -> None:
    assert problems(document(**changes)) == {path: code}


@pytest.mark.parametrize(
    ("word", "meant"), [("yes", "true"), ("Y", "true"), ("on", "true"), ("No", "false"), ("OFF", "false")]
)
def test_a_word_for_a_boolean_is_told_which_one_to_write(word: str, meant: str) -> None:
    (document_of_yaml,) = read_documents(f"{{api: x, request: {{}}, dryRun: {word}}}".encode(), name="f.yaml")
    found = parse_document(document_of_yaml.value)
    assert isinstance(found, list)
    (problem,) = (each for each in found if each.path == "dryRun")
    assert problem.message == f"dryRun must be true or false, not a string; write {meant} without quotes"
    body = {**VALID[Api.TRAINING_JOB], "EnableNetworkIsolation": word}
    (in_the_body,) = problems_in(Api.TRAINING_JOB, body)
    assert in_the_body.message.endswith(f"Write {meant} without quotes.")


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "text", [], [{}]])
def test_a_document_is_an_object(value: object) -> None:
    assert problems(value) == {"": "NOT_AN_OBJECT"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(problems({"api": "x", "request": 1, "labels": 2, "dryRun": 3, "idempotencyKey": 4, "y": 5})) == {
        *("api", "request", "labels", "dryRun", "idempotencyKey", "y")
    }


def test_an_unknown_key_is_shown_the_three_nearest_names() -> None:
    found = parse_document(document(dependencies=["x"]))
    assert isinstance(found, list)
    assert found[0].message == "unknown key; the nearest are idempotencyKey, patience, alternatives"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"lables": {}}, "labels"),
        ({"idempotency_key": "x"}, "idempotencyKey"),
        ({"dryrun": True}, "dryRun"),
        ({"api": "sagemaker:CreateTraningJob"}, "sagemaker:CreateTrainingJob"),
    ],
)
def test_a_slip_has_a_hint(changes: dict[str, Any], hint: str) -> None:
    found = parse_document(document(**changes))
    assert isinstance(found, list)
    assert f"did you mean {hint}?" in found[0].message


@pytest.mark.parametrize("value", ["growth", "", "a b_c.d:e/f=g+h@i-j", "x" * 256])
def test_a_label_takes_what_the_tags_of_all_providers_take(value: str) -> None:
    parsed = parse_document(document(labels={"a.B_c-9": value}))
    assert isinstance(parsed, Submission)
    assert parsed.labels == {"a.B_c-9": value}


def test_a_null_key_is_no_key() -> None:
    parsed = parse_document(document(idempotencyKey=None))
    assert isinstance(parsed, Submission)
    assert parsed.idempotency_key is None


def test_an_empty_key_is_wrong() -> None:
    assert set(problems(document(idempotencyKey=""))) == {"idempotencyKey"}


class TestOrdering:
    """`priority` and `after`."""

    def after(self, *entries: Any) -> list[tuple[str, set[str]]]:
        parsed = parse_document(document(after=list(entries)))
        assert isinstance(parsed, Submission), parsed
        return [(each.target, set(each.on)) for each in parsed.after]

    def test_without_them_a_job_is_of_the_middle_and_waits_for_none(self) -> None:
        parsed = parse_document(document())
        assert isinstance(parsed, Submission)
        assert (parsed.priority, parsed.after) == (5, ())

    def test_a_name_alone_waits_for_success(self) -> None:
        assert self.after("nightly", {"job": "jc-1"}) == [("nightly", {"SUCCEEDED"}), ("jc-1", {"SUCCEEDED"})]

    def test_ends_are_one_or_several(self) -> None:
        one, several = {"job": "a", "on": "PARTIAL"}, {"job": "b", "on": ["PARTIAL", "SUCCEEDED"]}
        assert self.after(one, several) == [("a", {"PARTIAL"}), ("b", {"PARTIAL", "SUCCEEDED"})]

    @pytest.mark.parametrize("on", ["ENDED", ["FAILED", "ENDED"]])
    def test_ended_is_any_end_of_a_job_and_no_rejection(self, on: Any) -> None:
        ends = {"SUCCEEDED", "PARTIAL", "FAILED", "TIMED_OUT", "CANCELLED"}
        assert self.after({"job": "a", "on": on}) == [("a", ends)]

    @pytest.mark.parametrize(
        ("changes", "path", "code"),
        [
            ({"priority": 10}, "priority", "TOO_LARGE"),
            ({"priority": -1}, "priority", "TOO_SMALL"),
            ({"priority": True}, "priority", "WRONG_TYPE"),
            ({"after": "nightly"}, "after", "WRONG_TYPE"),
            ({"after": []}, "after", "TOO_FEW"),
            ({"after": ["a"] * 21}, "after", "TOO_MANY"),
            ({"after": ["a", "b", {"job": "a"}]}, "after[2]", "DUPLICATE"),
            ({"after": [{"job": "a", "on": "RUNNING"}]}, "after[0].on", "NOT_ALLOWED_VALUE"),
            ({"after": ["a", {"job": "b", "on": ["FAILED", "x"]}]}, "after[1].on[1]", "NOT_ALLOWED_VALUE"),
            ({"after": [{"on": "FAILED"}]}, "after[0].job", "MISSING"),
            ({"after": [{"job": "a", "onn": "FAILED"}]}, "after[0].onn", "UNKNOWN_KEY"),
        ],
    )
    def test_what_is_wrong_is_said_by_field(self, changes: dict[str, Any], path: str, code: str) -> None:
        assert problems(document(**changes)) == {path: code}


class TestCancellation:
    def test_it_names_a_job_by_its_id_or_key(self) -> None:
        assert parse_document({"cancel": "jc-1"}) == Cancellation("jc-1")

    def test_also_under_a_path_of_the_bare_form(self) -> None:
        assert parse_document({"cancel": "k"}, path="requests/braket/create-job/x.json") == Cancellation("k")

    @pytest.mark.parametrize("target", ["", None, 7, ["jc-1"]])
    def test_it_is_a_text(self, target: object) -> None:
        assert problems({"cancel": target}) == {"cancel": "WRONG_TYPE"}

    def test_it_has_nothing_beside_it(self) -> None:
        assert problems({"cancel": "jc-1", "api": "x"}) == {"api": "UNKNOWN_KEY"}


@given(JSON, st.sampled_from(["", "requests/braket/create-job/x.json"]))
def test_any_value_is_answered(value: object, path: str) -> None:
    parsed = parse_document(value, path=path)
    if isinstance(parsed, list):
        assert parsed
        assert all(isinstance(each, Problem) for each in parsed)
    else:
        assert isinstance(parsed, Submission | Cancellation | Sweep)
