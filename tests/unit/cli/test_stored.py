"""Objects are read as streams that continue where a connection dropped."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.results.download import Download, save
from jobchute.cli.results.progress import save_all
from jobchute.cli.results.stored import MAX_FAILURES, Bucket, Stored, locations_of
from tests.builders import a_job

BODY = b"0123456789"
STORED = Stored("b", "k", len(BODY), '"e"', datetime(2026, 11, 1, tzinfo=UTC))


class Dropping:
    """Answers with so many bytes before each connection drops. has_ranges: whether it obeys them."""

    def __init__(self, *given: int, has_ranges: bool = True) -> None:
        self.given = list(given)
        self.has_ranges = has_ranges
        self.asked: list[str | None] = []

    def get_object(self, *, Range: str | None = None, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.asked.append(Range)
        is_partial = Range is not None and self.has_ranges
        start = int(Range.removeprefix("bytes=").rstrip("-")) if Range and is_partial else 0
        size = self.given.pop(0) if self.given else None
        body = Body(BODY[start:] if size is None else BODY[start : start + size], drops=size is not None)
        return {"Body": body, "ResponseMetadata": {"HTTPStatusCode": 206 if is_partial else 200}}


class Body(io.BytesIO):
    def __init__(self, data: bytes, *, drops: bool) -> None:
        super().__init__(data)
        self.drops = drops

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if not found and self.drops:
            raise ReadTimeoutError(endpoint_url="s3")
        return found


def bucket(s3: Any, slept: list[float] | None = None) -> Bucket:
    waits: list[float] = [] if slept is None else slept
    return Bucket(s3, waits.append)


def test_it_goes_on_at_the_byte_that_is_next() -> None:
    s3, slept = Dropping(4, 0, 3), list[float]()
    assert b"".join(bucket(s3, slept).chunks(STORED)) == BODY
    assert s3.asked == [None, "bytes=4-", "bytes=4-", "bytes=7-"]
    assert slept == [1, 2, 1]


def test_a_server_may_ignore_ranges() -> None:
    assert b"".join(bucket(Dropping(4, has_ranges=False)).chunks(STORED)) == BODY


def test_it_gives_up_where_nothing_comes() -> None:
    with pytest.raises(ReadTimeoutError):
        list(bucket(Dropping(*[0] * MAX_FAILURES)).chunks(STORED))


def test_an_object_that_was_replaced_is_not_mixed() -> None:
    class Replaced:
        def get_object(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")

    with pytest.raises(AnswerIsNoError, match="replaced or deleted"):
        list(bucket(Replaced()).chunks(STORED))


def test_an_error_ends_all_downloads_and_their_parts_stay(tmp_path: Path) -> None:
    downloads = [Download(a_job(), STORED, tmp_path / str(number) / "k") for number in range(20)]
    with pytest.raises(ReadTimeoutError):
        save_all(bucket(Dropping(*[1] * 3, *[0] * 1000)), downloads, overwrite=False, on_saved=lambda _: None)
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names <= {"k.part", "k.part.etag"}


def test_a_download_that_was_stopped_is_resumed(tmp_path: Path) -> None:
    download = Download(a_job(), STORED, tmp_path / "k")
    with pytest.raises(ReadTimeoutError):
        save(bucket(Dropping(4, *[0] * MAX_FAILURES)), download, overwrite=False, advance=lambda _: None)
    assert (tmp_path / "k.part").read_bytes() == BODY[:4]
    s3 = Dropping()
    saved = save(bucket(s3), download, overwrite=False, advance=lambda _: None)
    assert (saved.outcome, s3.asked, (tmp_path / "k").read_bytes()) == ("resumed", ["bytes=4-"], BODY)


@pytest.mark.parametrize(
    ("output", "locations"),
    [
        (None, []),
        ("s3://b/p/id/", ["s3://b/p/id/"]),
        ("s3://b/p/output/model.tar.gz", ["s3://b/p/output/"]),
        ("s3://b/x, s3://b/y", ["s3://b/x", "s3://b/y"]),
        ("https://elsewhere", []),
    ],
)
def test_a_job_s_locations(output: str | None, locations: list[str]) -> None:
    assert locations_of(a_job(output=output)) == locations
