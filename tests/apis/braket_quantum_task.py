"""Braket quantum tasks."""

import json
from typing import Any

from jobchute.job import Api
from jobchute.providers.braket.quantum_task.adapter import STATES
from jobchute.validation.codes import Code
from tests.apis.values import HOUR, ApiValues, Natives, Tagging

SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"
HEADER = {"name": "braket.ir.openqasm.program", "version": "1"}
PROGRAM = json.dumps({"braketSchemaHeader": HEADER, "source": "OPENQASM 3; qubit[1] q; h q[0];"})
RESERVATION = {
    "arn": "arn:aws:braket:us-east-1:123456789012:reservation/a1b123cd",
    "type": "RESERVATION_TIME_WINDOW_ARN",
}


def _repair(request: dict[str, Any]) -> None:
    """Texts that are JSON, and a bucket's name."""
    if isinstance(request.get("action"), str):
        request["action"] = PROGRAM
    if isinstance(parameters := request.get("deviceParameters"), str):
        request["deviceParameters"] = parameters and "{}".ljust(len(parameters))
    if isinstance(bucket := request.get("outputS3Bucket"), str):
        request["outputS3Bucket"] = "b" * len(bucket)


def _action(**members: Any) -> dict[str, Any]:
    return {"action": json.dumps(members)}


VALUES = ApiValues(
    api=Api.QUANTUM_TASK,
    body={
        "deviceArn": SV1,
        "shots": 100,
        "outputS3Bucket": "bucket",
        "outputS3KeyPrefix": "out",
        "action": PROGRAM,
    },
    numbered=lambda number: {"outputS3KeyPrefix": f"out/{number}"},
    free="tags.x",
    secret=lambda text: {"jobToken": f"{text}-token"},
    guarded_members=4,
    natives=Natives(
        begin=("CREATED", "QUEUED", "RUNNING"),
        good="COMPLETED",
        bad="FAILED",
        stopping="CANCELLING",
        stopped="CANCELLED",
        reason="The quantum task failed on the device",
    ),
    tagging=Tagging("tags"),
    # It has no time limit of its own.
    time_limit=({}, 12 * HOUR),
    provider_id="arn:aws:braket:us-east-1:123456789012:quantum-task/{number:012x}",
    states=STATES,
    status_enum=("braket", "QuantumTaskStatus"),
    others=(f"{SV1[:-3]}tn1", f"{SV1[:-3]}dm1"),
    max_wait=6 * 24 * HOUR,
    tells_time_outs=False,
    has_partial_success=True,
    repair=_repair,
    harmless=("experimentalCapabilities.enabled",),
    refused=(
        ("bucket_is_a_bare_name", {"outputS3Bucket": "s3://bucket"}, "request.outputS3Bucket", Code.PATTERN),
        ("bucket_is_a_bare_name", {"outputS3Bucket": "bucket/out"}, "request.outputS3Bucket", Code.PATTERN),
        ("action_is_a_known_program", {"action": '{"source": $(cat a)}'}, "request.action", Code.PATTERN),
        ("action_is_a_known_program", {"action": "[" * 100_000}, "request.action", Code.PATTERN),
        ("action_is_a_known_program", {"action": "[]"}, "request.action", Code.PATTERN),
        (
            "action_is_a_known_program",
            _action(source="OPENQASM 3;"),
            "request.action",
            Code.NOT_ALLOWED_VALUE,
        ),
        (
            "action_is_a_known_program",
            _action(braketSchemaHeader={"name": "braket.ir.openqasm", "version": "1"}),
            "request.action",
            Code.NOT_ALLOWED_VALUE,
        ),
        (
            "device_parameters_are_a_json_object",
            {"deviceParameters": "disableQubitRewiring"},
            "request.deviceParameters",
            Code.PATTERN,
        ),
        ("a_qpu_needs_shots", {"deviceArn": FORTE, "shots": 0}, "request.shots", Code.TOO_SMALL),
        ("reservations_are_of_qpus", {"associations": [RESERVATION]}, "request.associations", Code.EXCLUSIVE),
        (
            "capabilities_are_said",
            {"experimentalCapabilities": {}},
            "request.experimentalCapabilities",
            Code.NOT_ONE_OF,
        ),
        ("tag_keys_are_free", {"tags": {"aws:team": "v"}}, 'request.tags["aws:team"]', Code.RESERVED),
        (
            "tags_keep_awss_limits",
            {"tags": {str(number): "v" for number in range(51)}},
            "request.tags",
            Code.TOO_MANY,
        ),
    ),
    accepted=(
        ("bucket_is_a_bare_name", {"outputS3Bucket": "Old_Bucket.1"}),
        ("action_is_a_known_program", _action(braketSchemaHeader={"name": "braket.ir.ahs.program"})),
        ("device_parameters_are_a_json_object", {"deviceParameters": "{}"}),
        ("a_qpu_needs_shots", {"shots": 0}),
        ("a_qpu_needs_shots", {"deviceArn": FORTE, "shots": 1}),
        ("reservations_are_of_qpus", {"associations": []}),
        ("reservations_are_of_qpus", {"deviceArn": FORTE, "associations": [RESERVATION]}),
        ("capabilities_are_said", {"experimentalCapabilities": {"enabled": "ALL"}}),
        ("tag_keys_are_free", {"tags": {"jobchute:simulate": "fail"}}),
        ("tags_keep_awss_limits", {"tags": {str(number): "v" for number in range(50)}}),
    ),
)
