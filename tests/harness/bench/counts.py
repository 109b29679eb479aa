"""What one job costs: its counts, as both instruments tell them, and their table.

`calls` counts on the embedded AWS, `counted` over the fakes of the fault harness.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from jobchute.cli.commands.cost import PER
from jobchute.cli.job_cost import Prices, Usage, cost

SUCCEEDS = "succeeds"
LOOK = "is looked at"
CASES = (SUCCEEDS, "fails", "is rejected", "is cancelled", "waits", LOOK)

UNITS = {"write units of the table": 18, "write units of the indexes": 22}
MAX_OVER_FAKES: Mapping[str, float] = {
    "calls": 30,
    "invocations": 7,
    "status documents": 3,
    **UNITS,
    "transitions": 2,
    "creates": 1,
    "US$ per 1,000 jobs": 0.12,
}
MAX_EMBEDDED: Mapping[str, float] = {"calls": 36, "invocations": 10, **UNITS, "transitions": 2, "creates": 1}
"""Of a job that succeeds, alone. The embedded AWS ignores the stream's batching window."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one job, from drop to rest. calls: of each function, to AWS alone.

    functions: their invocations. milliseconds: of all of them together; milliseconds_of: by function.
    s3_puts: all are status documents.
    events_told: entries of PutEvents, for which AWS charges.
    """

    api: str
    case: str
    state: str
    transitions: int = 0
    functions: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    milliseconds: float = 0
    milliseconds_of: Mapping[str, float] = field(default_factory=dict)
    write_units: float = 0
    index_units: Mapping[str, int] = field(default_factory=dict)
    read_units: float = 0
    s3_puts: int = 0
    s3_gets: int = 0
    sqs_messages: int = 0
    events_told: int = 0
    execution_calls: int = 0
    provider_calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def function_calls(self) -> int:
        return sum(self.functions.values())

    @property
    def all_calls(self) -> int:
        """Of all functions, to AWS and to the provider."""
        return sum(self.calls.values()) + sum(self.provider_calls.values())

    @property
    def all_index_units(self) -> int:
        return sum(self.index_units.values())

    def quantities(self, prices: Prices) -> dict[str, float]:
        """By the names in MAX_OVER_FAKES."""
        creates = (count for name, count in self.provider_calls.items() if "create" in name.lower())
        return {
            "calls": self.all_calls,
            "invocations": self.function_calls,
            "status documents": self.s3_puts,
            "write units of the table": self.write_units,
            "write units of the indexes": self.all_index_units,
            "transitions": self.transitions,
            "creates": sum(creates),
            "US$ per 1,000 jobs": PER * cost(Usage.of_counts(asdict(self)), prices),
        }


HEAD = (
    "api                                 case          state      transitions  invocations  calls      ms"
    "  WCU  index  RCU  S3 put/get  SQS  bus  provider calls; invocations/calls of functions"
)


def line(row: Counts) -> str:
    provider = ", ".join(
        f"{name.partition(':')[2] or name} {n}" for name, n in sorted(row.provider_calls.items())
    )
    told = f"{row.sqs_messages:3}  {row.events_told:3}"
    functions = ", ".join(
        f"{name} {count}/{row.calls.get(name, 0)}" for name, count in sorted(row.functions.items())
    )
    return (
        f"{row.api:35} {row.case:13} {row.state:10} {row.transitions:11}  {row.function_calls:11}"
        f"  {row.all_calls:5}  {row.milliseconds:6.0f}  {row.write_units:3.0f}  {row.all_index_units:5}"
        f"  {row.read_units:3.0f}  {row.s3_puts:5}/{row.s3_gets:<4}  {told}  {provider}; {functions}"
    )
