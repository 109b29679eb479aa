"""A rule of pools that would match nothing is refused, with the nearest name that does."""

import pytest

from jobchute.cli.pausing import covered, paused, resumed
from jobchute.cli.pool_names import problem_with
from jobchute.job import Api
from jobchute.pools import DEFAULTS, Limits, PoolRules

TRAINING = str(Api.TRAINING_JOB)


@pytest.mark.parametrize(
    "name",
    [
        *Api,
        *DEFAULTS,
        f"{TRAINING}/ml.m5.large",
        f"{TRAINING}/ml.m5.*",
        "sagemaker:CreateProcessingJob/ml.*",
        "braket:CreateJob/arn:aws:braket:::device/qpu/ionq/Aria-1",
        "braket:CreateJob/local:*",
        "bedrock:CreateModelInvocationJob/anthropic.claude-v2",
        "fireworks:CreateBatchJob/gpu-pool",
        "label:team=growth",
    ],
)
def test_a_rule_that_can_match_is_no_problem(name: str) -> None:
    assert problem_with(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("sagemaker:CreateTrainingJobs", "did you mean sagemaker:CreateTrainingJob?"),
        ("sagemaker:createtrainingjob/*", "did you mean sagemaker:CreateTrainingJob/*?"),
        ("braket:createjob", "did you mean braket:CreateJob?"),
        (f"{TRAINING}/ml.m5.lrge", f"did you mean {TRAINING}/ml.m5.large?"),
        (f"{TRAINING}/m5.large", f"did you mean {TRAINING}/ml.m5.large?"),
        (f"{TRAINING}/", f"did you mean {TRAINING} or {TRAINING}/*?"),
        ("braket:CreateJob/sv1", "a device is an ARN or local:…"),
        ("", "a pool is API, API/CAPACITY (* for any) or label:NAME=VALUE"),
        ("everything", "a pool is API, API/CAPACITY"),
        ("label:team", "label:NAME=VALUE"),
        ("label:=growth", "label:NAME=VALUE"),
        ("label:team=", "label:NAME=VALUE"),
        ("label:a b=c", "label:NAME=VALUE"),
    ],
)
def test_a_rule_that_matches_nothing_is_told_with_the_nearest_name(name: str, nearest: str) -> None:
    problem = problem_with(name)
    assert problem is not None
    assert nearest in problem


RULES = {TRAINING: {"limit": 5}, f"{TRAINING}/ml.p5.*": {"limit": 2}, "label:team=growth": {"limit": 3}}
DEPLOYED = {name: Limits(**said) for name, said in RULES.items()}
POOLS = (TRAINING, f"{TRAINING}/ml.m5.large", f"{TRAINING}/ml.p5.48xlarge")
OTHERS = ("braket:CreateJob", "sagemaker:CreateProcessingJob/ml.m5.large", "label:team=growth")


def limits(overrides: dict[str, Limits], pools: tuple[str, ...] = POOLS + OTHERS) -> list[int]:
    rules = PoolRules.of(DEPLOYED, overrides)
    return [rules.limit_of(pool) for pool in pools]


@pytest.mark.parametrize("before", [{}, {f"{TRAINING}/*": Limits(limit=7, rate=0.5), TRAINING: Limits(rate=2)}])
def test_a_paused_api_has_no_pool_that_lets_a_job_in_and_resumes_as_it_was(before: dict[str, Limits]) -> None:
    names = covered(TRAINING, PoolRules.of(DEPLOYED, before).rules)
    during = paused(before, names)
    assert limits(during, POOLS) == [0, 0, 0]
    assert limits(during, OTHERS) == limits(before, OTHERS)
    assert {PoolRules.of(DEPLOYED, during).rate_of(pool) for pool in POOLS} == {
        PoolRules.of(DEPLOYED, before).rate_of(pool) for pool in POOLS
    }
    assert resumed(during, names) == before


def test_all_pools_are_paused_those_of_labels_too() -> None:
    names = covered(None, PoolRules.of(DEPLOYED).rules)
    assert set(limits(paused({}, names))) == {0}


def test_pausing_twice_is_pausing_once() -> None:
    before = {TRAINING: Limits(limit=9)}
    names = covered(TRAINING, PoolRules.of(DEPLOYED, before).rules)
    twice = paused(paused(before, names), names)
    assert twice == paused(before, names)
    assert resumed(twice, names) == before


def test_a_pattern_covers_the_rules_within_it() -> None:
    rules = PoolRules.of(DEPLOYED).rules
    assert covered(f"{TRAINING}/*", rules) == [f"{TRAINING}/*", f"{TRAINING}/ml.p5.*"]
    assert covered(f"{TRAINING}/ml.m5.large", rules) == [f"{TRAINING}/ml.m5.large"]
