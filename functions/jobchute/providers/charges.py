"""What a job is billed for, at most, as its request says it: quantities without prices.

Each API's folder has `charges.py` with `charges_in`. What the prices are, and what follows from both, is in
`jobchute.money`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.job import Api, Document
from jobchute.providers.members import values_at
from jobchute.providers.spec import DAY, RunTime

ALLOWANCE = DAY
"""How long after a limit of Jobchute's a job is stopped (settings, `allowance_seconds`)."""

Usage = Mapping[str, int]
"""Quantities that a document gives because its request does not say them, by the names in `USAGE`."""

USAGE = ("inputTokens", "outputTokens", "tasks", "shots", "simulatorSeconds")


class Instances(NamedTuple):
    """Machines of one type that run at the same time.

    kind: what their prices are called by: one is `KIND/TYPE`, a gigabyte of their volumes `KIND/volume`.
    number: how many. volume_gb: of each of them.
    """

    kind: str
    type: str
    number: int
    volume_gb: int = 0


class Amount(NamedTuple):
    """A number of things that are billed each. price: the name of the price. measure: its name in `USAGE`.

    is_reported: whether the provider tells at the end how many there were.
    """

    price: str
    amount: int
    measure: str
    is_reported: bool


class Charges(NamedTuple):
    """seconds: the run-time limit. alternatives: sets of instances; the job runs on one of them.

    beside: instances that run as long, with any alternative. keep_alive: seconds for which the instances
    are kept after the job. beyond: what is billed in addition, without a limit in the request.
    unknown: why the request does not say what is billed. is_told: whether the facts of the job's end say what
    was billed.
    """

    seconds: int = 0
    alternatives: tuple[tuple[Instances, ...], ...] = ()
    beside: tuple[Instances, ...] = ()
    keep_alive: int = 0
    amounts: tuple[Amount, ...] = ()
    beyond: str = ""
    unknown: str = ""
    is_told: bool = True


def charges_of(api: Api, request: Document, usage: Usage) -> Charges:
    """What a job of a valid request is billed for, at most."""
    from jobchute.providers.registry import module_of

    charges: Charges = module_of(api, "charges").charges_in(request, usage)
    return charges


def run_seconds(run_time: RunTime, request: Document) -> int:
    """Seconds that a job may run: by its request, or by default; until Jobchute stops it if it has no limit."""
    if run_time.path is None:
        return run_time.default + ALLOWANCE
    given = [value * run_time.unit for _, value in values_at(request, run_time.path) if isinstance(value, int)]
    return max(given, default=run_time.default)


def number(members: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A member that is a whole number; the default where it is missing."""
    value = members.get(name)
    return value if isinstance(value, int) else default
