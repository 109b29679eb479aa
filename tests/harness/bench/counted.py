"""What one job costs in calls and units, counted over the fakes of the fault harness in simulated time.

    python -m tests.harness.bench.counted [--api API] [--case CASE] [--calls]

The real handlers run a job alone, two hours after one of its API has warmed things up. The fakes deliver as AWS
is set up to: in particular they honour the stream's batching window, which the embedded AWS ignores (`calls`
counts there). Counted is what `counts.Counts` has; DynamoDB's units follow from the images of every item before
and after each write.

`reconcile` runs once a minute, as deployed. A run that writes nothing for the job is no job's: while nothing is
open, and while the job waits or runs, its calls do not depend on the number of jobs. A run that moves the
job on, as for an API without events, counts as an invocation, with all of its calls to the provider, and with
those calls to AWS that none of the other runs make. Milliseconds are
an estimate from the calls (AWS_SECONDS), as simulated time stands still within an invocation.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jobchute.job import Api, State
from tests.harness.bench.counted_world import HOUR, SWEEP, Call, CountedWorld
from tests.harness.bench.counts import CASES, HEAD, LOOK, Counts, line
from tests.harness.bench.samples import document_of
from tests.harness.bench.units import Units
from tests.harness.faults.functions import borrowed
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import BEGIN

SOURCE = "the functions over fakes of AWS, with the stream's batching window; their time is estimated"
IDLE_SECONDS = 2 * HOUR
"""Between the job that warms up and the one that is counted: pools that are made for a job are gone by then."""
IDLE_SWEEPS = 90
"""Some of what a sweep does in any case it does once an hour."""
WRITES_OF_JOBS = ("dynamodb:put_item/JOB", "dynamodb:update_item/JOB", "dynamodb:transact_write_items")
THROTTLES = 2
"""Create calls that are refused in the case `waits`, as by the simulator."""
AWS_SECONDS: Mapping[str, float] = {"dynamodb": 0.01, "s3": 0.03, "sqs": 0.02, "states": 0.03, "events": 0.02}
PROVIDER_SECONDS, INVOCATION_SECONDS = 0.1, 0.01
"""Assumed of a call, by its service, and of an invocation beside its calls."""
ANNOUNCED_SECONDS = 5
"""A move is announced within this time: the stream's batching window, and the delivery."""


def measure(apis: Sequence[Api], cases: Sequence[str] = CASES) -> Iterator[Counts]:
    with borrowed():
        for api in apis:
            yield from (Run(api, case).counts() for case in cases)


