"""Values of environments, hyperparameters and arguments: planted in every request, looked for everywhere.

The ledger's own item of the request has them, compressed: it is what is submitted. A dead letter that was sent
as a message is that message, as it was sent. Neither is looked at here.
"""

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from jobchute.aws.executions import Executions
from jobchute.errors import AmbiguousError, PermanentError, QuotaError, ThrottledError
from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.ledger.request_bodies import REQUEST
from jobchute.masking import SECRET_MEMBERS
from tests.apis import REQUESTS, VALUES
from tests.aws import TABLE
from tests.integration.handlers.world import LEASE, RUN, World

pytestmark = pytest.mark.sampled

CANARY = "canary-7f3a9c51"
SECRETIVE = [api for api, values in VALUES.items() if values.secret(CANARY)]


def planted(api: Api, key: str, **envelope: Any) -> dict[str, Any]:
    request = copy.deepcopy(dict(REQUESTS[api]))
    for member, value in VALUES[api].secret(CANARY).items():
        request[member] = value if isinstance(value, str) else {**request.get(member, {}), **value}
    return {"api": api, "request": request, "idempotencyKey": key, **envelope}


def everything(world: World, log: io.StringIO) -> Iterator[tuple[str, str]]:
    """Where and what: all that was written down, told or logged, but the requests' own items."""
    yield "log", log.getvalue()
    for item in world.aws["dynamodb"].scan(TableName=TABLE)["Items"]:
        if item["sk"] != {"S": REQUEST}:
            yield f"ledger {item['sk']}", str(item)
    for path in world.statuses():
        yield f"status {path}", json.dumps(world.status(path))
    for event in world.heard():
        yield "notification", json.dumps(event)
    steps = world.aws["stepfunctions"]
    for execution in steps.list_executions(stateMachineArn=world.machine)["executions"]:
        arn = execution["executionArn"]
        yield "execution", str(steps.describe_execution(executionArn=arn))
        yield "execution", str(steps.get_execution_history(executionArn=arn))


def assert_nothing_sings(world: World, log: io.StringIO, *, least: int) -> None:
    looked_at = [*everything(world, log)]
    assert len(looked_at) >= least
    assert '"level":"' in log.getvalue()
    assert [where for where, text in looked_at if CANARY in text] == []


