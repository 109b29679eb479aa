"""The generated models: as their source has them, quick on any input, and explained to people."""

import copy
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from jobchute.job import Api
from jobchute.requests.models import MODULES, docs_for, model_for
from jobchute.requests.models.codes import Code
from jobchute.requests.models.explain import Walk, matches, members_of, unwrapped
from jobchute.requests.models.wording import member_path, nearest, shown
from jobchute.requests.schema import json_schema
from jobchute.requests.validation import MOST_PROBLEMS, problems_in, shape_problems
from tools.generate_models import EQUIVALENT_PATTERNS, generated, safe_pattern

ROOT = Path(__file__).parents[3]
EXAMPLES = [json.loads(path.read_text()) for path in sorted(ROOT.glob("tests/examples/*/*/*.json"))]
VALID = {example["api"]: example["request"] for example in EXAMPLES if example["expected"] == "valid"}
TRAINING, FIREWORKS = Api.TRAINING_JOB, Api.FIREWORKS_JOB


def annotations(api: Api) -> Iterator[Any]:
    """Every annotation below a request body."""
    waiting: list[Any] = [model_for(api).request]
    while waiting:
        annotation = waiting.pop()
        kind, _ = unwrapped(annotation)
        yield annotation
        if hasattr(kind, "__required_keys__"):
            waiting.extend(members_of(kind).values())
        elif get_origin(kind) in (list, dict):
            waiting.extend(get_args(kind))


PATTERNS = sorted(
    {limits.pattern for api in Api for a in annotations(api) if (limits := unwrapped(a)[1]).pattern}
)


def test_the_models_are_what_the_installed_botocore_gives() -> None:
    stale = [path.name for path, text in generated().items() if path.read_text() != text]
    assert stale == [], "run `make models`"


