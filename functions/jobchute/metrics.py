"""Metrics as members of a log line, which CloudWatch reads out of the log: no call, and no library to load.

The form is CloudWatch's Embedded Metric Format, version 0; see its specification in the CloudWatch user guide.
"""

from collections.abc import Mapping
from typing import Any

NAMESPACE = "Jobchute"
FUNCTION = "function_name"
"""A dimension of every metric: it tells stacks apart. The logger writes this member into every line."""

MOVES = "Moves"
"""Moves of jobs, told by `announce`; by `state`, and by `state` and `api`."""
UNSUCCESSFUL = "Unsuccessful"
"""Ends of jobs that are no success, and rejections, told by `announce`; by `cause`."""
DUE = "DueJobs"
"""Open jobs that a sweep found to be due."""
STUCK = "StuckJobs"
"""Open jobs, found due by a sweep, whose deadline passed more than STUCK_SECONDS ago."""
OVERDUE = "OverdueSeconds"
"""How long the longest overdue job had been due when a sweep began."""
OLDEST_WAIT = "OldestWaitSeconds"
"""How long ago the oldest job was accepted that was not submitted when a sweep began; by `pool` too."""
WAITING = "Waiting"
"""Jobs in the line of a pool, by `pool`."""
IN_FLIGHT = "InFlight"
"""Jobs of a pool that hold a lease, by `pool`."""
STALLED_POOLS = "StalledPools"
"""Pools that have room and jobs that wait, but have admitted none for queue_metrics.STALLED_SECONDS."""
UNKNOWN_ENDS = "UnknownEnds"
"""Jobs that a sweep has ended because their provider reports a state that no table has."""
UNSAFE_QUEUES = "UnsafeQueues"
"""Queues of the account's own, beside the intake queue, that would lose a message (aws/other_queues.py)."""

BUDGET_USED = "BudgetUsedPercent"
"""How much of a budget its jobs of this month have reserved and spent, by `budget`."""

STUCK_SECONDS = 3600


def embedded(
    now: float, values: Mapping[str, float], *by: tuple[str, ...], **dimensions: str
) -> dict[str, Any]:
    """Members for a line of structured log.

    now: epoch seconds. by: sets of dimensions to count under, none: by function alone. dimensions: values.
    """
    described = [{"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"} for name in values]
    sets = [[FUNCTION, *each] for each in by or ((),)]
    directive = {"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": described}
    return {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}, **dimensions, **values}
