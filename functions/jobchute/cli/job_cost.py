"""What counted calls cost, and what the same job would cost under other ways to track it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

FUNCTION_GB = 0.5
"""infra/function.py gives every function 512 MB."""
REQUESTS_PER_MESSAGE = 3
DURATIONS = {"10 min": 600, "1 h": 3600, "24 h": 24 * 3600, "7 d": 7 * 24 * 3600}

# One turn of a polling loop: Wait, Describe, Choice. A function's Describe takes about 0.1 s.
TRANSITIONS_PER_POLL = 3
POLL_SECONDS_OF_FUNCTION = 0.1
# Create and the end.
TRANSITIONS_OF_ANY = 2


class Prices(BaseModel):
    """US$ for one of each. date: when they were read, sources: where."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    date: Any
    region: str
    sources: list[str]
    state_transition: float
    function_call: float
    function_gb_second: float
    write_unit: float
    read_unit: float
    s3_put: float
    s3_get: float
    sqs_request: float
    bus_event: float
    idle: dict[str, Any] | None = None
    """Checked by jobchute.cli.idle_cost.IdlePrices, where it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one job takes. seconds: of all its functions together."""

    transitions: float = 0
    function_calls: float = 0
    seconds: float = 0
    write_units: float = 0
    read_units: float = 0
    s3_puts: float = 0
    s3_gets: float = 0
    messages: float = 0
    events: float = 0

    @classmethod
    def of_counts(cls, counts: Mapping[str, Any]) -> "Usage":
        """Of one row of the counts."""
        return cls(
            transitions=counts["transitions"],
            function_calls=sum(counts["functions"].values()),
            seconds=counts["milliseconds"] / 1000,
            write_units=counts["write_units"] + sum(counts["index_units"].values()),
            read_units=counts["read_units"],
            s3_puts=counts["s3_puts"],
            s3_gets=counts["s3_gets"],
            messages=counts["sqs_messages"],
            events=counts["events_told"],
        )


def cost(usage: Usage, prices: Prices) -> float:
    """US$ of one job."""
    return (
        usage.transitions * prices.state_transition
        + usage.function_calls * prices.function_call
        + usage.seconds * FUNCTION_GB * prices.function_gb_second
        + usage.write_units * prices.write_unit
        + usage.read_units * prices.read_unit
        + usage.s3_puts * prices.s3_put
        + usage.s3_gets * prices.s3_get
        + usage.messages * REQUESTS_PER_MESSAGE * prices.sqs_request
        + usage.events * prices.bus_event
    )


def polling(seconds: int, *, every: int, by_function: bool) -> Usage:
    """Submitted and tracked by a loop in a state machine, and nothing else: no ledger, no status documents."""
    polls = seconds // every
    return Usage(
        transitions=TRANSITIONS_OF_ANY + polls * TRANSITIONS_PER_POLL,
        function_calls=polls if by_function else 0,
        seconds=polls * POLL_SECONDS_OF_FUNCTION if by_function else 0,
    )


def sync() -> Usage:
    """Submitted by Step Functions' own `.sync` integration, which SageMaker and not all providers have."""
    return Usage(transitions=TRANSITIONS_OF_ANY)
