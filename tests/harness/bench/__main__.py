"""Every benchmark, one report: text as it goes, and JSON and plots where asked.

    make bench                                     the quick ones and a burst of 100 files
    make bench BENCH="--files 1000 --growth 10 100 1000 10000 --docs"
    make bench BENCH="--only beside --beside CHECKOUT --files 1000"
    make bench BENCH="--only cold_start --only calls"

Every figure is a ratio against something that ran beside it, or a count.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobchute.cli.commands.cost import PRICES, read_prices
from jobchute.job import Api
from tests.harness.bench import (
    beside,
    calls,
    cold_start,
    counted,
    counts,
    growth,
    intake,
    listing,
    page,
    plots,
    quotas,
    results,
    throughput,
    validation,
)
from tests.harness.bench.figures import Figure, plain
from tests.paths import DOCS, ROOT

BUILD = ROOT / "build"

VALIDATION_ROUNDS = 31
MAX_MICROSECONDS = 50
MAX_OF_TUNING = 3.0
"""Times ParamValidator's. Bodies of tuning jobs are larger than all others: they contain training jobs."""
MAX_GROWTH = 1.1

Part = Callable[[argparse.Namespace, dict[str, Any]], Iterator[Figure]]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.harness.bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; can be repeated")
    parser.add_argument("--runs", type=int, default=11, help="paired runs of a cold start")
    parser.add_argument("--files", type=int, default=100, help="of the burst")
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="bursts of these sizes besides")
    parser.add_argument("--beside", type=Path, help="an installed checkout of the commit to compare with")
    parser.add_argument("--json", type=Path, default=BUILD / "bench.json", help="where the report goes too")
    parser.add_argument("--docs", action="store_true", help="renew the plots in docs/")
    options = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "date": time.strftime("%Y-%m-%d"), "tables": {}}
    print(", ".join(f"{name}: {value}" for name, value in report["machine"].items()))
    figures = []
    for part in options.only or PARTS:
        print(f"\n{part}\n", flush=True)
        figures += list(PARTS[part](options, report["tables"]))
    report["figures"] = [plain(figure) for figure in figures]
    print("\nfigures\n")
    for figure in figures:
        print(figure.line())
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    if options.docs:
        plots.draw(report["tables"], DOCS)


