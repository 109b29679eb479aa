"""Real jobs of the deployed stack, sent as users send them and ended by the simulator, on the page."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from jobchute.job import State, job_id_for_key
from tests.e2e.conftest import World
from tests.e2e.page.conftest import Looking
from tests.e2e.sweep import AUC
from tests.e2e.test_main_job import training

pytestmark = pytest.mark.sampled

MARKUP = "<img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def failed(world: World) -> str:
    """The id of a job that failed in the provider's words."""
    document = training(world, "page-fails", simulate="code", team="page")
    world.ended(world.send(document))
    return job_id_for_key(document["idempotencyKey"])


def test_a_failed_job_says_why_and_how_to_run_it_again(
    failed: str, page_of_stack: str, looking: Looking
) -> None:
    """All that leads from "my job failed" to "it runs again" is on its page."""
    looked = looking(page_of_stack + f"jobs/{failed}", width=1600)
    text = looked.text()
    assert looked.troubles == []
    for needed in (
        "FAILED",
        "CODE",
        "AlgorithmError",
        f"jobchute retry {failed[:15]}",
        "jobchute logs",
    ):
        assert needed in text, needed
    assert "TrainingJobName" in (looked.page.text_content("main") or "")
    assert looked.page.get_by_role("link", name="console").count() >= 1


def test_the_overview_counts_it_and_names_its_cause(failed: str, page_of_stack: str, looking: Looking) -> None:
    looked = looking(page_of_stack, width=1600)
    assert looked.troubles == []
    assert "CODE" in looked.text()
    assert looked.page.locator(f"a[href$='jobs/{failed}']").count() >= 1


def test_names_of_files_and_rejections_are_shown_as_text(
    world: World, page_of_stack: str, looking: Looking
) -> None:
    """A file's name is its sender's; so is the value that a rejection repeats."""
    key = world.drop(f"{MARKUP}.json", {"api": MARKUP, "request": {MARKUP: MARKUP}})
    assert world.ended(key)["state"] == State.REJECTED
    looked = looking(page_of_stack + "jobs?state=REJECTED")
    assert MARKUP in looked.text()
    assert not looked.is_hacked()
    looked.page.locator("#jobs tbody th a").first.click()
    looked.page.wait_for_url("**/jobs/*")
    assert not looked.is_hacked()
    assert looked.troubles == []


def test_a_running_job_ends_while_it_is_looked_at(world: World, page_of_stack: str, looking: Looking) -> None:
    document = training(world, "page-slow", simulate="slow")
    world.status_when(world.send(document), lambda found: found.get("state") == State.RUNNING)
    looked = looking(page_of_stack + f"jobs/{job_id_for_key(document['idempotencyKey'])}")
    expect(looked.page.locator("main .state").first).to_have_text("RUNNING")
    world.send({"cancel": document["idempotencyKey"]})
    expect(looked.page.locator("main .state").first).to_have_text("CANCELLED", timeout=60_000)
    assert looked.troubles == []


def test_a_sweep_names_its_best_job_and_draws_it(
    world: World, swept: str, page_of_stack: str, looking: Looking
) -> None:
    target = urlencode({"target": f"s3://{world.deployment.bucket}/{swept}"})
    looked = looking(f"{page_of_stack}sweeps?{target}", width=1600)
    assert looked.troubles == []
    assert "★ best" in looked.text()
    assert AUC in looked.text()
    assert looked.page.locator("tbody tr").count() == 24
    assert looked.page.locator(".parallel svg .line").count() == 24
    assert looked.page.locator(".multiples figure").count() >= 2


@pytest.mark.parametrize("path", ["", "jobs", "pools", "files", "sweeps"])
def test_pages_of_the_stack_open_and_tell_their_calls(path: str, page_of_stack: str, looking: Looking) -> None:
    looked = looking(page_of_stack + path)
    assert looked.troubles == []
    assert "AWS call" in looked.text("#read")
