"""What is said of a body that breaks its model: the rule, the value and what to do, and no secret."""

import re
import time
from typing import Any

import botocore.session
import pytest
from botocore.utils import ArgumentGenerator

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.requests.body import MAX_COUNTED, problems_in
from jobchute.validation.codes import Code
from jobchute.validation.wording import member_path, nearest, shown
from tests.unit.bodies import VALID

TRAINING, FIREWORKS = Api.TRAINING_JOB, Api.FIREWORKS_JOB


def test_a_secret_is_never_repeated() -> None:
    secret = "hunter2-\n" * 600
    for api, path in [
        (TRAINING, "HyperParameters"),
        (TRAINING, "Environment"),
        (Api.PROCESSING_JOB, "Environment"),
        (Api.BRAKET_JOB, "hyperParameters"),
        (FIREWORKS, "envVars"),
    ]:
        for wrong in (
            {"key": secret},
            {"key": [secret]},
            {"key": {"x": secret}},
            secret,
            [secret],
            {"key": 42424242},
        ):
            problems = problems_in(api, {**VALID[api], path: wrong})
            if wrong == {"key": secret} and path in ("Environment", "envVars"):
                wrong_lengths = [problem for problem in problems if problem.code != Code.TOO_LONG]
                assert wrong_lengths == []
            else:
                assert problems
            assert not any("hunter2" in p.message or "42424242" in p.message for p in problems)


@pytest.mark.parametrize(
    ("changes", "path", "code", "message"),
    [
        (
            {"ResourceConfig": {"InstanceTyp": "ml.m5.large"}},
            "request.ResourceConfig.InstanceTyp",
            "UNKNOWN_KEY",
            'ResourceConfig has no member "InstanceTyp"; did you mean InstanceType?',
        ),
        (
            {"ResourceConfig": {"instance_type": "ml.m5.large"}},
            "request.ResourceConfig.instance_type",
            "UNKNOWN_KEY",
            'ResourceConfig has no member "instance_type"; did you mean InstanceType?',
        ),
        (
            {"ResourceConfig": {"InstanceType": "m5.large"}},
            "request.ResourceConfig.InstanceType",
            "NOT_ALLOWED_VALUE",
            '"m5.large" is not among the 225 allowed values; did you mean ml.m5.large?',
        ),
        (
            {"HyperParameters": {"max depth": 5}},
            'request.HyperParameters["max depth"]',
            "WRONG_TYPE",
            "This must be a string, not an integer. Put it in quotes.",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "60"}},
            "request.StoppingCondition.MaxRuntimeInSeconds",
            "WRONG_TYPE",
            'This must be an integer, not "60". Write it without quotes.',
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "1h"}},
            "request.StoppingCondition.MaxRuntimeInSeconds",
            "WRONG_TYPE",
            'This must be an integer, not "1h". It counts seconds: write 3600.',
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "an hour"}},
            "request.StoppingCondition.MaxRuntimeInSeconds",
            "WRONG_TYPE",
            'This must be an integer, not "an hour". Write a whole number, with digits only.',
        ),
        (
            {"EnableNetworkIsolation": "maybe"},
            "request.EnableNetworkIsolation",
            "WRONG_TYPE",
            'This must be true or false, not "maybe". Write true or false without quotes.',
        ),
        (
            {"ResourceConfig": {"Machines": 1}},
            "request.ResourceConfig.Machines",
            "UNKNOWN_KEY",
            'ResourceConfig has no member "Machines"; the nearest of its 9 are InstanceGroups, '
            "KeepAlivePeriodInSeconds, InstanceType.",
        ),
        (
            {"TrainingJobName": ""},
            "request.TrainingJobName",
            "TOO_SHORT",
            "This is empty. Fill it in, or remove it.",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "request.StoppingCondition.MaxRuntimeInSeconds",
            "TOO_SMALL",
            "0 is below the minimum, 1. Fill it in, or remove it.",
        ),
        (
            {"ResourceConfig": {"SelectedInstanceType": "ml.m5.large"}},
            "request.ResourceConfig.SelectedInstanceType",
            "READ_ONLY",
            "SelectedInstanceType appears only in the provider's answers. Remove it from the request.",
        ),
        (
            {"TrainingJobName": "a_b"},
            "request.TrainingJobName",
            "PATTERN",
            '"a_b" does not match the pattern `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`.',
        ),
        (
            {"RoleArn": None},
            "request.RoleArn",
            "WRONG_TYPE",
            "This must be a string, not null. Give it a value or leave it out.",
        ),
    ],
)
def test_a_message_says_the_rule_the_value_and_what_to_do(
    changes: dict[str, Any], path: str, code: str, message: str
) -> None:
    problems = problems_in(TRAINING, {**VALID["sagemaker:CreateTrainingJob"], **changes})
    assert [(p.code, p.message) for p in problems if p.path == path] == [(code, message)]


