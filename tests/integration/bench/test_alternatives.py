"""What alternatives cost: each is one more request to judge, and ten take less than twice the time of one."""

import json
import statistics
import time
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.parsing.documents import read_documents
from jobchute.problems import Problem
from jobchute.requests.judgement import Judge
from jobchute.requests.submission import Submission
from tests.apis import REQUESTS, VALUES
from tests.fakes.queues import Letter
from tests.harness.bench.validation import RAILS
from tests.harness.faults.functions import borrowed, sqs_record
from tests.harness.faults.world import World

TEN, ROUNDS, CALLS = 10, 21, 5


class CountingPlace:
    """Takes the part of the deployment's place, and counts what is held against it."""

    def __init__(self) -> None:
        self.seen: list[Submission] = []

    def problems_in(self, submission: Submission) -> list[Problem]:
        self.seen.append(submission)
        return []


def document(api: Api, alternatives: int) -> str:
    """Each alternative replaces a text that has no rules, and the object around it if the request has none."""
    path = VALUES[api].free
    member, _, rest = path.partition(".")
    entries = []
    for number in range(alternatives):
        is_there = member in REQUESTS[api] or not rest
        value = f"s3://in-put/{number}.jsonl"
        entries.append({path: value} if is_there else {member: {rest: value}})
    more = {"alternatives": entries} if entries else {}
    return json.dumps({"api": api, "request": REQUESTS[api], **more})


def judged(judge: Judge, text: str) -> None:
    (read,) = read_documents(text.encode(), name="x.json")
    assert judge.judge(read, path="x.json").problems == []


def seconds(judge: Judge, text: str) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        judged(judge, text)
    return time.process_time() - began


def test_each_alternative_is_judged_once() -> None:
    place: Any = CountingPlace()
    judged(Judge(RAILS, place), document(Api.TRAINING_JOB, TEN))
    assert len(place.seen) == 1 + TEN
    assert len({json.dumps(each.request) for each in place.seen}) == 1 + TEN


@pytest.mark.parametrize("api", Api)
def test_an_alternative_costs_less_than_a_document(api: Api) -> None:
    """Ten of them take less than ten more documents, by turns, in CPU time."""
    judge, texts = Judge(RAILS), (document(api, 0), document(api, TEN))
    rounds = [[seconds(judge, text) for text in texts] for _ in range(ROUNDS)]
    one, ten = (statistics.median(times) for times in zip(*rounds, strict=True))
    assert ten < (1 + TEN) * one


@pytest.mark.parametrize("api", Api)
def test_ten_are_accepted_in_less_than_twice_the_time_of_one(api: Api) -> None:
    """By `validate`, over fakes that take no time for the network: from the message to the row, by turns."""
    world = World()
    texts = [document(api, alternatives) for alternatives in (1, TEN)]
    with borrowed():
        rounds = [[accepting(world, text) for text in texts] for _ in range(ROUNDS)]
    one, ten = (statistics.median(times) for times in zip(*rounds, strict=True))
    assert ten < 2 * one


def accepting(world: World, text: str) -> float:
    """Seconds in which the message of a new job is accepted."""
    key = f"job-{len(world.rows.images)}"
    letter = Letter(key, json.dumps({**json.loads(text), "idempotencyKey": key}), world.clock.now)
    began = time.process_time()
    answer = world.functions.invoke("validate", {"Records": [sqs_record(letter)]})
    took = time.process_time() - began
    assert answer["batchItemFailures"] == []
    assert len(world.rows.images) == int(key.removeprefix("job-")) + 1
    return took
