"""Documents with a matrix: their product, names, keys and labels, and where a mistake is placed."""

import random
from typing import Any

import pytest

from jobchute.job import Api, job_id_of
from jobchute.problems import Problem
from jobchute.providers.registry import SPECS
from jobchute.requests.body import problems_in
from jobchute.requests.document import Sweep, parse_document
from jobchute.requests.sweep import MAX_SWEEP_KEY, MAX_TOKEN, Combination
from jobchute.requests.sweep_problems import MAX_INVALID, problems_in_sweep
from tests.apis import REQUESTS, VALUES

TRAINING = REQUESTS[Api.TRAINING_JOB]
PARENTS = {"hyperParameters", "HyperParameters", "Environment", "envVars"}


def request_of(api: Api) -> dict[str, Any]:
    parent = VALUES[api].free.split(".")[0]
    return {**REQUESTS[api], **({parent: {}} if parent in PARENTS else {})}


def sweep(matrix: dict[str, Any], *, api: Api = Api.TRAINING_JOB, **changes: Any) -> Sweep:
    parsed = parse_document({"api": api, "request": request_of(api), "matrix": matrix, **changes})
    assert isinstance(parsed, Sweep), parsed
    return parsed


def wrong(matrix: Any, **changes: Any) -> dict[str, str]:
    """Path → code of what is wrong."""
    document = {"api": Api.TRAINING_JOB, "request": request_of(Api.TRAINING_JOB), "matrix": matrix}
    parsed = parse_document({**document, **changes})
    assert isinstance(parsed, list), parsed
    return {problem.path: problem.code for problem in parsed}


def names(sweep: Sweep) -> list[str]:
    field = SPECS[sweep.template.api].told_apart_by
    return [combination.submission.request[field] for combination in sweep.combinations()]


def id_of(combination: Combination) -> str:
    asked = combination.submission
    return job_id_of(asked.api, asked.request, asked.idempotency_key)


def judge(sweep: Sweep) -> dict[str, str]:
    found = problems_in_sweep(sweep, lambda each: problems_in(each.api, each.request))
    return {problem.path: problem.code for problem in found}


class TestProduct:
    def test_every_combination_is_a_request_with_its_values(self) -> None:
        made = sweep({"HyperParameters.a": ["1", "2", "3"], "HyperParameters.b": ["x", "y"]})
        given = [each.submission.request["HyperParameters"] for each in made.combinations()]
        assert made.size == 6
        assert given == [{"a": a, "b": b} for a in "123" for b in "xy"]

    def test_the_document_s_own_request_is_not_touched(self) -> None:
        made = sweep({"HyperParameters.a": ["1"], "ResourceConfig.InstanceCount": [2, 3]})
        list(made.combinations())
        assert made.template.request == request_of(Api.TRAINING_JOB)

    def test_a_path_leads_through_lists_and_quoted_keys(self) -> None:
        channels = [{"ChannelName": "a"}, {"ChannelName": "b"}]
        request = {**request_of(Api.TRAINING_JOB), "InputDataConfig": channels, "HyperParameters": {"c.d": "0"}}
        matrix = {'HyperParameters["c.d"]': ["1"], "InputDataConfig[1].ChannelName": ["z"]}
        (only,) = sweep(matrix, request=request).combinations()
        assert only.submission.request["HyperParameters"] == {"c.d": "1"}
        assert only.submission.request["InputDataConfig"] == [{"ChannelName": "a"}, {"ChannelName": "z"}]

    def test_a_value_may_be_an_object(self) -> None:
        values = [{"a": "1"}, {"a": "2", "b": "3"}]
        made = sweep({"HyperParameters": values})
        assert [each.submission.request["HyperParameters"] for each in made.combinations()] == values

    def test_the_rest_of_the_envelope_goes_with_each(self) -> None:
        made = sweep({"HyperParameters.a": ["1", "2"]}, priority=9, after=["k"], dryRun=True)
        assert {(each.submission.priority, each.submission.dry_run) for each in made.combinations()} == {
            (9, True)
        }
        assert all(each.submission.after == made.template.after != () for each in made.combinations())


