"""What a row keeps of the answers by which a provider put a job off."""

import json
from dataclasses import replace
from typing import Any

import pytest

from jobchute.errors import AmbiguousError, ProviderError, QuotaError, RefusedError, ThrottledError
from jobchute.job import Job, State, iso
from jobchute.ledger.items import item_of, job_of
from jobchute.ledger.refusals import MAX_REFUSALS, MAX_WORDS, kind_of, last_at, latest_words, refused, told_of
from jobchute.status.documents import status_of, waiting_of
from tests.builders import NOW, a_job


def after(job: Job, *words: str, error: ProviderError | None = None) -> Job:
    for number, each in enumerate(words):
        told = refused(job, error or QuotaError(each, code="LimitExceeded"), each, NOW + 60 * number)
        job = replace(job, **told)
    return job


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (QuotaError("a"), "quota"),
        (ThrottledError("a"), "throttled"),
        (RefusedError("a"), "unavailable"),
        (AmbiguousError("a"), "unavailable"),
    ],
)
def test_each_refusal_is_of_one_of_three_kinds(error: ProviderError, kind: str) -> None:
    assert kind_of(error) == kind


def test_a_refusal_has_its_time_and_the_provider_s_words() -> None:
    job = after(a_job(), "no more", error=ThrottledError("unredacted", code="TooMany"))
    assert told_of(job) == {
        "count": 1,
        "latest": [{"at": iso(NOW), "kind": "throttled", "code": "TooMany", "message": "no more"}],
    }
    assert latest_words(job) == "TooMany: no more"


def test_refusals_in_the_same_words_are_one_counted_entry() -> None:
    job = after(a_job(), "no more", "no more", "no more")
    (entry,) = job.refused
    assert (entry["at"], entry["until"], entry["times"]) == (iso(NOW), iso(NOW + 120), 3)
    assert job.times_refused == 3
    assert last_at(job) == iso(NOW + 120)
    job = after(job, "another", "no more")
    assert [each.get("times") for each in job.refused] == [3, None, None]


def test_the_latest_are_kept_and_all_are_counted() -> None:
    job = after(a_job(), *(f"no {number}" for number in range(40)))
    assert [each["message"] for each in job.refused] == [f"no {number}" for number in range(37, 40)]
    assert len(job.refused) == MAX_REFUSALS
    assert job.times_refused == 40


def test_the_words_are_cut_so_that_the_row_stays_small() -> None:
    job = after(
        a_job(), *(f"{number} {'x' * 5000}" for number in range(9)), error=QuotaError("", code="c" * 999)
    )
    assert {len(each["message"]) for each in job.refused} == {MAX_WORDS}
    assert len(json.dumps(job.refused)) < 2048


def test_a_row_with_refusals_is_read_back_and_an_old_one_too() -> None:
    job = after(a_job(refusals=2), "no more", "no more", "other")
    assert job_of(item_of(job)) == job
    plain = a_job(refusals=2)
    assert not {"refused", "timesRefused"} & item_of(plain).keys()
    assert job_of(item_of(plain)) == plain
    assert "refusals" not in status_of(plain)


def test_refusals_stand_beside_the_history() -> None:
    job = a_job()
    told = status_of(after(job, "no more"))
    assert told["history"] == status_of(job)["history"]
    assert told["refusals"]["count"] == 1


@pytest.mark.parametrize(
    ("changes", "waiting"),
    [
        ({"waiting": "p", "pool": "p"}, {"for": "turn", "pool": "p", "since": iso(NOW)}),
        (
            {"waits_for": frozenset({"jc-b", "jc-a"}), "pool": "p"},
            {"for": "jobs", "jobs": ["jc-a", "jc-b"], "since": iso(NOW)},
        ),
        ({"create_at": 1, "pool": "p"}, None),
        ({"state": State.SUBMITTED, "pool": "p"}, None),
        ({"state": State.CANCELLED, "waits_for": frozenset({"jc-a"})}, None),
    ],
)
def test_a_status_document_says_for_what_a_job_waits(changes: dict[str, Any], waiting: dict[str, Any]) -> None:
    assert waiting_of(a_job(**changes)) == waiting
    assert status_of(a_job(**changes)).get("waiting") == waiting


def test_a_job_that_was_refused_waits_since_then() -> None:
    job = replace(after(a_job(), "no more", "no more"), state=State.SUBMITTING, waiting="p")
    assert waiting_of(job) == {"for": "turn", "pool": "p", "since": iso(NOW + 60)}
