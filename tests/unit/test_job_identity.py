"""A job's id and what follows from it: nothing random anywhere."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobchute.job import (
    Api,
    Source,
    canonical,
    digest_of,
    iso,
    job_id_for_key,
    job_id_of,
    rejection_id_of,
)
from jobchute.ledger.items import item_of, job_of
from jobchute.providers.adapter import name_for
from tests.builders import NOW, a_job, a_source

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
REQUESTS = st.dictionaries(
    st.text().filter(lambda key: key not in ("clientToken", "clientRequestToken")), VALUES, max_size=6
)
APIS = st.sampled_from(Api)

# Braket's clientToken, 1–64 characters; Bedrock's clientRequestToken; the narrowest job name is Braket's.
TOKEN = re.compile(r"[a-zA-Z0-9]{1,64}")
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,49}")


def reordered(value: Any) -> Any:
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(APIS, REQUESTS)
def test_the_order_of_keys_does_not_change_the_job(api: Api, request: dict[str, Any]) -> None:
    assert job_id_of(api, request, None) == job_id_of(api, reordered(request), None)
    assert digest_of(api, request) == digest_of(api, reordered(request))


@given(APIS, REQUESTS, REQUESTS)
def test_different_requests_are_different_jobs(api: Api, one: dict[str, Any], other: dict[str, Any]) -> None:
    same = canonical(one) == canonical(other)
    assert (job_id_of(api, one, None) == job_id_of(api, other, None)) == same


@given(REQUESTS)
def test_the_same_body_for_another_api_is_another_job(request: dict[str, Any]) -> None:
    ids = {job_id_of(api, request, None) for api in Api}
    assert len(ids) == len(Api)


@given(APIS, REQUESTS, REQUESTS, st.text(min_size=1))
def test_under_a_key_the_key_alone_counts(
    api: Api, one: dict[str, Any], other: dict[str, Any], key: str
) -> None:
    assert job_id_of(api, one, key) == job_id_of(Api.BRAKET_JOB, other, key) == job_id_for_key(key)


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_keys_are_different_jobs(one: str, other: str) -> None:
    assert (job_id_for_key(one) == job_id_for_key(other)) == (one == other)


@given(APIS, REQUESTS, st.text(min_size=1))
def test_a_key_and_a_body_never_meet(api: Api, request: dict[str, Any], key: str) -> None:
    assert job_id_of(api, request, None) != job_id_for_key(key)


@pytest.mark.parametrize("member", ["clientToken", "clientRequestToken"])
class TestOwnToken:
    def body(self, member: str, **more: Any) -> dict[str, Any]:
        return {member: "token-1", "jobName": "anneal", **more}

    def id_of(self, body: dict[str, Any], key: str | None = None, api: Api = Api.BRAKET_JOB) -> str:
        return job_id_of(api, body, key)

    def test_a_body_s_own_token_is_its_key(self, member: str) -> None:
        assert self.id_of(self.body(member)) == self.id_of(self.body(member, device="other"))

    def test_but_for_jobs_of_one_name_and_one_api(self, member: str) -> None:
        body = self.body(member)
        assert self.id_of(body) != self.id_of({**body, "jobName": "other"})
        assert self.id_of(body) != self.id_of(body, api=Api.BEDROCK_JOB)

    def test_the_document_s_key_wins(self, member: str) -> None:
        assert self.id_of(self.body(member), "nightly") == job_id_for_key("nightly")

    def test_an_empty_token_is_none(self, member: str) -> None:
        body = self.body(member) | {member: ""}
        assert self.id_of(body) == f"jc-{digest_of(Api.BRAKET_JOB, body)}"


OWNERS = st.none() | st.sampled_from(["ada", "bob"])


@given(APIS, REQUESTS, st.none() | st.text(min_size=1), st.none() | st.text(min_size=1), OWNERS, OWNERS)
def test_jobs_of_different_owners_are_different(
    api: Api, request: dict[str, Any], key: str | None, token: str | None, one: str | None, other: str | None
) -> None:
    body = request if token is None else {**request, "clientToken": token}
    assert (job_id_of(api, body, key, one) == job_id_of(api, body, key, other)) == (one == other)


def test_an_owner_s_key_finds_the_owner_s_job() -> None:
    assert job_id_of(Api.BRAKET_JOB, {}, "nightly", "ada") == job_id_for_key("nightly", "ada")


@pytest.mark.parametrize(
    ("request_", "key", "owner", "job_id"),
    [
        ({"jobName": "a"}, None, None, "2719865b37d4675fbabb7d4a4ea041821fa68140311dbfdab4925dec0463bb78"),
        (
            {"jobName": "a", "clientToken": "t"},
            None,
            None,
            "67e495dcdef0a01393207ab6c2c3fe7107ef24853587763671c5a690fcd2f2c9",
        ),
        ({}, "nightly", None, "7e8b0c552e6f7d139bd520e56b5942cf94f7f24a35fc5bf30ef51e3bdeb1ce43"),
        ({"jobName": "a"}, None, "ada", "b710cfc038137f12f563628244f7a83154601148f4b4c3e3d4c792884c1c13e7"),
        (
            {"jobName": "a", "clientToken": "t"},
            None,
            "ada",
            "2a31729bcc1c85b6ad4ad9a722fac2c186c9e02a90199216c655a94d49c72b62",
        ),
        ({}, "nightly", "ada", "ec0a030203da92df3bf8fc3dc450f6aabda97db39f2600f3341aae1010507919"),
    ],
)
def test_ids_with_and_without_owners_do_not_change(
    request_: dict[str, Any], key: str | None, owner: str | None, job_id: str
) -> None:
    """Another algorithm would submit every job of yesterday again."""
    assert job_id_of(Api.BRAKET_JOB, request_, key, owner) == f"jc-{job_id}"


def test_a_row_without_an_owner_keeps_its_attributes() -> None:
    assert not [name for name in item_of(a_job()) if "owner" in name.lower()]
    owned = a_job(source=a_source(owner="ada"))
    assert item_of(owned) == {**item_of(a_job()), "sourceOwner": {"S": "ada"}}
    assert job_of(item_of(owned)).owner == "ada"


def test_ids_are_what_they_have_always_been() -> None:
    """Another algorithm would submit every job of yesterday again."""
    assert job_id_for_key("nightly") == "jc-7e8b0c552e6f7d139bd520e56b5942cf94f7f24a35fc5bf30ef51e3bdeb1ce43"
    assert digest_of(Api.BRAKET_JOB, {"jobName": "a"}) == (
        "2719865b37d4675fbabb7d4a4ea041821fa68140311dbfdab4925dec0463bb78"
    )
    assert canonical({"b": [1, "ü"], "a": None}) == '{"a":null,"b":[1,"ü"]}'


@given(APIS, REQUESTS, st.none() | st.text(min_size=1))
def test_token_name_and_execution_name_fit_every_provider(
    api: Api, request: dict[str, Any], key: str | None
) -> None:
    job_id = job_id_of(api, request, key)
    job = a_job(job_id=job_id)
    assert TOKEN.fullmatch(job.token)
    assert NAME.fullmatch(name_for(job_id))
    assert len(name_for(job_id)) <= 50
    assert re.fullmatch(r"[A-Za-z0-9-]{1,80}", job_id)


def test_what_is_not_finite_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"x": float("nan")})


class TestSources:
    def test_two_deliveries_of_one_document_have_one_reference(self) -> None:
        assert a_source(version="v1", sequencer="01").reference == a_source(version="v1").reference

    def test_versions_documents_and_objects_are_told_apart(self) -> None:
        sources = [
            a_source(version="v1"),
            a_source(version="v2"),
            a_source(version="v1", index=1),
            a_source(uri="s3://drop/requests/other.json", version="v1"),
        ]
        assert len({rejection_id_of(source) for source in sources}) == 4

    def test_unversioned_uploads_are_told_apart_by_their_sequencer(self) -> None:
        assert a_source(sequencer="01").reference != a_source(sequencer="02").reference

    @given(st.text(), st.text(), st.text(alphabet="0123456789ABCDEF"))
    def test_an_entry_says_again_what_it_was_made_of(self, uri: str, key: str, sequencer: str) -> None:
        source = Source(uri=uri, status_key=key, sequencer=sequencer)
        assert Source.of_entry(source.entry) == source


@given(st.integers(0, 4_000_000_000), st.integers(0, 4_000_000_000))
def test_times_sort_as_text(one: int, other: int) -> None:
    assert (iso(one) < iso(other)) == (one < other)


def test_a_time_is_utc_with_milliseconds() -> None:
    assert iso(NOW + 0.25) == "2026-11-18T11:06:40.250Z"
