"""A document becomes a job, and the document that retries the job asks for the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobchute.cli.commands.plan import offline_builder
from jobchute.cli.document_checks import check
from jobchute.cli.job_plans import path_of
from jobchute.cli.request_files import read_files
from jobchute.cli.retry_documents import retry_of
from jobchute.cli.sending import message_of
from jobchute.job import Api, canonical
from jobchute.parsing.documents import read_documents
from jobchute.requests.document import ENVELOPE_KEYS, Submission, Sweep, parse_document
from jobchute.requests.judgement import Judge
from jobchute.requests.matrix import steps_of
from tests.apis import REQUESTS
from tests.builders import a_source

TOLD = ("retry", "alternatives", "patience", "priority", "labels", "objective", "maxCost", "usage")
BODY = {
    **REQUESTS[Api.TRAINING_JOB],
    "TrainingJobName": "churn",
    "HyperParameters": {"eta": "0.1", "a.b": "1", "max depth": "3", 'quote"d': "4", "é[0]": "6"},
}
INSTANCE = "ResourceConfig.InstanceType"
LARGER, OLDER = {INSTANCE: "ml.m5.2xlarge"}, {INSTANCE: "ml.m4.2xlarge"}
ALONE = {"alternatives": [LARGER], "patience": 60}
RETRY = {"attempts": 4, "on": ["CAPACITY", "INTERRUPTED"], "after": 300}
QUOTED = {
    'HyperParameters["a.b"]': "2",
    'HyperParameters["quote\\"d"]': "5",
    'HyperParameters["é[0]"]': "7",
    "HyperParameters.max depth": "4",
}


def a_document(**members: Any) -> dict[str, Any]:
    return {"api": str(Api.TRAINING_JOB), "request": BODY, "idempotencyKey": "churn", **members}


def submitted(document: dict[str, Any]) -> Submission:
    """Checked as a function checks it."""
    (raw,) = read_documents(canonical(document).encode(), name="x.json")
    judgement = Judge().judge(raw, path="")
    assert judgement.problems == []
    assert isinstance(judgement.asked, Submission)
    return judgement.asked


def retried(submission: Submission) -> dict[str, Any]:
    job, plan = offline_builder(None).build(submission, a_source())
    return retry_of(job, submission.request, plan, lambda _: False)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"retry": RETRY},
        {"retry": {**RETRY, "attempts": 10, "after": 0}},
        {"retry": {"attempts": 2, "on": ["THROTTLED"], "after": 86_400}},
        {"alternatives": [LARGER], "patience": 900},
        {"alternatives": [LARGER, OLDER], "patience": 7200},
        {"alternatives": [LARGER, OLDER], "patience": 60, "retry": RETRY | {"attempts": 9}},
        {"alternatives": [LARGER, OLDER], "patience": 60, "retry": {"on": ["INTERNAL"], "after": 2}},
        {"alternatives": [QUOTED, {**LARGER, "StoppingCondition.MaxRuntimeInSeconds": 60}], "patience": 60},
        {"alternatives": [{"Environment": {"API_KEY": "a"}, "HyperParameters.new": "x"}], "patience": 60},
        {"priority": 9, "labels": {"team": "growth"}, "maxCost": 12.5, **ALONE},
    ],
    ids=lambda members: "+".join(members) or "bare",
)
def test_a_retry_asks_for_what_the_document_asked_for(members: dict[str, Any]) -> None:
    first = submitted(a_document(**members))
    document = retried(first)
    assert {name: document[name] for name in TOLD if name in members} == members
    assert not {"retry", "alternatives", "patience"} & (document.keys() - members.keys())
    again = submitted(document)
    assert again.retry == first.retry
    told = [[(change.steps, change.value) for change in each] for each in first.alternatives]
    assert [[(change.steps, change.value) for change in each] for each in again.alternatives] == told


def test_a_message_asks_for_what_its_document_asked_for(tmp_path: Path) -> None:
    """With every member of the envelope."""
    others = {
        "objective": {"metric": "validation:auc", "goal": "maximize"},
        "usage": {"shots": 9},
        "maxCost": 2.5,
    }
    more = {"priority": 2, "labels": {"a": "b"}, "after": ["up"], "retryOf": f"jc-{'0' * 64}", "dryRun": True}
    said = {"retry": RETRY, "alternatives": [QUOTED, LARGER], "patience": "2h", "whenOverBudget": "wait"}
    document = a_document(**others, **more, **said)
    assert {*document, "matrix"} == {*ENVELOPE_KEYS}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    (file,) = read_files([path], None)
    (checked,) = check(file)
    assert checked.mistakes == ()
    again = parse_document(message_of(checked))
    assert isinstance(again, Submission)
    assert isinstance(checked.asked, Submission)
    assert again._replace(alternatives=()) == checked.asked._replace(alternatives=())
    assert [len(each) for each in again.alternatives] == [4, 1]


def test_durations_are_seconds_in_the_retry() -> None:
    said = {"retry": {"attempts": 3, "after": "5m"}, "alternatives": [LARGER], "patience": "2h"}
    document = retried(submitted(a_document(**said)))
    assert (document["retry"]["after"], document["patience"]) == (300, 7200)
    assert document["retry"]["on"] == ["CAPACITY", "INTERRUPTED", "INTERNAL"]


def test_a_retry_with_one_attempt_is_no_retry() -> None:
    document = retried(submitted(a_document(retry={"attempts": 1})))
    assert "retry" not in document


def test_a_combination_is_no_alternative_of_itself() -> None:
    """A matrix may give the request the value of an alternative; a document may not."""
    sweep = parse_document(
        a_document(matrix={INSTANCE: ["ml.m5.large", LARGER[INSTANCE]]}, alternatives=[LARGER, OLDER])
    )
    assert isinstance(sweep, Sweep)
    first, second = (retried(each.submission) for each in sweep.combinations())
    assert first["alternatives"] == [LARGER, OLDER]
    assert second["alternatives"] == [OLDER]
    for document in (first, second):
        submitted(document)


@pytest.mark.parametrize(
    "steps",
    [
        ("A",),
        ("A", "B"),
        ("A", 0, "B"),
        ("A", 0, 12),
        ("a.b", "c"),
        ("A", 'b"]c', 1),
        ("A", "back\\slash"),
        ("A", ""),
        ("A", "two words", "0"),
        ("é\n", "\t", "x"),
    ],
)
def test_a_path_is_read_as_the_steps_that_it_was_made_of(steps: tuple[str | int, ...]) -> None:
    body: Any = "value"
    for step in reversed(steps):
        body = [body] * (step + 1) if isinstance(step, int) else {step: body}
    assert steps_of(path_of(steps), body, "", []) == steps
