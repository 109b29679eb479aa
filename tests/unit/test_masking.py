"""What a provider's words lose before anybody reads them, and what they keep."""

import pytest

from jobchute.masking import masked, redacted

REQUEST = {
    "TrainingJobName": "churn",
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerRole",
    "HyperParameters": {"max_depth": "7", "token": "s3cr3t-token-value", "data": "s3://bucket/data/"},
    "Environment": {"KEY": "-----BEGIN PRIVATE KEY-----" + "a1b2" * 100},
    "AlgorithmSpecification": {"ContainerArguments": ["--password", "hunter2-no-repeat"]},
}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Value 's3cr3t-token-value' at 'x'", "Value '***' at 'x'"),
        ("{token=s3cr3t-token-value, max_depth=7}", "{token=***, max_depth=***}"),
        ("starts -----BEGIN PRIVATE KEY-----a1b2a1b2…", "starts ***…"),
        ("twice hunter2-no-repeat hunter2-no-repeat", "twice *** ***"),
        ("max_depth must be below 7 in 7 of 70 cases", "max_depth must be below 7 in 7 of 70 cases"),
        ("Value '7' failed", "Value '***' failed"),
        ("cannot read s3://bucket/data/", "cannot read s3://bucket/data/"),
        ("churn exists", "churn exists"),
        ("", ""),
    ],
)
def test_words_lose_secrets_and_nothing_else(said: str, told: str) -> None:
    assert redacted(said, REQUEST) == told


def test_a_call_is_shown_with_names_and_without_values() -> None:
    shown = masked(REQUEST)
    assert shown["HyperParameters"] == {"max_depth": "***", "token": "***", "data": "***"}
    assert shown["Environment"] == {"KEY": "***"}
    assert shown["AlgorithmSpecification"] == {"ContainerArguments": ["***", "***"]}
    assert shown["TrainingJobName"] == "churn"
    assert REQUEST["HyperParameters"] != shown["HyperParameters"]
