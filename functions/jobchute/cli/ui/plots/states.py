"""How many jobs are in which state, as one bar of parts."""

from collections.abc import Mapping

import svg
from markupsafe import Markup

from jobchute.cli.ui.plots.drawing import percent, picture, titled
from jobchute.cli.ui.tones import TONES
from jobchute.job import State

HEIGHT = 12


def states_bar(number: int, states: Mapping[State, int], total: int) -> Markup:
    """total: of all jobs that there will be; what is missing stays empty. number: of the bar on its page."""
    whole = max(total, sum(states.values()), 1)
    elements: list[svg.Element] = [
        svg.Rect(x=0, y=1, width=percent(1), height=HEIGHT - 2, class_=["load", "room"])
    ]
    start = 0
    for state, count in states.items():
        elements.append(_part(state, count, start / whole, count / whole))
        start += count
    words = ", ".join(f"{count:,} {state}" for state, count in states.items())
    title = words or "no jobs yet"
    return picture(f"states-{number}", title=title, description="", height=HEIGHT, elements=elements)


def _part(state: State, count: int, at: float, part: float) -> svg.Element:
    return svg.Rect(
        x=percent(at),
        y=1,
        width=percent(part),
        height=HEIGHT - 2,
        class_=["bar", f"tone-{TONES[state]}"],
        elements=titled(f"{count:,} {state}"),
    )
