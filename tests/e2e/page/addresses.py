"""Addresses of every page over a ledger of tests.seeded_ledger, below the token."""

from urllib.parse import urlencode

from jobchute.cli.ui.routes import PAGES
from jobchute.job import sha256
from tests.seeded_ledger import HOSTILE


def job_of(label: str) -> str:
    """The id of a job of the seeded ledger: `seeded 7`, `hostile markup`."""
    return f"jc-{sha256(label)}"


def query(**parameters: str) -> str:
    return f"?{urlencode(parameters)}"


ADDRESSES: dict[str, dict[str, str]] = {
    "overview": {"a day": "", "a week": query(since="7d")},
    "jobs": {
        "all": "jobs",
        "failed": "jobs" + query(state="FAILED"),
        "none": "jobs" + query(state="PARTIAL", label="team=none"),
    },
    "job": {
        "waits": f"jobs/{job_of('seeded 3')}",
        "runs": f"jobs/{job_of('seeded 16')}",
        "failed": f"jobs/{job_of('seeded 90')}",
        "succeeded": f"jobs/{job_of('seeded 49')}",
    },
    "sweeps": {
        "recent": "sweeps",
        "a file": "sweeps" + query(target="s3://drop/requests/nightly-0.jsonl"),
        "a label": "sweeps" + query(target="team=growth"),
    },
    "pools": {"all": "pools", "one": "pools" + query(name="sagemaker:CreateTrainingJob")},
    "files": {"all": "files"},
}
"""By the names of pages, and of cases."""
HOSTILE_ADDRESSES = {f"job-{kind}": f"jobs/{job_of(f'hostile {kind}')}" for kind in HOSTILE}
EVERY = {
    f"{page}, {case}": path
    for page, cases in ADDRESSES.items()
    for case, path in cases.items()
    if page in {each.name for each in PAGES}
}
NAMES = frozenset(page.name for page in PAGES)
