"""jobchute jobs set."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import State
from jobchute.status.documents import status_of
from tests.integration.cli.deployed import NIGHTLY, messages

run = CliRunner().invoke
JOB = replace(NIGHTLY, state=State.QUEUED, pool="sagemaker:CreateTrainingJob")


@pytest.fixture(autouse=True)
def ledger(deployment: Deployment) -> None:
    deployment.ledger.add(JOB)


@pytest.fixture
def documents(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is sent. It is answered at once."""
    found: list[Any] = []

    def send_message(*, QueueUrl: str, MessageBody: str) -> dict[str, str]:  # noqa: N803 - as boto3 names them
        document = json.loads(MessageBody)
        found.append((QueueUrl, document))
        values = {name: document[name] for name in ("priority", "labels") if name in document}
        is_same = values.get("priority") == JOB.priority
        answer = {"set": document["set"], "note": "so it is", **status_of(JOB)}
        if values.get("priority") == 0:
            answer = {"errors": [{"message": "this may not be"}]}
        answer["changed"] = [] if is_same or values.get("priority") == 1 else [*values]
        body = json.dumps(answer).encode()
        runtime.client("s3").put_object(Bucket=deployment.bucket, Key="status-messages/m.json", Body=body)
        return {"MessageId": "m"}

    monkeypatch.setattr(runtime.client("sqs"), "send_message", send_message)
    return found


def test_the_document_is_sent_and_its_answer_shown(deployment: Deployment, documents: list[Any]) -> None:
    options = ["--priority", "9", "--label", "note=a", "--label", "b=c=d"]
    result = run(app, ["jobs", "set", "nightly", *options])
    assert (result.exit_code, result.stdout) == (0, f"{JOB.job_id} so it is\n"), result.output
    labels = {"note": "a", "b": "c=d"}
    assert documents == [(deployment.queue_url, {"set": JOB.job_id, "priority": 9, "labels": labels})]
    assert json.loads(run(app, ["jobs", "set", "nightly", *options, "--json"]).stdout)["changed"]


@pytest.mark.usefixtures("documents")
def test_values_that_it_has_are_no_failure() -> None:
    assert run(app, ["jobs", "set", "nightly", "--priority", str(JOB.priority)]).exit_code == 0


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize(("priority", "message"), [("1", "so it is"), ("0", "this may not be")])
def test_what_was_not_changed_is_no(priority: str, message: str) -> None:
    result = run(app, ["jobs", "set", "nightly", "--priority", priority])
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


@pytest.mark.parametrize("options", [[], ["--priority", "10"], ["--label", "x"]])
def test_an_option_is_needed_and_must_be_right(deployment: Deployment, options: list[str]) -> None:
    assert run(app, ["jobs", "set", "nightly", *options]).exit_code == 2
    assert messages(deployment) == []


def test_without_an_answer_in_time_it_says_where_it_will_be() -> None:
    result = run(app, ["jobs", "set", "nightly", "--priority", "9", "--timeout", "0"])
    assert result.exit_code == 2
    assert "there is no answer yet; look for it later: s3://jobs/status-messages/" in result.stderr
