"""Manifests are read from the buckets of the deployment alone, and a failure holds up no end."""

from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from jobchute.aws.manifests import MAX_BYTES, Manifests

URI = "s3://out/batch/j1/manifest.json.out"


class Store:
    """error: what a read raises; none where it is None."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.read: list[tuple[str, str]] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.read.append((Bucket, Key))
        if self.error is not None:
            raise self.error
        return {"Body": BytesIO(b"x" * (MAX_BYTES + 1))}


def manifests(store: Any) -> Manifests:
    return Manifests(lambda: store, ("out",))


def test_a_manifest_of_a_bucket_that_is_listed_is_read() -> None:
    store = Store()
    assert manifests(store).read(URI) == b"x" * MAX_BYTES
    assert store.read == [("out", "batch/j1/manifest.json.out")]


@pytest.mark.parametrize("buckets", [(), ("other",), ("ou",)])
def test_no_client_is_made_for_another_bucket(buckets: tuple[str, ...]) -> None:
    def client() -> Any:
        raise AssertionError("a client was made")

    assert Manifests(client, buckets).read(URI) is None


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject"),
        ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject"),
        EndpointConnectionError(endpoint_url="https://s3.invalid"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert manifests(Store(error)).read(URI) is None
    assert "manifest not read" in caplog.text
