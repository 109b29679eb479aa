"""The generated models: as their source has them, quick on any input, and explained to people."""

import copy
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jobchute.job import Api
from jobchute.providers.models import docs_for, model_for
from jobchute.requests.body import problems_in
from jobchute.validation.codes import Code
from jobchute.validation.explain import Walk, matches, members_of, unwrapped
from tests.paths import FUNCTIONS
from tests.unit.bodies import VALID, mutations
from tools.generate_models import generated
from tools.model_patterns import EQUIVALENT_PATTERNS, safe_pattern


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


def test_validation_imports_no_botocore_and_one_model() -> None:
    program = (
        "import json, sys; from jobchute.job import Api; from jobchute.requests.body import problems_in;"
        "problems_in(Api.BRAKET_JOB, json.loads(sys.stdin.read())); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(VALID["braket:CreateJob"]),
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "botocore" not in loaded
    models = {module for module in loaded if re.fullmatch(r"jobchute\.providers\..*\.model", module)}
    assert models == {"jobchute.providers.braket.hybrid_job.model"}
    assert "jobchute.validation.explain" not in loaded


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
    assert [problem.code for problem in problems_in(Api.TRAINING_JOB, role)] == [Code.PATTERN]


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


@pytest.mark.parametrize("api", list(Api))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_body_is_answered_as_the_model_explains(api: Api, data: st.DataObject) -> None:
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
