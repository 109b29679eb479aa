"""Draws docs/images/page.png and page-dark.png: the overview of `jobchute ui` after the demo.

    make picture

The embedded AWS of the demo is up. Some jobs more are sent, so that the page shows what runs, waits and fails;
then a browser opens the page.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

import boto3
from playwright.sync_api import FloatRect, sync_playwright

from infra.asset import ROOT
from infra.local import embedded
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.parsing.documents import read_documents
from jobchute.pools.limits import Limits
from tools import chromium
from tools.pages import DOCS

SAMPLE = ROOT / "events" / "requests" / "churn-nightly.yaml"
LIMIT = 4
JOBS = (
    *(("ranking", "search", "succeed"),) * 4,
    ("captions", "vision", "code"),
    ("forecast", "risk", "capacity"),
    ("fraud", "risk", "input"),
    *(("embeddings", "search", "slow"),) * 4,
    *(("churn", "growth", "slow"),) * 5,
)
"""The beginning of a name, a team, and how the simulator lets the job go."""
RULES_ARE_READ_WITHIN = 31
"""Seconds: as runtime.RULES_ARE_FRESH_SECONDS says."""
SETTLE_SECONDS = 20
"""Until the quick jobs have ended, while the slow ones run and wait."""
WIDTH, HEIGHT = 1280, 1040


def main() -> int:
    deployment = embedded.current()
    if deployment is None:
        print("the embedded AWS is not up; run: make demo", file=sys.stderr)
        return 1
    deployment.enter()
    PoolSettingsRow(boto3.client("dynamodb"), deployment.table).put_overrides(
        {sample()["api"]: Limits(limit=LIMIT)}
    )
    time.sleep(RULES_ARE_READ_WITHIN)
    for document in documents(f"{int(time.time()):x}"):
        boto3.client("sqs").send_message(QueueUrl=deployment.queue_url, MessageBody=json.dumps(document))
    time.sleep(SETTLE_SECONDS)
    draw(embedded.show_page(deployment))
    return 0


def documents(run: str) -> Iterator[dict[str, Any]]:
    """Requests of their own for each run."""
    for number, (name, team, fate) in enumerate(JOBS):
        unique = f"{name}-{run}-{number:02d}"
        yield {
            **sample(),
            "request": sample()["request"] | {"TrainingJobName": unique},
            "idempotencyKey": unique,
            "labels": {"team": team, "simulate": fate},
        }


def sample() -> dict[str, Any]:
    """Its API and request. The name of its API is that of a pool as well."""
    (document,) = read_documents(SAMPLE.read_bytes(), name=SAMPLE.name)
    value = cast("dict[str, Any]", document.value)
    return {"api": value["api"], "request": value["request"]}


def draw(address: str) -> None:
    """Both pictures of a page."""
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
        for name, scheme in (("page.png", "light"), ("page-dark.png", "dark")):
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme="light" if scheme == "light" else "dark",
            )
            page.goto(address)
            page.screenshot(path=DOCS / "images" / name, clip=clip)
            page.close()
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
