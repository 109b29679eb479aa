"""The files that a cancellation can name."""

import pytest

from jobchute.intake.cancel import FileTarget, file_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://a/b/c.jsonl", FileTarget("s3://a/b/c.jsonl", None)),
        ("s3://a/b/c.jsonl?version=v1", FileTarget("s3://a/b/c.jsonl", "v1")),
        ("requests/x y.jsonl", FileTarget("s3://own/requests/x y.jsonl", None)),
        ("requests/x.jsonl?version=v1", FileTarget("s3://own/requests/x.jsonl", "v1")),
        ("requests/x?version=1.jsonl?version=v1", FileTarget("s3://own/requests/x?version=1.jsonl", "v1")),
        ("jc-0", None),
        ("nightly", None),
        ("status/x.json", None),
        ("sqs://m", None),
    ],
)
def test_it_is_an_object_by_its_uri_or_by_its_path_in_the_bucket(
    text: str, expected: FileTarget | None
) -> None:
    assert file_target(text, "own") == expected