def machine() -> dict[str, Any]:
    """What it ran on: kind, not name."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = sum(line.startswith("processor") for line in Path("/proc/cpuinfo").read_text().splitlines())
    return {"cpu": cpu, "cores": cores, "python": platform.python_version(), "system": platform.system()}


def _validation(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    checks = {body.name: validation.contenders(body) for body in validation.bodies()}
    rows = validation.measured(checks, VALIDATION_ROUNDS)
    print(validation.report(rows))
    sums = validation.total([timings for _, timings in rows if "ParamValidator" in timings])
    ours, theirs = sums["jobchute"].median, sums["ParamValidator"].median
    tables["validation"] = {name: timing.median for name, timing in sums.items()}
    yield Figure("validating a body", ours / theirs, "botocore's ParamValidator, which checks less", 1.0)
    tuning = [row for row in rows if "CreateHyperParameterTuningJob" in row[0]]
    name, time_of = validation.slowest([row for row in rows if row not in tuning])
    yield Figure(f"microseconds of the slowest body, {name}", time_of["jobchute"].least, "", MAX_MICROSECONDS)
    name, time_of = validation.slowest(tuning)
    ours, theirs = time_of["jobchute"].least, time_of["ParamValidator"].least
    yield Figure(f"the slowest tuning job, {name}", ours / theirs, "ParamValidator", MAX_OF_TUNING)


def _intake(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    costs = intake.measured(intake.COUNTS)
    print(intake.report(costs))
    tables["intake"] = [plain(cost) for cost in costs]
    least, most = costs[0], costs[-1]
    name = f"a file of {most.requests} requests beside one of {least.requests}"
    yield Figure(f"peak memory of {name}", most.peak / least.peak, "the small file's", MAX_GROWTH)
    yield Figure(f"time a request of {name}", most.each / least.each, "the small file's", MAX_GROWTH)


def _cold_start(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    tables["cold_start"] = []
    print(cold_start.HEAD)
    for row in cold_start.measure(runs=options.runs):
        print(cold_start.line(row), flush=True)
        tables["cold_start"].append(plain(row))
        name = f"cold start of {row.function}" + (f" with {row.provider}" if row.provider else "")
        yield Figure(name, row.of_floor, "the floor", cold_start.MAX_RATIO_TO_FLOOR)
        yield Figure(name, row.of_usual, "the usual package", cold_start.MAX_RATIO_TO_USUAL)


def _calls(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    tables["calls"] = []
    yield from _figures(calls.measure(list(Api)), tables["calls"], counts.MAX_EMBEDDED)


def _counted(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    tables["counted"] = []
    yield from _figures(counted.measure(list(Api)), tables["counted"], counts.MAX_OVER_FAKES)


def _figures(
    rows: Iterable[counts.Counts], table: list[dict[str, Any]], most: Mapping[str, float]
) -> Iterator[Figure]:
    """Of a job that succeeds, beside the most that it may take."""
    prices = read_prices(PRICES)
    print(counts.HEAD)
    for row in rows:
        print(counts.line(row), flush=True)
        table.append(plain(row))
        if row.case == counts.SUCCEEDS:
            found = row.quantities(prices)
            yield from (Figure(f"{row.api}: {name}", found[name], "", aim) for name, aim in most.items())


def _throughput(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    print(throughput.HEAD)
    bursts = []
    for burst in throughput.measure([*options.growth, options.files]):
        print(throughput.line(burst), flush=True)
        bursts.append(burst)
    tables["throughput"] = [plain(burst) for burst in bursts]
    last = bursts[-1]
    yield Figure(
        f"burst of {last.files} files",
        last.of_empty,
        "the empty pipeline",
        throughput.MIN_RATIO_TO_EMPTY,
        is_least=True,
    )
    by_size = sorted(bursts, key=lambda burst: burst.files)
    if len(by_size) > 1:
        least, most = by_size[0], by_size[-1]
        name = f"time a job, {most.files} files beside {least.files}"
        yield Figure(name, least.of_empty / most.of_empty, "the empty pipeline's", throughput.MAX_GROWTH)


def _beside(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    if options.beside is None:
        print("give --beside a checkout to compare with")
        return
    compared = beside.compare(options.beside, files=options.files)
    print("\n".join(beside.report(compared)))
    tables["beside"] = plain(compared)
    name = f"jobs a second, burst of {compared.files} files"
    yield Figure(name, compared.of_jobs, "the other commit's", beside.MIN_RATIO_OF_JOBS, is_least=True)
    name = "drop to create call of a lone job, p50"
    yield Figure(name, compared.of_latency, "the other commit's", beside.MAX_RATIO_OF_LATENCY)


def _listing(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    found = list(listing.measure())
    print("\n".join(map(listing.line, found)))
    tables["listing"] = [plain(each) for each in found]
    least, most = found[0], found[-1]
    name = f"calls of a list of the newest jobs among {most.jobs:,}"
    yield Figure(name, most.calls.total() / least.calls.total(), f"those among {least.jobs:,}", 1.0)


def _page(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    tables["page"] = []
    print(page.HEAD)
    for found in page.measure():
        print(page.line(found), flush=True)
        tables["page"].append(plain(found))
        if found.page in page.WITHIN_A_SECOND:
            name = f"seconds to load {found.page} among {page.JOBS:,} jobs"
            yield Figure(name, found.seconds, "", page.MAX_SECONDS)


def _results(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    tables["results"] = []
    for found in results.measure():
        print(results.line(found), flush=True)
        tables["results"].append(plain(found))
        name = f"MiB to join {found.records:,} records of {found.megabytes:,.0f} MB"
        yield Figure(name, found.peak, "", results.MAX_MEGABYTES)


def _growth(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    print(growth.HEAD)
    tables["growth"] = []
    for found in growth.measure():
        print(growth.line(found), flush=True)
        tables["growth"].append(plain(found))
        name, beside = f"a job of {found.many.jobs} at once", f"one of {found.few.jobs}"
        yield Figure(f"processor time of {name}", found.of_time, beside, growth.MAX_GROWTH)
        yield Figure(f"calls of {name}", found.of_calls, beside, growth.MAX_GROWTH)


def _quotas(options: argparse.Namespace, tables: dict[str, Any]) -> Iterator[Figure]:
    found = list(quotas.loads(quotas.happy_counts()))
    tables["quotas"] = [plain(load) for load in found]
    for text in quotas.report(found):
        print(text)
    for load in found:
        if load.jobs_an_hour == max(quotas.JOBS_AN_HOUR) and not load.quota.ask:
            name = f"{load.quota.name}, at {load.jobs_an_hour:,} jobs an hour"
            yield Figure(name, load.used, "the quota", quotas.MAX_USED)


PARTS: dict[str, Part] = {
    "validation": _validation,
    "intake": _intake,
    "cold_start": _cold_start,
    "counted": _counted,
    "calls": _calls,
    "throughput": _throughput,
    "beside": _beside,
    "listing": _listing,
    "page": _page,
    "results": _results,
    "growth": _growth,
    "quotas": _quotas,
}

if __name__ == "__main__":
    main()
