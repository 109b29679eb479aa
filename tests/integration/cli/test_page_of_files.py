"""The files of several documents on the page: progress, jobs by state, and which files are shown."""

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.file_list import file_list
from jobchute.job import Source, State, iso
from jobchute.ledger.file_counts import FileCountRows
from jobchute.ledger.files import FileRow, FileRows, ReadProgress
from jobchute.parsing.documents import Position
from tests.builders import NOW, a_job, a_source
from tests.integration.cli.page import browser

OPEN = a_source(uri="s3://drop/requests/<b>open.jsonl", version="v1", sequencer="01", index=0)
OVER = a_source(uri="s3://drop/requests/over.jsonl", version="v2", sequencer="02", index=0)


@pytest.fixture
def rows(deployment: Deployment) -> FileRows:
    return FileRows(runtime.client("dynamodb"), deployment.table)


@pytest.fixture
def page(deployment: Deployment) -> TestClient:
    return browser()


def taken(rows: FileRows, source: Source, *, read: int, finished: bool = False) -> FileRow:
    row = rows.add(source, "", 400, NOW)
    reading = ReadProgress(position=Position(index=read), accepted=read - 1, rejected=1, finished=finished)
    return rows.advance(row, reading, reader="one", now=NOW)[0]


def ended(rows: FileRows, source: Source) -> None:
    """Counted, and no longer due: the index of open files does not name it."""
    row = taken(rows, source, read=400, finished=True)
    counts = FileCountRows(rows.client, rows.table)
    states = {str(State.SUCCEEDED): 398, str(State.FAILED): 1, str(State.REJECTED): 1}
    counted = row._replace(states=states, counted_at=iso(NOW), ended_at=iso(NOW))
    saved = counts.save(counted, due=int(NOW))
    assert saved is not None
    counts.close(saved)


def test_a_file_that_is_being_read_shows_how_far(page: TestClient, rows: FileRows) -> None:
    taken(rows, OPEN, read=40)
    text = page.get("files").text
    assert "s3://drop/requests/&lt;b&gt;open.jsonl" in text
    assert "being read" in text
    assert "40 of 400" in text
    assert "1 rejected" in text
    assert "not counted yet" in text
    assert "1 of 1 files are not over" in text


def test_an_ended_file_is_found_by_its_jobs(page: TestClient, rows: FileRows, deployment: Deployment) -> None:
    ended(rows, OVER)
    assert "over.jsonl" not in page.get("files").text
    deployment.ledger.add(replace(a_job("one", state=State.SUCCEEDED), source=replace(OVER, index=7)))
    text = browser().get("files").text
    assert "398 SUCCEEDED, 1 FAILED, 1 REJECTED" in text
    assert re.search(r"ended .* ago", text)


def test_files_that_are_not_over_come_first(rows: FileRows, deployment: Deployment) -> None:
    ended(rows, OVER)
    taken(rows, OPEN, read=40)
    for source in (OVER, OPEN):
        deployment.ledger.add(replace(a_job(source.uri), source=source))
    found = file_list(deployment.ledger)
    assert [file.source.uri for file in found.files] == [OPEN.uri, OVER.uri]
    assert [file.progress for file in found.files] == ["being read", "ended"]
    assert (found.files[1].jobs, found.files[1].ended) == (400, 400)


def test_the_list_of_a_file_s_jobs_says_how_far_it_is(page: TestClient, rows: FileRows) -> None:
    taken(rows, OVER, read=40)
    assert "40 of 400 documents" in page.get("jobs", params={"source": OVER.uri}).text


def test_without_files_the_page_says_so(page: TestClient) -> None:
    assert "No file of several documents was taken lately." in page.get("files").text
