"""Refusals in each service's own wire format, with codes of its documentation: what SDKs tell apart."""

import json
from typing import NamedTuple

Answer = tuple[int, dict[str, str], bytes]


class Refusals(NamedTuple):
    """Status and code."""

    throttled: tuple[int, str]
    unavailable: tuple[int, str]


REFUSALS = {
    "dynamodb": Refusals((400, "ProvisionedThroughputExceededException"), (500, "InternalServerError")),
    "states": Refusals((400, "ThrottlingException"), (500, "InternalFailure")),
    "s3": Refusals((503, "SlowDown"), (500, "InternalError")),
    "sqs": Refusals((400, "RequestThrottled"), (500, "InternalFailure")),
    "events": Refusals((400, "ThrottlingException"), (500, "InternalException")),
    "secretsmanager": Refusals((400, "ThrottlingException"), (500, "InternalServiceError")),
    "sagemaker": Refusals((400, "ThrottlingException"), (500, "InternalFailure")),
    "braket": Refusals((429, "ThrottlingException"), (500, "InternalServiceException")),
    "bedrock": Refusals((429, "ThrottlingException"), (500, "InternalServerException")),
    "fireworks": Refusals((429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE")),
}
REST_JSON = frozenset({"braket", "bedrock"})
# The first part of X-Amz-Target, by signing name.
TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "AWSStepFunctions": "states",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "secretsmanager": "secretsmanager",
    "SageMaker": "sagemaker",
}


def refusal(service: str, status: int, code: str) -> Answer:
    message = "a fault of the test run"
    if service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return status, {"Content-Type": "application/xml"}, text.encode()
    if service == "fireworks":
        text = json.dumps({"code": code, "message": message})
        return status, {"Content-Type": "application/json"}, text.encode()
    if service in REST_JSON:
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return status, headers, json.dumps({"message": message}).encode()
    body = {"__type": f"com.amazonaws.{service}#{code}", "message": message}
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode()
