"""In which members the requests of a sweep's jobs differ."""

from typing import Any

from jobchute.cli.sweeps.values import differing_values, short_names
from jobchute.job import Api


def differing(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(each) for each in differing_values([(Api.TRAINING_JOB, request) for request in requests])]


def test_what_all_jobs_have_in_common_is_left_out() -> None:
    found = differing(
        {"HyperParameters": {"eta": "0.1", "rounds": "9"}, "InputDataConfig": [{"ChannelName": "a"}]},
        {"HyperParameters": {"eta": "0.3", "rounds": "9"}, "InputDataConfig": [{"ChannelName": "b"}]},
    )
    assert found == [
        {"HyperParameters.eta": "0.1", "InputDataConfig[0].ChannelName": "a"},
        {"HyperParameters.eta": "0.3", "InputDataConfig[0].ChannelName": "b"},
    ]


def test_names_and_tags_are_left_out() -> None:
    found = differing(
        {"TrainingJobName": "a", "Tags": [{"Key": "eta", "Value": "1"}], "HyperParameters": {"eta": "1"}},
        {"TrainingJobName": "b", "Tags": [{"Key": "eta", "Value": "2"}], "HyperParameters": {"eta": "2"}},
    )
    assert found == [{"HyperParameters.eta": "1"}, {"HyperParameters.eta": "2"}]


def test_a_member_that_one_job_lacks_differs() -> None:
    found = differing({"HyperParameters": {"eta": "1"}}, {"HyperParameters": {}}, {})
    assert [each.get("HyperParameters.eta") for each in found] == ["1", None, None]


def test_true_is_not_one() -> None:
    assert differing({"a": True}, {"a": 1}) == [{"a": True}, {"a": 1}]


def test_a_key_with_a_dot_is_quoted_as_in_a_matrix() -> None:
    found = differing({"HyperParameters": {"a.b": "1"}}, {"HyperParameters": {"a.b": "2"}})
    assert found[0] == {'HyperParameters["a.b"]': "1"}


def test_one_job_differs_from_none() -> None:
    assert differing({"a": 1}) == [{}]
    assert differing() == []


def test_headings_are_short_where_they_are_clear() -> None:
    names = short_names(["HyperParameters.eta", "Input.Uri", "Output.Uri"])
    assert [*names.values()] == ["eta", "Input.Uri", "Output.Uri"]
