"""A job's states as a line of characters on a time axis. Pure."""

from jobchute.cli.facts.timeline import Phase, attempts_of
from jobchute.job import Job

MARKS = {Phase.WAITING: "░", Phase.STARTING: "▒", Phase.RUNNING: "█", Phase.STOPPING: "▓"}
NOTHING = "·"


def bar_of(job: Job, *, since: float, now: float, cells: int) -> str:
    """Each cell shows the last state that the job had in it. since, now: the ends of the axis."""
    each = max(now - since, 1.0) / cells
    marks = [NOTHING] * cells
    spans = [span for attempt in attempts_of(job, now) for span in attempt.spans if span.until >= since]
    for span in spans:
        first, last = (min(max(int((at - since) / each), 0), cells - 1) for at in (span.since, span.until))
        marks[first : last + 1] = MARKS[span.phase] * (last + 1 - first)
    return "".join(marks)
