"""What Jobchute relies on in S3, and its limits, over moto and over the fake."""

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.fakes.objects import FakeS3
from tests.integration.fakes.services import BUCKET, NOW, Services, code, fakes


class TestS3:
    def test_each_version_is_read_as_it_was_put(self, aws: Services) -> None:
        versions = [aws.upload("requests/a.json", data) for data in (b"one", b"three")]
        for version, data in zip(versions, (b"one", b"three"), strict=True):
            answer = aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json", VersionId=version)
            assert (answer["Body"].read(), answer["ContentLength"]) == (data, len(data))
        assert aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json")["Body"].read() == b"three"

    def test_what_is_not_there(self, aws: Services) -> None:
        with pytest.raises(ClientError) as error:
            aws.s3.get_object(Bucket=BUCKET, Key="requests/none.json")
        assert code(error) == "NoSuchKey"
        with pytest.raises(ClientError) as error:
            aws.s3.head_object(Bucket=BUCKET, Key="status/none.json")
        assert code(error) == "404"

    def test_a_status_document_is_replaced_at_a_whole_second(self, aws: Services) -> None:
        for body in (b"{}", b'{"state": "QUEUED"}'):
            aws.s3.put_object(Bucket=BUCKET, Key="status/a.json", Body=body, ContentType="application/json")
        modified = aws.s3.head_object(Bucket=BUCKET, Key="status/a.json")["LastModified"]
        assert (modified.microsecond, modified.utcoffset().total_seconds()) == (0, 0)

    def test_the_fake_lets_functions_write_below_status_alone(self) -> None:
        with pytest.raises(ClientError) as error:
            fakes().s3.put_object(Bucket=BUCKET, Key="requests/a.json", Body=b"", ContentType="text/plain")
        assert code(error) == "AccessDenied"

    @pytest.mark.parametrize("call", ["get_object", "head_object"])
    def test_a_read_says_which_version_it_is_and_its_time(self, aws: Services, call: str) -> None:
        versions = [aws.upload("requests/a.json", data) for data in (b"one", b"three")]
        for options, version in (({}, versions[1]), ({"VersionId": versions[0]}, versions[0])):
            answer = getattr(aws.s3, call)(Bucket=BUCKET, Key="requests/a.json", **options)
            assert answer["VersionId"] == version
            modified = answer["LastModified"]
            assert (modified.microsecond, modified.utcoffset().total_seconds()) == (0, 0)

    def test_a_part_is_read_as_such(self, aws: Services) -> None:
        aws.upload("requests/a.json", b"0123456789")
        answer = aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json", Range="bytes=3-5")
        assert answer["Body"].read() == b"345"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206

    def test_a_status_document_is_read_as_any_object(self, aws: Services) -> None:
        aws.s3.put_object(Bucket=BUCKET, Key="status/a.json", Body=b"{}", ContentType="application/json")
        assert aws.s3.get_object(Bucket=BUCKET, Key="status/a.json")["Body"].read() == b"{}"

    def test_a_conditional_write_happens_only_where_nothing_is(self, aws: Services) -> None:
        put = {"Bucket": BUCKET, "Key": "status/a.json", "ContentType": "application/json", "IfNoneMatch": "*"}
        aws.s3.put_object(Body=b"first", **put)
        with pytest.raises(ClientError) as error:
            aws.s3.put_object(Body=b"second", **put)
        assert code(error) == "PreconditionFailed"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
        assert aws.s3.get_object(Bucket=BUCKET, Key="status/a.json")["Body"].read() == b"first"

    def test_a_version_that_is_not_there(self, aws: Services) -> None:
        aws.upload("requests/a.json", b"one")
        with pytest.raises(ClientError) as error:
            aws.s3.get_object(Bucket=BUCKET, Key="requests/a.json", VersionId="v99")
        assert code(error) == "NoSuchVersion"

    def test_what_is_no_version_id_is_a_wrong_argument(self) -> None:
        """S3 answers so to an id that it never gave; moto says NoSuchVersion to any."""
        s3 = fakes().s3
        s3.upload("requests/a.json", b"one")
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=BUCKET, Key="requests/a.json", VersionId="not an id")
        assert code(error) == "InvalidArgument"

    def test_a_bucket_that_is_not_there(self, aws: Services) -> None:
        with pytest.raises(ClientError) as error:
            aws.s3.get_object(Bucket="no-such-bucket-of-anybody", Key="requests/a.json")
        assert code(error) == "NoSuchBucket"

    def test_what_is_no_bucket_name_is_refused_by_the_client(self, aws: Services) -> None:
        for name in ("a b", "../drop", "b" * 256):
            with pytest.raises(ParamValidationError):
                aws.s3.get_object(Bucket=name, Key="requests/a.json")

    @pytest.mark.parametrize("refusal", ["AccessDenied", "PermanentRedirect"])
    def test_other_buckets_are_read_or_refused(self, refusal: str) -> None:
        """moto knows one account and refuses nothing."""
        s3 = FakeS3(lambda: NOW, bucket=BUCKET, others={"theirs": refusal, "ours": ""})
        version, _ = s3.upload("a.json", b"data", bucket="ours")
        assert s3.get_object(Bucket="ours", Key="a.json", VersionId=version)["Body"].read() == b"data"
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket="theirs", Key="a.json")
        assert code(error) == refusal

    def test_a_key_of_1024_bytes_is_taken(self, aws: Services) -> None:
        key = "status/" + "é" * 508 + "x"
        assert len(key.encode()) == 1024
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}", ContentType="application/json")
        assert aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"{}"

    @pytest.mark.parametrize("call", ["put_object", "get_object", "head_object"])
    def test_a_key_of_more_than_1024_bytes_is_refused(self, call: str) -> None:
        """moto counts characters of the quoted key and knows the limit for some calls alone."""
        more = {"Body": b"{}", "ContentType": "application/json"} if call == "put_object" else {}
        with pytest.raises(ClientError) as error:
            getattr(fakes().s3, call)(Bucket=BUCKET, Key="status/" + "x" * 1018, **more)
        # HeadObject has no body to say more in.
        assert code(error) == ("400" if call == "head_object" else "KeyTooLongError")

    def test_a_write_can_be_refused_for_the_moment(self) -> None:
        s3 = fakes().s3
        s3.refused["status/a.json"] = "SlowDown"
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=BUCKET, Key="status/a.json", Body=b"{}", ContentType="application/json")
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
