"""The states of one attempt as bars on a time axis."""

import svg
from markupsafe import Markup

from jobchute.cli.facts.timeline import Attempt, Phase, Span
from jobchute.cli.tables import duration
from jobchute.cli.ui.plots.drawing import percent, picture, titled

HEIGHT = 40
HEIGHTS = {Phase.WAITING: 10, Phase.STARTING: 20, Phase.RUNNING: 32, Phase.STOPPING: 20}
"""Of the bars: phases differ by more than their colours."""
MIN_PART = 0.004
"""Of the width: a shorter state would not be seen."""


def timeline(attempt: Attempt) -> Markup:
    """Empty if the attempt has no span of time."""
    spans = attempt.spans
    if not spans:
        return Markup("")
    start, end = spans[0].since, spans[-1].until
    length = max(end - start, 1e-9)
    words = [f"{span.state} for {duration(span.seconds)}" for span in spans]
    return picture(
        f"timeline-{attempt.number}",
        title=f"Time in each state, {duration(end - start)} in all",
        description="; ".join(words),
        height=HEIGHT,
        elements=[_bar(span, (span.since - start) / length, span.seconds / length) for span in spans],
    )


def _bar(span: Span, at: float, part: float) -> svg.Element:
    shown, height = max(part, MIN_PART), HEIGHTS[span.phase]
    return svg.Rect(
        x=percent(min(at, 1 - shown)),
        y=(HEIGHT - height) / 2,
        width=percent(shown),
        height=height,
        class_=["bar", f"phase-{span.phase}"],
        elements=titled(f"{span.state}: {duration(span.seconds)}"),
    )