def test_a_missing_member_is_named_with_the_providers_words() -> None:
    request = {name: value for name, value in VALID[TRAINING].items() if name != "RoleArn"}
    (problem,) = problems_in(TRAINING, request)
    assert problem.message.startswith(
        "CreateTrainingJob needs RoleArn. The Amazon Resource Name (ARN) of an IAM role that SageMaker"
    )


def test_all_problems_are_reported_at_once() -> None:
    """Too many entries, each of the wrong type, beside a text that is both too long and of the wrong form."""
    request = {
        **VALID[TRAINING],
        "HyperParameters": {f"k{i}": i for i in range(101)},
        "TrainingJobName": "_" * 64,
    }
    codes = [problem.code for problem in problems_in(TRAINING, request)]
    assert sorted(set(codes)) == ["PATTERN", "TOO_LONG", "TOO_MANY", "WRONG_TYPE"]
    assert codes.count(Code.WRONG_TYPE) == 101


def test_a_hostile_body_costs_little_and_gets_a_short_list() -> None:
    unknown = {f"InstanceTypx{i}": i for i in range(20_000)}
    started = time.process_time()
    problems = problems_in(
        TRAINING, {**VALID[TRAINING], "ResourceConfig": unknown, "Tags": [{"Key": "a"}] * 20_000}
    )
    assert time.process_time() - started < 1
    assert len(problems) == MAX_COUNTED + 1
    assert problems[-1].code == Code.MORE_PROBLEMS


def test_rules_list_as_few_problems_as_the_model() -> None:
    """Of a body whose shape is right: the model of Braket's jobs takes any number of tags."""
    tags = {f"aws:{number}": "x" for number in range(MAX_COUNTED + 1)}
    problems = problems_in(Api.BRAKET_JOB, {**VALID[Api.BRAKET_JOB], "tags": tags})
    assert [problem.code for problem in problems] == [*[Code.RESERVED] * MAX_COUNTED, Code.MORE_PROBLEMS]


@pytest.mark.parametrize("value", [{1: 2}, {"RoleArn": {1, 2}}, (1,), object(), {None: None}, b"x"])
def test_what_is_no_json_is_refused_and_raises_nothing(value: Any) -> None:
    for api in Api:
        assert problems_in(api, value)


def test_half_a_surrogate_pair_is_refused_and_can_be_printed() -> None:
    request = {
        **VALID[TRAINING],
        "\ud800": 1,
        "TrainingJobName": "\udfff",
        "HyperParameters": {"\ud800": "\ud800"},
    }
    problems = problems_in(TRAINING, request)
    assert {(p.path, p.code) for p in problems} == {
        ("request.TrainingJobName", "NOT_TEXT"),
        ('request.HyperParameters["\\ud800"]', "NOT_TEXT"),
        ('request["\\ud800"]', "UNKNOWN_KEY"),
    }
    "".join(p.path + p.message for p in problems).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ("a" * 61, '"' + "a" * 60 + '…"'),
        ("ä\n", '"ä\\n"'),
        (10**70, "a number of more than 60 digits"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ([1], "a list"),
        ({}, "an object"),
        ((), "a value of type tuple"),
    ],
)
def test_a_value_is_shown_as_json_and_cut(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("key", "path"), [("a1_", "p.a1_"), ("1a", 'p["1a"]'), ("a.b", 'p["a.b"]'), ("", 'p[""]'), ("ä", 'p["ä"]')]
)
def test_a_path_quotes_what_is_no_plain_name(key: str, path: str) -> None:
    assert member_path("p", key) == path


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("volume_size", "VolumeSize"),
        ("VolumSize", "VolumeSize"),
        ("imageRef", None),
        ("x" * 81, None),
        ("", None),
    ],
)
def test_the_nearest_word_is_near(word: str, near: str | None) -> None:
    assert nearest(word, ("InstanceType", "VolumeSize", "x" * 82)) == near


@pytest.mark.parametrize("api", [api for api in Api if SPECS[api].service])
def test_a_blank_skeleton_has_one_problem_a_field(api: Api) -> None:
    """As `aws … --generate-cli-skeleton` prints it, which fills it with botocore's generator."""
    service, _, operation = api.partition(":")
    model = botocore.session.get_session().get_service_model(service)
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    skeleton = ArgumentGenerator().generate_skeleton(shape)
    problems = problems_in(api, skeleton)
    paths = [problem.path for problem in problems]
    assert len(paths) == len({*paths})
    unfilled = [problem for problem in problems if problem.code in (Code.TOO_SHORT, Code.TOO_SMALL)]
    assert unfilled
    assert all(re.search(r"Fill it in, or remove it\.$|Leave the item out", p.message) for p in unfilled)