class Run:
    """One job of a case, in a world of its own."""

    def __init__(self, api: Api, case: str) -> None:
        self.api, self.case = api, case
        self.world = CountedWorld()
        self._drop("warm")
        self.world.rest()
        self.world.clock.run(self.world.clock.now + IDLE_SECONDS)
        self._known = {*self.world.rows.images}
        self._first = len(self.world.log.invocations)
        self._messages = self._delivered()
        self._go()
        self._standing = self._standing_calls()

    def counts(self) -> Counts:
        if self.case == LOOK:
            return self._counts_of_look()
        invocations = list(self._invocations())
        calls = [call for each in invocations for call in each]
        at_aws = [call for call in calls if call.service in AWS_SECONDS]
        names = Counter(call.name for call in calls)
        spent = _milliseconds(invocations)
        written = sum((call.write for call in calls), Units())
        return Counts(
            api=self.api,
            case=self.case,
            state=self.state,
            transitions=self._transitions(),
            functions=dict(Counter(each[0].function for each in invocations)),
            calls=dict(Counter(call.function for call in at_aws)),
            milliseconds=sum(spent.values()),
            milliseconds_of=spent,
            write_units=written.table,
            index_units=dict(written.by_index),
            read_units=sum(call.read for call in calls),
            s3_puts=names["s3:put_object"],
            s3_gets=names["s3:get_object"] + names["s3:head_object"],
            sqs_messages=self._delivered() - self._messages,
            events_told=sum(call.told for call in calls),
            execution_calls=sum(call.service == "states" for call in calls),
            provider_calls=dict(Counter(call.name for call in calls if call.service not in AWS_SECONDS)),
        )

    @property
    def state(self) -> State:
        return self.world.rows.jobs()[self._job_id].state

    def calls(self) -> list[Call]:
        """The job's, in order."""
        return [call for calls in self._invocations() for call in calls]

    def _invocations(self) -> Iterator[list[Call]]:
        """Of each invocation for the job, its calls."""
        log = self.world.log
        for number in range(self._first, len(log.invocations)):
            calls = log.of(number)
            if log.invocations[number] == SWEEP:
                calls = self._own(calls) if self._moves_the_job(calls) else []
            if calls:
                yield calls

    def _moves_the_job(self, calls: list[Call]) -> bool:
        return any(call.write.table and call.name.startswith(WRITES_OF_JOBS) for call in calls)

    def _own(self, calls: list[Call]) -> list[Call]:
        """Of a sweep, without those that it makes in any case."""
        left, own = Counter(self._standing), []
        for call in calls:
            if left[call.name]:
                left[call.name] -= 1
            else:
                own.append(call)
        return own

    def _standing_calls(self) -> Counter[str]:
        """The calls to AWS of sweeps that do not move the job: of each name the most that one of them made."""
        log, most = self.world.log, Counter[str]()
        for number in range(self._first - IDLE_SWEEPS, len(log.invocations)):
            calls = log.of(number)
            if log.invocations[number] == SWEEP and not self._moves_the_job(calls):
                most |= Counter(call.name for call in calls if call.service in AWS_SECONDS)
        return most

    def _go(self) -> None:
        """Let the case happen."""
        world = self.world
        if self.case == "fails":
            world.course = replace(world.course, is_good=False)
        if self.case == "waits":
            world.wire.throttles = THROTTLES
        self._drop("counted")
        world.run_until(lambda: len(world.rows.images) > len(self._known))
        (self._job_id,) = world.rows.images.keys() - self._known
        if self.case == "is cancelled":
            world.run_until(lambda: self.state >= State.SUBMITTED)
            self._upload("cancel", {"cancel": self._job_id})
        if self.case == LOOK:
            self._look()
        else:
            world.rest()

    def _look(self) -> None:
        """Until the first sweep that asks the provider while the job runs, alone."""
        world = self.world
        world.course = replace(world.course, seconds=HOUR)
        world.run_until(lambda: self.state is State.RUNNING)
        world.clock.run(world.clock.now + ANNOUNCED_SECONDS)
        self._first = len(world.log.invocations)
        world.run_until(lambda: bool(self._polls()))

    def _polls(self) -> list[Call]:
        """Calls of the provider since it is looked at."""
        calls = (call for call in self.world.log.calls if call.number >= self._first)
        return [call for call in calls if call.service not in AWS_SECONDS]

    def _counts_of_look(self) -> Counts:
        """Raises RuntimeError for anything beside the calls of the provider."""
        if any(self._invocations()):
            raise RuntimeError(f"a poll of {self.api} wrote something: {self.calls()}")
        polls = dict(Counter(call.name for call in self._polls()))
        return Counts(self.api, self.case, self.state, provider_calls=polls)

    def _drop(self, name: str) -> None:
        document = document_of(self.api, f"{name}-{self.case.replace(' ', '-')}")
        if self.case == "is rejected":
            document["request"]["unheardOf"] = 1
        self._upload(name, document)

    def _upload(self, name: str, document: Mapping[str, Any]) -> None:
        self.world.upload(f"requests/{name}.json", document, Sent(Kind.JOB))

    def _delivered(self) -> int:
        """How many messages the functions have got."""
        return self.world.intake.taken.total() + self.world.events.taken.total()

    def _transitions(self) -> int:
        """States entered, and entered again: `Wait`, `Dispatch`, and the Fail state of a job that did not
        succeed (infra/tracking.py).
        """
        found = [each for each in self.world.states.executions if each.job_id == self._job_id]
        return sum(1 + each.tries + (each.status == "FAILED") for each in found)


def _milliseconds(invocations: Sequence[Sequence[Call]]) -> dict[str, int]:
    """By function."""
    seconds: Counter[str] = Counter()
    for calls in invocations:
        spent = sum(AWS_SECONDS.get(call.service, PROVIDER_SECONDS) for call in calls)
        seconds[calls[0].function] += round(1000 * (INVOCATION_SECONDS + spent))
    return dict(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--api", choices=list(Api), action="append", help="these alone")
    parser.add_argument("--case", choices=CASES, action="append", help="these alone")
    parser.add_argument("--calls", action="store_true", help="every call, in order, besides")
    options = parser.parse_args()
    print(HEAD)
    with borrowed():
        for api in options.api or list(Api):
            for case in options.case or CASES:
                run = Run(api, case)
                print(line(run.counts()))
                if options.calls:
                    print("\n".join(lines_of(run.calls())))


def lines_of(calls: Sequence[Call]) -> Iterator[str]:
    """Each call; an empty line before each invocation."""
    number = None
    for call in calls:
        if call.number != number:
            number = call.number
            yield ""
        units = f"{call.write.table:3.0f} {call.write.index:3} {call.read:5.1f}"
        yield f"{call.at - BEGIN:10.1f}  {call.function:9} {call.name:50} {units}"


if __name__ == "__main__":
    main()
