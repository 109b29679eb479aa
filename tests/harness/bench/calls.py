"""What one job costs in calls, counted from runs on the embedded AWS.

    python -m tests.harness.bench.calls [--json FILE]

Every job runs alone, after one of its API has warmed the functions up. Counted are: states that its execution
entered; invocations and milliseconds of its functions by Lambda's reports; DynamoDB units from the images
of every item that was written, and S3, SQS, EventBridge and provider calls. The sweep (once a minute, whatever
the number of jobs) is left out, save where a job needs it to go on: then its writes and its calls of the
provider count, and what it reads at every run does not. "is looked at" is a sweep that asks the
provider how a job stands which goes on running: one list for all jobs, and nothing is written.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from tests.harness.bench.counts import CASES, HEAD, LOOK, SUCCEEDS, Counts, line
from tests.harness.bench.meter import PROVIDERS
from tests.harness.bench.place import Place, running, wait_for_rest
from tests.harness.bench.samples import document_of
from tests.harness.bench.units import Units

SCENARIOS = {"fails": "fail", "is cancelled": "slow", "waits": "throttle", LOOK: "slow"}
ENDS = {"SUCCEEDED", "PARTIAL", "FAILED", "TIMED_OUT", "CANCELLED", "REJECTED"}
PATIENCE_SECONDS = 120.0
SWEEP_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path, help="where the counts go too")
    parser.add_argument("--api", choices=list(Api), action="append", help="these alone")
    options = parser.parse_args()
    print(HEAD)
    rows = []
    for row in measure(options.api or list(Api)):
        print(line(row), flush=True)
        rows.append(asdict(row))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def measure(apis: list[Api]) -> Iterator[Counts]:
    run = f"{int(time.time()):x}"
    with running(is_metered=True) as place:
        for api in apis:
            _run(place, api, SUCCEEDS, f"warm-{run}")
            for case in CASES:
                yield _run(place, api, case, run)


def _run(place: Place, api: Api, case: str, run: str) -> Counts:
    name = f"{api.partition(':')[2]}-{case.replace(' ', '-')}-{run}"[:48]
    document = document_of(api, name, SCENARIOS.get(case))
    if case == "is rejected":
        document["request"]["unheardOf"] = 1
    began = time.time()
    calls = Calls(place, api)
    key = place.drop(f"{name}.json", document)
    messages = 1
    if case == "is cancelled":
        calls.wait(key, {"SUBMITTED", "RUNNING"})
        place.drop(f"{name}-cancel.json", {"cancel": name})
        messages += 1
    if case == LOOK:
        return _looked_at(place, api, key)
    status = calls.wait(key, ENDS)
    wait_for_rest(place)
    counts = _counted(place, began) | {"provider_calls": dict(calls.made())}
    # An event is a message of its own, and the next one comes when this one is long observed.
    messages += counts["functions"].get("observe", 0)
    transitions = _transitions(place, status.get("jobId"))
    return Counts(
        api=api, case=case, state=status["state"], transitions=transitions, sqs_messages=messages, **counts
    )


def _looked_at(place: Place, api: Api, key: str) -> Counts:
    """The first sweep that asks the provider while the job runs."""
    Calls(place, api).wait(key, {"RUNNING"})
    wait_for_rest(place)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        began, calls = time.time(), Calls(place, api)
        place.sweep()
        if made := calls.made():
            wait_for_rest(place)
            counts = _counted(place, began) | {"provider_calls": dict(made)}
            state = (place.status(key) or {})["state"]
            Calls(place, api).wait(key, ENDS)
            return Counts(api=api, case=LOOK, state=state, transitions=0, sqs_messages=0, **counts)
        time.sleep(0.2)
    raise TimeoutError(f"no sweep looked at {key}")


class Calls:
    """The provider's calls since now, without those of sweeps that found nothing to do: they are no job's."""

    def __init__(self, place: Place, api: Api) -> None:
        self.place = place
        self.api = api
        self.before = self._now()
        self.idle: Counter[str] = Counter()

    def made(self) -> Counter[str]:
        return self._now() - self.before - self.idle

    def wait(self, key: str, states: set[str]) -> dict[str, Any]:
        """Until the status says one of the states. The sweep runs where nothing else moves a job on."""
        end, swept = time.monotonic() + PATIENCE_SECONDS, time.monotonic()
        while time.monotonic() < end:
            status = self.place.status(key)
            state = None if status is None else status.get("state")
            if status is not None and state in states:
                return status
            has_events = SPECS[self.api].events is not None and state not in (None, "QUEUED", "SUBMITTING")
            if not has_events and time.monotonic() - swept > SWEEP_SECONDS:
                self._sweep()
                swept = time.monotonic()
            time.sleep(0.2)
        raise TimeoutError(f"{key} is still {status}")

    def _sweep(self) -> None:
        began, before = time.time(), self._now()
        self.place.sweep()
        if not self.place.useful_sweeps(began):
            self.idle += self._now() - before

    def _now(self) -> Counter[str]:
        return Counter(self.place.simulator("calls")["calls"])


def _counted(place: Place, began: float) -> dict[str, Any]:
    """What was called since then; sweeps that wrote nothing are left out."""
    calls = [call for call in place.log.since(began) if call.function != "reconcile" or call.write.table]
    written = sum((call.write for call in calls), Units())
    ended = place.invocations(began) | {"reconcile": place.useful_sweeps(began)}
    by_operation = Counter((call.service, call.operation) for call in calls)
    return {
        "functions": {handler: len(spent) for handler, spent in ended.items() if spent},
        "calls": dict(Counter(call.function for call in calls if call.service not in PROVIDERS)),
        "milliseconds": sum(map(sum, ended.values())),
        "milliseconds_of": {handler: sum(spent) for handler, spent in ended.items() if spent},
        "write_units": written.table,
        "index_units": dict(written.by_index),
        "read_units": sum(call.read for call in calls),
        "s3_puts": by_operation["s3", "PUT"],
        "s3_gets": by_operation["s3", "GET"] + by_operation["s3", "HEAD"],
        "events_told": sum(call.told for call in calls),
        "execution_calls": sum(count for (service, _), count in by_operation.items() if service == "states"),
    }


def _transitions(place: Place, job_id: str | None) -> int:
    """States entered and entered again; what AWS bills, but for the start, which it does not."""
    if job_id is None:
        return 0
    arn = place.deployment.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{job_id}"
    sfn = place.client("stepfunctions")
    try:
        pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        kinds: list[str] = [event["type"] for page in pages for event in page["events"]]
    except sfn.exceptions.ExecutionDoesNotExist:
        return 0
    tries = max(kinds.count("TaskScheduled") - kinds.count("TaskStateEntered"), 0)
    return sum(kind.endswith("StateEntered") for kind in kinds) + tries


if __name__ == "__main__":
    main()
