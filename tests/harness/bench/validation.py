"""How long it takes to say whether a request body is valid: Jobchute beside what else there is.

    python -m tests.harness.bench.validation [--rounds N]

All contenders check the same real bodies (tests/examples/valid) in one run, by turns, in CPU time: `jobchute`
shape and rules across fields of a parsed body, `with rails` the guard rails of a deployment too, `with parsing`
the first from the text. ParamValidator knows no pattern, enum or maximum, jsonschema no rule across fields.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator, ValidationErrors
from jsonschema import Draft202012Validator

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.requests.body import problems_in
from jobchute.requests.document import Submission
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.schema import json_schema
from tests.paths import EXAMPLES

CALLS = 20
"""So many in a row are measured as one: the clock's own cost and resolution fade."""
RAILS = GuardRails(
    roles=("arn:aws:iam::*:role/*",),
    instance_types=("ml.*",),
    devices=("*",),
    models=("*",),
    outputs=("s3://",),
    most_instances=1000,
    longest_run_seconds=30 * 24 * 3600,
)
NAMES = ("json.loads", "jobchute", "with rails", "with parsing", "ParamValidator", "jsonschema")

Check = Callable[[], object]
Checks = dict[str, Check]


@dataclass(frozen=True, slots=True)
class Body:
    """A real request. request: with the name and token that Jobchute or botocore would put in."""

    name: str
    api: Api
    request: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.request)


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU microseconds of one call over the rounds."""

    least: float
    median: float


Row = tuple[str, dict[str, Timing]]
"""A body's name, and the times of each check of it."""


def bodies() -> list[Body]:
    found = []
    for path in sorted((EXAMPLES / "valid").glob("*/*.json")):
        example = json.loads(path.read_text())
        found.append(Body(f"{path.parent.name}/{path.stem}", Api(example["api"]), example["request"]))
    return found


def contenders(body: Body) -> Checks:
    """What is compared, each as one call; ParamValidator only where there is a botocore model."""
    text, request = body.text, body.request
    checks: Checks = {
        "json.loads": partial(json.loads, text),
        "jobchute": partial(problems_in, body.api, request),
        "with rails": partial(checked, body.api, request),
        "with parsing": lambda: problems_in(body.api, json.loads(text)),
        "jsonschema": partial(validator_of(body.api).is_valid, request),
    }
    if (shape := shape_of(body.api)) is not None:
        checks["ParamValidator"] = partial(ParamValidator().validate, complete(shape, request), shape)
    return checks


def checked(api: Api, request: dict[str, Any]) -> list[Problem]:
    return problems_in(api, request) + RAILS.problems_in(Submission(api=api, request=request))


def complete(shape: Shape, request: dict[str, Any]) -> dict[str, Any]:
    """With what Jobchute puts in before the provider's client sees the body: its name and its token."""
    missing = [name for name in shape.required_members if name not in request]
    return {**request, **dict.fromkeys(missing, "jc-0123456789")}


@cache
def shape_of(api: Api) -> Shape | None:
    service, _, operation = api.partition(":")
    if service == "fireworks":
        return None
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


@cache
def validator_of(api: Api) -> Draft202012Validator:
    """Of the request body alone, as the others check no more."""
    schema = json_schema(api)
    return Draft202012Validator({**schema["properties"]["request"], "$defs": schema["$defs"]})


def measured(checks: Mapping[str, Checks], rounds: int, calls: int = CALLS) -> list[Row]:
    """The times of each body's checks over so many rounds; in a round, all checks of all bodies take turns.

    A busy machine is slow for seconds at a time, so the rounds of one body are far apart.
    Raises ValueError where one does not accept its body: a refusal is another piece of work.
    """
    spent = {body: {name: list[float]() for name in own} for body, own in checks.items()}
    for body, name, check in each_of(checks):
        if name != "json.loads" and not is_accepted(check()):
            raise ValueError(f"{name} does not accept {body}")
    for _ in range(rounds):
        for body, name, check in each_of(checks):
            spent[body][name].append(one_round(check, calls))
    return [
        (body, {name: Timing(min(each), statistics.median(each)) for name, each in own.items()})
        for body, own in spent.items()
    ]


def each_of(checks: Mapping[str, Checks]) -> Iterator[tuple[str, str, Check]]:
    return ((body, name, check) for body, own in checks.items() for name, check in own.items())


def is_accepted(verdict: object) -> bool:
    """Whether an answer of one of the contenders says that there is nothing wrong."""
    match verdict:
        case ValidationErrors():
            return not verdict.has_errors()
        case list():
            return not verdict
        case _:
            return verdict is True


def one_round(check: Check, calls: int) -> float:
    begin = time.process_time_ns()
    for _ in range(calls):
        check()
    return (time.process_time_ns() - begin) / calls / 1000


def report(rows: Sequence[Row]) -> str:
    """Microseconds a request, least and median of the rounds, and how many times as long the others take."""
    lines = ["CPU microseconds a request: least/median", row_of("", NAMES)]
    for title, timings in [*rows, ("together, but for Fireworks", total([timings for _, timings in rows]))]:
        cells = [f"{t.least:.1f}/{t.median:.1f}" if (t := timings.get(name)) else "-" for name in NAMES]
        lines.append(row_of(title, cells))
    return "\n".join([*lines, *ratios(rows)])


def row_of(title: str, cells: Sequence[str]) -> str:
    return f"{title[:47]:48}" + "".join(f"{cell:>15}" for cell in cells)


def total(timings: Sequence[dict[str, Timing]]) -> dict[str, Timing]:
    """The sums over bodies that every contender can check."""
    shared = [each for each in timings if "ParamValidator" in each]
    names = shared[0]
    return {
        name: Timing(sum(each[name].least for each in shared), sum(each[name].median for each in shared))
        for name in names
    }


def ratios(rows: Sequence[Row]) -> list[str]:
    """How the others compare to Jobchute, by medians."""
    sums = total([timings for _, timings in rows])
    lines = []
    for name in ("json.loads", "ParamValidator", "jsonschema"):
        each = [row[name].median / row["jobchute"].median for _, row in rows if name in row]
        overall = sums[name].median / sums["jobchute"].median
        lines.append(
            f"{name}: {overall:.2f} times jobchute's time (a body: {min(each):.2f} to {max(each):.2f})"
        )
    name, timings = slowest(rows)
    time_of = timings["jobchute"]
    return [*lines, f"jobchute's slowest: {name}, {time_of.least:.1f}/{time_of.median:.1f} microseconds"]


def slowest(rows: Sequence[Row]) -> Row:
    """The body for which Jobchute takes longest."""
    return max(rows, key=lambda row: row[1]["jobchute"].least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31, help="how often every contender is measured")
    rounds = parser.parse_args().rounds
    print(report(measured({body.name: contenders(body) for body in bodies()}, rounds)))


if __name__ == "__main__":
    main()
