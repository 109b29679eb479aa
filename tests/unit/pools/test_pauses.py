"""Which pools a pause closes, and what a resume opens again."""

import pytest

from jobchute.job import Api
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import ALL, pause_of, paused, resumed
from jobchute.providers.pool_defaults import pool_rules

TRAINING = str(Api.TRAINING_JOB)
LARGE, HUGE = f"{TRAINING}/ml.m5.large", f"{TRAINING}/ml.p5.48xlarge"
LABEL = "label:team=growth"
OTHERS = ("braket:CreateJob", "sagemaker:CreateProcessingJob/ml.m5.large", LABEL)
DEPLOYED = {TRAINING: Limits(limit=5), f"{TRAINING}/ml.p5.*": Limits(limit=2), LABEL: Limits(limit=3)}


def limits(pauses: dict[str, bool], *pools: str) -> list[int]:
    rules = pool_rules(DEPLOYED, pauses=pauses)
    return [rules.limit_of(pool) for pool in pools]


def test_a_paused_api_admits_no_job_whatever_its_rules() -> None:
    pauses = paused({}, TRAINING)
    never_seen = f"{TRAINING}/ml.of.tomorrow"
    assert limits(pauses, TRAINING, LARGE, HUGE, never_seen) == [0, 0, 0, 0]
    assert limits(pauses, *OTHERS) == limits({}, *OTHERS)
    rules = pool_rules(DEPLOYED, {LARGE: Limits(limit=9)}, pauses=pauses)
    assert rules.limit_of(LARGE) == 0
    assert rules.limit_beside_pauses(LARGE) == 9
    assert rules.rate_of(LARGE) == (TRAINING, 1)
    assert resumed(pauses, TRAINING) == {}


def test_all_pools_are_paused_those_of_labels_too() -> None:
    pauses = paused({}, ALL)
    assert set(limits(pauses, LARGE, HUGE, *OTHERS)) == {0}
    assert resumed(pauses, ALL) == {}


def test_pausing_is_idempotent_and_a_wider_pause_takes_in_others() -> None:
    assert paused(paused({}, TRAINING), TRAINING) == {TRAINING: True}
    assert paused(paused({}, LARGE), TRAINING) == {TRAINING: True}
    assert paused(paused({}, TRAINING), LARGE) == {TRAINING: True}


@pytest.mark.parametrize(
    ("pauses", "target", "still"),
    [
        ({ALL: True}, TRAINING, [False, False, True]),
        ({TRAINING: True}, f"{TRAINING}/ml.m5.*", [False, True, False]),
        ({TRAINING: True}, LARGE, [False, True, False]),
        ({LARGE: True, HUGE: True}, LARGE, [False, True, False]),
        ({LARGE: True, HUGE: True}, TRAINING, [False, False, False]),
        ({f"{TRAINING}/ml.*": True}, LARGE, [False, True, False]),
    ],
)
def test_a_part_of_what_is_paused_is_resumed(pauses: dict[str, bool], target: str, still: list[bool]) -> None:
    after = resumed(pauses, target)
    assert [pause_of(after, pool) is not None for pool in (LARGE, HUGE, "braket:CreateJob")] == still
    assert paused(after, target) == pauses or pause_of(paused(after, target), LARGE) is not None
    assert resumed(after, ALL) == {}


def test_what_is_not_paused_is_resumed_to_the_same() -> None:
    assert resumed({LARGE: True}, HUGE) == {LARGE: True}
    after = resumed({ALL: True}, TRAINING)
    assert resumed(after, TRAINING) == after


def test_a_pause_without_a_rule_holds_for_jobs_to_come() -> None:
    """As an API without rules for capacities is one pool, they would not be in a pool of this name else."""
    device = f"{Api.BRAKET_JOB}/arn:aws:braket:::device/qpu/ionq/Aria-1"
    rules = pool_rules(pauses=paused(paused({}, device), "label:team=core"))
    assert rules.pool_of(Api.BRAKET_JOB, device.partition("/")[2], {}) == device
    assert rules.pool_of(Api.BRAKET_JOB, "local:x", {}) == Api.BRAKET_JOB
    assert rules.pool_of(Api.BRAKET_JOB, "local:x", {"team": "core"}) == "label:team=core"
    assert rules.limit_of(device) == rules.limit_of("label:team=core") == 0
    # After it, those that came meanwhile have the API's limit, not any number.
    assert pool_rules().limit_of(device) == 3
