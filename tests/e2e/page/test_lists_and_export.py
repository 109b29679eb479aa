"""Filters in the address, parts that refresh themselves, and the same pages as files."""

import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from playwright.sync_api import Page

from infra.local import processes
from jobchute.job import Api, State
from jobchute.ledger.jobs import Ledger
from tests.builders import a_job, a_source
from tests.e2e.page.conftest import TABLE, Looking
from tests.page.look import Look
from tests.page.server import TOOL
from tests.page.stage import RETENTION

pytestmark = pytest.mark.sampled

EXPORT_SECONDS = 120


def rows(page: Page) -> list[str]:
    """The states that a list shows, from its first row on."""
    return page.locator("#jobs tbody .state").all_inner_texts()


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_filter_is_chosen_by_clicks_and_kept_in_the_address(
    page_of_many: str, looking: Looking, scripts: bool
) -> None:
    page = looking(page_of_many + "jobs", scripts=scripts).page
    page.get_by_role("checkbox", name="RUNNING").check()
    page.get_by_role("checkbox", name="FAILED").check()
    page.get_by_label("API").select_option(Api.TRAINING_JOB)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**state=RUNNING**")
    assert {*rows(page)} == {"RUNNING", "FAILED"}
    chosen = parameters(page)
    assert (chosen["state"], chosen["api"]) == (["RUNNING", "FAILED"], [Api.TRAINING_JOB])
    assert page.get_by_role("checkbox", name="RUNNING").is_checked()
    again = looking(page.url, scripts=scripts).page
    assert rows(again) == rows(page)


def test_text_and_cause_narrow_a_list(page_of_many: str, looking: Looking) -> None:
    page = looking(page_of_many + "jobs").page
    page.get_by_label("Cause").select_option("CAPACITY")
    page.get_by_label("Text").fill("ml compute capacity")
    page.keyboard.press("Enter")
    page.wait_for_url("**cause=CAPACITY**")
    assert {*rows(page)} == {"FAILED"}
    assert page.locator("#jobs tbody tr").count() == page.get_by_text("CapacityError").count() > 1


def test_a_hostile_filter_is_shown_as_text(page_of_many: str, looking: Looking) -> None:
    looked = looking(page_of_many + "jobs?text=%3Cscript%3Ewindow.hacked%3D1%3C%2Fscript%3E%22%27")
    assert not looked.is_hacked()
    assert looked.troubles == []
    assert looked.page.get_by_label("Text").input_value() == "<script>window.hacked=1</script>\"'"


def test_a_heading_sorts_and_pages_follow_each_other(page_of_many: str, looking: Looking) -> None:
    page = looking(page_of_many + "jobs").page
    first = page.locator("#jobs tbody th a").all_inner_texts()
    page.get_by_role("link", name="next page").click()
    page.wait_for_url("**jobs?**")
    second = page.locator("#jobs tbody th a").all_inner_texts()
    assert not {*first} & {*second}
    page.goto(page_of_many + "jobs")
    page.get_by_role("link", name="state").first.click()
    page.wait_for_url("**sort=**")
    order = [[*State].index(State(state)) for state in rows(page)]
    assert order == sorted(order) or order == sorted(order, reverse=True)


def test_a_job_that_comes_appears_without_a_reload(page_of_many: str, looking: Looking) -> None:
    page = looking(page_of_many + "jobs?text=came-meanwhile").page
    page.evaluate("() => { window.sameDocument = true; }")
    job = a_job("came-meanwhile", state=State.RUNNING, source=a_source(uri="sqs://came"))
    Ledger(boto3.client("dynamodb"), TABLE, retention=RETENTION).add(job)
    page.get_by_role("link", name="came-meanwhile").wait_for()
    assert page.evaluate("() => window.sameDocument")


def test_a_row_leads_to_its_job_and_back(page_of_many: str, looking: Looking) -> None:
    page = looking(page_of_many + "jobs?state=FAILED").page
    link = page.locator("#jobs tbody th a").last
    name = link.inner_text()
    link.click()
    page.wait_for_url("**/jobs/jc-*")
    assert name in page.inner_text("h1")
    assert "jobchute retry" in page.inner_text("main")
    page.go_back()
    assert "state=FAILED" in page.url


@pytest.fixture(scope="module")
def exported(seeded_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "pages"
    command = [str(TOOL), "ui", "--export", str(folder)]
    environment = processes.environment() | seeded_environment
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=EXPORT_SECONDS)
    return folder


@pytest.mark.slow
def test_exported_pages_are_linked_with_each_other(exported: Path, looking: Looking) -> None:
    """Each link of the first pages leads to a file that is there."""
    files = [path for path in sorted(exported.rglob("*.html")) if path.parent == exported]
    assert len(files) >= 4
    page = looking((exported / "index.html").as_uri()).page
    for file in files:
        page.goto(file.as_uri())
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        targets = [Path(urlsplit(link).path) for link in links if link.startswith("file:")]
        assert [str(each) for each in targets if not each.exists()] == []


@pytest.mark.parametrize("kind", ["overview", "job"])
def test_an_exported_page_is_as_good_as_a_served_one(kind: str, exported: Path, looking: Looking) -> None:
    file = exported / "index.html" if kind == "overview" else next((exported / "jobs").rglob("*.html"))
    looked: Look = looking(file.as_uri(), width=400)
    assert looked.troubles == []
    assert looked.findings() == []
    assert [*looked.too_wide(), *looked.unreadable()] == []
    assert looked.page.locator("script").count() == 0


def test_exported_files_hold_no_token_and_no_address(exported: Path, page_of_many: str) -> None:
    token = page_of_many.rstrip("/").rpartition("/")[2]
    texts = [path.read_text() for path in exported.rglob("*.html")]
    assert [text for text in texts if token in text or "127.0.0.1" in text] == []
