"""Writes the counts that `jobchute cost` prices: of one job of each API and case, over the fakes of AWS.

    make counts

A test fails when they are stale.
"""

import json
import time
from dataclasses import asdict
from importlib.metadata import version

from jobchute.cli.commands.cost import COUNTS
from jobchute.job import Api
from tests.harness.bench.counted import SOURCE, measure


def main() -> None:
    text = json.dumps({"date": time.strftime("%Y-%m-%d"), **counted()}, indent=2)
    COUNTS.write_text(text + "\n")


def counted() -> dict[str, object]:
    """The counts, as they stand in the file, without their date."""
    jobs = [asdict(row) for row in measure(list(Api))]
    return {"source": SOURCE, "version": version("jobchute"), "jobs": jobs}


if __name__ == "__main__":
    main()