def test_validation_imports_no_botocore_and_no_model_but_the_one_in_use() -> None:
    program = (
        "import json, sys; from jobchute.job import Api; from jobchute.requests.validation import problems_in;"
        "problems_in(Api.BRAKET_JOB, json.loads(sys.stdin.read())); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(VALID["braket:CreateJob"]),
        env={"PYTHONPATH": str(ROOT / "functions")},
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "botocore" not in loaded
    assert MODULES[Api.BRAKET_JOB] in loaded
    assert loaded.isdisjoint(set(MODULES.values()) - {MODULES[Api.BRAKET_JOB]})
    assert "jobchute.requests.models.explain" not in loaded


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    "seed", ["a", "-", "a-", "a_", "-a", "/", "a/", ".", "a.", ":", "arn:aws:", "s3://a", "\n"]
)
def test_no_text_costs_more_than_linear_time(pattern: str, seed: str) -> None:
    """A hundred thousand characters of every repetition, and one more that spoils the match at the end."""
    adversary = seed * (100_000 // len(seed)) + "!\x00"
    started = time.process_time()
    matches(pattern, adversary)
    assert time.process_time() - started < 0.25


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_in_full_and_not_before_a_line_end(pattern: str) -> None:
    assert pattern.startswith("^(?:")
    assert pattern.endswith(")$")
    assert not matches(r"^(?:[a-z]*)$", "abc\n")


@pytest.mark.parametrize("original", sorted(EQUIVALENT_PATTERNS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_equivalent_pattern_matches_what_the_original_does(original: str, data: st.DataObject) -> None:
    equivalent, reason = EQUIVALENT_PATTERNS[original]
    assert reason.endswith(".")
    readable = original.replace(r"\p{Alnum}", "a-zA-Z0-9")
    readable = readable.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
    texts = st.text("aZ09-+.:/ \n\t\x01\x0b\x1fé\ufffd\ufffe\U0001f600", max_size=12)
    # Hypothesis takes seconds for a class of all characters, and plain texts match that pattern as well.
    sample = data.draw(texts if r"\uD7FF" in original else texts | st.from_regex(readable, fullmatch=True))
    if len(sample) <= 40:
        expected = re.fullmatch(readable, sample, re.ASCII) is not None
        assert matches(f"^(?:{equivalent or '(?s:.)*'})$", sample) == (expected or not equivalent)


def test_classes_are_ascii_as_in_java() -> None:
    assert safe_pattern(r"\d{2}[\w-]+\s") == r"[0-9]{2}[a-zA-Z0-9_-]+[ \t\n\x0B\f\r]"
    role = {**VALID["sagemaker:CreateTrainingJob"], "RoleArn": "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/Jobs"}
    assert [problem.code for problem in problems_in(TRAINING, role)] == [Code.PATTERN]


def test_integers_have_32_bits() -> None:
    request = copy.deepcopy(VALID["braket:CreateJob"])
    request["instanceConfig"]["volumeSizeInGb"] = 2**31 - 1
    assert problems_in(Api.BRAKET_JOB, request) == []
    request["instanceConfig"]["volumeSizeInGb"] = 2**31
    assert [problem.code for problem in problems_in(Api.BRAKET_JOB, request)] == [Code.TOO_LARGE]


@pytest.mark.parametrize("api", list(Api))
def test_every_member_has_the_providers_words(api: Api) -> None:
    """But for the few that the provider's own model leaves without."""
    members = {
        f"{kind.__name__}.{name}"
        for annotation in annotations(api)
        if hasattr(kind := unwrapped(annotation)[0], "__required_keys__")
        for name in members_of(kind)
    }
    assert set(docs_for(api)) <= members
    assert members - set(docs_for(api)) <= {"SessionChainingConfig.EnableSessionTagChaining"}
    assert not any(re.search(r"<\w+>|&\w+;|\s\s", text) for text in docs_for(api).values())


def mutations(value: Any) -> st.SearchStrategy[Any]:
    """JSON values, and the given body with some of its values replaced or new keys added."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    anything = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )

    @st.composite
    def mutated(draw: st.DrawFn) -> Any:
        body = copy.deepcopy(value)
        for _ in range(draw(st.integers(1, 4))):
            place: Any = body
            while isinstance(place, dict | list) and place:
                key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
                if isinstance(place, dict) and draw(st.integers(0, 6)) == 0:
                    key = draw(st.text(max_size=9))
                if (isinstance(place, dict) and key not in place) or draw(st.booleans()):
                    place[key] = draw(anything)
                    break
                place = place[key]
        return body

    return anything | mutated()


@pytest.mark.parametrize("api", list(Api))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_body_gets_an_answer_and_the_explanation_agrees_with_the_model(
    api: Api, data: st.DataObject
) -> None:
    body = data.draw(mutations(VALID[api]))
    before = repr(body)
    problems = problems_in(api, body)
    model = model_for(api)
    try:
        model.adapter.validate_python(body)
        refused = False
    except ValidationError:
        refused = True
    explained = list(Walk(model, docs_for(api), hints=iter(range(3))).problems(model.request, body, "request"))
    assert bool(explained) == refused
    assert repr(body) == before
    assert all(problem.path.startswith("request") and problem.message for problem in problems)
    json.dumps(
        [[problem.path, problem.code, problem.message] for problem in problems], ensure_ascii=False
    ).encode()


@pytest.mark.parametrize("api", list(Api))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_schema_agrees_with_the_model(api: Api, data: st.DataObject) -> None:
    """But for numbers like 1.0, which JSON Schema counts as integers, and half surrogate pairs."""
    body = data.draw(mutations(VALID[api]))
    text = json.dumps(body)
    if re.search(r"\d[.e]|Infinity|NaN|\\ud[89a-f]", text) or "\\" in text:
        return
    empty_union = api is Api.BEDROCK_JOB and any(
        problem.code == Code.NOT_ONE_OF for problem in problems_in(api, body)
    )
    by_model = shape_problems(api, body) == [] and not empty_union
    assert SCHEMAS[api].is_valid({"api": api, "request": body}) == by_model
    assert SCHEMAS[None].is_valid({"api": api, "request": body}) == by_model


SCHEMAS = {api: Draft202012Validator(json_schema(api)) for api in [*Api, None]}


def test_the_schemas_are_schemas_with_the_providers_words() -> None:
    for validator in SCHEMAS.values():
        Draft202012Validator.check_schema(validator.schema)
    bodies = json_schema(TRAINING)["$defs"]
    assert bodies["CreateTrainingJob.ResourceConfig"]["properties"]["InstanceType"]["description"]
    assert "SelectedInstanceType" not in bodies["CreateTrainingJob.ResourceConfig"]["properties"]


@pytest.mark.parametrize(
    ("document", "is_valid"),
    [
        ({"idempotencyKey": "k", "labels": {"team": "growth"}, "dryRun": True}, True),
        ({"idempotencyKey": ""}, False),
        ({"idempotencyKey": "k" * 256}, True),
        ({"idempotencyKey": "k" * 257}, False),
        ({"labels": {str(i): "v" for i in range(20)}}, True),
        ({"labels": {str(i): "v" for i in range(21)}}, False),
        ({"labels": {"a": 1}}, False),
        ({"dryRun": "false"}, False),
        ({"api": "braket:CreateJob"}, False),
        ({"api": "no:Such"}, False),
        ({"extra": 1}, False),
        ({"priority": 0, "after": ["k", {"job": "l"}, {"job": "m", "on": ["FAILED", "ENDED"]}]}, True),
        ({"matrix": {"envVars.SEED": ["1", "2"]}}, True),
        ({"matrix": {}}, False),
        ({"matrix": {"envVars.SEED": []}}, False),
        ({"matrix": {"envVars.SEED": ["1", "1"]}}, False),
        ({"priority": 10}, False),
        ({"priority": "5"}, False),
        ({"after": []}, False),
        ({"after": [""]}, False),
        ({"after": ["k"] * 21}, False),
        ({"after": [{"job": "k", "on": "RUNNING"}]}, False),
        ({"after": [{"job": "k", "on": []}]}, False),
        ({"after": [{"on": "FAILED"}]}, False),
    ],
)
def test_the_schema_covers_the_envelope(document: dict[str, Any], is_valid: bool) -> None:
    whole = {"api": FIREWORKS, "request": {"nodePoolId": "pool"}, **document}
    assert SCHEMAS[None].is_valid(whole) is is_valid


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
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "request.StoppingCondition.MaxRuntimeInSeconds",
            "TOO_SMALL",
            "0 is below the least value, 1.",
        ),
        (
            {"ResourceConfig": {"SelectedInstanceType": "ml.m5.large"}},
            "request.ResourceConfig.SelectedInstanceType",
            "READ_ONLY",
            "SelectedInstanceType is returned in the provider's answers; a request cannot bring it. Remove it.",
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
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].code == Code.MORE_PROBLEMS


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
