"""To whom a request belongs: by its object's place, or by the principal that SQS proves to have sent it."""

import pytest

from jobchute.errors import NoOwnerError
from jobchute.requests.document import api_of_path
from jobchute.requests.owners import (
    Owner,
    Owners,
    folder_of,
    json_of_owners,
    owners_of_json,
    path_without_owner,
)

USER, ROLE, SHARED = "AIDAEXAMPLEUSER12345", "AROAEXAMPLEROLE12345", "AROAEXAMPLESHARED123"
BY_NAME = {
    "ada": Owner(principals=(USER, f"{SHARED}:ada"), buckets=("ada-uploads",)),
    "bob": Owner(principals=(ROLE, f"{SHARED}:bob")),
}
OWNERS = Owners(BY_NAME)


class TestSenders:
    @pytest.mark.parametrize(
        ("sender_id", "owner"),
        [
            (USER, "ada"),
            (f"{ROLE}:nightly", "bob"),
            (f"{ROLE}:ada", "bob"),
            (f"{SHARED}:ada", "ada"),
            (f"{SHARED}:bob", "bob"),
        ],
    )
    def test_a_message_belongs_to_whoever_lists_its_sender(self, sender_id: str, owner: str) -> None:
        assert OWNERS.of_sender(sender_id) == owner

    @pytest.mark.parametrize(
        "sender_id",
        [
            "",
            "AIDAEXAMPLESTRANGER",
            "123456789012",
            f"123456789012:{USER}",
            f"AROAEXAMPLESTRANGER:{ROLE}",
            f"{SHARED}:eve",
            SHARED,
            f"{SHARED}:ada:bob",
            USER.lower(),
            USER[:-1],
        ],
    )
    def test_an_unlisted_sender_has_no_owner_whatever_its_session(self, sender_id: str) -> None:
        with pytest.raises(NoOwnerError):
            OWNERS.of_sender(sender_id)

    def test_the_message_names_the_id_to_list_and_nothing_chosen(self) -> None:
        with pytest.raises(NoOwnerError, match="its unique id is AROAEXAMPLESTRANGER\\)") as caught:
            OWNERS.of_sender("AROAEXAMPLESTRANGER:chosen")
        assert "chosen" not in str(caught.value)

    def test_a_session_goes_before_its_role(self) -> None:
        owners = Owners({"all": Owner(principals=(SHARED,)), **BY_NAME})
        assert owners.of_sender(f"{SHARED}:ada") == "ada"
        assert owners.of_sender(f"{SHARED}:eve") == "all"


class TestObjects:
    @pytest.mark.parametrize(
        ("bucket", "key", "owner"),
        [
            ("drop", "requests/ada/x.json", "ada"),
            ("drop", "requests/bob/ada/x.json", "bob"),
            ("drop", "requests/bob//x.json", "bob"),
            ("ada-uploads", "anything", "ada"),
            ("ada-uploads", "requests/bob/x.json", "ada"),
        ],
    )
    def test_an_object_belongs_to_its_folder_s_or_its_bucket_s_owner(
        self, bucket: str, key: str, owner: str
    ) -> None:
        assert OWNERS.of_object(bucket, key, own_bucket="drop") == owner

    @pytest.mark.parametrize(
        "key",
        [
            "requests/x.json",
            "requests/ada",
            "requests/eve/x.json",
            "requests/Ada/x",
            "requests//ada/x",
            "ada/x",
        ],
    )
    def test_an_object_outside_every_folder_has_no_owner(self, key: str) -> None:
        with pytest.raises(NoOwnerError, match="upload it to your folder, requests/OWNER/"):
            OWNERS.of_object("drop", key, own_bucket="drop")

    def test_another_bucket_has_no_folders_of_owners(self) -> None:
        with pytest.raises(NoOwnerError, match="the bucket shared belongs to no owner"):
            OWNERS.of_object("shared", "requests/ada/x.json", own_bucket="drop")


def test_without_owners_nothing_belongs_to_anybody() -> None:
    assert Owners().of_sender("") is None
    assert Owners().of_object("any", "key", own_bucket="drop") is None


class TestPaths:
    @pytest.mark.parametrize(
        ("key", "owner", "path"),
        [
            ("requests/braket/create-job/x.json", None, "requests/braket/create-job/x.json"),
            ("requests/ada/braket/create-job/x.json", "ada", "requests/braket/create-job/x.json"),
            # In another bucket of the owner.
            ("requests/braket/create-job/x.json", "ada", "requests/braket/create-job/x.json"),
            ("", "ada", ""),
        ],
    )
    def test_the_bare_form_moves_below_the_owner_s_folder(self, key: str, owner: str | None, path: str) -> None:
        assert path_without_owner(key, owner) == path

    def test_a_folder_within_a_folder_is_no_owner_s(self) -> None:
        path = path_without_owner("requests/ada/ada/braket/create-job/x.json", "ada")
        assert api_of_path(path) is None

    def test_where_an_owner_s_requests_go(self) -> None:
        assert folder_of("ada") == "requests/ada/"
        assert folder_of(None) == "requests/"


class TestJson:
    def test_it_is_read_as_it_was_written(self) -> None:
        assert owners_of_json(json_of_owners(BY_NAME)) == BY_NAME

    def test_it_is_short(self) -> None:
        assert json_of_owners({"bob": Owner(principals=(ROLE,))}) == '{"bob":[["AROAEXAMPLEROLE12345"]]}'

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "7", '{"ada": 7}', '{"ada": "AIDA"}', '{"ada": [["a"], ["b"], ["c"]]}', '{"a": [[1]]}'],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"not a map of owners|Expecting value"):
            owners_of_json(text)
