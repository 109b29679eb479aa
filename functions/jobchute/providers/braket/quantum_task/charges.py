"""What braket:CreateQuantumTask is billed for: a simulator's time, or the task and its shots."""

from jobchute.job import Document
from jobchute.providers.braket.charges import amounts_of
from jobchute.providers.braket.quantum_task.spec import SPEC
from jobchute.providers.charges import Charges, Usage, run_seconds

MIN_SECONDS = 3
"""A task on a simulator is billed for at least so long (Braket pricing)."""
UNKNOWN = "the device is neither a quantum device nor a simulator that is billed by time"


def charges_in(request: Document, usage: Usage) -> Charges:
    """A document may say how long the simulator runs at most (`usage`), which nothing enforces."""
    seconds = usage.get("simulatorSeconds", run_seconds(SPEC.run_time, request))
    counts = {"tasks": 1, "shots": request["shots"], "simulatorSeconds": max(seconds, MIN_SECONDS)}
    amounts = amounts_of(request["deviceArn"], counts)
    return Charges(amounts=amounts, unknown="" if amounts else UNKNOWN)
