"""The provider simulator: Braket, Bedrock, SageMaker and Fireworks AI jobs on loopback, spoken to by
unmodified clients.

It refuses what botocore's service models refuse, honours idempotency tokens, refuses used names, moves jobs
through their native states, sends the documented events to an EventBridge endpoint, and fails, throttles or
times out on request (`scenarios.py`). Run it with `python -m infra.local.simulator --help`, or inside a test:

    with Simulator(Settings(run_seconds=0.1)).serve() as url:
        boto3.client("braket", endpoint_url=url, ...)

Where a fact about a provider comes from is said beside it: [M] a machine model, [D] vendor documentation,
[T] a third party, [I] inferred, as in the project's provider notes.
"""

from .settings import Settings
from .simulator import Simulator

__all__ = ["Settings", "Simulator"]
