"""jobchute dlq redrive in a deployment with owners: a dead letter stays its owner's."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.requests.owners import Owner, json_of_owners
from tests.integration.cli.dead_letter_queues import Place

run = CliRunner().invoke
# What moto says of every sender.
MOTO = "AIDAIT2UOQQY3AUEKVGXU"


@pytest.fixture
def owners(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"ada": Owner(principals=(MOTO,))}
    monkeypatch.setenv("JOBCHUTE_OWNERS", json_of_owners(listed))


def status_or_request(place: Place, key: str) -> Any:
    body = runtime.client("s3").get_object(Bucket=place.deployment.bucket, Key=key)["Body"]
    return json.loads(body.read())


@pytest.mark.usefixtures("owners")
def test_an_owner_s_document_goes_to_the_owner_s_folder(place: Place) -> None:
    message_id = place.put("intake", {"cancel": "nightly"})
    result = run(app, ["dlq", "redrive", message_id, "--json"])
    key = f"requests/ada/redriven/{message_id}"
    assert json.loads(result.stdout)["sentAs"] == f"s3://{place.deployment.bucket}/{key}"
    assert status_or_request(place, key) == {"cancel": "nightly"}
    note = status_or_request(place, f"status-messages/{message_id}.json")
    assert note["redriven"]["status"] == f"status/ada/redriven/{message_id}.json"
    assert place.bodies(place.deployment.queue_url) == []
    assert place.count("intake") == (0, 0)


@pytest.mark.usefixtures("owners")
def test_a_notification_goes_to_the_queue(place: Place) -> None:
    entry = {"bucket": {"name": "jobs"}, "object": {"key": "requests/ada/x.json"}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": entry}
    message_id = place.put("intake", {"Records": [record]})
    assert run(app, ["dlq", "redrive", message_id]).exit_code == 0
    assert place.bodies(place.deployment.queue_url) == [{"Records": [record]}]


def test_without_owners_a_document_goes_to_the_queue(place: Place) -> None:
    message_id = place.put("intake", {"cancel": "nightly"})
    assert run(app, ["dlq", "redrive", message_id]).exit_code == 0
    assert place.bodies(place.deployment.queue_url) == [{"cancel": "nightly"}]