class TestNames:
    @pytest.mark.parametrize("api", Api)
    @pytest.mark.parametrize("values", [["0.1", "1e-4"], ["-1", "+1"], ["ä", "…", "x" * 300], ["A", "a"]])
    @pytest.mark.parametrize("base", [None, "short", "b" * 50])
    def test_they_are_valid_and_unique_at_every_provider(
        self, api: Api, values: list[str], base: str | None
    ) -> None:
        field = SPECS[api].told_apart_by
        most = SPECS[api].name.max_length if SPECS[api].name.member else MAX_TOKEN
        request = {key: value for key, value in request_of(api).items() if key != field}
        if base is not None:
            request[field] = base
        made = sweep({VALUES[api].free: values}, api=api, request=request)
        assert len({id_of(each) for each in made.combinations()}) == len(values)
        if base is None and not SPECS[api].name.member:
            assert all(field not in each.submission.request for each in made.combinations())
            return
        given = names(made)
        assert len({name.lower() for name in given}) == len(values)
        assert all(0 < len(name) <= most for name in given)
        for combination in made.combinations():
            problems = problems_in(api, combination.submission.request)
            assert [problem for problem in problems if problem.path == f"request.{field}"] == []

    def test_they_say_the_values(self) -> None:
        made = sweep({"HyperParameters.lr": ["0.1", "1e-4"], "ResourceConfig.InstanceCount": [1, 2]})
        base = TRAINING["TrainingJobName"]
        assert names(made) == [f"{base}-0-1-1", f"{base}-0-1-2", f"{base}-1e-4-1", f"{base}-1e-4-2"]

    def test_only_those_that_would_read_alike_have_a_digest(self) -> None:
        base = TRAINING["TrainingJobName"]
        first, second, third = names(sweep({"HyperParameters.lr": ["0.1", "0-1", "7"]}))
        assert third == f"{base}-7"
        assert first != second
        assert first.startswith(f"{base}-0-1-")
        assert second.startswith(f"{base}-0-1-")

    def test_a_matrix_may_give_the_names_itself(self) -> None:
        made = sweep({"TrainingJobName": ["red", "blue"], "HyperParameters.n": ["1", "2"]})
        assert names(made) == ["red-1", "red-2", "blue-1", "blue-2"]
        assert names(sweep({"TrainingJobName": ["red", "blue"]})) == ["red", "blue"]

    def test_without_a_name_they_begin_with_the_key_label_or_api(self) -> None:
        request = {k: v for k, v in request_of(Api.TRAINING_JOB).items() if k != "TrainingJobName"}
        matrix = {"HyperParameters.n": ["1"]}
        by_key = names(sweep(matrix, request=request, idempotencyKey="nightly run", labels={"team": "growth"}))
        by_label = names(sweep(matrix, request=request, labels={"team": "growth"}))
        by_api = names(sweep(matrix, request=request))
        assert [name.rsplit("-", 2)[0] for (name,) in (by_key, by_label, by_api)] == [
            "nightly-run",
            "growth",
            "training",
        ]

    def test_two_sweeps_without_names_do_not_share_them(self) -> None:
        request = {k: v for k, v in request_of(Api.TRAINING_JOB).items() if k != "TrainingJobName"}
        matrix = {"HyperParameters.n": ["1", "2"]}
        other = {**request, "HyperParameters": {"m": "1"}}
        assert not set(names(sweep(matrix, request=request))) & set(names(sweep(matrix, request=other)))


