"""Every sample under events/ is what its README says it is."""

import json
import re
from pathlib import Path

import pytest

from jobchute.aws.s3_notifications import notifications_in
from jobchute.cli.document_checks import Checked, check
from jobchute.cli.request_files import read_files
from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.requests.document import Cancellation, Setting, Submission, parse_document
from tests.paths import EVENTS

BODIES = "requests/*/*/*.json"
REQUESTS = sorted(path for path in (EVENTS / "requests").rglob("*") if path.is_file())
KEY = "requests/growth team/churn nightly.yaml"


def name_of(path: Path) -> str:
    return str(path.relative_to(EVENTS))


def documents_of(*paths: Path) -> list[Checked]:
    return [document for file in read_files(paths, None) for document in check(file)]


def message(name: str) -> object:
    return json.loads((EVENTS / "messages" / name).read_text())


@pytest.mark.parametrize("path", [p for p in REQUESTS if p.name != "invalid.yaml"], ids=name_of)
def test_a_valid_sample_is_accepted(path: Path) -> None:
    documents = documents_of(path)
    assert documents
    assert [document.mistakes for document in documents] == [()] * len(documents)
    assert all(isinstance(document.asked, Submission) for document in documents)


def test_the_invalid_sample_is_refused_at_its_fields() -> None:
    (document,) = documents_of(EVENTS / "requests" / "invalid.yaml")
    found = [(mistake.problem.path, mistake.problem.code) for mistake in document.mistakes]
    assert found == [
        ("request.TrainingJobName", "PATTERN"),
        ("request.AlgorithmSpecification.TrainingInputMode", "NOT_ALLOWED_VALUE"),
        ("request.ResourceConfig.VolumeSizeInGb", "UNKNOWN_KEY"),
        ("request.StoppingCondition.MaxRuntimeInSeconds", "TOO_SMALL"),
    ]


@pytest.mark.parametrize("api", Api)
def test_each_api_has_a_sample_in_bare_form(api: Api) -> None:
    service, operation = api.split(":")
    folder = re.sub("(?<!^)(?=[A-Z])", "-", operation).lower()
    documents = documents_of(EVENTS / "requests" / service / folder)
    assert [document.api for document in documents] == [api]


def test_no_two_samples_are_one_job() -> None:
    ids = [document.job_id for document in documents_of(*REQUESTS)]
    assert len(set(ids)) == len(ids)


def test_the_readme_names_every_file_and_no_other() -> None:
    named = set(re.findall(r"^\| `([^`]+)`", (EVENTS / "README.md").read_text(), re.MULTILINE))
    there = {name_of(path) for path in EVENTS.rglob("*") if path.is_file()}
    bodies = {name_of(path) for path in EVENTS.glob(BODIES)}
    assert named == there - bodies - {"README.md"} | {BODIES}


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("s3-notification.json", [KEY]),
        ("s3-notification-two-records.json", [KEY, "requests/fails.yaml"]),
        ("s3-notification-by-sns.json", [KEY]),
        ("s3-event-by-eventbridge.json", [KEY]),
        ("s3-test-event.json", []),
    ],
)
def test_a_notification_names_its_objects(name: str, keys: list[str]) -> None:
    created = notifications_in(message(name))
    assert created is not None
    assert [(each.bucket, each.key) for each in created] == [("amzn-s3-demo-bucket", key) for key in keys]
    assert all(each.version_id for each in created)


def test_the_other_messages_are_documents() -> None:
    key = "embed-archive-2026-11-21"
    assert parse_document(message("cancel.json")) == Cancellation(key)
    assert parse_document(message("set.json")) == Setting(key, 8, {"note": "needed on Monday"})
    (document,) = documents_of(EVENTS / "messages" / "request.json")
    assert document.api is Api.FIREWORKS_JOB
    assert not document.mistakes


@pytest.mark.parametrize("path", sorted((EVENTS / "provider").iterdir()), ids=name_of)
def test_a_provider_event_names_a_job(path: Path) -> None:
    event = json.loads(path.read_text())
    known = {spec.events.detail_type: spec.events for spec in SPECS.values() if spec.events}
    source = known[event["detail-type"]]
    assert event["source"] == source.source
    assert event["detail"][source.arn_field].startswith("arn:aws:")
