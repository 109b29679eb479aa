"""Request bodies from public reports: judged as the provider judged them.

`tests/reports` has one file a report, with its source, what was reported and what is expected of the body.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from jobchute.aws.s3_notifications import notifications_in
from jobchute.job import Api
from jobchute.requests.body import problems_in
from jobchute.requests.document import Sweep, parse_document
from jobchute.requests.submission import Submission
from tests.paths import REPORTS

BODIES = sorted(path for path in REPORTS.glob("*.json") if '\n "request": {' in path.read_text())

# Where each invalid body is wrong; those that are not here are valid.
EXPECTED: dict[str, set[tuple[str, str]]] = {
    "01": {("request.AppSpecification.ImageUri", "PATTERN")},
    "03": {("request.AlgorithmSpecification.TrainingImage", "REQUIRES")},
    "05": {("request.StoppingCondition.MaxWaitTimeInSeconds", "MISSING")},
    "08": {("request.InputDataConfig[0].InputMode", "NOT_ALLOWED_VALUE")},
    "09": {("request.AlgorithmSpecification.MetricDefinitions", "EXCLUSIVE")},
    "11": {("request.ResourceConfig.VolumeKmsKeyId", "EXCLUSIVE")},
    "15": {
        ("request.ProcessingResources.ClusterConfig.InstanceCount", "WRONG_TYPE"),
        ("request.ProcessingResources.ClusterConfig.VolumeSizeInGB", "WRONG_TYPE"),
        ("request.StoppingCondition.MaxRuntimeInSeconds", "WRONG_TYPE"),
    },
    "30": {("labels.note", "PATTERN")},
}


def number(path: Path) -> str:
    return path.name[:2]


def problems_of(report: dict[str, Any]) -> set[tuple[str, str]]:
    """What is wrong with the document that the report's body, and its labels, would be sent as."""
    document = {name: report[name] for name in ("api", "request", "labels") if name in report}
    parsed = parse_document(document)
    if isinstance(parsed, list):
        return {(problem.path, problem.code) for problem in parsed}
    assert isinstance(parsed, Submission)
    assert not isinstance(parsed, Sweep)
    found = problems_in(Api(report["api"]), report["request"])
    return {(problem.path, problem.code) for problem in found}


@pytest.mark.parametrize("path", BODIES, ids=number)
def test_a_reported_body_is_judged_as_its_provider_judged_it(path: Path) -> None:
    report = json.loads(path.read_text())
    found = problems_of(report)
    assert found == EXPECTED.get(number(path), set())
    assert bool(found) is not report["expected"].startswith("valid")


KEYS = json.loads((REPORTS / "57-encoded-keys.json").read_text())["keys"]


@pytest.mark.parametrize("key", KEYS)
def test_a_reported_key_is_read_as_s3_has_it(key: str) -> None:
    """S3 encodes keys in the notifications that it sends to SQS, and not in those for EventBridge."""
    detail = {"bucket": {"name": "drop"}, "object": {"key": key, "size": 1}}
    entry = {"bucket": {"name": "drop"}, "object": {"key": quote_plus(key), "size": 1}}
    to_queue = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": entry}]}
    to_bus = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    for body in (to_queue, to_bus):
        found = notifications_in(body)
        assert found is not None
        assert [created.key for created in found] == [key]


def test_every_expectation_is_of_a_report() -> None:
    assert set(EXPECTED) <= {number(path) for path in BODIES}
