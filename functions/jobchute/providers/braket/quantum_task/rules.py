"""Rules across the fields of braket:CreateQuantumTask."""

import re
from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.braket.tag_rules import tag_keys_are_free, tags_keep_awss_limits
from jobchute.providers.unions import one_member_each
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, fields, object_in
from jobchute.validation.wording import shown

PROGRAMS = (
    "braket.ir.openqasm.program",
    "braket.ir.openqasm.program_set",
    "braket.ir.ahs.program",
    "braket.ir.annealing.problem",
    "braket.ir.jaqcd.program",
    "braket.ir.blackbird.program",
)
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+", re.ASCII)


def bucket_is_a_bare_name(request: Fields) -> Iterator[Problem]:
    """outputS3Bucket is the name of a bucket, without `s3://` and without a folder.

    Source: Braket developer guide, troubleshooting ("Caller doesn't have access to s3://MY_BUCKET"); S3's rules
    for names.
    """
    bucket = request.get("outputS3Bucket")
    if isinstance(bucket, str) and not BUCKET.fullmatch(bucket):
        message = f"{shown(bucket)} is not the name of a bucket: leave out s3:// and folders."
        yield Problem("request.outputS3Bucket", Code.PATTERN, message)


def action_is_a_known_program(request: Fields) -> Iterator[Problem]:
    """action is the text of a JSON object with the braketSchemaHeader of a kind of program.

    Source: API reference of action; braket.ir of amazon-braket-schemas-python.
    """
    action = request.get("action")
    if not isinstance(action, str):
        return
    program = object_in(action)
    if program is None:
        message = "action must be the text of a JSON object: a program with its braketSchemaHeader."
        yield Problem("request.action", Code.PATTERN, message)
        return
    name = fields(program.get("braketSchemaHeader")).get("name")
    if not isinstance(name, str) or name not in PROGRAMS:
        message = f"braketSchemaHeader.name in action must be one of {', '.join(PROGRAMS)}, not {shown(name)}."
        yield Problem("request.action", Code.NOT_ALLOWED_VALUE, message)


def device_parameters_are_a_json_object(request: Fields) -> Iterator[Problem]:
    """deviceParameters is the text of a JSON object.

    Source: AwsQuantumTask of amazon-braket-sdk-python; the answer of GetQuantumTask declares it as JSON.
    """
    text = request.get("deviceParameters")
    if isinstance(text, str) and object_in(text) is None:
        message = "deviceParameters must be the text of a JSON object, such as '{}'."
        yield Problem("request.deviceParameters", Code.PATTERN, message)


def a_qpu_needs_shots(request: Fields) -> Iterator[Problem]:
    """shots is 0 on simulators only.

    Source: Braket developer guide, quotas.
    """
    if request.get("shots") == 0 and "/qpu/" in str(request.get("deviceArn")):
        yield Problem("request.shots", Code.TOO_SMALL, "A quantum device needs at least 1 shot.")


def reservations_are_of_qpus(request: Fields) -> Iterator[Problem]:
    """associations name a reservation, which only a quantum device has.

    Source: test_reservation_arn of amazon-braket-sdk-python ("Braket Direct is not supported for").
    """
    if request.get("associations") and "/quantum-simulator/" in str(request.get("deviceArn")):
        message = (
            "A simulator cannot be reserved: remove associations, or name the reserved device in deviceArn."
        )
        yield Problem("request.associations", Code.EXCLUSIVE, message)


def capabilities_are_said(request: Fields) -> Iterable[Problem]:
    """experimentalCapabilities is a tagged union: its one member is given.

    Source: the service model marks it as a union.
    """
    return one_member_each(request, {"experimentalCapabilities": ("enabled",)})


RULES: RuleTable = {
    "outputS3Bucket": (bucket_is_a_bare_name,),
    "action": (action_is_a_known_program,),
    "deviceParameters": (device_parameters_are_a_json_object,),
    "shots": (a_qpu_needs_shots,),
    "experimentalCapabilities": (capabilities_are_said,),
    "associations": (reservations_are_of_qpus,),
    "tags": (tag_keys_are_free, tags_keep_awss_limits),
}
