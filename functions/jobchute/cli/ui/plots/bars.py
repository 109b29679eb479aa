"""Jobs as bars on one time axis, a picture for each job, so that names stay text of the page."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import svg
from markupsafe import Markup

from jobchute.cli.facts.recent_jobs import epoch
from jobchute.cli.facts.timeline import Phase, Span, attempts_of
from jobchute.cli.tables import duration
from jobchute.cli.ui.plots.drawing import percent, picture, titled
from jobchute.job import Job

HEIGHT = 18
THICKNESS = {Phase.WAITING: 4, Phase.STARTING: 9, Phase.RUNNING: 16, Phase.STOPPING: 9}
"""Of a bar, in pixels: phases differ by more than their colours."""
MIN_PART = 0.004
"""Of the width: a shorter phase would not be seen."""
MAX_TICKS = 4
STEPS = tuple(60 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880))
DAY = 24 * 3600
MIN_SECONDS = 120
"""Of an axis."""


class Bar(NamedTuple):
    """One job: its picture. note: how long it took, or has lasted."""

    job: Job
    plot: Markup
    note: str


class TimeAxis(NamedTuple):
    """since, until: its ends, in epoch seconds."""

    since: float
    until: float

    def part(self, at: float) -> float:
        """Where a time is, from 0 to 1; times outside are at the ends."""
        return min(max((at - self.since) / (self.until - self.since), 0.0), 1.0)

    @property
    def ticks(self) -> list[float]:
        """Round times in UTC."""
        length = self.until - self.since
        step = next((step for step in STEPS if length / step <= MAX_TICKS), math.ceil(length / MAX_TICKS))
        first = math.ceil(self.since / step) * step
        return [first + number * step for number in range(int((self.until - first) // step) + 1)]


def axis_of(jobs: Sequence[Job], since: float, until: float) -> TimeAxis:
    """From since on, or from when the first of the jobs began: what was before has no bars."""
    first = min((epoch(job.created_at) for job in jobs), default=since)
    return TimeAxis(max(since, min(first, until - MIN_SECONDS)), until)


def bars_of(jobs: Sequence[Job], axis: TimeAxis) -> list[Bar]:
    """Jobs that have nothing on the axis are left out."""
    found = (_bar(number, job, axis) for number, job in enumerate(jobs))
    return [bar for bar in found if bar is not None]


def scale_of(axis: TimeAxis) -> Markup:
    """The times below the bars."""
    ticks = axis.ticks
    shape = "%H:%M" if axis.until - axis.since <= DAY else "%d %b"
    names = [datetime.fromtimestamp(tick, UTC).strftime(shape) for tick in ticks]
    elements: list[svg.Element] = []
    for tick, name in zip(ticks, names, strict=True):
        at = percent(axis.part(tick))
        elements.append(svg.Line(x1=at, x2=at, y1=0, y2=5, class_=["tick"]))
        elements.append(svg.Text(x=at, y=17, text=name, text_anchor=_anchor(axis.part(tick))))
    first, last = (datetime.fromtimestamp(at, UTC).isoformat(" ", "minutes") for at in axis)
    return picture(
        "scale",
        title="Time axis, UTC",
        description=f"{first[:16]} to {last[:16]}",
        height=20,
        elements=elements,
    )


def _anchor(part: float) -> Literal["start", "middle", "end"]:
    if part < 0.06:
        return "start"
    return "end" if part > 0.94 else "middle"


def _bar(number: int, job: Job, axis: TimeAxis) -> Bar | None:
    spans = [span for attempt in attempts_of(job, axis.until) for span in attempt.spans]
    shown = [span for span in spans if span.until >= axis.since]
    if not shown:
        return None
    words = [f"{span.state} for {duration(span.seconds)}" for span in spans]
    ticks: list[svg.Element] = [_tick(axis, at) for at in axis.ticks]
    plot = picture(
        f"bar-{number}",
        title=f"{job.state}: {', '.join(words)}",
        description="",
        height=HEIGHT,
        elements=[*ticks, *(_phase(span, axis) for span in shown)],
    )
    return Bar(job, plot, duration(sum(span.seconds for span in spans)))


def _tick(axis: TimeAxis, at: float) -> svg.Element:
    place = percent(axis.part(at))
    return svg.Line(x1=place, x2=place, y1=0, y2=HEIGHT, class_=["tick"])


def _phase(span: Span, axis: TimeAxis) -> svg.Element:
    start, end = axis.part(span.since), axis.part(span.until)
    shown = max(end - start, MIN_PART)
    thickness = THICKNESS[span.phase]
    return svg.Rect(
        x=percent(min(start, 1 - shown)),
        y=(HEIGHT - thickness) / 2,
        width=percent(shown),
        height=thickness,
        class_=["bar", f"phase-{span.phase}"],
        elements=titled(f"{span.state}: {duration(span.seconds)}"),
    )
