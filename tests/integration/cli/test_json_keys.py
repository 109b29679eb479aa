"""The keys that --json prints: each is in docs/json-output.md, and a job's id is `jobId` everywhere."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, State, iso
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from jobchute.ledger.pools import PoolRows
from jobchute.lifecycle.variants import plans_of
from jobchute.outcomes import Cause
from jobchute.pools.limits import QueuePosition
from jobchute.status.documents import message_status_key, status_of
from tests.builders import NOW, a_job
from tests.integration.cli.deployed import RESULT
from tests.integration.cli.every_command import commands
from tests.integration.cli.record_jobs import add_job, put_batch, request_of
from tests.integration.cli.test_cli_deployment import create_stack
from tests.integration.cli.test_cli_dry_run import answer
from tests.paths import DOCS, FUNCTIONS, SAMPLES
from tests.records import made
from tests.scarcity import alternatives
from tests.unit.bodies import VALID
from tests.unit.documentation.dry_run import ANSWERS
from tests.unit.documentation.tried_jobs import PLAN, between_attempts, tried_job

DOCUMENTS = [str(SAMPLES / name) for name in ("sweep-by-matrix.yaml", "churn-nightly.yaml")]
PAGE = DOCS / "json-output.md"
POOL = str(Api.TRAINING_JOB)
OTHER_POOL = str(Api.BRAKET_JOB)
OF_OTHERS = frozenset({"call", "request", "values", "labels", "compared", "open", "metrics", "usage"})
"""Members whose own keys are a provider's, a user's, or names of what is counted."""
QUEUES = ("DEAD_LETTER", "EVENTS", "EVENTS_DEAD_LETTER", "STREAM_FAILURES")
SAID_OF_COST = {"maxCost": 3_000_000, "whenOverBudget": "wait", "usage": {"inputTokens": 1}}
ENDED = a_job(
    "ended",
    state=State.FAILED,
    reason="AlgorithmError",
    cause=Cause.CODE,
    result=RESULT
    | {
        "records": {"total": 9, "processed": 9, "succeeded": 2, "failed": 7},
        "model": "s3://out/ended/model.tar.gz",
        "output": "s3://out/ended",
    },
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:training-job/ended",
    native_status="Failed",
    output="s3://out/ended",
    logs="/aws/sagemaker/TrainingJobs",
    labels={"team": "growth"},
    changes=({"at": iso(NOW), "document": "sqs://1", "priority": 5, "priorityBefore": 4},),
    pool=POOL,
    after=({"job": f"jc-{'0' * 64}", "on": ["SUCCEEDED"]},),
    awaits=({"name": "never-came", "on": ["SUCCEEDED"]},),
    awaits_until=NOW,
    idempotency_key="ended",
    retry_of="jc-1",
    cost={"bound": 2_760_000, "unknown": "no price", "beyond": "quantum tasks", "priced": "2026-11-27"}
    | SAID_OF_COST,
    estimate=1_000_000,
    refused=(
        {
            "at": iso(NOW),
            "kind": "throttled",
            "code": "Throttled",
            "message": "slow",
            "until": iso(NOW),
            "times": 2,
        },
    ),
    times_refused=2,
)
WAITING = a_job("waiting", pool=POOL, waiting=POOL)
TRIED, BETWEEN = tried_job("tried"), between_attempts("between")
"""In their third attempt, and before their second one."""
REJECTED = a_job("rejected", state=State.REJECTED, problems=({"path": "a", "code": "B", "message": "c"},))
LINES = (
    ["validate", *DOCUMENTS, str(SAMPLES / "invalid.yaml")],
    ["plan", *DOCUMENTS, "FOLDER/alternatives.json"],
    ["submit", *DOCUMENTS],
    ["submit", DOCUMENTS[1]],
    ["submit", *(f"FOLDER/{name}.json" for name in ANSWERS), "--wait"],
    ["cancel", ENDED.job_id],
    ["cancel", ENDED.job_id, "unknown"],
    ["retry", ENDED.job_id],
    ["retry", ENDED.job_id, "unknown"],
    ["status"],
    ["queue"],
    ["pause", POOL],
    ["queue"],
    ["pools", "list"],
    ["resume", POOL],
    ["pools", "set", OTHER_POOL, "--limit", "3"],
    ["pools", "unset", OTHER_POOL],
    ["pools", "clear", POOL],
    ["prices", "update", "PRICES", "--files-only"],
    ["prices", "list"],
    ["budget"],
    ["jobs", "list"],
    ["jobs", "show", WAITING.job_id],
    ["jobs", "show", TRIED.job_id],
    ["jobs", "show", BETWEEN.job_id],
    ["jobs", "set", WAITING.job_id, "--priority", "9"],
    ["jobs", "history", TRIED.job_id],
    ["jobs", "watch", ENDED.job_id],
    ["jobs", "wait", ENDED.job_id],
    ["jobs", "open", ENDED.job_id],
    ["jobs", "request", ENDED.job_id],
    ["jobs", "request", TRIED.job_id],
    ["logs", ENDED.job_id],
    ["sweep", "team=growth"],
    ["results", ENDED.job_id],
    ["results", ENDED.job_id, "--to", "FOLDER"],
    ["results", "tickets", "--join", "FOLDER/joined"],
    ["split", "FOLDER/tickets.json", "--min-records", "1"],
    ["dlq", "list"],
    ["dlq", "show", "ID"],
    ["dlq", "redrive", "--all"],
    ["init", POOL],
    ["doctor"],
    ["cost"],
    ["cost", "--idle"],
    ["drain", "--resume"],
    ["drain", "--yes", "--timeout", "0"],
)
"""Each command, in an order in which it has something to print."""
WAIT_STATE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
WITHOUT_KEYS_OF_OURS = {("schema",), ("ui",), ("top",), ("local", "up"), ("local", "down"), ("local", "env")}
"""A JSON Schema has the keys of that standard; `ui`, `top` and `local` print no JSON."""


def keys_of(value: Any, member: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from keys_of(each)
    elif isinstance(value, dict) and member not in OF_OTHERS and not is_table(value):
        for name, inner in value.items():
            yield name
            yield from keys_of(inner, name)


def is_table(value: dict[str, Any]) -> bool:
    """Whether the keys are names of what is counted or priced, `{"SUCCEEDED": 3}`, an API's, or paths."""
    return any(name.isupper() or ":" in name or "." in name for name in value)