class TestIdentity:
    @pytest.mark.parametrize("key", [None, "nightly"])
    def test_it_is_of_the_values_and_not_of_their_order(self, key: str | None) -> None:
        lists = {"HyperParameters.a": list("123456"), "HyperParameters.b": ["x", "y", "z"]}
        more: dict[str, Any] = {} if key is None else {"idempotencyKey": key}
        ids = {id_of(each) for each in sweep(lists, **more).combinations()}
        shuffled = {path: random.Random(7).sample(values, len(values)) for path, values in lists.items()}
        again = sweep(dict(reversed(shuffled.items())), **more)
        assert len(ids) == 18
        # Without a key the name is of the body, and says the values in the order of the paths.
        if key is not None:
            assert {id_of(each) for each in again.combinations()} == ids
        assert {id_of(each) for each in sweep(shuffled, **more).combinations()} == ids

    def test_a_list_that_grows_makes_no_job_anew(self) -> None:
        few = {id_of(each) for each in sweep({"HyperParameters.a": ["1", "2"]}).combinations()}
        more = {id_of(each) for each in sweep({"HyperParameters.a": ["0", "1", "2"]}).combinations()}
        assert few < more

    def test_each_has_the_document_s_key_with_a_digest(self) -> None:
        keys = [
            each.submission.idempotency_key
            for each in sweep({"HyperParameters.a": ["1", "2"]}, idempotencyKey="k").combinations()
        ]
        assert len(set(keys)) == 2
        assert all(key is not None and key.startswith("k:") for key in keys)

    def test_a_key_leaves_room_for_the_digest(self) -> None:
        matrix = {"HyperParameters.a": ["1"]}
        fits = sweep(matrix, idempotencyKey="k" * MAX_SWEEP_KEY)
        (only,) = fits.combinations()
        assert len(only.submission.idempotency_key or "") == 256
        assert wrong(matrix, idempotencyKey="k" * (MAX_SWEEP_KEY + 1)) == {"idempotencyKey": "TOO_LONG"}


class TestLabels:
    def labels(self, matrix: dict[str, Any], **changes: Any) -> list[dict[str, str]]:
        return [dict(each.submission.labels) for each in sweep(matrix, **changes).combinations()]

    def test_they_say_the_values(self) -> None:
        matrix = {"HyperParameters.lr": ["0.1", "0.2"], "ResourceConfig.InstanceCount": [3]}
        assert self.labels(matrix, labels={"team": "growth"}) == [
            {"team": "growth", "lr": lr, "InstanceCount": "3"} for lr in ("0.1", "0.2")
        ]

    def test_a_path_of_which_one_value_does_not_fit_is_no_label(self) -> None:
        assert self.labels({"HyperParameters.lr": ["0.1", "ä"]}) == [{}, {}]
        assert self.labels({"HyperParameters": [{"a": "1"}]}) == [{}]

    def test_a_label_that_the_document_has_stays(self) -> None:
        assert self.labels({"HyperParameters.lr": ["0.1"]}, labels={"lr": "mine"}) == [{"lr": "mine"}]

    def test_where_they_would_be_too_many_there_are_none(self) -> None:
        labels = {f"l{number}": "x" for number in range(20)}
        assert self.labels({"HyperParameters.lr": ["0.1"]}, labels=labels) == [labels]
        tags = [{"Key": f"k{number}", "Value": "v"} for number in range(49)]
        request = {**request_of(Api.TRAINING_JOB), "Tags": tags}
        assert self.labels({"HyperParameters.lr": ["0.1"]}, request=request) == [{}]


