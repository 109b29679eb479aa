"""Fireworks AI batch inference."""

from collections.abc import Mapping
from typing import Any

from jobchute.job import ATTEMPT_TAG, Api, Job
from jobchute.providers.fireworks.job_states import STATES
from jobchute.validation.codes import Code
from tests.apis.values import HOUR, REMOVED, ApiValues, Natives, Tagging

MODEL = "accounts/acme/models/sample-model"


class Marking(Tagging):
    """There are no tags: displayName has the labels for which there is room, and a mark at its end."""

    def members_with(self, tags: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002
        return {"displayName": "theirs"}

    def tags_in(self, call: Mapping[str, Any]) -> dict[str, str]:
        words = str(call.get(self.member, "")).split()
        labels = dict(word.split("=", 1) for word in words if "=" in word)
        mark, _, attempt = words[-1].partition("/") if words else ("", "", "")
        return {**labels, self.proof: mark, **({ATTEMPT_TAG: attempt} if attempt else {})}

    def proof_of(self, job: Job) -> str:
        return job.job_id[:19]


def _secret(text: str) -> dict[str, Any]:
    return {"inferenceParameters": {"maxTokens": 9, "extraBody": f'{{"user": "{text}-user"}}'}}


def _repair(body: dict[str, Any]) -> None:
    """extraBody is a JSON object, and a job has a model and prompts unless it continues another."""
    if body.keys().isdisjoint(("inferenceParameters", "outputDatasetId", "precision")):
        return
    if "extraBody" in body.get("inferenceParameters", {}):
        body["inferenceParameters"]["extraBody"] = "{}"
    if not body.get("continuedFromJobName"):
        body.setdefault("model", MODEL)
        body.setdefault("inputDatasetId", "prompts")


VALUES = ApiValues(
    api=Api.FIREWORKS_INFERENCE_JOB,
    body={"model": MODEL, "inputDatasetId": "accounts/acme/datasets/prompts"},
    numbered=lambda number: {"inferenceParameters": {"maxTokens": 100 + number}},
    free="displayName",
    secret=_secret,
    guarded_members=2,
    others=("accounts/acme/models/spare", "accounts/acme/models/last"),
    # A displayName has no room for the names of two models.
    scarce="capacity+twice",
    natives=Natives(
        begin=("VALIDATING", "PENDING", "RUNNING"),
        good="COMPLETED",
        bad="FAILED",
        stopping="DELETING_CLEANING_UP",
        stopped="CANCELLED",
        reason="chat dataset validation failed: invalid role",
    ),
    tagging=Marking("displayName", proof="jobchute/mark", takes_own=False),
    # It has no time limit of its own.
    time_limit=({}, 3 * 24 * HOUR),
    provider_id="{name}",
    states=STATES,
    max_wait=2 * 24 * HOUR,
    names_are_unique=True,
    tells_quotas=False,
    tells_outputs=False,
    has_partial_success=True,
    repair=_repair,
    harmless=(
        "batchInferenceJobId",
        "precision",
        "inferenceParameters.*",
    ),
    refused=(
        (
            "model_and_data_or_a_job_to_continue",
            {"inputDatasetId": REMOVED},
            "request.inputDatasetId",
            Code.MISSING,
        ),
        (
            "extra_body_is_a_json_object",
            {"inferenceParameters/extraBody": "extraBody"},
            "request.inferenceParameters.extraBody",
            Code.PATTERN,
        ),
        (
            "extra_body_is_a_json_object",
            {"inferenceParameters/extraBody": "[1]"},
            "request.inferenceParameters.extraBody",
            Code.PATTERN,
        ),
    ),
    accepted=(
        (
            "model_and_data_or_a_job_to_continue",
            {"continuedFromJobName": "accounts/acme/batchInferenceJobs/first"},
        ),
        ("extra_body_is_a_json_object", {"inferenceParameters/extraBody": '{"stop": ["</s>"]}'}),
        ("extra_body_is_a_json_object", {"inferenceParameters/extraBody": ""}),
    ),
)