def documented() -> set[str]:
    """The first column of the page's tables."""
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


@pytest.fixture
def words(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """What words of LINES stand for, over a deployment in which each command has something to print."""
    create_stack("Jobchute", {})
    runtime.client("stepfunctions").create_state_machine(
        name="Jobs", definition=json.dumps(WAIT_STATE), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    for name in QUEUES:
        url = runtime.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        monkeypatch.setenv(f"JOBCHUTE_{name}_QUEUE_URL", url)
    body = {"putAside": {"jobId": ENDED.job_id, "changedAt": "x", "errors": ["SlowDown"]}}
    ids = [
        dead_letter(deployment, *each) for each in (("DEAD_LETTER", {"cancel": "x"}), ("STREAM_FAILURES", body))
    ]
    rows = PoolRows(runtime.client("dynamodb"), deployment.table)
    rows.get(POOL)
    rows.put_cap(POOL, 1, now=int(time.time() * 1000), reason="ServiceQuotaExceededException")
    for job in (ENDED, TRIED):
        deployment.ledger.requests.keep(job.job_id, job.digest, VALID[Api.TRAINING_JOB], job.created_at)
    plans_of(deployment.ledger.requests).keep(TRIED.job_id, PLAN, TRIED.created_at)
    leave_results(deployment, tmp_path)
    for job in (replace(WAITING, place=str(QueuePosition.of(WAITING))), ENDED, TRIED, BETWEEN, REJECTED):
        deployment.ledger.add(job)
    write_documents(deployment, tmp_path)
    write_log_line()
    answer_changes(deployment, monkeypatch)
    monkeypatch.setenv("JOBCHUTE_BUDGETS", '{"label": "team", "amounts": {"growth": 100}}')
    return {"ID": ids[0], "PRICES": price_file(tmp_path), "FOLDER": str(tmp_path)}


def spoken(line: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """A line with its words replaced."""
    folder = words["FOLDER"]
    return [words.get(word, word.replace("FOLDER", folder)) for word in line]


@pytest.fixture
def printed(words: dict[str, str]) -> dict[tuple[str, ...], set[str]]:
    """The keys that each command prints."""
    found: dict[tuple[str, ...], set[str]] = {}
    for line in LINES:
        result = CliRunner().invoke(app, [*spoken(line, words), "--json"])
        keys = {key for text in result.stdout.splitlines() for key in keys_of(json.loads(text))}
        assert keys, (line, result.output)
        found.setdefault(names_of(line), set()).update(keys)
    return found


def leave_results(deployment: Deployment, folder: Path) -> None:
    """An output of the job that ended, a batch of records, and a request for the same records."""
    s3 = runtime.client("s3")
    for bucket in ("out", "data"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="out", Key="ended/rows.csv", Body=b"1")
    put_batch(made(2))
    add_job(deployment)
    document = {"api": Api.BEDROCK_JOB, "request": request_of("tickets")}
    (folder / "tickets.json").write_text(json.dumps(document))


def answer_changes(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the deployed function does."""
    send, s3 = runtime.client("sqs").send_message, runtime.client("s3")

    def send_message(**message: Any) -> Any:
        sent = send(**message)
        document = json.loads(message["MessageBody"])
        if "set" in document:
            answer = {"set": document["set"], "changed": ["priority"], "note": "x", **status_of(WAITING)}
            key, body = message_status_key(sent["MessageId"]), json.dumps(answer)
            s3.put_object(Bucket=deployment.bucket, Key=key, Body=body.encode())
        return sent

    monkeypatch.setattr(runtime.client("sqs"), "send_message", send_message)


def write_documents(deployment: Deployment, folder: Path) -> None:
    """A document with alternatives, and dry runs with their answers."""
    policy = {"retry": {"attempts": 4}, "alternatives": alternatives(Api.TRAINING_JOB)}
    document = {"api": POOL, "request": VALID[Api.TRAINING_JOB], **policy}
    (folder / "alternatives.json").write_text(json.dumps(document))
    for name, (asked, plan) in ANSWERS.items():
        (folder / f"{name}.json").write_text(json.dumps(asked))
        answer(deployment, folder / f"{name}.json", plan)


def write_log_line() -> None:
    logs, place = runtime.client("logs"), {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    logs.create_log_group(**place)
    place["logStreamName"] = f"{ENDED.name}/algo-1-1"
    logs.create_log_stream(**place)
    logs.put_log_events(**place, logEvents=[{"timestamp": int(time.time() * 1000), "message": "epoch 1"}])


def price_file(folder: Path) -> str:
    file = folder / "prices.csv"
    file.write_text("name,usd,per\nfireworks:rank/pool,2.5,hour\n")
    return str(file)


def dead_letter(deployment: Deployment, queue: str, body: object) -> str:
    sqs = runtime.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    message_id: str = sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))["MessageId"]
    place = "stream" if queue == "STREAM_FAILURES" else "intake"
    letter = DeadLetter(queue, place, message_id, iso(NOW), iso(NOW), 8, ("sqs://1",), (ENDED.job_id,))
    DeadLetterRows(runtime.client("dynamodb"), deployment.table).add(letter)
    return message_id


def names_of(line: list[str]) -> tuple[str, ...]:
    known = {command.names for command in commands()}
    return tuple(line[:2]) if tuple(line[:2]) in known else tuple(line[:1])


def test_every_key_is_documented_and_spelled_once(printed: dict[tuple[str, ...], set[str]]) -> None:
    assert printed.keys() | WITHOUT_KEYS_OF_OURS == {command.names for command in commands()}
    keys = set().union(*printed.values())
    assert keys - documented() == set()
    assert {key for key in keys if "_" in key or not key[0].islower()} == set()
    assert keys & {"id", "job_id", "jobid"} == set()


def test_every_documented_key_is_printed_or_in_a_status_document(
    printed: dict[tuple[str, ...], set[str]],
) -> None:
    sources = "".join(path.read_text() for path in (FUNCTIONS / "jobchute").rglob("*.py"))
    missing = documented() - set().union(*printed.values())
    assert {key for key in missing if f'"{key}"' not in sources} == set()


@pytest.mark.parametrize("command", ["validate", "plan", "submit"])
def test_a_job_s_id_is_called_the_same_by_every_command(deployment: Deployment, command: str) -> None:
    printed = json.loads(CliRunner().invoke(app, [command, DOCUMENTS[1], "--json"]).stdout)
    assert printed["jobId"].startswith("jc-")
