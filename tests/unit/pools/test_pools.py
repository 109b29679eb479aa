"""Which pool a job is in, what it allows, and who comes next in its line."""

import pytest

from jobchute.job import Api, iso
from jobchute.pools.limits import (
    AGING_SECONDS,
    MAX_IN_FLIGHT,
    Limits,
    QueuePosition,
    in_order,
    share_of,
)
from jobchute.providers.capacity import capacity_of
from jobchute.providers.pool_defaults import pool_rules
from tests.builders import NOW, a_source

PAUSED = "sagemaker:CreateTrainingJob/ml.p4d.24xlarge"
RULES = pool_rules(
    {
        "label:team=growth": Limits(limit=1),
        "sagemaker:CreateTrainingJob/ml.p*": Limits(limit=2),
        PAUSED: Limits(limit=0, rate=0.1),
    }
)


@pytest.mark.parametrize(
    ("capacity", "labels", "pool"),
    [
        ("ml.m5.large", {}, "sagemaker:CreateTrainingJob/ml.m5.large"),
        ("ml.p3.2xlarge", {"team": "core"}, "sagemaker:CreateTrainingJob/ml.p3.2xlarge"),
        ("ml.p3.2xlarge", {"team": "growth"}, "label:team=growth"),
        ("", {}, "sagemaker:CreateTrainingJob"),
    ],
)
def test_a_job_is_in_the_pool_of_the_first_rule_that_matches(
    capacity: str, labels: dict[str, str], pool: str
) -> None:
    assert RULES.pool_of(Api.TRAINING_JOB, capacity, labels) == pool


def test_an_api_without_rules_of_capacity_is_one_pool() -> None:
    assert RULES.pool_of(Api.BRAKET_JOB, "arn:aws:braket:::device/x", {}) == Api.BRAKET_JOB


@pytest.mark.parametrize(
    ("pool", "limit", "rate"),
    [
        ("sagemaker:CreateTrainingJob/ml.m5.large", 20, ("sagemaker:CreateTrainingJob", 1)),
        ("sagemaker:CreateTrainingJob/ml.p3.2xlarge", 2, ("sagemaker:CreateTrainingJob", 1)),
        (
            "sagemaker:CreateTrainingJob/ml.p4d.24xlarge",
            0,
            ("sagemaker:CreateTrainingJob/ml.p4d.24xlarge", 0.1),
        ),
        ("braket:CreateJob", 3, ("braket:CreateJob", 1)),
        ("label:team=growth", 1, ("label:team=growth", 1)),
        ("unheard of", MAX_IN_FLIGHT, ("unheard of", 1000)),
    ],
)
def test_the_most_specific_rule_wins_and_the_rate_is_the_api_s(
    pool: str, limit: int, rate: tuple[str, float]
) -> None:
    assert RULES.limit_of(pool) == limit
    assert RULES.rate_of(pool) == rate


def test_a_later_layer_wins_where_it_says_something() -> None:
    rules = pool_rules({"braket:CreateJob": Limits(limit=9)}, {"braket:CreateJob": Limits(rate=5)})
    assert rules.rules["braket:CreateJob"] == Limits(limit=9, rate=5)


def test_every_api_has_a_capacity_that_is_found_in_lists_too() -> None:
    groups = {"ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.a"}, {"InstanceType": "ml.b"}]}}
    assert capacity_of(Api.TRAINING_JOB, groups) == "ml.a"
    assert capacity_of(Api.FIREWORKS_JOB, {}) == ""


