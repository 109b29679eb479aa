"""Where documents come from, and where they are answered: no two at one place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobchute.aws.s3_notifications import ObjectCreated
from jobchute.job import Source
from jobchute.ledger.object_order import is_confirmed
from jobchute.status.documents import MAX_KEY_BYTES, STATUS_FOLDERS
from jobchute.status.sources import (
    claimed_source,
    combination_source,
    confirmed_source,
    document_source,
    message_source,
)

MODIFIED = datetime(2026, 11, 21, 10, tzinfo=UTC)


def source_of(key: str, bucket: str = "drop") -> Source:
    source = claimed_source(ObjectCreated(bucket, key), "drop")
    assert source is not None
    return source


def places(source: Source) -> list[str]:
    """Where a file and what is in it are answered."""
    document = document_source(source, 0)
    parts = [
        document,
        combination_source(source, 0),
        combination_source(document, 0),
        document_source(source, 1),
    ]
    return [source.status_key, *(part.status_key for part in parts)]


class TestPlaces:
    def test_no_file_is_answered_at_another_one_s_place(self) -> None:
        """All of these pairs met in one status document before."""
        sources = [
            source_of("requests/a.jsonl"),
            source_of("requests/a.jsonl/0"),
            source_of("requests/a.jsonl/0/0"),
            source_of("requests/sqs/m1"),
            message_source("m1"),
            source_of("requests/uploads/requests/a.jsonl"),
            source_of("requests/a.jsonl", "uploads"),
            source_of("a.jsonl", "uploads"),
            source_of("requests/messages/m1"),
            source_of("requests/requests/a.jsonl"),
            source_of("requests/documents/requests/a.jsonl/0"),
        ]
        taken: dict[str, str] = {}
        for source in sources:
            for place in set(places(source)):
                assert taken.setdefault(place, source.uri) == source.uri
        assert len(taken) == 4 * len(sources)

    @pytest.mark.parametrize("bucket", ["drop", "uploads"])
    @pytest.mark.parametrize("length", [900, 1000, 1015])
    def test_every_answer_to_a_long_key_is_a_key_that_s3_takes(self, length: int, bucket: str) -> None:
        found = places(source_of("requests/" + "a" * length, bucket))
        assert all(len(place.encode()) <= MAX_KEY_BYTES for place in found)
        assert all(place.startswith(STATUS_FOLDERS) for place in found)
        assert len(set(found)) == 4

    def test_a_matrix_job_has_the_same_place_alone_and_among_others(self) -> None:
        file = source_of("requests/a.jsonl")
        assert (
            combination_source(file, 5).status_key
            == combination_source(document_source(file, 0), 5).status_key
            == "status-documents/requests/a.jsonl/0.5.json"
        )

    @pytest.mark.parametrize(
        ("uri", "status_key", "place"),
        [
            ("s3://drop/requests/a.jsonl", "status/a.jsonl.json", "requests/a.jsonl"),
            (
                "s3://other/requests/a.jsonl",
                "status/other/requests/a.jsonl.json",
                "buckets/other/requests/a.jsonl",
            ),
            ("sqs://m1", "status/sqs/m1.json", "messages/m1"),
        ],
    )
    def test_rows_of_older_versions_lead_to_the_new_places(self, uri: str, status_key: str, place: str) -> None:
        document = document_source(Source(uri=uri, status_key=status_key), 3)
        assert document.status_key == f"status-documents/{place}/3.json"


class TestTaken:
    @pytest.mark.parametrize(
        "path",
        [
            *(".DS_Store", ".job.json", "team/.job.yaml.swp", ".git/config.json", "a/.drafts/b/job.json"),
            *("job.json~", "job.json.bak", "job.json.BAK", "job.swp", "#job.json#", "team/#job#"),
            *("README", "README.md", "readme.txt", "team/ReadMe.rst", "braket/create-job/README.md"),
        ],
    )
    def test_what_tools_leave_below_requests_is_no_request(self, path: str) -> None:
        assert claimed_source(ObjectCreated("drop", f"requests/{path}"), "drop") is None

    @pytest.mark.parametrize(
        "path",
        [
            *("job.json", "job", "#job.json", "job#", "#", "a~b.json", "bak", "swp.json", "v1.2/job.json"),
            *(
                "readme.json",
                "README.yaml",
                "readme-of-jobs",
                "README.md.json",
                "readme/job.json",
                "~/job.json",
            ),
        ],
    )
    def test_another_name_is_a_request(self, path: str) -> None:
        assert claimed_source(ObjectCreated("drop", f"requests/{path}"), "drop") is not None

    @pytest.mark.parametrize("key", [".job.json", "job.json~", "README.md", "requests/.job.json"])
    def test_another_bucket_s_notifications_choose_their_objects(self, key: str) -> None:
        assert claimed_source(ObjectCreated("uploads", key), "drop") is not None


class TestConfirmed:
    def test_what_a_message_claims_is_not_confirmed(self) -> None:
        claimed = claimed_source(ObjectCreated("drop", "requests/a.json", "v9"), "drop")
        assert claimed is not None
        assert (claimed.version, is_confirmed(claimed)) == ("v9", False)
        assert is_confirmed(message_source("m1"))

    def test_s3_s_answer_names_the_version_and_its_place(self) -> None:
        claimed = replace(source_of("requests/a.json"), version="v9")
        older, newer = (
            confirmed_source(claimed, version_id="v1", modified_at=MODIFIED + timedelta(seconds=n), etag='"e"')
            for n in (0, 1)
        )
        assert (older.version, older.sequencer < newer.sequencer) == ("v1", True)
        assert is_confirmed(older)

    def test_its_order_is_behind_every_sequencer_of_a_notification(self) -> None:
        source = confirmed_source(source_of("requests/a.json"), version_id="v", modified_at=MODIFIED, etag="e")
        assert source.sequencer > "F" * 64

    @pytest.mark.parametrize("version_id", [None, "null"])
    def test_unversioned_uploads_are_told_apart_by_time_and_bytes(self, version_id: str | None) -> None:
        def uploaded(second: int, etag: str) -> Source:
            at = MODIFIED + timedelta(seconds=second)
            claimed = source_of("requests/a.json")
            return confirmed_source(claimed, version_id=version_id, modified_at=at, etag=f'"{etag}"')

        uploads = [uploaded(0, "a"), uploaded(0, "b"), uploaded(1, "a")]
        assert len({upload.reference for upload in uploads}) == 3
        assert uploaded(0, "a") == uploads[0]