@pytest.fixture
def answered(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What executions are answered with: moto keeps no task tokens."""
    words: list[str] = []

    def remembered(_: Executions, job: Job, task_token: str) -> None:
        words.append(f"{job.state} {job.reason}")

    monkeypatch.setattr(Executions, "_answer", remembered)
    return words


def test_a_canary_is_planted_in_every_kind_of_secret_member() -> None:
    members = {name.lower() for api in Api for name in _names(planted(api, "k")["request"])}
    assert {
        "hyperparameters",
        "environment",
        "envvars",
        "containerarguments",
        "args",
    } <= members & SECRET_MEMBERS


def _names(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield name
                yield from _names(inner)
        case list():
            for inner in value:
                yield from _names(inner)


@pytest.mark.parametrize("end", ["succeed", "fail", "timeout"])
@pytest.mark.parametrize("api", SECRETIVE)
def test_from_the_file_to_the_end(
    api: Api, end: str, world: World, answered: list[str], log: io.StringIO
) -> None:
    document = planted(api, "k", labels={"simulate": end})
    assert world.receive({"Records": [world.drop("requests/k.json", document)]}) == []
    job_id = job_id_for_key("k")
    world.dispatch(job_id)
    for _ in range(3):
        world.sweep(after=20 * RUN + 86400)
    assert world.announce() == []
    assert world.job(job_id).state.is_final
    assert CANARY not in str(answered)
    assert_nothing_sings(world, log, least=6)


@pytest.mark.parametrize("api", SECRETIVE)
def test_a_dry_run_shows_the_call_without_them(api: Api, world: World, log: io.StringIO) -> None:
    notification = world.drop("requests/dry.json", planted(api, "k", dryRun=True))
    assert world.receive({"Records": [notification]}) == []
    assert "***" in json.dumps(world.status("dry.json.json")["call"])
    assert_nothing_sings(world, log, least=2)


@pytest.mark.parametrize("error", [PermanentError, AmbiguousError, ThrottledError, QuotaError])
@pytest.mark.parametrize("api", SECRETIVE)
def test_a_provider_that_repeats_them_in_its_refusal(
    api: Api,
    error: type[Exception],
    world: World,
    answered: list[str],
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
) -> None:
    words = f"Value '{{API_TOKEN={CANARY}-env, p={CANARY}-hyper}}' at 'environment', not {CANARY}-argument"
    repeat_in_refusals(world, monkeypatch, api, "submit", error(words))
    job_id = world.submit(api, **{k: v for k, v in planted(api, "k").items() if k != "api"})
    world.dispatch(job_id)
    world.sweep(after=LEASE + 700)
    world.announce()
    assert "Value '{API_TOKEN=" in str(world.job(job_id).reason)
    assert CANARY not in str(answered)
    assert_nothing_sings(world, log, least=4)


@pytest.mark.parametrize("api", SECRETIVE)
def test_a_look_up_and_a_stop_that_repeat_them(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    job_id = world.submit(api, **{k: v for k, v in planted(api, "k").items() if k != "api"})
    world.dispatch(job_id)
    for method in ("observe", "cancel"):
        repeat_in_refusals(world, monkeypatch, api, method, PermanentError(f"bad {CANARY}-env {CANARY}-hyper"))
    world.receive({"cancel": job_id})
    assert world.job(job_id).state is State.CANCELLING
    world.sweep(after=3700)
    world.announce()
    assert_nothing_sings(world, log, least=4)


def repeat_in_refusals(
    world: World, monkeypatch: pytest.MonkeyPatch, api: Api, method: str, error: Exception
) -> None:
    adapter = world.parts.adapters[api]

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(type(adapter), method, refuse)


WRONG: dict[str, Any] = {
    "value of a wrong type": {"Environment": {"API_TOKEN": [f"{CANARY}-env"]}},
    "value that is too long": {"Environment": {"API_TOKEN": CANARY * 100}},
    "text instead of an object": {"Environment": f"{CANARY}-env"},
    "list instead of an object": {"HyperParameters": [f"{CANARY}-hyper"]},
    "misspelt member": {"Enviroment": {"API_TOKEN": f"{CANARY}-env"}},
    "member in another case": {"hyper_parameters": {"p": f"{CANARY}-hyper"}},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_rejection_does_not_repeat_them(name: str, world: World, log: io.StringIO) -> None:
    document = planted(Api.TRAINING_JOB, "k")
    document["request"] |= WRONG[name]
    assert world.receive({"Records": [world.drop("requests/wrong.json", document)]}) == []
    world.announce()
    assert world.status("wrong.json.json")["state"] == "REJECTED"
    assert_nothing_sings(world, log, least=3)


BROKEN = {
    "no end": f'{{"api": "sagemaker:CreateTrainingJob", "request": {{"Environment": {{"T": "{CANARY}',
    "no quote": f'{{"request": {{"Environment": {{"T": {CANARY}-env}}}}}}',
    "twice": f'{{"request": {{"Environment": {{"T": "{CANARY}", "T": "{CANARY}-env"}}}}}}',
    "control character": f'{{"request": {{"Environment": {{"T": "{CANARY}\x01"}}}}}}',
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_file_that_cannot_be_read_is_not_repeated(
    name: str, suffix: str, world: World, log: io.StringIO
) -> None:
    notification = world.drop(f"requests/broken.{suffix}", BROKEN[name].encode())
    assert world.receive({"Records": [notification]}) == []
    world.announce()
    assert_nothing_sings(world, log, least=3)


def test_a_dead_letter_is_made_known_without_them(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """The traceback of what failed, and what the ledger and the status document say of it."""

    def fail(*_: object, **__: object) -> None:
        raise TimeoutError("the table does not answer")

    monkeypatch.setattr("jobchute.ledger.request_bodies.RequestRows.keep", fail)
    document = planted(Api.TRAINING_JOB, "k")
    assert world.receive({"Records": [world.drop("requests/k.json", document)]}, document) == ["m0", "m1"]
    assert_nothing_sings(world, log, least=1)


def test_canaries_are_found_where_they_are(world: World, log: io.StringIO) -> None:
    """The search itself: a log line, a status document and a row that do repeat one."""
    world.submit(Api.TRAINING_JOB, labels={"leak": CANARY}, idempotencyKey="k")
    world.announce()
    Logger().info("leak", value=CANARY)
    found = {where.partition(" ")[0] for where, text in everything(world, log) if CANARY in text}
    assert found == {"log", "ledger", "status", "notification"}
