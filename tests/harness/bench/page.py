"""What pages of `jobchute ui` take over a ledger of many jobs on an embedded AWS: time, and calls of AWS.

    python -m tests.harness.bench.page [--jobs 10000]

The first load of a page includes clients of AWS that are made, and connections that are opened. The later ones
come when nothing that was read before is kept any longer.
"""

import argparse
import re
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.local import embedded
from jobchute.cli.ui.site import KEPT_SECONDS
from jobchute.job import sha256
from tests.page.server import served
from tests.page.stage import seeded

JOBS = 10_000
LOADS = 4
MAX_SECONDS = 1.0
TABLE = "many"
PAGES = {
    "overview": "",
    "overview, a week": "?since=7d",
    "jobs": "jobs",
    "jobs that failed": "jobs?state=FAILED",
    "jobs of a text": "jobs?text=cuda",
    "job": f"jobs/jc-{sha256('seeded 3')}",
    "pools": "pools",
    "pool": "pools?name=sagemaker%3ACreateTrainingJob",
    "files": "files",
    "sweeps": "sweeps",
    "sweep": "sweeps?target=s3%3A%2F%2Fdrop%2Frequests%2Fnightly-9.jsonl",
}
WITHIN_A_SECOND = ("overview", "jobs")
READ = re.compile(r"(\d+) AWS calls?, (\d+) ms")


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a page. seconds: from the request to the last byte. calls: of AWS, as the page says."""

    seconds: float
    calls: int


@dataclass(frozen=True, slots=True)
class Loads:
    """Loads of a page, the first one apart."""

    page: str
    first: Load
    later: tuple[Load, ...]

    @property
    def seconds(self) -> float:
        return median(load.seconds for load in self.later)

    @property
    def slowest(self) -> float:
        return max(load.seconds for load in self.later)

    @property
    def calls(self) -> int:
        return max(load.calls for load in self.later)


def measure(jobs: int = JOBS) -> Iterator[Loads]:
    """Starts an embedded AWS of its own, and ends it."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        try:
            environment = seeded(embedded.start(state), TABLE, jobs)
            with served(environment, Path(folder) / "log") as address:
                yield from loads(address)
        finally:
            embedded.down(state)


def loads(address: str) -> Iterator[Loads]:
    """address: of a page that is served."""
    for page, path in PAGES.items():
        found = []
        for _ in range(LOADS):
            found.append(load(address + path))
            time.sleep(KEPT_SECONDS + 0.5)
        yield Loads(page, found[0], tuple(found[1:]))


def load(url: str) -> Load:
    """Raises RuntimeError where the page does not say how many calls it took."""
    begun = time.monotonic()
    with urllib.request.urlopen(url, timeout=60) as answer:
        text = answer.read().decode()
    seconds = time.monotonic() - begun
    said = READ.search(text)
    if said is None:
        raise RuntimeError(f"{url} does not say how many calls it took")
    return Load(seconds, int(said[1]))


HEAD = "page                  first load       later, median   slowest   calls"


def line(found: Loads) -> str:
    first = f"{found.first.seconds:6.2f} s, {found.first.calls:3} calls"
    return f"{found.page:20}  {first}   {found.seconds:9.2f} s   {found.slowest:5.2f} s   {found.calls:5}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=JOBS)
    print(HEAD)
    for found in measure(parser.parse_args().jobs):
        print(line(found), flush=True)


if __name__ == "__main__":
    main()