class TestMistakes:
    @pytest.mark.parametrize(
        ("matrix", "path", "code"),
        [
            ([], "matrix", "WRONG_TYPE"),
            (None, "matrix", "WRONG_TYPE"),
            ({}, "matrix", "TOO_FEW"),
            ({f"HyperParameters.a{n}": ["1"] for n in range(11)}, "matrix", "TOO_MANY"),
            ({"HyperParameters.a": "1"}, "matrix.HyperParameters.a", "WRONG_TYPE"),
            ({"HyperParameters.a": []}, "matrix.HyperParameters.a", "TOO_FEW"),
            ({"HyperParameters.a": [str(n) for n in range(1001)]}, "matrix.HyperParameters.a", "TOO_MANY"),
            ({"HyperParameters.a": ["1", "2", "1"]}, "matrix.HyperParameters.a[2]", "DUPLICATE"),
            ({"HyperParameters.a": [{"x": 1, "y": 2}, {"y": 2, "x": 1}]}, None, "DUPLICATE"),
            ({"Nowhere.a": ["1"]}, "matrix.Nowhere.a", "MISSING"),
            ({"HyperParameters.a.b": ["1"]}, "matrix.HyperParameters.a.b", "MISSING"),
            ({"InputDataConfig[7].ChannelName": ["1"]}, None, "MISSING"),
            ({"RoleArn.x": ["1"]}, "matrix.RoleArn.x", "MISSING"),
            ({"RoleArn[0]": ["1"]}, "matrix.RoleArn[0]", "MISSING"),
            ({"request.RoleArn": ["1"]}, "matrix.request.RoleArn", "MISSING"),
            ({"": ["1"]}, "matrix.", "PATTERN"),
            ({".a": ["1"]}, "matrix..a", "PATTERN"),
            ({"a..b": ["1"]}, "matrix.a..b", "PATTERN"),
            ({"[0]": ["1"]}, "matrix.[0]", "PATTERN"),
            ({"a[x]": ["1"]}, "matrix.a[x]", "PATTERN"),
            ({"a[0]b": ["1"]}, "matrix.a[0]b", "PATTERN"),
            ({"HyperParameters.a": ["1"], 'HyperParameters["a"]': ["2"]}, None, "EXCLUSIVE"),
            ({"HyperParameters": [{}], "HyperParameters.a": ["2"]}, "matrix.HyperParameters.a", "EXCLUSIVE"),
            ({f"HyperParameters.a{n}": list("12345") for n in range(5)}, "matrix", "TOO_MANY"),
        ],
    )
    def test_what_is_wrong_is_said_by_path(self, matrix: Any, path: str | None, code: str) -> None:
        found = wrong(matrix)
        assert list(found.values()) == [code]
        assert path is None or list(found) == [path]

    def test_a_thousand_combinations_are_the_most(self) -> None:
        matrix = {"HyperParameters.a": list("0123456789"), "HyperParameters.b": [str(n) for n in range(100)]}
        made = sweep(matrix)
        assert made.size == len(set(names(made))) == 1000

    def test_a_value_that_no_combination_bears_is_blamed_itself(self) -> None:
        made = sweep({"StoppingCondition.MaxRuntimeInSeconds": [60, 0], "HyperParameters.a": ["x", "y"]})
        assert judge(made) == {"matrix.StoppingCondition.MaxRuntimeInSeconds[1]": "TOO_SMALL"}

    def test_values_that_do_not_fit_are_blamed_as_a_combination(self) -> None:
        request = {**request_of(Api.TRAINING_JOB), "EnableManagedSpotTraining": True}
        matrix = {
            "StoppingCondition.MaxRuntimeInSeconds": [60, 600],
            "StoppingCondition.MaxWaitTimeInSeconds": [60, 600],
        }
        made = sweep(matrix, request=request)
        (path,) = judge(made)
        assert path.startswith("matrix[2].request.StoppingCondition")

    def test_what_all_have_in_common_is_said_once_where_it_is(self) -> None:
        request = {**request_of(Api.TRAINING_JOB), "RoleArn": "nobody", "Nonsense": 1}
        made = sweep({"HyperParameters.a": ["1", "2", "3"]}, request=request)
        assert set(judge(made)) == {"request.RoleArn", "request.Nonsense"}

    def test_a_sound_sweep_has_no_problems(self) -> None:
        assert judge(sweep({"HyperParameters.a": ["1", "2"]})) == {}

    def test_after_many_invalid_combinations_nobody_looks_further(self) -> None:
        seen = []

        def check(submission: object) -> list[Problem]:
            seen.append(submission)
            return [Problem("request", "WRONG", "wrong")]

        made = sweep({"HyperParameters.a": [str(n) for n in range(1000)]})
        found = problems_in_sweep(made, check)
        assert len(seen) == MAX_INVALID
        assert [problem.code for problem in found] == ["WRONG", "MORE_PROBLEMS"]