@pytest.mark.parametrize("letter", ["a", "é", "€", "\U0001f680"])
def test_the_longest_name_of_a_pool_fits_into_a_key(letter: str) -> None:
    """DynamoDB's sort keys hold 1,024 bytes."""
    for api in Api:
        capacity = capacity_of(api, {"modelId": letter * 2000, "nodePoolId": letter * 2000})
        assert len(f"{api}/{capacity}".encode()) <= 1024
    assert capacity_of(Api.BEDROCK_JOB, {"modelId": letter * 2000}) == letter * (512 // len(letter.encode()))


@pytest.mark.parametrize(
    ("labels", "uri", "share"),
    [
        ({"submitter": "ada"}, "s3://drop/requests/bob/x.json", "ada"),
        ({}, "s3://drop/requests/bob/y/x.json", "bob"),
        ({}, "s3://drop/requests/x.json", ""),
        ({}, "sqs://1", ""),
    ],
)
def test_a_share_is_the_label_s_or_the_folder_s(labels: dict[str, str], uri: str, share: str) -> None:
    assert share_of(labels, a_source(uri=uri), "submitter") == share


def test_an_owner_s_jobs_share_whatever_their_labels() -> None:
    sources = [a_source(uri=uri, owner="ada") for uri in ("sqs://1", "s3://drop/requests/ada/mine/x.json")]
    assert {share_of({"submitter": "bob"}, source, "submitter") for source in sources} == {"ada"}


def place(name: str, *, priority: int = 5, share: str = "", waited: float = 0) -> QueuePosition:
    return QueuePosition(priority, share, iso(NOW - waited), name)


def order(*places: QueuePosition, in_flight: tuple[str, ...] = ()) -> list[str]:
    return [each.job_id for each in in_order(places, in_flight, NOW)]


def test_a_place_is_read_back_as_it_was_written() -> None:
    for each in (place("a"), place("b", priority=0, share="team one", waited=5)):
        assert QueuePosition.parse(str(each)) == each


def test_the_higher_priority_comes_first_then_the_older() -> None:
    assert order(place("young"), place("old", waited=9), place("urgent", priority=9)) == [
        "urgent",
        "old",
        "young",
    ]


def test_the_share_with_the_fewest_in_flight_comes_first() -> None:
    many = [place(f"a{number}", share="a", waited=100 - number) for number in range(3)]
    assert order(*many, place("b", share="b"), in_flight=("a",)) == ["b", "a0", "a1", "a2"]
    assert order(*many, place("b", share="b")) == ["a0", "b", "a1", "a2"]


def test_who_waits_long_enough_is_overtaken_no_more() -> None:
    """However many urgent ones come: after ten steps of age the least urgent comes before the most urgent."""
    patient = place("patient", priority=0, waited=10 * AGING_SECONDS)
    assert order(place("urgent", priority=9), patient)[0] == "patient"
    assert (
        order(place("urgent", priority=9), place("less", priority=0, waited=8 * AGING_SECONDS))[0] == "urgent"
    )


@pytest.mark.parametrize("said", [{"limit": -1}, {"limit": MAX_IN_FLIGHT + 1}, {"rate": 0}, {"rate": 1001}])
def test_limits_out_of_bounds_are_refused(said: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is "):
        Limits(**said)  # type: ignore[arg-type]


TRAINING = str(Api.TRAINING_JOB)
LARGE = f"{TRAINING}/ml.m5.large"


@pytest.mark.parametrize(
    ("layers", "limit"),
    [
        ([{TRAINING: Limits(limit=0)}], 0),
        ([{TRAINING: Limits(limit=50)}], 50),
        ([{TRAINING: Limits(limit=5)}, {TRAINING: Limits(limit=0)}], 0),
        ([{LARGE: Limits(limit=3)}, {TRAINING: Limits(limit=0)}], 3),
        ([{TRAINING: Limits(limit=0)}, {LARGE: Limits(limit=3)}], 3),
        ([{f"{TRAINING}/ml.m5.*": Limits(limit=4)}, {TRAINING: Limits(limit=0)}], 4),
        ([{TRAINING: Limits(limit=0)}, {LARGE: Limits(rate=2)}], 0),
        ([{LARGE: Limits(rate=2)}], 20),
        ([{f"{TRAINING}/ml.m5.*": Limits(limit=4)}, {LARGE: Limits(rate=2)}], 4),
        ([{TRAINING: Limits(rate=2)}], 20),
    ],
)
def test_a_rule_for_an_api_holds_unless_a_narrower_one_is_chosen(
    layers: list[dict[str, Limits]], limit: int
) -> None:
    assert pool_rules(*layers).limit_of(LARGE) == limit


def test_a_rule_for_an_api_holds_for_a_later_pool_of_it() -> None:
    rules = pool_rules({TRAINING: Limits(limit=0, rate=0.5)})
    later = f"{TRAINING}/ml.of.tomorrow"
    assert rules.pool_of(Api.TRAINING_JOB, "ml.of.tomorrow", {}) == later
    assert (rules.limit_of(later), rules.rate_of(later)) == (0, (TRAINING, 0.5))
    assert rules.limit_of("sagemaker:CreateProcessingJob/ml.m5.large") == 20
    assert rules.limit_of(f"label:{TRAINING}=x") == MAX_IN_FLIGHT


def test_a_label_s_value_with_a_slash_is_no_capacity() -> None:
    rules = pool_rules({"label:team=a": Limits(limit=1, rate=3), "label:team=a/b": Limits()})
    assert rules.limit_of("label:team=a/b") == MAX_IN_FLIGHT
    assert rules.rate_of("label:team=a/b") == ("label:team=a/b", 1)
