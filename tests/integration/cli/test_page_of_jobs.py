"""The list of jobs on the page: filters in the address, order, pages, and how much is read."""

import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.job_list import PAGE_SIZE, Ask, Cursor, job_list
from jobchute.cli.job_filters import Wanted
from jobchute.cli.ui.links import query_text
from jobchute.job import Api, Job, State, iso
from jobchute.outcomes import Cause
from tests.integration.cli.deployed import FAILED, NIGHTLY, REJECTED, store_jobs
from tests.integration.cli.page import browser

NAME = re.compile(r'<th scope="row"><a href="[^"]*" title="[^"]*">([^<]*)</a>')
FOLLOWING = re.compile(r'<a rel="next" href="([^"]*)"')


@pytest.fixture
def page(deployment: Deployment) -> TestClient:
    store_jobs(deployment)
    return browser()


def names(page: TestClient, **query: str | list[str]) -> list[str]:
    """The jobs of the list, in its order."""
    given = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    answer = page.get(f"jobs{query_text(given)}")
    assert answer.status_code == 200
    return [unescape(name) for name in NAME.findall(answer.text)]


def many(deployment: Deployment, count: int, **changes: object) -> list[Job]:
    """Succeeded jobs, the latest moved first. Each three have moved at the same time."""
    jobs = [
        replace(
            NIGHTLY,
            job_id=f"jc-{number:064x}",
            name=f"job-{number:04d}",
            state=State.SUCCEEDED,
            updated_at=iso(1_800_000_000 - number // 3),
            **changes,  # type: ignore[arg-type]
        )
        for number in range(count)
    ]
    for job in jobs:
        deployment.ledger.add(job)
    return jobs


def test_without_filters_all_are_listed_the_latest_first(page: TestClient) -> None:
    assert names(page) == ["backfill", "nightly", "backfill"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "RUNNING"}, ["nightly"]),
        ({"state": ["RUNNING", "FAILED"]}, ["backfill", "nightly"]),
        ({"cause": "CODE"}, ["backfill"]),
        ({"api": str(Api.TRAINING_JOB)}, ["backfill", "nightly"]),
        ({"api": str(Api.BRAKET_JOB)}, []),
        ({"label": "team=growth"}, ["backfill", "nightly"]),
        ({"source": "s3://jobs/requests/nightly.yaml"}, ["nightly"]),
        ({"source": "requests/nightly.yaml"}, ["nightly"]),
        ({"since": "2026-11-21T10:00:00Z"}, ["backfill", "nightly"]),
        ({"text": "ALGORITHM"}, ["backfill", "backfill"]),
        ({"text": "training-job/nightly"}, ["backfill", "nightly", "backfill"]),
        ({"text": "team=growth", "state": "RUNNING"}, ["nightly"]),
        ({"text": "nowhere"}, []),
        ({"state": "RUNNING", "cause": "CODE"}, []),
    ],
)
def test_each_filter_is_in_the_address(
    page: TestClient, query: dict[str, str | list[str]], expected: list[str]
) -> None:
    assert names(page, **query) == expected


def test_a_wrong_filter_is_named_and_the_others_hold(page: TestClient) -> None:
    answer = page.get(
        "jobs?state=RUNNING&state=nonsense&since=soon&label=growth&source=%00&sort=colour&until=x"
    )
    assert answer.status_code == 200
    assert "There is no state nonsense." in answer.text
    for words in ("soon is no time", "Write a label as NAME=VALUE", "The source cannot be read", "by colour"):
        assert words in answer.text
    assert NAME.findall(answer.text) == ["nightly"]


def test_the_form_shows_what_is_chosen(page: TestClient) -> None:
    text = page.get("jobs?state=RUNNING&cause=CODE&text=%3Cb%3E&since=24h").text
    assert 'value="RUNNING" checked' in text
    assert "<option selected>CODE</option>" in text
    assert 'value="&lt;b&gt;"' in text
    assert '<option value="24h" selected>' in text


def test_a_column_sorts_and_sorts_back(page: TestClient) -> None:
    assert names(page, sort="name") == ["backfill", "backfill", "nightly"]
    assert names(page, sort="-name") == ["nightly", "backfill", "backfill"]
    assert names(page, sort="state") == ["nightly", "backfill", "backfill"]
    assert 'aria-sort="descending"' in page.get("jobs?sort=-name").text


@pytest.mark.parametrize("ask", [Ask(size=7), Ask(size=7, sort="-name"), Ask(size=7, text="job-")])
def test_pages_show_each_job_once(deployment: Deployment, ask: Ask) -> None:
    """Also where a page ends between jobs that have moved at the same time."""
    jobs = many(deployment, 20)
    shown: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        found = job_list(deployment.ledger, ask._replace(cursor=cursor))
        shown += [job.name for job in found.jobs]
        cursor = found.following
    assert sorted(shown) == sorted(job.name for job in jobs)


def test_the_next_page_is_a_link(deployment: Deployment) -> None:
    jobs = many(deployment, PAGE_SIZE + 1)
    page = browser()
    text = page.get("jobs").text
    following = FOLLOWING.search(text)
    assert following is not None
    assert {*NAME.findall(text), *NAME.findall(page.get(unescape(following[1])).text)} == {
        job.name for job in jobs
    }


def test_a_page_reads_a_bounded_number_of_jobs(deployment: Deployment) -> None:
    """A filter that nothing fits: it says how far it looked, and goes on from there."""
    jobs = many(deployment, 8)
    deployment.ledger.add(replace(FAILED, job_id="jc-rare", name="rare"))
    ask = Ask(Wanted(causes=frozenset({Cause.CODE})), max_read=5)
    first = job_list(deployment.ledger, ask)
    assert (first.jobs, first.read, first.is_partial) == ((), 5, True)
    assert first.back_to == jobs[4].updated_at
    assert first.following is not None
    second = job_list(deployment.ledger, ask._replace(cursor=first.following))
    assert [job.name for job in second.jobs] == ["rare"]
    assert (second.read, second.following) == (4, None)


def test_an_order_of_the_latest_jobs_alone_says_so(deployment: Deployment) -> None:
    many(deployment, 6)
    found = job_list(deployment.ledger, Ask(sort="name", max_read=5))
    assert (found.total, found.read, found.is_partial) == (5, 5, True)


def test_labels_and_sources_are_found_by_their_own_index(deployment: Deployment) -> None:
    many(deployment, 3, labels={})
    labelled = replace(NIGHTLY, job_id="jc-labelled", labels={"team": "search"})
    deployment.ledger.add(labelled)
    found = job_list(deployment.ledger, Ask(Wanted(label=("team", "search"))))
    assert [job.job_id for job in found.jobs] == ["jc-labelled"]
    assert found.total == 1


def test_a_rejection_is_shown_by_its_document(deployment: Deployment) -> None:
    deployment.ledger.add(replace(REJECTED, name=""))
    text = browser().get("jobs").text
    assert ">REJECTED</span>" in text
    assert str(Cause.INPUT) in text


def test_an_empty_ledger_says_what_to_do(deployment: Deployment) -> None:
    assert "jobchute submit FILE" in browser().get("jobs").text
