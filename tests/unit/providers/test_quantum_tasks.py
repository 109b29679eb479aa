"""Quantum tasks: what their ends report, and what may be wrong with their shots."""

import json
from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.providers.rules import warnings_in
from tests.apis.braket_quantum_task import FORTE, SV1
from tests.unit.providers.rule_requests import VALID
from tests.unit.providers.test_causes import seen
from tests.unit.providers.test_end_facts import ENDED, QUEUED, TIMES, result

TASK = {
    "deviceArn": "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1",
    "shots": 1000,
    "outputS3Bucket": "out",
    "outputS3Directory": "tasks/834b21ed",
    "createdAt": QUEUED,
    "endedAt": ENDED,
}
TASK_TIMES = {"queuedAt": TIMES["queuedAt"], "endedAt": TIMES["endedAt"]}


@pytest.mark.parametrize(("successful", "state"), [(1000, State.SUCCEEDED), (990, State.PARTIAL)])
def test_a_task_tells_its_shots_and_where_its_results_are(successful: int, state: State) -> None:
    found = seen(Api.QUANTUM_TASK, "COMPLETED", **TASK, numSuccessfulShots=successful)
    assert (found.state, found.output) == (state, "s3://out/tasks/834b21ed/results.json")
    assert found.reason == (None if successful == 1000 else "990 of 1000 shots succeeded, 10 failed")
    assert found.result is not None
    assert found.result.document() == {
        "version": 1,
        **TASK_TIMES,
        "metrics": {"shots": 1000, "successfulShots": successful},
        "output": "s3://out/tasks/834b21ed/results.json",
    }


def test_a_quantum_task_that_failed_left_no_results() -> None:
    assert result(Api.QUANTUM_TASK, "FAILED", **TASK) == {"version": 1, **TASK_TIMES}


def test_a_task_that_only_computes_has_no_shots() -> None:
    """A simulator takes 0 shots for exact results."""
    assert (
        seen(Api.QUANTUM_TASK, "COMPLETED", **TASK | {"shots": 0}, numSuccessfulShots=0).state
        is State.SUCCEEDED
    )


PROGRAM_SET = json.dumps({"braketSchemaHeader": {"name": "braket.ir.openqasm.program_set", "version": "1"}})
GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"deviceArn": SV1, "shots": 0}, False),
        ({"deviceArn": SV1, "shots": 50_001}, True),
        ({"deviceArn": FORTE, "shots": 99}, True),
        ({"deviceArn": FORTE, "shots": 100}, False),
        ({"deviceArn": GARNET, "shots": 20_000}, False),
        ({"deviceArn": GARNET, "shots": 20_001}, True),
        ({"deviceArn": GARNET, "shots": 20_001, "action": PROGRAM_SET}, False),
        ({"deviceArn": "arn:aws:braket:us-east-1::device/qpu/new/Device", "shots": 10**9}, False),
    ],
)
def test_unusual_numbers_of_shots_are_warned_of(changes: dict[str, Any], is_told: bool) -> None:
    warned = warnings_in(Api.QUANTUM_TASK, VALID[Api.QUANTUM_TASK] | changes)
    assert [problem.code for problem in warned] == ["BRAKET_SHOTS"] * is_told
