"""The JSON Schema of the request document: says of a body what the model says."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jobchute.job import Api
from jobchute.requests.body import problems_in, shape_problems
from jobchute.requests.document import parse_document
from jobchute.requests.schema import bare_schema, json_schema
from jobchute.validation.codes import Code
from tests.unit.bodies import VALID, mutations

SCHEMAS = {api: Draft202012Validator(json_schema(api)) for api in [*Api, None]}
BARE = {api: Draft202012Validator(bare_schema(api)) for api in Api}


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


def test_the_schemas_are_schemas_with_the_providers_words() -> None:
    for validator in (*SCHEMAS.values(), *BARE.values()):
        Draft202012Validator.check_schema(validator.schema)
    bodies = json_schema(Api.TRAINING_JOB)["$defs"]
    assert bodies["CreateTrainingJob.ResourceConfig"]["properties"]["InstanceType"]["description"]
    assert "SelectedInstanceType" not in bodies["CreateTrainingJob.ResourceConfig"]["properties"]


CANCELLATIONS: list[tuple[Any, bool]] = [
    ({"cancel": "nightly"}, True),
    ({"cancel": "requests/sweep.jsonl"}, True),
    ([{"cancel": "a"}, {"cancel": "b"}], True),
    ({"cancel": ""}, False),
    ({"cancel": 7}, False),
    ({"cancel": "k" * 1901}, False),
    ({"cancel": "a", "api": "braket:CreateJob"}, False),
    ([], False),
    ("nightly", False),
]


@pytest.mark.parametrize(("value", "is_valid"), CANCELLATIONS)
def test_every_schema_knows_a_cancellation(value: Any, is_valid: bool) -> None:
    for validator in (*SCHEMAS.values(), *BARE.values()):
        assert validator.is_valid(value) is is_valid


CHANGES: list[tuple[Any, bool]] = [
    ({"set": "nightly", "priority": 7}, True),
    ({"set": "nightly", "labels": {"note": "a"}}, True),
    ([{"set": "a", "priority": 0, "labels": {"note": "a"}}, {"cancel": "b"}], True),
    ({"set": "nightly"}, False),
    ({"set": "nightly", "labels": {}}, False),
    ({"set": "", "priority": 7}, False),
    ({"set": "k" * 257, "priority": 7}, False),
    ({"set": "nightly", "priority": 10}, False),
    ({"set": "nightly", "priority": 7, "dryRun": True}, False),
    ({"set": "nightly", "cancel": "nightly", "priority": 7}, False),
]


@pytest.mark.parametrize(("value", "is_valid"), CHANGES)
def test_every_schema_knows_a_change_of_a_job(value: Any, is_valid: bool) -> None:
    for validator in (*SCHEMAS.values(), *BARE.values()):
        assert validator.is_valid(value) is is_valid
    documents = value if isinstance(value, list) else [value]
    parsed = [parse_document(each) for each in documents]
    assert any(isinstance(each, list) for each in parsed) is not is_valid


@pytest.mark.parametrize("api", list(Api))
def test_the_bare_schema_takes_a_body_and_whole_documents(api: Api) -> None:
    body = VALID[api]
    every = [{"api": each, "request": VALID[each]} for each in Api]
    assert BARE[api].is_valid(body)
    assert BARE[api].is_valid([body, *every, {"cancel": "nightly"}])
    assert not BARE[api].is_valid({**body, "notAMember": 1})
    assert not BARE[api].is_valid({"api": api, "request": {**body, "notAMember": 1}})
    assert not BARE[api].is_valid([body, {**body, "notAMember": 1}])
    assert not SCHEMAS[api].is_valid(body)


@pytest.mark.parametrize("api", list(Api))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_bare_schema_judges_a_body_as_the_document_s_does(api: Api, data: st.DataObject) -> None:
    body = data.draw(mutations(VALID[api]))
    if isinstance(body, dict) and not {"api", "request", "cancel"} & set(body):
        assert BARE[api].is_valid(body) == SCHEMAS[api].is_valid({"api": api, "request": body})


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
    whole = {"api": Api.FIREWORKS_JOB, "request": {"nodePoolId": "pool"}, **document}
    assert SCHEMAS[None].is_valid(whole) is is_valid
